from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from apps.core.permissions import Permission
from apps.libraries.models import Library

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.movies.models import Movie, WatchState  # noqa: F401
    from apps.users.models import User


class MovieQuerySet(models.QuerySet["Movie"]):
    def visible_to(self, user: User | AnonymousUser) -> MovieQuerySet:
        """Films with a file in a library that the user may view."""
        return self.filter(library_ids__overlap=Library.objects.watchable_ids(user))


class WatchStateQuerySet(models.QuerySet["WatchState"]):
    def visible_to(self, user: User) -> WatchStateQuerySet:
        """One's own; who may keep no history has none."""
        if not user.has_perm(Permission.PLAYBACK_PROGRESS):
            return self.none()
        return self.filter(user=user)
