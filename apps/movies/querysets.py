from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from apps.core.permissions import Permission
from apps.libraries.access import Access, access_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.movies.models import Movie, MovieExtra, MovieFile, WatchState  # noqa: F401
    from apps.users.models import User


class MovieQuerySet(models.QuerySet["Movie"]):
    def visible_to(self, user: User | AnonymousUser) -> MovieQuerySet:
        """Films with a file in a library that the user may view, within the grants' limits."""
        return self.admitted_by(access_of(user))

    def admitted_by(self, access: Access) -> MovieQuerySet:
        return self.filter(access.condition("library_ids__overlap", ""))


class MovieFileQuerySet(models.QuerySet["MovieFile"]):
    def visible_to(self, user: User | AnonymousUser) -> MovieFileQuerySet:
        return self.filter(access_of(user).condition("media_file__library__in", "movie"))


class MovieExtraQuerySet(models.QuerySet["MovieExtra"]):
    def visible_to(self, user: User | AnonymousUser) -> MovieExtraQuerySet:
        return self.filter(access_of(user).condition("media_file__library__in", "movie"))


class WatchStateQuerySet(models.QuerySet["WatchState"]):
    def visible_to(self, user: User) -> WatchStateQuerySet:
        """One's own; who may keep no history has none."""
        if not user.has_perm(Permission.PLAYBACK_PROGRESS):
            return self.none()
        return self.filter(user=user)
