"""Names for the colours of a picture: ITU-T H.273 code points under FFmpeg's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

_RANGES: Final = {1: "tv", 2: "pc"}
_PRIMARIES: Final = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
_TRANSFERS: Final = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    11: "iec61966-2-4",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
_SPACES: Final = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    14: "ictcp",
    15: "ipt-c2",
}


@dataclass(frozen=True, slots=True)
class PictureColors:
    """How the numbers of a picture mean light; None is "not stated"."""

    range: str | None
    space: str | None
    primaries: str | None
    transfer: str | None


def picture_colors(context: VideoCodecContext, frame: VideoFrame | None) -> PictureColors:
    """A stream's colours: as its headers name them, else as its first picture does."""
    sources = (context, frame) if frame else (context,)
    return PictureColors(
        range=_first_name(_RANGES, *(source.color_range for source in sources)),
        space=_first_name(_SPACES, *(source.colorspace for source in sources)),
        primaries=_first_name(_PRIMARIES, *(source.color_primaries for source in sources)),
        transfer=_first_name(_TRANSFERS, *(source.color_trc for source in sources)),
    )


def _first_name(names: dict[int, str], *codes: int) -> str | None:
    return next((names[code] for code in codes if code in names), None)
