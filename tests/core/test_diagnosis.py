"""The administrators' report: every part, in the API and in the console."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone, translation
from rest_framework.test import APIClient

from apps.core import diagnosis, tasks
from apps.core.diagnosis import engines, machine, work
from apps.core.jobs import outbox
from apps.core.jobs.models import JobMessage, Queue
from apps.core.monitoring import jobs
from apps.core.probes import Check, Health
from apps.libraries.models import Library
from apps.playback import encoders
from apps.users.models import User
from tests.heard import forget_all, hear
from tests.waiting import until

PARTS = [
    "postgresql", "valkey", "typesense", "queues", "workers", "data_folder",
    "external_services", "mail", "media_folders", "watching", "encoders",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_is_heard() -> None:
    forget_all()


@pytest.mark.django_db(transaction=True)
def test_the_api_tells_of_every_part(
    films: Library, admin: User, api: Callable[[User], APIClient]
) -> None:
    told: list[dict[str, Any]] = []

    def is_usable() -> bool:
        response = api(admin).get("/api/v1/admin/health")
        assert response.status_code == 200
        told.append(response.json())
        return told[-1]["status"] in {"healthy", "degraded"}

    until(is_usable)  # an engine may be slow for a moment on a busy machine
    parts = {part["name"]: part for part in told[-1]["parts"]}
    assert list(parts) == PARTS
    for name in ("postgresql", "valkey", "typesense"):
        assert parts[name]["status"] == "healthy"
        assert parts[name]["facts"]["Version"]
        assert parts[name]["seconds"] > 0
    assert set(parts["queues"]["facts"]) == set(Queue)
    (root,) = films.roots.all()
    assert list(parts["media_folders"]["facts"]) == [root.path]
    assert parts["external_services"]["message"] == "No external service is configured"


def test_others_may_not_ask(member: User, api: Callable[..., APIClient]) -> None:
    assert api(member).get("/api/v1/admin/health").status_code == 403
    assert api().get("/api/v1/admin/health").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_the_console_shows_the_same(
    films: Library, admin: User, member: User, browser_of: Callable[[User], Client]
) -> None:
    page = browser_of(admin).get("/admin/health/").content.decode()
    for label in ("PostgreSQL", "Valkey", "Typesense", "Queues", "Encoders", "libx264"):
        assert label in page
    assert films.roots.get().path in page
    assert 'href="/admin/health/"' in browser_of(admin).get("/admin/").content.decode()
    assert browser_of(member).get("/admin/health/").status_code == 403
    with translation.override("en"):  # which the page's language would outlive
        german = browser_of(admin).get("/admin/health/", headers={"Accept-Language": "de"})
    assert "Warteschlangen" in german.content.decode()


def test_engines_that_are_away_are_said(db: None, settings: LazySettings) -> None:  # noqa: ARG001
    settings.TYPESENSE_URL = "http://127.0.0.1:9"
    settings.REDIS_URL = settings.BROKER_URL = "redis://127.0.0.1:9/0"
    for check in (engines.typesense(), engines.valkey(), work.processes()):
        assert check.status is Health.DEGRADED


def test_workers_and_beat_are_known_by_when_they_were_heard(db: None) -> None:  # noqa: ARG001
    assert work.processes().message == "No worker is heard; jobs wait"
    hear("worker@a")
    assert work.processes().message == "Beat is not heard; nothing is scheduled"
    jobs.beat_is_alive()
    check = work.processes()
    assert check.status is Health.HEALTHY
    assert set(check.facts) == {"beat", "worker@a"}
    hear("worker@b", seconds_ago=3600)
    assert work.processes().message == "Not heard any more: worker@b"
    hear("worker@b", seconds_ago=48 * 3600)
    assert work.processes().status is Health.HEALTHY


def test_a_queue_that_is_not_worked_off_is_said(db: None) -> None:  # noqa: ARG001
    outbox.enqueue(tasks.jobs_clean, queue=Queue.HIGH)
    assert work.queues().status is Health.HEALTHY
    JobMessage.objects.update(created_at=timezone.now() - timedelta(hours=1))
    check = work.queues()
    assert check.status is Health.DEGRADED
    assert check.message == "Jobs have waited for long: high"
    assert check.facts["high"] == "1; the first has waited for 3600 s"
    assert check.facts["low"] == "0"


@pytest.mark.parametrize(
    ("free", "total", "status"),
    [
        (500 * 2**30, 1000 * 2**30, Health.HEALTHY),
        (5 * 2**30, 6 * 2**30, Health.HEALTHY),
        (30 * 2**30, 1000 * 2**30, Health.HEALTHY),
        (9 * 2**30, 1000 * 2**30, Health.DEGRADED),
        (2**29, 1000 * 2**30, Health.UNHEALTHY),
    ],
)
def test_little_room_is_a_warning(free: int, total: int, status: Health) -> None:
    assert machine._room(free, total) is status


def test_a_folder_that_is_away_is_said(tmp_path: Path) -> None:
    check = machine.disks([tmp_path, tmp_path / "away"], is_written=False)
    assert check.status is Health.DEGRADED
    assert check.facts[str(tmp_path / "away")] == "No such file or directory"
    assert shutil.disk_usage(tmp_path).total > 0


def test_encoders_give_something() -> None:
    check = encoders.self_test()
    assert check.status is Health.HEALTHY
    assert set(check.facts.values()) == {"works"}


def test_an_encoder_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "_problems", lambda: {"libx264": "", "libsvtav1": "gone"})
    check = encoders.self_test()
    assert check == Check(
        Health.DEGRADED, "Do not work: libsvtav1", facts={"libx264": "works", "libsvtav1": "gone"}
    )


def test_a_late_part_is_answered_for(db: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(diagnosis, "LIMIT_SECONDS", 0.0)
    parts = {part.name: part for part in diagnosis.diagnose().parts}
    assert list(parts) == PARTS
