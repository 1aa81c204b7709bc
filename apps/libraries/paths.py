"""Paths that come from rows and requests, checked before they are used (security.md rule 4)."""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInputError

MAX_ROOT_BYTES = 500
_NEVER = [Path(p) for p in ("/proc", "/sys", "/dev", "/run")]
_REMOVABLE = Path("/run/media")


def inside(root: Path, path: Path) -> Path | None:
    """The real path of `path` when it lies inside `root`, links resolved; else None."""
    try:
        real = path.resolve(strict=True)
        return real if real.is_relative_to(root.resolve(strict=True)) else None
    except (OSError, RuntimeError, ValueError):
        return None


def media_folder(text: str) -> Path:
    """A folder that may become a root: absolute, there, readable, below an allowed media root.

    Raises InvalidInputError with what to do about it.
    """
    given = Path(text.strip())
    if "\0" in text or not given.is_absolute():
        raise InvalidInputError(_("Give the folder's whole path, such as /srv/films."))
    try:
        path = given.resolve()
        # Before it is looked at: nobody learns what lies elsewhere.
        _check_allowed(path, given)
        path.stat()
    except (OSError, RuntimeError):
        raise InvalidInputError(_("There is no folder %(path)s.") % {"path": given}) from None
    if not path.is_dir():
        raise InvalidInputError(_("%(path)s is not a folder.") % {"path": path})
    if not os.access(path, os.R_OK | os.X_OK, effective_ids=True):
        raise InvalidInputError(
            _("The server may not read %(path)s: give its user access to it.") % {"path": path}
        )
    if len(os.fsencode(path)) > MAX_ROOT_BYTES:
        raise InvalidInputError(_("The folder's path is too long."))
    return path


def is_browsable(path: Path) -> bool:
    """Whether a person who looks for films may look into this folder; its links are resolved."""
    if not _is_allowed(path) or (_belongs_to_server(path) and not path.is_relative_to(_demo())):
        return False
    is_on_the_way = _REMOVABLE.is_relative_to(path)
    return is_on_the_way or not _is_system(path)


def media_roots() -> list[Path]:
    """The folders below which libraries may lie, as far as they are there."""
    return [root.resolve() for root in settings.MEDIA_ROOTS if root.is_dir()]


def _check_allowed(path: Path, given: Path) -> None:
    if not _is_allowed(path):
        allowed = ", ".join(str(root.resolve()) for root in settings.MEDIA_ROOTS)
        raise InvalidInputError(
            _("%(path)s lies outside of the allowed media folders: %(allowed)s.")
            % {"path": given, "allowed": allowed}
        )
    data = settings.DATA_DIR.resolve()
    is_own = _belongs_to_server(path) or data.is_relative_to(path)
    if (is_own and not path.is_relative_to(_demo())) or _is_system(path):
        raise InvalidInputError(_("%(path)s belongs to the system, not to films.") % {"path": path})


def _is_allowed(path: Path) -> bool:
    return any(path.is_relative_to(root.resolve()) for root in settings.MEDIA_ROOTS)


def _belongs_to_server(path: Path) -> bool:
    return path.is_relative_to(settings.DATA_DIR.resolve())


def _demo() -> Path:
    demo: Path = settings.DATA_DIR.resolve() / "demo"
    return demo


def _is_system(path: Path) -> bool:
    is_system = any(path.is_relative_to(system) for system in _NEVER)
    return is_system and not path.is_relative_to(_REMOVABLE)
