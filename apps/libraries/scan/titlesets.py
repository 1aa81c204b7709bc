"""What a DVD's VTS_nn_0.IFO tells of its title set.

The format is that of the DVD-Video specification (VTSI_MAT and VTS_PGCIT), as libdvdread has it
(https://code.videolan.org/videolan/libdvdread, src/dvdread/ifo_types.h). Numbers are big-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from typing import Final

from apps.libraries.scan.languages import language_from_tag

_MAGIC: Final = b"DVDVIDEO-VTS"
_SECTOR: Final = 2048
_PROGRAM_CHAINS: Final = 0xCC
_AUDIO_COUNT, _AUDIO, _AUDIO_BYTES, _MAX_AUDIO = 0x203, 0x204, 8, 8
_SUBTITLE_COUNT, _SUBTITLE, _SUBTITLE_BYTES, _MAX_SUBTITLES = 0x255, 0x256, 6, 32
_CELL_BYTES: Final = 24
_RATES: Final = {1: 25.0, 3: 30_000 / 1001}


class TitleSetError(Exception):
    """The file is no description of a title set, or is cut."""


class SoundPurpose(IntEnum):
    """An audio stream's code extension."""

    ORDINARY = 1
    AUDIO_DESCRIPTION = 2
    COMMENTARY = 3
    OTHER_COMMENTARY = 4


class SubtitlePurpose(IntEnum):
    """A sub-picture stream's code extension."""

    ORDINARY = 1
    LARGE = 2
    CHILDREN = 3
    CAPTIONS = 5
    LARGE_CAPTIONS = 6
    CHILDREN_CAPTIONS = 7
    FORCED = 9
    COMMENTARY = 13
    LARGE_COMMENTARY = 14
    CHILDREN_COMMENTARY = 15


@dataclass(frozen=True, slots=True)
class TitleSetTrack:
    """A stream's language (BCP 47) and purpose, one of the enums above where the disc says it."""

    language: str | None
    purpose: int


@dataclass(frozen=True, slots=True)
class TitleSet:
    """Tracks in the order of their stream numbers. `duration` and `chapters` (the seconds at which
    they begin) are those of the longest program chain; None for a set without one."""

    audio: tuple[TitleSetTrack, ...]
    subtitles: tuple[TitleSetTrack, ...]
    duration: float | None
    chapters: tuple[float, ...]


def parse_title_set(data: bytes) -> TitleSet:
    """Raises TitleSetError."""
    if not data.startswith(_MAGIC):
        raise TitleSetError("the file does not begin with DVDVIDEO-VTS")
    try:
        chains = list(_chains(data))
        longest = max(chains, key=lambda chain: _seconds(data, chain + 4), default=None)
        audio = min(data[_AUDIO_COUNT], _MAX_AUDIO)
        subtitles = min(data[_SUBTITLE_COUNT], _MAX_SUBTITLES)
        return TitleSet(
            audio=tuple(_track(data, _AUDIO + n * _AUDIO_BYTES) for n in range(audio)),
            subtitles=tuple(
                _track(data, _SUBTITLE + n * _SUBTITLE_BYTES) for n in range(subtitles)
            ),
            duration=None if longest is None else _seconds(data, longest + 4),
            chapters=() if longest is None else tuple(_chapters(data, longest)),
        )
    except (struct.error, IndexError) as error:
        raise TitleSetError(f"the title set's description is cut: {error}") from error


def _track(data: bytes, position: int) -> TitleSetTrack:
    code = data[position + 2 : position + 4].decode("ascii", "replace")
    return TitleSetTrack(language_from_tag(code), data[position + 5])


def _chains(data: bytes) -> Iterator[int]:
    """Where the program chains begin."""
    (sector,) = struct.unpack_from(">I", data, _PROGRAM_CHAINS)
    if not sector:
        return
    table = sector * _SECTOR
    (count,) = struct.unpack_from(">H", data, table)
    for number in range(count):
        (offset,) = struct.unpack_from(">I", data, table + 8 + number * 8 + 4)
        yield table + offset


def _chapters(data: bytes, chain: int) -> Iterator[float]:
    """Where the programs of a chain begin: each with the cell that the program map names."""
    programs, cells = data[chain + 2], data[chain + 3]
    program_map, cell_table = struct.unpack_from(">2xHH", data, chain + 0xE4)
    lengths = (
        _seconds(data, chain + cell_table + n * _CELL_BYTES + 4) for n in range(max(cells - 1, 0))
    )
    begins = list(accumulate(lengths, initial=0.0))
    for number in range(programs):
        cell = data[chain + program_map + number]
        if 0 < cell <= len(begins):
            yield begins[cell - 1]


def _seconds(data: bytes, position: int) -> float:
    """A dvd_time_t: hours, minutes, seconds, frames as decimal digits; the rate in two bits."""
    hours, minutes, seconds, frames = struct.unpack_from(">4B", data, position)
    rate = _RATES.get(frames >> 6)
    whole = _digits(hours) * 3600 + _digits(minutes) * 60 + _digits(seconds)
    return whole + (_digits(frames & 0x3F) / rate if rate else 0.0)


def _digits(byte: int) -> int:
    return (byte >> 4) * 10 + (byte & 0xF)
