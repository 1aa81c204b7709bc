"""The thread of one root, without the rest of the watcher."""

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings

from apps.libraries.watch import root_watch
from apps.libraries.watch.report import Mode, Reason, RootState
from apps.libraries.watch.root_watch import RootWatch
from apps.libraries.watch.targets import Target
from tests.scans import as_nobody, open_folder
from tests.waiting import until

needs_inotify = pytest.mark.skipif(sys.platform != "linux", reason="has no inotify")


class Watched(RootWatch):
    def __init__(self, root: Path) -> None:
        self.offered: list[str] = []
        target = Target(uuid.uuid4(), uuid.uuid4(), str(root), ())
        super().__init__(
            target,
            offer=lambda _target, paths, _at: self.offered.extend(paths),
            changed=lambda: None,
        )


@contextmanager
def watch(root: Path) -> Iterator[Watched]:
    started = Watched(root)
    started.start()
    try:
        yield started
    finally:
        started.end()
        started.join()


@pytest.fixture
def root(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    settings.WATCH_SETTLE_SECONDS = 0.1
    monkeypatch.setattr(root_watch, "_LOOK_SECONDS", 0.2)
    monkeypatch.setattr(root_watch, "_FIRST_PAUSE", 0.1)
    with open_folder() as folder:
        folder.chmod(0o777)
        with as_nobody():
            yield folder


@needs_inotify
def test_a_folder_that_can_be_read_by_now_is_watched(root: Path) -> None:
    lost = root / "lost"
    lost.mkdir(mode=0)
    with watch(root) as watched:
        until(lambda: watched.state == RootState(Mode.WATCHED, Reason.UNREADABLE, str(lost)))
        lost.chmod(0o755)
        until(lambda: watched.state == RootState(Mode.WATCHED))
        until(lambda: str(lost) in watched.offered)
        until(lambda: watched.folders == 2)
        (lost / "Film.mkv").touch()
        until(lambda: str(lost / "Film.mkv") in watched.offered)


@needs_inotify
def test_a_root_that_cannot_be_read_is_not_said_to_be_watched(root: Path) -> None:
    films = root / "films"
    films.mkdir(mode=0)
    with watch(films) as watched:
        reason = f"{films} cannot be read"
        until(lambda: watched.state == RootState(Mode.POLLED, Reason.ERROR, reason))
        films.chmod(0o755)
        until(lambda: watched.state == RootState(Mode.WATCHED))
        (films / "Film.mkv").touch()
        until(lambda: str(films / "Film.mkv") in watched.offered)


@needs_inotify
def test_beside_a_link_that_leaves_new_folders_are_watched(root: Path) -> None:
    (root / "out").symlink_to("/")
    with watch(root) as watched:
        until(lambda: watched.state == RootState(Mode.WATCHED))
        (root / "a").mkdir()
        until(lambda: str(root / "a") in watched.offered)
        until(lambda: watched.folders == 2)
        (root / "a" / "Film.mkv").touch()
        until(lambda: str(root / "a" / "Film.mkv") in watched.offered)
