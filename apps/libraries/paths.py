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
    path = Path(text.strip())
    if "\0" in text or not path.is_absolute():
        raise InvalidInputError(_("Give the folder's whole path, such as /srv/films."))
    try:
        path = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise InvalidInputError(_("There is no folder %(path)s.") % {"path": path}) from None
    if not path.is_dir():
        raise InvalidInputError(_("%(path)s is not a folder.") % {"path": path})
    if not os.access(path, os.R_OK | os.X_OK, effective_ids=True):
        raise InvalidInputError(
            _("The server may not read %(path)s: give its user access to it.") % {"path": path}
        )
    if len(os.fsencode(path)) > MAX_ROOT_BYTES:
        raise InvalidInputError(_("The folder's path is too long."))
    _check_allowed(path)
    return path


def _check_allowed(path: Path) -> None:
    media_roots = [root.resolve() for root in settings.MEDIA_ROOTS]
    if not any(path.is_relative_to(root) for root in media_roots):
        raise InvalidInputError(
            _("%(path)s lies outside of the allowed media folders: %(allowed)s.")
            % {"path": path, "allowed": ", ".join(map(str, media_roots))}
        )
    data = settings.DATA_DIR.resolve()
    demo = data / "demo"
    own = (path.is_relative_to(data) and not path.is_relative_to(demo)) or data.is_relative_to(path)
    is_system = any(path.is_relative_to(system) for system in _NEVER)
    if own or (is_system and not path.is_relative_to(_REMOVABLE)):
        raise InvalidInputError(_("%(path)s belongs to the system, not to films.") % {"path": path})
