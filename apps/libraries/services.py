"""Writes of libraries, their roots and grants."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Unpack

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.core.db.errors import DuplicateError
from apps.core.db.transactions import transaction
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError
from apps.libraries import automation, catalogue, grants, scanning, settings
from apps.libraries import roots as root_folders
from apps.libraries.access import GrantLevel
from apps.libraries.cache import ACCESS
from apps.libraries.models import (
    ACTIVE,
    Library,
    LibraryGrant,
    LibraryRoot,
    LibraryType,
    ScanType,
)
from apps.libraries.statistics import statistics_changed
from apps.users.models import User

_FOLDERS_LOCK = 0x666F6C64  # "fold": the key of an advisory lock


@transaction()
def library_create(
    *,
    name: str,
    roots: Iterable[str],
    library_type: LibraryType = LibraryType.MOVIE,
    actor: User | None = None,
    **wanted: Unpack[settings.LibrarySettings],
) -> Library:
    """A new library. Raises InvalidInputError for a bad folder or setting, ConflictError for a
    name that is taken or a folder that overlaps with another library's."""
    library = Library(name=_named(name), type=library_type, **settings.checked(wanted))
    try:
        library.save(force_insert=True)
    except DuplicateError:
        raise ConflictError(_("There is a library of this name already.")) from None
    _old, folders = _roots_set(library, roots)
    made = {"name": (None, library.name), "type": (None, library_type), "paths": (None, folders)}
    activity.record(Action.LIBRARY_CREATE, actor=actor, resource=library, changes=made)
    ACCESS.drop_on_commit()
    automation.renew(library)
    return library


@transaction()
def library_set_roots(*, library: Library, roots: Iterable[str], actor: User | None = None) -> None:
    """Make these folders the library's roots. One that is no longer named is kept for a while
    with its files' rows, and has them again when it is named anew. Raises as `library_create`
    does, and ConflictError for a library that was deleted."""
    _hold_present(library)
    _record_update(library, {"paths": _roots_set(library, roots)}, actor)
    automation.renew(library)


def _roots_set(library: Library, roots: Iterable[str]) -> tuple[list[str], list[str]]:
    """The folders before and after."""
    wanted = {Path(path) for path in root_folders.folders_checked(library, roots)}
    if not wanted:
        raise InvalidInputError(_("Give at least one folder of films."), {"paths": [_("Missing.")]})
    _check_overlap(library, wanted)
    known = {Path(root.path): root for root in library.roots.in_use()}
    dropped = [root for path, root in known.items() if path not in wanted]
    if dropped:
        root_folders.root_remove(dropped, at=timezone.now())
        catalogue.catalogue_of(library).library_changed(library=library)
    new = [str(path) for path in sorted(wanted - known.keys())]
    removed = library.roots.exclude(removed_at=None).filter(path__in=new).order_by("removed_at")
    back = {root.path: root for root in removed}
    root_folders.root_restore(back.values())
    for path in new:
        if path not in back:
            LibraryRoot.objects.create(library=library, path=path)
    statistics_changed(library.pk)
    return sorted(map(str, known)), sorted(map(str, wanted))


@transaction()
def library_update(
    *, library: Library, changes: Mapping[str, object], actor: User | None = None
) -> Library:
    """Change the name and settings (not the roots). One that is switched off is scanned no more,
    and its films are in nobody's lists until it is on again. Raises as `library_create` does, and
    ConflictError for a library that was deleted."""
    _hold_present(library)
    wanted = settings.checked(changes)
    if "name" in wanted:
        wanted["name"] = _named(wanted["name"])
    before = Library.objects.values(*wanted).get(pk=library.pk)
    for field, value in wanted.items():
        setattr(library, field, value)
    try:
        library.save(update_fields=[*wanted, "updated_at"])
    except DuplicateError:
        raise ConflictError(_("There is a library of this name already.")) from None
    _record_update(library, {name: (before[name], new) for name, new in wanted.items()}, actor)
    if not library.enabled:
        _scans_cancel(library)
    ACCESS.drop_on_commit()
    automation.renew(library)
    return library


@transaction()
def library_edit(*, library: Library, changes: Mapping[str, Any], actor: User) -> None:
    """Change settings, and with `paths` the roots, all or nothing.

    Raises as `library_update` and `library_set_roots` do, and ForbiddenError where somebody else
    than an administrator chooses other roots, which could show what no library does, or switches
    the library on or off, after which nobody else would find it.
    """
    _hold_present(library)
    wanted = dict(changes)
    roots = wanted.pop("paths", None)
    present = {root.path for root in library.roots.in_use()}
    has_other_roots = roots is not None and set(roots) != present
    is_on = Library.objects.values_list("enabled", flat=True).get(pk=library.pk)
    is_switched = wanted.get("enabled", is_on) != is_on
    if (has_other_roots or is_switched) and not actor.is_admin:
        raise ForbiddenError(
            _("Only administrators choose the folders of a library, and switch it on or off.")
        )
    if has_other_roots:
        library_set_roots(library=library, roots=roots or [], actor=actor)
    if wanted:
        library_update(library=library, changes=wanted, actor=actor)


def _named(name: str) -> str:
    if not name.strip():
        raise InvalidInputError(_("Give the library a name."), {"name": [_("Missing.")]})
    return name.strip()


def _scans_cancel(library: Library) -> None:
    for scan in library.scans.filter(status__in=ACTIVE):
        with suppress(ConflictError):  # it has just ended
            scanning.scan_cancel(scan=scan)


@transaction()
def library_delete(*, library: Library, actor: User | None = None) -> None:
    """Show a library to nobody any more, and scan it no more. Its files stay on disk, and what
    people have seen stays with the films; until its retention ends it can be restored.

    Raises ConflictError when somebody else has just deleted it.
    """
    _hold_present(library)  # else its folders would no longer be those of its deletion
    _scans_cancel(library)
    roots = list(library.roots.in_use())
    now = timezone.now()
    root_folders.root_remove(roots, at=now)
    library.deleted_at = now
    library.save(update_fields=["deleted_at", "updated_at"])
    gone = {"name": (library.name, None), "paths": ([root.path for root in roots], None)}
    activity.record(Action.LIBRARY_DELETE, actor=actor, resource=library, changes=gone)
    catalogue.catalogue_of(library).library_changed(library=library)
    automation.renew(library)
    ACCESS.drop_on_commit()


@transaction()
def library_restore(*, library: Library, actor: User | None = None) -> Library:
    """Have a deleted library as it was, with its grants, and scan it, so that its films are back.

    Raises ConflictError when it was not deleted, or another one has its name or a folder of it
    meanwhile.
    """
    _hold(library)
    if library.deleted_at is None:
        raise ConflictError(_("The library was not deleted."))
    # Those that it had; what was taken out of it before stays out.
    roots = list(library.roots.filter(removed_at=library.deleted_at))
    _check_overlap(library, {Path(root.path) for root in roots})
    library.deleted_at = None
    try:
        library.save(update_fields=["deleted_at", "updated_at"])
    except DuplicateError:
        text = _("Another library is called %(name)s now: rename that one first.")
        raise ConflictError(text % {"name": library.name}) from None
    root_folders.root_restore(roots)
    again = {"name": (None, library.name), "paths": (None, [root.path for root in roots])}
    activity.record(Action.LIBRARY_RESTORE, actor=actor, resource=library, changes=again)
    ACCESS.drop_on_commit()
    automation.renew(library)
    if library.enabled:
        scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL, requested_by=actor)
    return library


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


def _hold(library: Library) -> None:
    """Nobody else deletes or restores the library, or chooses its folders, until the transaction
    ends."""
    rows = Library.objects.select_for_update(no_key=True)
    library.refresh_from_db(fields=["deleted_at"], from_queryset=rows)


def _hold_present(library: Library) -> None:
    """The same, and raises ConflictError for a library that was deleted."""
    _hold(library)
    if library.deleted_at is not None:
        raise ConflictError(_("The library was deleted."))


def _record_update(library: Library, changes: activity.Changes, actor: User | None) -> None:
    changed = {name: (old, new) for name, (old, new) in changes.items() if old != new}
    if changed:
        activity.record(Action.LIBRARY_UPDATE, actor=actor, resource=library, changes=changed)


def _check_overlap(library: Library, wanted: set[Path]) -> None:
    """Nobody else gives a library folders until the transaction ends.

    Raises ConflictError, which names the other folder and its library.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FOLDERS_LOCK])
    owners = {Path(path): name for path, name in root_folders.in_use_by_others(library).items()}
    for path in wanted:
        for other in [*owners, *sorted(wanted - {path})]:
            if path.is_relative_to(other) or other.is_relative_to(path):
                names = {"path": path, "other": other, "library": owners.get(other)}
                if other in owners:
                    text = _("%(path)s overlaps with %(other)s of the library %(library)s.")
                else:
                    text = _("%(path)s overlaps with %(other)s.")
                raise ConflictError(text % names)
