"""Blu-ray and DVD folders with tiny real films in them, and the tables that discs have."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.media_files import Audio, Video, write_clip

_TICKS = 45_000
DVD_VIDEO = Video("mpeg2video", width=352, height=288)


@dataclass(frozen=True)
class Item:
    """A playlist's stretch of a clip, in seconds, with the languages of its packet ids."""

    clip: str
    end: float
    start: float = 0.0
    audio: Mapping[int, str] = field(default_factory=dict)
    subtitles: Mapping[int, str] = field(default_factory=dict)
    angles: int = 1


def playlist(items: Sequence[Item], marks: Sequence[tuple[int, float]] = ()) -> bytes:
    """An .mpls; `marks` are chapters: the number of an item, and seconds in its clip."""
    body = b"".join(_counted(_item(item)) for item in items)
    table = struct.pack(">I2xHH", len(body) + 6, len(items), 0) + body
    chapters = b"".join(
        struct.pack(">xBHIHI", 1, index, round(seconds * _TICKS), 0xFFFF, 0)
        for index, seconds in marks
    )
    mark_table = struct.pack(">IH", len(chapters) + 2, len(marks)) + chapters
    return struct.pack(">4s4sII24x", b"MPLS", b"0200", 40, 40 + len(table)) + table + mark_table


def _item(item: Item) -> bytes:
    flags = 0x10 if item.angles > 1 else 0
    times = (round(item.start * _TICKS), round(item.end * _TICKS))
    head = struct.pack(">5s4sHBII12x", item.clip.encode(), b"M2TS", flags, 0, *times)
    others = b"\0" * 10 * (item.angles - 1)
    angles = struct.pack(">BB", item.angles, 0) + others if item.angles > 1 else b""
    streams = [_stream(0x1011, bytes([0x1B, 0x61]))]
    streams += [_stream(pid, b"\x81\x61" + code.encode()) for pid, code in item.audio.items()]
    streams += [_stream(pid, b"\x90" + code.encode()) for pid, code in item.subtitles.items()]
    counts = (1, len(item.audio), len(item.subtitles), 0, 0, 0, 0)
    table = b"".join(streams)
    return head + angles + struct.pack(">H2x7B5x", len(table) + 14, *counts) + table


def _stream(pid: int, attributes: bytes) -> bytes:
    entry = struct.pack(">BBH6x", 9, 1, pid)
    return entry + bytes([len(attributes)]) + attributes


def _counted(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


def title_set(
    *,
    audio: Sequence[tuple[str, int]] = (),
    subtitles: Sequence[tuple[str, int]] = (),
    chains: Sequence[Sequence[int]] = (),
) -> bytes:
    """A VTS_nn_0.IFO; tracks are (language, code extension), chains the seconds of each chapter."""
    table = bytearray(4096)
    table[:12] = b"DVDVIDEO-VTS"
    table[0x203], table[0x255] = len(audio), len(subtitles)
    for number, (language, purpose) in enumerate(audio):
        _track(table, 0x204 + 8 * number, language, purpose)
    for number, (language, purpose) in enumerate(subtitles):
        _track(table, 0x256 + 6 * number, language, purpose)
    if chains:
        struct.pack_into(">I", table, 0xCC, 1)
        struct.pack_into(">H", table, 2048, len(chains))
        for number, lengths in enumerate(chains):
            offset = 128 + 512 * number
            struct.pack_into(">I", table, 2048 + 8 + 8 * number + 4, offset)
            _chain(table, 2048 + offset, lengths)
    return bytes(table)


def _track(table: bytearray, position: int, language: str, purpose: int) -> None:
    table[position + 2 : position + 4] = language.encode().ljust(2, b"\0")
    table[position + 5] = purpose


def _chain(table: bytearray, position: int, lengths: Sequence[int]) -> None:
    programs, cells = 0xEC, 0xEC + len(lengths)
    table[position + 2 : position + 4] = bytes([len(lengths), len(lengths)])
    table[position + 4 : position + 8] = _time(sum(lengths))
    struct.pack_into(">HH", table, position + 0xE6, programs, cells)
    for number, seconds in enumerate(lengths):
        table[position + programs + number] = number + 1
        start = position + cells + 24 * number + 4
        table[start : start + 4] = _time(seconds)


def _time(seconds: int) -> bytes:
    """At 25 pictures a second."""
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return bytes([*(int(f"{n:02}", 16) for n in (hours, minutes, seconds % 60)), 0x40])


def add_blu_ray(
    folder: Path, clips: Mapping[str, int], playlists: Mapping[str, bytes], *, sound: int = 1
) -> Path:
    """Put a disc into `folder`; `clips` are names with numbers of pictures."""
    disc = folder / "BDMV"
    for name in ("STREAM", "PLAYLIST", "CLIPINF", "BACKUP/PLAYLIST"):
        (disc / name).mkdir(parents=True)
    (disc / "index.bdmv").write_bytes(b"INDX0200")
    for name, frames in clips.items():
        path = disc / "STREAM" / f"{name}.m2ts"
        write_clip(path, audio=[Audio("ac3")] * sound, frames=frames)
    for name, data in playlists.items():
        (disc / "PLAYLIST" / f"{name}.mpls").write_bytes(data)
    return disc


def add_dvd(folder: Path, files: Mapping[str, int], tables: Mapping[str, bytes]) -> Path:
    """Put a disc into `folder`; `files` are names of VOBs with numbers of pictures."""
    disc = folder / "VIDEO_TS"
    disc.mkdir(parents=True)
    (disc / "VIDEO_TS.IFO").write_bytes(b"DVDVIDEO-VMG")
    for name, frames in files.items():
        write_clip(disc / name, video=[DVD_VIDEO], audio=[Audio("ac3")] * 2, frames=frames)
    for name, data in tables.items():
        (disc / name).write_bytes(data)
    return disc
