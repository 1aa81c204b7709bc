"""A real watcher, on real folders."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection

from apps.core.monitoring.folder import read
from apps.core.monitoring.values import FOLDER_VARIABLE
from apps.core.probes import Health
from apps.libraries import services
from apps.libraries.models import Library, LibraryRoot, LibraryScan, ScanRequest
from apps.libraries.watch import diagnosis, kernel, process, report, targets
from apps.libraries.watch.process import Watcher
from apps.libraries.watch.report import Mode, Reason, RootState
from apps.libraries.watch.root_watch import RootWatch
from apps.libraries.watch.targets import Target
from tests import jobs_process
from tests.core.db.databases import database_of
from tests.engines import PROJECT
from tests.scans import add_film
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
needs_inotify = pytest.mark.skipif(sys.platform != "linux", reason="has no inotify")


def watcher() -> AbstractContextManager[subprocess.Popen[bytes]]:
    return jobs_process.process("-m", "revenge.jobs", "watch")


@pytest.fixture
def watched(films: Library) -> Library:
    return services.library_update(library=films, changes={"realtime_monitoring": True})


def requested(library: Library) -> set[str]:
    """What the watcher has asked for since the last call."""
    rows = list(ScanRequest.objects.filter(root__library=library))
    ScanRequest.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return {row.path for row in rows}


def until_requested(library: Library, *paths: str) -> None:
    missing = set(paths)

    def all_came() -> bool:
        missing.difference_update(requested(library))
        return not missing

    until(all_came, seconds=60)


def mode_of(library: Library) -> Mode | None:
    heard = report.heard()
    state = heard[1].get(library.roots.get(removed_at=None).pk) if heard else None
    return state.mode if state else None


def _figures(folder: Path) -> dict[str, float]:
    """What the watcher has counted: name and labels → value."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for metric in read(folder)
        if metric.name.startswith("revenge_watch")
        for sample in metric.samples
        if "le" not in sample.labels
    }


def test_it_has_what_changes_scanned(
    watched: Library, films_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "figures"))
    with watcher() as process:
        until_requested(watched, "")  # nobody knows what happened before
        until(lambda: mode_of(watched) is Mode.WATCHED)
        facts = diagnosis.watching().facts
        assert facts[str(films_dir)] == "Watched"
        assert int(facts["Folders that the kernel watches"].split()[0]) >= 1

        add_film(films_dir, "Alien (1979)/Alien.mkv")
        until_requested(watched, "Alien (1979)")
        (films_dir / "Alien (1979)" / "Alien.nfo").write_text("<movie/>")
        until_requested(watched, "Alien (1979)")
        (films_dir / "Alien (1979)" / "Alien.mkv").unlink()
        until_requested(watched, "Alien (1979)/Alien.mkv")
        figures = _figures(tmp_path / "figures")
        assert figures["revenge_watch_roots watched"] == 1
        assert figures["revenge_watch_folders"] >= 1
        assert figures["revenge_watch_events_total"] >= 3
        assert figures["revenge_watch_delay_seconds_count"] >= 2
        assert 0 < figures["revenge_watch_delay_seconds_sum"] < 60

        elsewhere = films_dir.parent / "elsewhere"
        add_film(elsewhere, "Up (2009)/Up.mkv")
        elsewhere.rename(films_dir / "more")
        until_requested(watched, "more")
        add_film(films_dir, "more/Up (2009)/Up - 1080p.mkv")
        until_requested(watched, "more/Up (2009)/Up - 1080p.mkv")

        process.terminate()
        assert process.wait(30) == 0
    assert LibraryScan.objects.filter(library=watched).count() == 1  # the requests wait for it


def test_it_takes_up_what_is_changed_in_libraries(
    films: Library, films_dir: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with watcher() as process:
        until(lambda: report.heard() is not None)
        assert diagnosis.watching().message == "No library is watched"
        add_film(films_dir, "a/a.mkv")
        services.library_update(library=films, changes={"realtime_monitoring": True})
        until_requested(films, "")

        services.library_set_roots(library=films, roots=[str(other)])
        until(lambda: mode_of(films) is Mode.WATCHED)
        until_requested(films, "")
        add_film(other, "b/b.mkv")
        until_requested(films, "b")

        services.library_update(library=films, changes={"enabled": False})
        until(lambda: mode_of(films) is None)
        services.library_update(library=films, changes={"enabled": True})
        until_requested(films, "")

        services.library_delete(library=films)
        until(lambda: (heard := report.heard()) is not None and heard[1] == {})
        process.terminate()
        assert process.wait(30) == 0


def test_a_link_that_leaves_holds_up_nothing(
    watched: Library, films_dir: Path, tmp_path: Path
) -> None:
    """What it tells at once is asked for even when a folder has just become a link."""
    (films_dir / "a").symlink_to(tmp_path)
    process._request(watched.pk, [f"{films_dir}/{name}" for name in ("a/a.mkv", "b", "c")])
    assert requested(watched) == {"b", "c"}


@needs_inotify
def test_when_the_process_that_watches_dies_the_part_does(watched: Library) -> None:
    with watcher() as process:
        until(lambda: mode_of(watched) is Mode.WATCHED)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        os.kill(int(children), signal.SIGKILL)
        assert process.wait(30) != 0


def test_a_root_that_comes_back_is_watched_again(watched: Library, films_dir: Path) -> None:
    with watcher():
        until(lambda: mode_of(watched) is Mode.WATCHED)
        away = films_dir.rename(films_dir.parent / "away")
        until(lambda: mode_of(watched) is Mode.AWAY)
        assert diagnosis.watching().message == "A watched folder is away."
        requested(watched)
        add_film(away, "a/a.mkv")
        away.rename(films_dir)
        until(lambda: mode_of(watched) is Mode.WATCHED)
        until_requested(watched, "")
        add_film(films_dir, "b/b.mkv")
        until_requested(watched, "b")


@needs_inotify
def test_a_name_that_is_no_text_does_not_end_the_watching(
    watched: Library, films_dir: Path
) -> None:
    with watcher():
        until(lambda: mode_of(watched) is Mode.WATCHED)
        requested(watched)
        (Path(os.fsdecode(os.fsencode(films_dir) + b"/bad\xff.mkv"))).write_bytes(b"x")
        until_requested(watched, "")

        names = map(str, itertools.count())

        def is_heard() -> bool:
            """Nobody can tell from outside whether it listens again, so there is always more."""
            add_film(films_dir, f"{next(names)}/b.mkv")
            time.sleep(0.2)
            return any(requested(watched) - {""})

        until(is_heard, seconds=60)
        assert mode_of(watched) is Mode.WATCHED


@needs_inotify
def test_a_folder_whose_name_is_no_text_does_not_end_it_either(
    watched: Library, films_dir: Path
) -> None:
    bad = Path(os.fsdecode(os.fsencode(films_dir) + b"/bad\xff"))
    (bad / "deep").mkdir(parents=True)
    with watcher():
        until(lambda: mode_of(watched) is Mode.WATCHED)
        told = diagnosis.watching().facts[str(films_dir)]
        assert told == f"Watched, except {films_dir}/bad\\xff, which cannot be read"
        until_requested(watched, "")
        add_film(films_dir, "b/b.mkv")
        until_requested(watched, "")
        add_film(films_dir, "b/c.mkv")
        until_requested(watched, "b/c.mkv")
        assert mode_of(watched) is Mode.WATCHED


_ROOT_WATCH = """
import sys, uuid, queue
import django
django.setup()
from django.conf import settings
from apps.libraries.watch.root_watch import RootWatch
from apps.libraries.watch.targets import Target
settings.WATCH_POLL_SECONDS = 0.01
offers = queue.SimpleQueue()
target = Target(uuid.uuid4(), uuid.uuid4(), sys.argv[1], ())
watch = RootWatch(target, offer=lambda _, paths, _at: offers.put(paths), changed=lambda: None)
watch.start()
print(offers.get() == offers.get() == [target.path])
print(watch.state.mode, watch.state.reason, watch.state.number)
"""


def _at_limit(name: str, number: int, root: Path) -> list[str]:
    """What a process says whose kernel's limit is so low, when it watches the root."""
    unshare = shutil.which("unshare")
    script = f'echo {number} > /proc/sys/user/{name} && exec "$@"'
    command = [unshare or "", "-U", "-r", "sh", "-c", script, "sh"]
    if not unshare or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("no user namespaces")
    run = subprocess.run(
        [*command, sys.executable, "-c", _ROOT_WATCH, root],
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "revenge.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()[-2:]


@needs_inotify
@pytest.mark.parametrize(
    ("limit", "number", "state"),
    [
        ("inotify_watches", 5, RootState(Mode.PARTLY, Reason.WATCH_LIMIT)),
        ("inotify_instances", 0, RootState(Mode.POLLED, Reason.INSTANCE_LIMIT)),
    ],
    ids=["watches", "instances"],
)
def test_at_the_kernels_limit_it_polls_and_says_how_to_raise_it(
    watched: Library, films_dir: Path, limit: str, number: int, state: RootState
) -> None:
    for folder in range(20):
        (films_dir / str(folder)).mkdir()
    polled, said = _at_limit(f"max_{limit}", number, films_dir)
    mode, reason, enough = said.split()
    assert polled == "True"
    assert (mode, reason) == (state.mode, state.reason)
    assert int(enough) > (kernel.limit(f"max_user_{limit.removeprefix('inotify_')}") or 0)

    (root,) = watched.roots.all()
    report.tell({root.pk: replace(state, number=int(enough))})
    check = diagnosis.watching()
    assert check.status is Health.DEGRADED
    name = limit.replace("inotify", "user")
    assert f"sudo sysctl fs.inotify.max_{name}={enough};" in str(check.message)
    assert "/etc/sysctl.d/60-revenge.conf" in str(check.message)
    assert check.facts[str(films_dir)].startswith("Not all of it can be watched: looked at every")


@pytest.mark.usefixtures("watched")
def test_a_file_system_without_events_is_polled(
    films_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: LazySettings,
) -> None:
    (tmp_path / "mountinfo").write_text(f"30 22 0:40 / {films_dir} rw - nfs4 nas:/films rw\n")
    monkeypatch.setattr(kernel, "_MOUNTS", tmp_path / "mountinfo")
    settings.WATCH_POLL_SECONDS = 0.01
    offered: list[list[str]] = []
    (target,) = targets.wanted()
    watch = RootWatch(
        target, offer=lambda _target, paths, _at: offered.append(paths), changed=lambda: None
    )
    watch.start()
    until(lambda: len(offered) > 2)
    watch.end()
    watch.join()
    assert offered[:3] == [[str(films_dir)]] * 3
    assert watch.state == RootState(Mode.POLLED, Reason.FILE_SYSTEM, "nfs4")
    settings.WATCH_POLL_SECONDS = 300.0
    report.tell({target.root_id: watch.state})
    check = diagnosis.watching()
    assert check.status is Health.HEALTHY
    said = check.facts[str(films_dir)]
    assert said == "nfs4 reports no changes: checked every 5 minutes"


def test_a_watcher_that_is_not_heard_is_reported(
    watched: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert diagnosis.watching().status is Health.DEGRADED
    (root,) = watched.roots.all()
    report.tell({root.pk: RootState(Mode.WATCHED)})
    assert diagnosis.watching().status is Health.HEALTHY
    later = time.time() + report.LOST_AFTER_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert "does not report" in str(diagnosis.watching().message)


@pytest.mark.usefixtures("watched")
def test_a_thread_that_has_died_is_replaced() -> None:
    process = Watcher()
    process._work(time.monotonic())
    (first,) = process._watches.values()
    first.end()
    first.join()
    process._work(time.monotonic() + 3600)
    (second,) = process._watches.values()
    assert second is not first
    assert second.is_alive()
    second.end()


def test_what_the_database_has_no_time_for_waits(watched: Library, films_dir: Path) -> None:
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT id FROM libraries_library FOR UPDATE")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 10")
        with pytest.raises(DatabaseError):
            process._request(watched.pk, [str(films_dir / "a")])
        other.rollback()
        other.close()
        process._request(watched.pk, [str(films_dir / "a")])
        cursor.execute("RESET lock_timeout")
    assert requested(watched) == {"a"}


def test_without_the_database_what_has_changed_waits(watched: Library, films_dir: Path) -> None:
    root = LibraryRoot.objects.get()
    process = Watcher()
    process._read_at = time.monotonic() + 3600
    process._take((Target(root.pk, watched.pk, root.path, ()), [str(films_dir / "a")], None))
    with database_of(NAME="no-such-database"), pytest.raises(DatabaseError):
        process._work(time.monotonic())
    process._work(time.monotonic())
    assert requested(watched) == {"a"}
