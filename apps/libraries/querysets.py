"""Who sees what. Nothing else filters by visibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from apps.libraries.access import GrantLevel, access_of, works

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.libraries.models import (  # noqa: F401
        Library,
        LibraryRoot,
        LibraryScan,
        MediaFile,
    )
    from apps.users.models import User


class LibraryQuerySet(models.QuerySet["Library"]):
    def in_use(self) -> LibraryQuerySet:
        """Those that were not deleted."""
        return self.filter(deleted_at=None)

    def visible_to(self, user: User | AnonymousUser) -> LibraryQuerySet:
        """Those that the user may view: an administrator all, others with a grant."""
        return self._granted(user, GrantLevel.VIEW)

    def manageable_by(self, user: User | AnonymousUser) -> LibraryQuerySet:
        """Those that the user may edit and scan by a grant, whatever the roles allow."""
        return self._granted(user, GrantLevel.MANAGE)

    def _granted(self, user: User | AnonymousUser, level: GrantLevel) -> LibraryQuerySet:
        from apps.libraries.models import LibraryGrant, LibraryRoleGrant  # noqa: PLC0415

        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_admin:
            return self.in_use()
        permission = {"permission__codename__in": level.codenames}
        own = LibraryGrant.objects.filter(user=user, **permission).values("content_object")
        by_role = LibraryRoleGrant.objects.filter(group__user=user, **permission)
        granted = Q(pk__in=own) | Q(pk__in=by_role.values("content_object"))
        return self.in_use().filter(granted, enabled=True)


class LibraryRootQuerySet(models.QuerySet["LibraryRoot"]):
    def in_use(self) -> LibraryRootQuerySet:
        """Those that were not taken out of their library, nor deleted with it."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User | AnonymousUser) -> LibraryRootQuerySet:
        """Those of the libraries that the user may view."""
        from apps.libraries.models import Library  # noqa: PLC0415

        return self.filter(library__in=Library.objects.visible_to(user))


class MediaFileQuerySet(models.QuerySet["MediaFile"]):
    def visible_to(self, user: User | AnonymousUser) -> MediaFileQuerySet:
        """Those of visible films, and in whole libraries those of none."""
        return self._granted(user, GrantLevel.VIEW)

    def downloadable_by(self, user: User | AnonymousUser) -> MediaFileQuerySet:
        return self._granted(user, GrantLevel.DOWNLOAD)

    def _granted(self, user: User | AnonymousUser, level: GrantLevel) -> MediaFileQuerySet:
        return self.filter(access_of(user, level).condition("library__in", *works()))


class LibraryScanQuerySet(models.QuerySet["LibraryScan"]):
    def visible_to(self, user: User | AnonymousUser) -> LibraryScanQuerySet:
        from apps.libraries.models import Library  # noqa: PLC0415

        return self.filter(library__in=Library.objects.visible_to(user))
