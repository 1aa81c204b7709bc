"""A Blu-ray's playlists: PLAYLIST/nnnnn.mpls.

The format is that of the BD-ROM specification, part 3 (section 5.3), as libbluray reads it
(https://code.videolan.org/videolan/libbluray, src/libbluray/bdnav/mpls_parse.c). All numbers are
big-endian, times tick at 45 kHz.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apps.libraries.scan.languages import language_from_tag

_HEADER: Final = struct.Struct(">4s4sII")
_PLAYLIST: Final = struct.Struct(">I2xHH")
_ITEM: Final = struct.Struct(">5s4sHBII")
_STREAMS: Final = struct.Struct(">H2x7B5x")
_MARK: Final = struct.Struct(">xBHI6x")
_TICKS: Final = 45_000
_MULTI_ANGLE: Final = 0x10
_ITEM_TABLE: Final = 32
_ANGLE_BYTES: Final = 10
_CHAPTER: Final = 1
# Where the language of a stream is, by its coding type: behind a byte of its format or at once.
_SOUND: Final = frozenset((0x03, 0x04, 0xA1, 0xA2, *range(0x80, 0x87)))
_GRAPHICS: Final = 0x90
_TEXT: Final = 0x92
_PID_OFFSETS: Final = {1: 0, 2: 2, 3: 1, 4: 2}


class PlaylistError(Exception):
    """The file is no playlist, or is cut."""


@dataclass(frozen=True, slots=True)
class PlayItem:
    """A stretch of a clip; `languages` are BCP 47 tags by the streams' packet ids."""

    clip: str
    start: float
    end: float
    languages: dict[int, str]


@dataclass(frozen=True, slots=True)
class Playlist:
    """The items in the order in which they play. `chapters` are seconds from the beginning."""

    items: tuple[PlayItem, ...]
    chapters: tuple[float, ...]

    @property
    def distinct_duration(self) -> float:
        """Seconds, each clip once: a menu's loop and a decoy repeat theirs."""
        return sum({item.clip: item.end - item.start for item in self.items}.values())


def parse_playlist(data: bytes) -> Playlist:
    """Raises PlaylistError."""
    try:
        magic, _version, list_start, marks_start = _HEADER.unpack_from(data)
        if magic != b"MPLS":
            raise PlaylistError("the file does not begin with MPLS")
        items = tuple(_items(data, list_start))
        return Playlist(items, tuple(_chapters(data, marks_start, items)))
    except (struct.error, IndexError) as error:
        raise PlaylistError(f"the playlist is cut: {error}") from error


def _items(data: bytes, position: int) -> Iterator[PlayItem]:
    _length, count, _paths = _PLAYLIST.unpack_from(data, position)
    position += _PLAYLIST.size
    for _ in range(count):
        (length,) = struct.unpack_from(">H", data, position)
        item = data[position + 2 : position + 2 + length]
        clip, _codec, flags, _clock, start, end = _ITEM.unpack_from(item)
        yield PlayItem(
            clip=clip.decode("ascii", "replace"),
            start=start / _TICKS,
            end=max(start, end) / _TICKS,
            languages=dict(_languages(item, is_multi_angle=bool(flags & _MULTI_ANGLE))),
        )
        position += 2 + length


def _languages(item: bytes, *, is_multi_angle: bool) -> Iterator[tuple[int, str]]:
    """Of an item's table of streams (STN_table)."""
    position = _ITEM_TABLE
    if is_multi_angle:
        position += 2 + _ANGLE_BYTES * (item[position] - 1)
    _length, *counts = _STREAMS.unpack_from(item, position)
    video, audio, graphics, _menus, _second_audio, _second_video, graphics_in_picture = counts
    position += _STREAMS.size
    for _ in range(video + audio + graphics + graphics_in_picture):
        entry = item[position + 1 : position + 1 + item[position]]
        position += 1 + len(entry)
        attributes = item[position + 1 : position + 1 + item[position]]
        position += 1 + len(attributes)
        if language := language_from_tag(_language_code(attributes)):
            yield struct.unpack_from(">H", entry, 1 + _PID_OFFSETS.get(entry[0], 0))[0], language


def _language_code(attributes: bytes) -> str:
    if attributes[0] == _GRAPHICS:
        code = attributes[1:4]
    elif attributes[0] in _SOUND or attributes[0] == _TEXT:
        code = attributes[2:5]
    else:
        return ""
    return code.decode("ascii", "replace")


def _chapters(data: bytes, position: int, items: tuple[PlayItem, ...]) -> Iterator[float]:
    (count,) = struct.unpack_from(">H", data, position + 4)
    begins = [0.0]
    for item in items:
        begins.append(begins[-1] + item.end - item.start)
    for number in range(count):
        kind, index, ticks = _MARK.unpack_from(data, position + 6 + number * _MARK.size)
        if kind == _CHAPTER and index < len(items):
            yield max(begins[index] + ticks / _TICKS - items[index].start, 0.0)
