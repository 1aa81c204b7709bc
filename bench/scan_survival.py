"""`python -m bench.scan_survival SEED STEPS`: libraries while people move films about, disks come
and go and fill up, clocks jump, and worker, PostgreSQL and Valkey are killed; prints what was done,
as JSON. Ends with an error when anything is not as it must be, and says after what.

Real engines, workers and beat. The model is in `bench.misfortune`.
"""

import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bench.misfortune import Copy, World, steps
from bench.processes import Process, migrate, wait
from revenge.stack import workers
from revenge.stack.engines import postgres, valkey
from revenge.stack.testing import EmbeddedEngines, embedded_engines, scratch_folder

if TYPE_CHECKING:
    from apps.libraries.models import Library, MediaFile
    from apps.users.models import User

T = TypeVar("T")

_SCANS_EACH = 3
_FAULTS_EACH = 25
_SMALL_DISK = "3m"
_CLONE_NEWNS = 0x00020000  # unshare(2); Python has it from 3.12 on


def survive(seed: int, count: int) -> dict[str, int]:
    """How often each thing was done."""
    may_mount = _leave_mounts()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        names = {postgres.NAME, valkey.NAME}
        engines = stack.enter_context(embedded_engines(folder / "engines", names=names))
        os.environ |= {
            **engines.environment,
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "REVENGE_SECRET_KEY": "survival-" * 8,
            "REVENGE_DATA_DIR": str(folder / "data"),
            "REVENGE_JOBS_RESEND_SECONDS": "1",
            # Years of deleting in some minutes.
            "REVENGE_SETTING_LIBRARIES_LOSS_HOURS": "0",
        }
        migrate()
        roots = [folder / "media" / name for name in ("a", "b", "small/films")]
        small = may_mount and stack.enter_context(_small_disk(roots[-1].parent))
        for root in roots:
            root.mkdir(parents=True, exist_ok=True)
        world = World(roots, _clip(folder), random.Random(seed))  # noqa: S311  (repeatable)
        stack.enter_context(Process("revenge.jobs", "beat"))
        bulk = [stack.enter_context(_worker(group)) for group in workers.GROUPS][-1]
        return _Trial(world, engines, bulk, small=roots[-1] if small else None).run(count)


class _Trial:
    def __init__(
        self, world: World, engines: EmbeddedEngines, worker: Process, *, small: Path | None
    ) -> None:
        self.world = world
        self.engines = engines
        self.worker = worker
        self.small = small
        self.user, self.libraries = _rows(world.roots)
        self.done: Counter[str] = Counter()

    def run(self, count: int) -> dict[str, int]:
        for _film in range(5 * len(self.world.roots)):
            self.world.add()
        self.scan()
        ahead = steps(self.world)
        faults = [self.kill_worker, self.kill_postgres, self.kill_valkey, self.fill_disk]
        try:
            for number in range(1, count + 1):
                if number % _FAULTS_EACH == 0:
                    self._do(faults[number // _FAULTS_EACH % len(faults)])
                elif number % _SCANS_EACH == 0:
                    self._do(self.world.chance.choice([self.scan, self.scan, self.leave_word]))
                else:
                    self._do(next(ahead))
            self.world.mount()
            self._do(self.scan)
        except BaseException:
            print(json.dumps({"failed_after": dict(self.done)}), file=sys.stderr)
            raise
        return dict(self.done)

    def _do(self, step: Callable[[], None]) -> None:
        self.done[step.__name__] += 1
        step()

    def scan(self, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Look at everything, and compare with the model."""
        for attempt in range(10):
            scans = [_patiently(lambda one=library: _scan_of(one)) for library in self.libraries]
            if attempt == 0:
                time.sleep(self.world.chance.random())
                meanwhile()
            if all(_patiently(lambda pk=scan: _is_complete(pk)) for scan in scans):
                wait(lambda: not _patiently(_is_busy))
                break
        else:
            raise AssertionError("the scans do not come to an end")
        _patiently(self.compare)
        self.world.settled()

    def leave_word(self) -> None:
        """A person watches films and corrects what is said of them."""
        from apps.movies import services  # noqa: PLC0415

        self.scan()
        rows = self._rows()
        for path, copy in self.world.reachable.items():
            if not copy.is_playable or self.world.chance.random() < 0.7:
                continue
            movie, film = rows[str(path)].movie_file.movie, copy.film
            film.position = 10_000 + film.number
            services.watch_progress_save(
                user=self.user,
                movie=movie,
                progress_seconds=film.position,
                duration_seconds=1_000_000,
            )
            film.overview = f"what a person says of {film.number}"
            services.movie_update(movie=movie, changes={"overview": film.overview})

    def kill_worker(self) -> None:
        kill = self.world.chance.choice([os.kill, os.killpg])
        self.scan(meanwhile=lambda: self.worker.kill(kill))

    def kill_postgres(self) -> None:
        self.scan(meanwhile=lambda: os.kill(self.engines.pid(postgres.NAME), signal.SIGKILL))

    def kill_valkey(self) -> None:
        self.scan(meanwhile=lambda: os.kill(self.engines.pid(valkey.NAME), signal.SIGKILL))

    def fill_disk(self) -> None:
        """A film is copied to a disk that has no room for all of it, and again when there is."""
        if self.small is None or self.small in self.world.away:
            return
        filler = self.small / "filler"
        with filler.open("wb", buffering=0) as file:
            _write_until_full(file.write)
        os.truncate(filler, filler.stat().st_size - 8192)
        path, copy = self.world.begin(self.small)
        with path.open("wb", buffering=0) as file:
            _write_until_full(file.write)  # as one who reserves its place
        self.scan()
        filler.unlink()
        self.world.complete(path, copy)
        self.scan()

    def compare(self) -> None:
        """What the server says, beside what is true."""
        from apps.movies.models import Movie, WatchState  # noqa: PLC0415

        rows = self._rows()
        present = self.world.reachable
        assert set(rows) == {str(path) for path in present}, _difference(rows, present)
        owners: dict[Any, int] = {}
        for path, copy in present.items():
            row = rows[str(path)]
            expected = "available" if copy.is_playable else "broken"
            assert row.state == expected, (copy, row.path, row.failure, row.failure_message)
            if copy.is_playable:
                self._compare_film(row, copy, owners)
        for film in self.world.films:
            states = WatchState.objects.filter(progress_seconds=film.position or 0)
            assert film.position is None or states.count() == 1, film.name
            told = Movie.objects.filter(overview=film.overview or "")
            assert film.overview is None or told.count() == 1, film.name

    def _compare_film(self, file: "MediaFile", copy: Copy, owners: dict[Any, int]) -> None:
        movie, film = file.movie_file.movie, copy.film
        assert owners.setdefault(movie.pk, film.number) == film.number, (film.name, file.path)
        state = movie.watch_states.filter(user=self.user).first()
        assert film.position == (state.progress_seconds if state else None), (film, file.path)
        assert film.overview in (None, movie.overview), (film, file.path)
        added = movie.library_added_at.isoformat()
        assert film.added in (None, added), (film, file.path, movie.title, added)
        film.added = added
        assert file.library_id in movie.library_ids, (film, file.path)

    def _rows(self) -> dict[str, "MediaFile"]:
        """The files that are there, by their whole paths."""
        from apps.libraries.models import MediaFile  # noqa: PLC0415

        away = {str(root) for root in self.world.away}
        found = MediaFile.objects.exclude(state="missing").select_related(
            "root", "movie_file__movie"
        )
        rows = [file for file in found if file.root.path not in away]
        by_path = {str(file.absolute_path): file for file in rows}
        assert len(by_path) == len(rows), "a file is there twice"
        return by_path


def _rows(roots: list[Path]) -> "tuple[User, list[Library]]":
    from apps.libraries import services  # noqa: PLC0415
    from apps.users.models import User  # noqa: PLC0415

    user = User.objects.create(username="somebody", email="somebody@example.org")
    *first, last = map(str, roots)
    parts = {"One": first, "Two": [last]}
    return user, [services.library_create(name=n, roots=folders) for n, folders in parts.items()]


def _scan_of(library: "Library") -> Any:  # noqa: ANN401  (a key)
    from apps.core.errors import ConflictError  # noqa: PLC0415
    from apps.libraries import scanning  # noqa: PLC0415
    from apps.libraries.models import ScanType  # noqa: PLC0415

    try:
        return scanning.scan_start(library=library, scan_type=ScanType.INCREMENTAL).pk
    except ConflictError:  # one that was begun before it was known whether it had been
        return library.scans.filter(paths=[]).latest("created_at").pk


def _is_complete(scan_id: Any) -> bool:  # noqa: ANN401  (a key)
    from apps.libraries.models import LibraryScan  # noqa: PLC0415

    scans = LibraryScan.objects.filter(pk=scan_id)
    wait(lambda: not _patiently(lambda: scans.get().is_active))
    scan = scans.get()
    assert not scan.is_active, "a scan never ended"
    return scan.status == "completed"


def _is_busy() -> bool:
    """Also with what scans have asked for themselves."""
    from apps.libraries.models import LibraryScan, ScanRequest  # noqa: PLC0415

    active = LibraryScan.objects.filter(status__in=["pending", "running"])
    return active.exists() or ScanRequest.objects.filter(root__removed_at=None).exists()


def _patiently(call: Callable[[], T]) -> T:
    """While the database starts again."""
    from django.db import InterfaceError, OperationalError, connection  # noqa: PLC0415

    deadline = time.monotonic() + 60
    while True:
        try:
            return call()
        except (OperationalError, InterfaceError):
            if time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(0.2)


def _write_until_full(write: Callable[[bytes], int | None]) -> None:
    with suppress(OSError):
        while True:
            write(bytes(4096))


def _leave_mounts() -> bool:
    """Whether this thread, and what it starts, now mounts for itself alone: that ends with the last
    of the processes, killed or not (mount_namespaces(7))."""
    if not sys.platform.startswith("linux") or ctypes.CDLL(None).unshare(_CLONE_NEWNS):
        return False
    private = ["mount", "--make-rprivate", "/"]
    return not subprocess.run(private, check=False).returncode


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A small file system there, where the machine lets us; answers whether it did."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL_DISK}", "films", str(folder)]
    is_mounted = not subprocess.run(command, check=False).returncode
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607


def _clip(folder: Path) -> bytes:
    from revenge.demo.media import make_demo_media  # noqa: PLC0415

    make_demo_media(folder / "clips", count=20)
    return next((folder / "clips").rglob("*.mp4")).read_bytes()


def _worker(group: workers.WorkerGroup) -> Process:
    """One that does not give way: beside other tests it would hardly ever get to work."""
    eager = replace(group, niceness=0)
    return Process(*eager.command(dict.fromkeys(group.queues, 1)))


def _difference(rows: dict[str, Any], present: dict[Path, Copy]) -> dict[str, list[str]]:
    there = {str(path) for path in present}
    return {"only rows": sorted(rows.keys() - there), "only files": sorted(there - rows.keys())}


if __name__ == "__main__":
    print(json.dumps(survive(*map(int, sys.argv[1:]))))
