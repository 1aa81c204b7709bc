"""The figures of all processes, of those that have ended too."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from apps.core.monitoring import folder
from apps.core.monitoring.values import FOLDER_VARIABLE

COUNT = Path(__file__).with_name("count.py")


@contextmanager
def counting(directory: Path, forks: int) -> Iterator[list[int]]:
    """Processes that have counted and live; their ids. They end when their input does."""
    process = subprocess.Popen(
        [sys.executable, COUNT, str(forks)],
        env={**os.environ, FOLDER_VARIABLE: str(directory)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield [int(process.stdout.readline()) for _ in range(forks)]
        process.communicate()
    assert process.returncode == 0


def samples(directory: Path) -> dict[str, float]:
    """Name and labels → value."""
    return {
        sample.name + "".join(f" {k}={v}" for k, v in sorted(sample.labels.items())): sample.value
        for metric in folder.read(directory)
        for sample in metric.samples
    }


REQUESTS = "revenge_http_requests_total method=GET route=/films status=200"
SECONDS = "revenge_http_request_duration_seconds"


def test_there_is_nothing_before_anybody_counts(tmp_path: Path) -> None:
    assert folder.read(tmp_path / "none") == []


def test_forks_are_added_up_and_their_parent_leaves_no_file(tmp_path: Path) -> None:
    with counting(tmp_path, 3):
        found = samples(tmp_path)
        assert found[REQUESTS] == 1 + 2 + 3
        assert found[f"{SECONDS}_count method=GET route=/films"] == 6
        assert found[f"{SECONDS}_bucket le=0.01 method=GET route=/films"] == 0
        assert found[f"{SECONDS}_bucket le=0.025 method=GET route=/films"] == 6
        assert found["revenge_http_requests_in_flight"] == 3
        assert len(list(tmp_path.glob("*.lock"))) == 3
        assert len(list(tmp_path.glob("counter_*.db"))) == 3


def test_what_the_dead_have_counted_stays_and_their_gauges_go(tmp_path: Path) -> None:
    with counting(tmp_path, 2) as pids:
        before = samples(tmp_path)
        os.kill(pids[1], signal.SIGKILL)
        _wait_for_end(pids[1])
        after = samples(tmp_path)
    assert before["revenge_http_requests_in_flight"] == 2
    assert after["revenge_http_requests_in_flight"] == 1
    del before["revenge_http_requests_in_flight"], after["revenge_http_requests_in_flight"]
    assert after == before


def _wait_for_end(pid: int) -> None:
    """A zombie, as which it may stay for a while, holds no lock any more."""
    with suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            pass


def test_a_part_that_starts_again_and_again_leaves_no_more_files(tmp_path: Path) -> None:
    sizes = []
    for _ in range(4):
        with counting(tmp_path, 2):
            pass
        found = samples(tmp_path)
        sizes.append(sorted(path.name for path in tmp_path.iterdir()))
    assert found[REQUESTS] == 4 * (1 + 2)
    assert found[f"{SECONDS}_sum method=GET route=/films"] == pytest.approx(4 * 3 * 0.02)
    assert sizes == [["counter_ended.db", "histogram_ended.db"]] * 4


def test_a_torn_file_costs_its_own_numbers_only(tmp_path: Path) -> None:
    with counting(tmp_path, 2):
        pass
    torn = next(tmp_path.glob("counter_*.db"))
    with torn.open("r+b") as file:
        file.seek(8)
        file.write(b"\xff\xff\xff\x7f")
    assert samples(tmp_path)[REQUESTS] in {1, 2}


def test_a_process_that_has_no_folder_counts_for_itself(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("not a folder")
    with counting(tmp_path / "taken", 1) as pids:
        assert len(pids) == 1
