"""Folders of films as people, downloaders and disks treat them, beside a model of what is true.

Every film has a number, and what is known of it must never be lost: a position that was watched
to (of its own, so that it can be told from all others), a corrected overview, its added date.
"""

import os
import random
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

FEWEST: Final = 4
"""A folder keeps so many films: more of them gone at once is another test's."""
_DECADE: Final = 315_360_000


@dataclass(eq=False)
class Film:
    """`position` (seconds) and `overview` are what a person has left, None when nothing."""

    number: int
    position: int | None = None
    overview: str | None = None
    added: str | None = None

    @property
    def name(self) -> str:
        return f"Film {self.number} ({1950 + self.number % 70})"


@dataclass(eq=False)
class Copy:
    """A file. `is_playable` is False for one that was cut off. Until the next scan it may either
    be moved or written anew: of a file for which both are true nobody can know what it was."""

    film: Film
    is_playable: bool = True
    is_moved: bool = False
    is_written: bool = False

    @property
    def is_settled(self) -> bool:
        return not (self.is_moved or self.is_written)


@dataclass
class World:
    """Folders with their files, by absolute path; folders that are away keep theirs."""

    roots: list[Path]
    clip: bytes
    chance: random.Random
    files: dict[Path, Copy] = field(default_factory=dict)
    bin: list[tuple[Path, Path, Copy]] = field(default_factory=list)
    away: set[Path] = field(default_factory=set)
    films: list[Film] = field(default_factory=list)

    @property
    def reachable(self) -> dict[Path, Copy]:
        return {
            path: copy for path, copy in self.files.items() if self.root_of(path) not in self.away
        }

    def root_of(self, path: Path) -> Path:
        return next(root for root in self.roots if path.is_relative_to(root))

    def settled(self) -> None:
        """A scan has seen all that is reachable."""
        for copy in self.reachable.values():
            copy.is_moved = copy.is_written = False

    def content(self) -> bytes:
        """A film that is like no other: the clip with a box behind it that players pass over."""
        padding = self.chance.randbytes(self.chance.randrange(16, 4096))
        return self.clip + struct.pack(">I4s", 8 + len(padding), b"free") + padding

    def add(self) -> None:
        film = Film(len(self.films))
        self.films.append(film)
        root = self.chance.choice(self._present())
        self._put(root / film.name / f"{film.name}.mp4", Copy(film))

    def begin(self, root: Path) -> tuple[Path, Copy]:
        """A film that is about to be copied there, and has not come whole."""
        film = Film(len(self.films))
        self.films.append(film)
        path = root / film.name / f"{film.name}.mp4"
        path.parent.mkdir()
        self.files[path] = Copy(film, is_playable=False, is_written=True)
        return path, self.files[path]

    def complete(self, path: Path, copy: Copy) -> None:
        self._put(path, Copy(copy.film, is_written=True))

    def version(self) -> None:
        """The film once more, as a hard link or another file."""
        if (path := self._any(lambda copy: copy.is_settled and copy.is_playable)) is None:
            return
        copy = self.files[path]
        other = path.parent / f"{copy.film.name} - {len(self.files)}p.mp4"
        if self._mates(path) or other.exists() or path.parent.name != copy.film.name:
            return
        if self.chance.random() < 0.5:
            other.hardlink_to(path)
            self.files[other] = Copy(copy.film, is_written=True)
        else:
            self._put(other, Copy(copy.film, is_written=True))

    def rename(self) -> None:
        """Its own name changes, and that of its folder does not."""
        if path := self._single():
            self._move(
                path, path.with_name(f"{path.stem.partition(' take ')[0]} take {self._tick()}.mp4")
            )

    def rename_folder(self) -> None:
        if path := self._single():
            folder = path.parent
            self._move(
                path,
                folder.with_name(f"{folder.name.partition(' - ')[0]} - {self._tick()}") / path.name,
            )

    def move(self) -> None:
        """To another folder of films, of its library or another one."""
        path = self._single(leaves=True)
        others = [root for root in self._present() if path and root != self.root_of(path)]
        if path and others:
            self._move(path, self.chance.choice(others) / path.parent.name / path.name)

    def swap(self) -> None:
        """The names of two films: each is from now on what the other was."""
        one, other = (self._any(lambda copy: copy.is_settled and copy.is_playable) for _ in "12")
        if not one or not other or one == other or self._mates(one) or self._mates(other):
            return
        aside = one.with_name("aside.tmp")
        shutil.move(one, aside)
        shutil.move(other, one)
        shutil.move(aside, other)
        for path in (one, other):
            self.files[path].is_moved = self.files[path].is_written = True

    def replace(self) -> None:
        """A better copy in its place."""
        if path := self._any(lambda copy: not copy.is_moved):
            copy = self.files[path]
            self._put(path, Copy(copy.film, is_written=True))

    def truncate(self) -> None:
        if path := self._any(lambda copy: not copy.is_moved and copy.is_playable):
            copy = self.files[path]
            self._detach(path)
            os.truncate(path, 100)
            self.files[path] = Copy(copy.film, is_playable=False, is_written=True)

    def delete(self) -> None:
        if path := self._any(lambda copy: copy.is_settled, leaves=True):
            kept = self.roots[0].parent.parent / "bin" / str(len(self.bin))
            kept.parent.mkdir(exist_ok=True)
            shutil.move(path, kept)
            self.bin.append((kept, path, self.files.pop(path)))

    def undelete(self) -> None:
        if self.bin:
            kept, path, copy = self.bin.pop()
            if self.root_of(path) in self.away or path.exists():
                self.bin.append((kept, path, copy))
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(kept, path)
            self.files[path] = copy
            copy.is_moved = True

    def touch(self) -> None:
        """A clock that jumps: times of ten years hence, or of before there were any."""
        if path := self._any(lambda _copy: True):
            when = self.chance.choice((-_DECADE, 0, 2 * _DECADE))
            os.utime(path, ns=(when * 10**9 + 1, when * 10**9 + 1))
            os.utime(path.parent)

    def unmount(self) -> None:
        """All must be settled: what has left a folder that is away is found nowhere else."""
        present = self._present()
        if len(present) < 2 or not all(copy.is_settled for copy in self.files.values()):
            return
        root = self.chance.choice(present)
        root.rename(self._aside(root))
        if self.chance.random() < 0.5:
            root.mkdir()  # as the folder beneath a mount
        self.away.add(root)

    def mount(self) -> None:
        for root in [*self.away]:
            if root.exists():
                root.rmdir()
            self._aside(root).rename(root)
        self.away.clear()

    def _put(self, path: Path, copy: Copy) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(self.content())
        part.replace(path)
        self.files[path] = copy

    def _move(self, path: Path, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, to)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
        copy = self.files[to] = self.files.pop(path)
        copy.is_moved = True

    def _detach(self, path: Path) -> None:
        """What is written to one of two hard links must not reach the other."""
        alone = path.with_name("alone.tmp")
        shutil.copyfile(path, alone)
        alone.replace(path)

    def _any(self, fits: Callable[[Copy], bool], *, leaves: bool = False) -> Path | None:
        found = sorted(
            path
            for path, copy in self.reachable.items()
            if fits(copy) and (not leaves or self._count(self.root_of(path)) > FEWEST)
        )
        return self.chance.choice(found) if found else None

    def _single(self, *, leaves: bool = False) -> Path | None:
        """The only file of its film: of versions each may get a name of its own."""
        path = self._any(lambda copy: not copy.is_written and copy.is_playable, leaves=leaves)
        return path if path and not self._mates(path) else None

    def _mates(self, path: Path) -> list[Path]:
        film = self.files[path].film
        gone = [copy for _kept, _path, copy in self.bin if copy.film is film]
        return [p for p, copy in self.files.items() if copy.film is film and p != path] + [
            path for _ in gone
        ]

    def _count(self, root: Path) -> int:
        return sum(path.is_relative_to(root) for path in self.files)

    def _present(self) -> list[Path]:
        return [root for root in self.roots if root not in self.away]

    def _aside(self, root: Path) -> Path:
        return root.with_name(f"{root.name}.away")

    def _tick(self) -> int:
        return self.chance.randrange(10**9)


def steps(world: World) -> Iterator[Callable[[], None]]:
    """Without end: what happens next."""
    likely = {
        world.add: 8, world.version: 3, world.rename: 6, world.rename_folder: 4, world.move: 6,
        world.swap: 4, world.replace: 5, world.truncate: 2, world.delete: 5, world.undelete: 3,
        world.touch: 3, world.unmount: 2, world.mount: 3,
    }  # fmt: skip
    while True:
        yield from world.chance.choices([*likely], [*likely.values()])
