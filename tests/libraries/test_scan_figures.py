"""What Prometheus is told of scans."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.libraries import scanning
from apps.libraries.models import Library, ScanType
from tests.scans import add_film, scan


def _figures() -> dict[str, float]:
    """Name and labels → value."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for metric in REGISTRY.collect()
        if metric.name.startswith(("revenge_scan", "revenge_probe"))
        for sample in metric.samples
        if "le" not in sample.labels
    }


@pytest.fixture
def library(films: Library, films_dir: Path) -> Library:
    for frames, name in enumerate(("Stays", "Changes", "Moves", "Goes"), 5):
        add_film(films_dir, f"{name} (2001).mkv", frames=frames)
    scan(films)
    return films


def test_scans_files_and_probes_are_counted(
    library: Library,
    films_dir: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    add_film(films_dir, "Changes (2001).mkv", frames=20)
    (films_dir / "Moves (2001).mkv").rename(films_dir / "Moved (2001).mkv")
    (films_dir / "Goes (2001).mkv").unlink()
    add_film(films_dir, "New (2001).mkv", frames=30)
    (films_dir / "Bad (2001).mkv").write_bytes(b"-")
    before = _figures()

    with django_capture_on_commit_callbacks(execute=True):
        scan(library)

    more = {name: value - before.get(name, 0) for name, value in _figures().items()}
    assert more.pop("revenge_scan_duration_seconds_sum incremental whole") > 0
    assert more.pop("revenge_probe_duration_seconds_sum") > 0
    assert {name: value for name, value in more.items() if value} == {
        "revenge_scans_total incremental whole completed": 1,
        "revenge_scan_duration_seconds_count incremental whole": 1,
        "revenge_scan_files_total added": 2,
        "revenge_scan_files_total updated": 1,
        "revenge_scan_files_total moved": 1,
        "revenge_scan_files_total missing": 1,
        "revenge_scan_files_total failed": 1,
        "revenge_probes_total probed": 2,
        "revenge_probes_total known": 1,
        "revenge_probes_total not_media": 1,
        "revenge_probe_duration_seconds_count": 3,
    }


def test_one_that_was_cancelled_before_it_began_has_no_time(
    films: Library, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    before = _figures()

    with django_capture_on_commit_callbacks(execute=True):
        started = scanning.scan_start(library=films, scan_type=ScanType.FULL)
        scanning.scan_cancel(scan=started)

    more = {name for name, value in _figures().items() if value > before.get(name, 0)}
    assert more == {"revenge_scans_total full whole cancelled"}
