"""What is recorded of libraries, jobs, the search index and the set-up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.core.errors import ConflictError
from apps.libraries import scanning
from apps.libraries import services as libraries
from apps.libraries.models import Library, ScanType
from apps.setup import preparing
from apps.setup import services as setup
from apps.users.models import User
from tests.core.test_admin import inline

pytestmark = pytest.mark.django_db


def _entries(prefix: str) -> list[ActivityEntry]:
    """The oldest first."""
    found = ActivityEntry.objects.filter(action__startswith=prefix)
    return list(found.order_by("created_at", "id"))


def _last(prefix: str) -> ActivityEntry:
    return _entries(prefix)[-1]


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


def _form(films: Library, **changes: Any) -> dict[str, Any]:
    folders = "\n".join(root.path for root in films.roots.all())
    return {"name": films.name, "enabled": "on", "folders": folders, "viewers": [], **changes}


def test_a_librarys_life_in_the_console(
    console: Client, films: Library, admin: User, member: User, tmp_path: Path
) -> None:
    add = reverse("admin:libraries_library_add")
    more = tmp_path / "more"
    more.mkdir()
    values = _form(films, name="More", folders=str(more), viewers=[str(member.pk)])
    assert console.post(add, values).status_code == 302
    made = Library.objects.get(name="More")
    entry = _last("library.create")
    assert (entry.user_id, entry.resource_type, entry.resource_id) == (
        admin.pk, "library", made.pk,
    )  # fmt: skip
    assert entry.changes["paths"] == {"old": None, "new": [str(more)]}
    assert _last("grant.add").metadata["user"] == "member"
    assert _last("library.scan").metadata["library"] == "More"

    other = tmp_path / "other"
    other.mkdir()
    change = reverse("admin:libraries_library_change", args=[made.pk])
    before = len(_entries("library.update"))
    grants = inline("librarygrant_set") | inline("libraryrolegrant_set")
    values = _form(films, name="Most", folders=str(other)) | grants
    values |= {"confirmed_folder": [str(other)]}
    assert console.post(change, values).status_code == 302
    changes = [entry.changes for entry in _entries("library.update")[before:]]
    assert changes == [
        {"paths": {"old": [str(more)], "new": [str(other)]}},
        {"name": {"old": "More", "new": "Most"}},
    ]
    console.post(reverse("admin:libraries_library_delete", args=[made.pk]), {"post": "yes"})
    entry = _last("library.delete")
    assert (entry.username, entry.resource_id) == ("admin", made.pk)
    assert entry.changes["name"] == {"old": "Most", "new": None}


def test_what_is_refused_or_the_same_is_not_recorded(films: Library, admin: User) -> None:
    before = ActivityEntry.objects.count()
    paths = [root.path for root in films.roots.all()]
    libraries.library_update(library=films, changes={"name": films.name}, actor=admin)
    libraries.library_set_roots(library=films, roots=paths, actor=admin)
    with pytest.raises(ConflictError):
        libraries.library_create(name="Films", roots=paths, actor=admin)
    assert ActivityEntry.objects.count() == before


def test_scans_that_somebody_asked_for(
    api: Callable[[User | None], APIClient], films: Library, admin: User
) -> None:
    path = f"/api/v1/libraries/{films.pk}/scan"
    started = api(admin).post(path, {"scan_type": "full"}, format="json").json()
    api(admin).delete(f"{path}s/{started['id']}")
    scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    assert [(e.action, e.username) for e in _entries("library.scan")] == [
        ("library.scan", "admin"),
        ("library.scan_cancel", "admin"),
    ]


def test_jobs_in_the_console(console: Client, films: Library, admin: User) -> None:
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    for name, action in (("job-cancel", "job.cancel"), ("job-retry", "job.retry")):
        console.post(reverse(f"admin:{name}", args=[scan.pk]))
        entry = _last(action)
        assert (entry.user_id, entry.resource_id) == (admin.pk, scan.pk)
        assert entry.metadata == {"name": "libraries.scan Films"}
    console.post(reverse("admin:job-cancel", args=[scan.pk]))  # it has ended
    assert len(_entries("job.")) == 2


def test_schedules_in_the_console(console: Client) -> None:
    preparing.schedules_seed()
    row = PeriodicTask.objects.get(name="search index")
    console.post(reverse("admin:schedule-run", args=[row.pk]))
    assert _last("schedule.run").metadata == {"name": "search index"}


def test_changed_schedules(console: Client) -> None:
    preparing.schedules_seed()
    row = PeriodicTask.objects.get(name="search index")
    every = reverse("admin:django_celery_beat_periodictask_changelist")
    for action in ("disable_tasks", "toggle_tasks", "delete_selected"):
        chosen = {"action": action, "_selected_action": [row.pk], "post": "yes"}
        assert console.post(every, chosen).status_code == 302
    interval = reverse("admin:django_celery_beat_intervalschedule_add")
    console.post(interval, {
        "every": "7", "period": "days",
        "periodictask_set-TOTAL_FORMS": "0", "periodictask_set-INITIAL_FORMS": "0",
    })  # fmt: skip
    assert not PeriodicTask.objects.filter(pk=row.pk).exists()
    told = [(entry.username, entry.metadata["name"]) for entry in _entries("schedule.update")]
    assert told == [*[("admin", "search index")] * 3, ("admin", "every 7 days")]


def test_the_search_index(api: Callable[[User | None], APIClient], admin: User) -> None:
    job_id = api(admin).post("/api/v1/search/reindex").json()["job_id"]
    entry = _last("search.reindex")
    assert (entry.username, str(entry.resource_id)) == ("admin", job_id)


def test_the_first_administrator() -> None:
    token = setup.setup_token_new()
    user = setup.setup_finish(
        token=token, username="first", email="first@example.org", password="Correct-Horse-9"
    )
    entry = _last("setup.finish")
    assert (entry.user_id, entry.resource_id) == (user.pk, user.pk)
