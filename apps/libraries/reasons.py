"""Why a root, a folder or a file cannot be used.

Rows hold a code, and as its detail what the system, FFmpeg or a parser said. It is put into words
where it is read, in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.libraries.markers import NAME
from apps.libraries.scan.probe_types import ProbeFailure
from apps.libraries.scan.walk import WalkProblem

UNSTORABLE: Final = "unstorable"
"""The database refuses what was read of a folder."""


class RootProblem(StrEnum):
    """Why a root is taken for unavailable."""

    UNREADABLE = "root_unreadable"
    EMPTY = "root_empty"
    UNMARKED = "root_unmarked"
    FOREIGN = "root_foreign"
    LOSS = "root_loss"


class BesideProblem(StrEnum):
    """What lies beside a film and cannot be used."""

    NFO = "bad_nfo"
    PICTURE = "bad_picture"


@dataclass(frozen=True, slots=True)
class RootReason:
    problem: RootProblem
    detail: str = ""


_PHRASES: Final[Mapping[str, Promise]] = {
    RootProblem.UNREADABLE: _("The folder cannot be read"),
    RootProblem.EMPTY: _("The folder is empty, though it held films: its disk may not be mounted"),
    RootProblem.UNMARKED: _(
        "The folder has no %(marker)s any more, by which it is known: another disk may be mounted "
        "there. If it is the right folder, accept it in the console"
    ),
    RootProblem.FOREIGN: _(
        "The folder's %(marker)s is another folder's: the disks may be mounted the wrong way "
        "round. If it is the right folder, accept it in the console"
    ),
    RootProblem.LOSS: _(
        "Many files have gone at once or within hours; they are kept as unavailable until the "
        "folder is back, or somebody says in the console that they are gone"
    ),
    BesideProblem.NFO: _("The NFO cannot be used"),
    BesideProblem.PICTURE: _("The picture cannot be used"),
    UNSTORABLE: _("What was read of the folder cannot be stored"),
    WalkProblem.UNREADABLE: _("Cannot be read"),
    WalkProblem.BAD_NAME: _("The name is not valid UTF-8: rename it"),
    WalkProblem.LINK_OUTSIDE: _("The link leaves the library's folder; it is not followed"),
    WalkProblem.DISC_FOLDER: _("There is no film in the disc's folder"),
    WalkProblem.DISC_IMAGE: _(
        "Images of discs are not read: copy the folder BDMV or VIDEO_TS out of it"
    ),
    WalkProblem.TOO_LONG: _("The path is too long"),
    ProbeFailure.EMPTY: _("The file is empty"),
    ProbeFailure.NOT_MEDIA: _("Not a film, or in a format that cannot be read"),
    ProbeFailure.NO_VIDEO: _("There is no picture in it"),
    ProbeFailure.TRUNCATED: _("The file is cut off: it may not have been copied whole"),
    ProbeFailure.UNDECODABLE: _("Its picture cannot be decoded"),
    ProbeFailure.TIMED_OUT: _("Reading the file took too long"),
}
_DETAILED: Final = frozenset(
    (
        RootProblem.UNREADABLE,
        RootProblem.LOSS,
        *BesideProblem,
        UNSTORABLE,
        WalkProblem.UNREADABLE,
    )
)
"""What the detail of another code tells is for who looks into the file."""


def phrase(code: str, detail: str) -> str:
    """`detail` alone where the code is not known: another version has written the row."""
    if code not in _PHRASES:
        return detail or code
    text = str(_PHRASES[code]) % {"marker": NAME}
    return f"{text} ({detail})" if detail and code in _DETAILED else text
