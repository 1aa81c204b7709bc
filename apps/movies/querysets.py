from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from apps.libraries.models import Library

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.movies.models import Movie  # noqa: F401
    from apps.users.models import User


class MovieQuerySet(models.QuerySet["Movie"]):
    def visible_to(self, user: User | AnonymousUser) -> MovieQuerySet:
        """Films with a file in a library that the user may view."""
        return self.filter(library_ids__overlap=Library.objects.watchable_ids(user))
