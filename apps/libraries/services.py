"""Writes of libraries, their roots and grants."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, InvalidInputError
from apps.libraries import catalogue, grants, paths, scanning
from apps.libraries.access import GrantLevel
from apps.libraries.cache import ACCESS
from apps.libraries.models import (
    ACTIVE,
    Library,
    LibraryGrant,
    LibraryRoot,
    LibraryType,
)
from apps.users.models import User


@transaction()
def library_create(
    *,
    name: str,
    roots: Iterable[str],
    library_type: LibraryType = LibraryType.MOVIE,
    scan_on_startup: bool = False,
    actor: User | None = None,
) -> Library:
    """A new library. Raises InvalidInputError for a bad folder, ConflictError for a name that is
    taken or a folder that overlaps with another library's."""
    name = name.strip()
    if not name:
        raise InvalidInputError(_("Give the library a name."), {"name": [_("Missing.")]})
    library = Library(name=name, type=library_type, scan_on_startup=scan_on_startup)
    try:
        library.save(force_insert=True)
    except DuplicateError:
        raise ConflictError(_("There is a library of this name already.")) from None
    _old, folders = _roots_set(library, roots)
    made = {"name": (None, name), "type": (None, library_type), "paths": (None, folders)}
    activity.record(Action.LIBRARY_CREATE, actor=actor, resource=library, changes=made)
    ACCESS.drop_on_commit()
    return library


@transaction()
def library_set_roots(*, library: Library, roots: Iterable[str], actor: User | None = None) -> None:
    """Make these folders the library's roots; a root that is no longer named goes with its files'
    rows. Raises as `library_create` does."""
    _record_update(library, {"paths": _roots_set(library, roots)}, actor)


def _roots_set(library: Library, roots: Iterable[str]) -> tuple[list[str], list[str]]:
    """The folders before and after."""
    wanted = {paths.media_folder(text) for text in roots}
    if not wanted:
        raise InvalidInputError(_("Give at least one folder of films."), {"paths": [_("Missing.")]})
    known = {Path(root.path): root for root in library.roots.all()}
    _check_overlap(library, wanted)
    dropped = [root.pk for path, root in known.items() if path not in wanted]
    if dropped:
        LibraryRoot.objects.filter(pk__in=dropped).delete()
        catalogue.catalogue_of(library).library_changed(library=library)
    for path in sorted(wanted - known.keys()):
        LibraryRoot.objects.create(library=library, path=str(path))
    return sorted(map(str, known)), sorted(map(str, wanted))


@transaction()
def library_update(
    *, library: Library, changes: Mapping[str, object], actor: User | None = None
) -> Library:
    """Change plain fields (not the roots)."""
    before = Library.objects.values(*changes).get(pk=library.pk)
    for field, value in changes.items():
        setattr(library, field, value)
    try:
        library.save(update_fields=[*changes, "updated_at"])
    except DuplicateError:
        raise ConflictError(_("There is a library of this name already.")) from None
    _record_update(library, {name: (before[name], new) for name, new in changes.items()}, actor)
    ACCESS.drop_on_commit()
    return library


@transaction()
def library_delete(*, library: Library, actor: User | None = None) -> None:
    """Forget a library. Its files stay on disk, and what people have seen stays with the films."""
    for scan in library.scans.filter(status__in=ACTIVE):
        scanning.scan_cancel(scan=scan)
    folders = [root.path for root in library.roots.all()]
    gone = {"name": (library.name, None), "paths": (folders, None)}
    activity.record(Action.LIBRARY_DELETE, actor=actor, resource=library, changes=gone)
    library.roots.all().delete()
    catalogue.catalogue_of(library).library_changed(library=library)
    library.delete()
    ACCESS.drop_on_commit()


@transaction()
def library_set_viewers(
    *, library: Library, users: Iterable[User], actor: User | None = None
) -> None:
    """Exactly these users (and the administrators) may view the library by grants of their own."""
    wanted = {user.pk: user for user in users}
    viewing = LibraryGrant.objects.filter(
        content_object=library, permission__codename=GrantLevel.VIEW.codename
    )
    present = {grant.user_id: grant.user for grant in viewing.select_related("user")}
    change: dict[str, Any] = {"actor": actor, "library": library, "level": GrantLevel.VIEW}
    for pk in present.keys() - wanted.keys():
        grants.grant_remove(grantee=present[pk], **change)
    for pk in wanted.keys() - present.keys():
        grants.grant_add(grantee=wanted[pk], **change)


def _record_update(library: Library, changes: activity.Changes, actor: User | None) -> None:
    changed = {name: (old, new) for name, (old, new) in changes.items() if old != new}
    if changed:
        activity.record(Action.LIBRARY_UPDATE, actor=actor, resource=library, changes=changed)


def _check_overlap(library: Library, wanted: set[Path]) -> None:
    others = LibraryRoot.objects.exclude(library=library).values_list("path", flat=True)
    for path in wanted:
        for other in [Path(text) for text in others] + sorted(wanted - {path}):
            if path.is_relative_to(other) or other.is_relative_to(path):
                raise ConflictError(
                    _("%(path)s overlaps with %(other)s.") % {"path": path, "other": other}
                )
