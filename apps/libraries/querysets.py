"""Who sees what. Nothing else filters by visibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from apps.libraries.cache import WATCHABLE

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AnonymousUser

    from apps.libraries.models import Library, LibraryScan, MediaFile  # noqa: F401
    from apps.users.models import User


class LibraryQuerySet(models.QuerySet["Library"]):
    def visible_to(self, user: User | AnonymousUser) -> LibraryQuerySet:
        """Those that the user may view: an administrator all, others with a grant."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_admin:
            return self
        permission = {"permission__codename": "view_library"}
        from apps.libraries.models import LibraryGrant, LibraryRoleGrant  # noqa: PLC0415

        own = LibraryGrant.objects.filter(user=user, **permission).values("content_object")
        by_role = LibraryRoleGrant.objects.filter(group__user=user, **permission)
        return self.filter(Q(pk__in=own) | Q(pk__in=by_role.values("content_object")), enabled=True)

    def watchable_by(self, user: User | AnonymousUser) -> LibraryQuerySet:
        """Those whose films the user sees: one that is switched off shows nobody its films."""
        return self.visible_to(user).filter(enabled=True)

    def watchable_ids(self, user: User | AnonymousUser) -> list[uuid.UUID]:
        if not user.is_authenticated or not user.is_active:
            return []
        viewer = f"{user.pk.hex}:{'admin' if user.is_admin else 'user'}"
        ids = self.watchable_by(user).order_by().values_list("pk", flat=True)
        return list(WATCHABLE.get_or_set(viewer, lambda: tuple(ids)))


class MediaFileQuerySet(models.QuerySet["MediaFile"]):
    def visible_to(self, user: User | AnonymousUser) -> MediaFileQuerySet:
        from apps.libraries.models import Library  # noqa: PLC0415

        return self.filter(library__in=Library.objects.watchable_by(user))


class LibraryScanQuerySet(models.QuerySet["LibraryScan"]):
    def visible_to(self, user: User | AnonymousUser) -> LibraryScanQuerySet:
        from apps.libraries.models import Library  # noqa: PLC0415

        return self.filter(library__in=Library.objects.visible_to(user))
