"""Exports of somebody's data: whole, one's own alone, for a bounded time."""

import json
import os
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.core.jobs.models import Job, JobMessage, JobState
from apps.libraries.models import Library
from apps.movies import services as movies
from apps.users import avatars, exports, services, tasks
from apps.users.models import User
from tests import objects
from tests.metadata.pictures import picture_bytes

BrowserOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db


def read(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {
            name: json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith(".json")
        }


def test_it_has_everything_of_the_person_and_nothing_of_others(
    api: Callable[[User | None], APIClient],
    films: Library,
    member: User,
    outsider: User,
    people_files: Path,  # noqa: ARG001
) -> None:
    movie = objects.make_movie(films, 'Film "Ä"')
    for user in (member, outsider):
        api(user)
        services.user_update(user=user, changes={"display_name": f"Me {user}"}, actor=user)
        movies.watch_progress_save(user=user, movie=movie, progress_seconds=60, duration_seconds=90)
    avatars.avatar_set(user=member, content=picture_bytes())
    path = exports.export_make(user=User.objects.get(pk=member.pk))
    found = read(path)
    assert found.keys() == {
        "activity.json", "preferences.json", "profile.json", "sessions.json", "watch-history.json",
    }  # fmt: skip
    (profile,) = found["profile.json"]
    assert (profile["username"], profile["roles"]) == ("member", ["user"])
    assert [entry["action"] for entry in found["activity.json"]] == [
        "user.avatar_change", "user.update",
    ]  # fmt: skip
    (seen,) = found["watch-history.json"]
    assert (seen["movie__title"], seen["progress_seconds"]) == ('Film "Ä"', 60)
    assert [session["device_name"] for session in found["sessions.json"]] == ["test"]
    with zipfile.ZipFile(path) as archive:
        assert "1-256.webp" in archive.namelist()
        everything = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (member.password, "refresh_hash", "outsider", str(outsider.pk)):
        assert secret.encode() not in everything


def test_what_is_empty_is_an_empty_list(member: User, people_files: Path) -> None:  # noqa: ARG001
    assert read(exports.export_make(user=member))["watch-history.json"] == []


def test_others_of_the_machine_cannot_read_it(member: User, people_files: Path) -> None:  # noqa: ARG001
    assert exports.export_make(user=member).stat().st_mode & 0o077 == 0


class TestThePage:
    def test_it_is_made_by_a_job_and_downloaded(
        self, browser_of: BrowserOf, member: User, people_files: Path
    ) -> None:
        browser = browser_of(member)
        page = browser.post("/account/data/export", follow=True).content.decode()
        assert "It is being put together." in page
        assert "Download" not in page
        browser.post("/account/data/export")
        job, message = Job.objects.get(), JobMessage.objects.get()
        assert (job.kind, job.started_by, message.args) == (
            "users.export", member, [str(member.pk)],
        )  # fmt: skip
        tasks.export(*message.args)
        Job.objects.update(state=JobState.COMPLETED)
        assert "Download" in browser.get("/account/data").content.decode()
        response = browser.get("/account/data/export")
        assert response.headers["X-Accel-Redirect"].endswith(f"/{member.pk}.zip")
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["Content-Disposition"].startswith('attachment; filename="member-')
        assert ActivityEntry.objects.filter(action="user.export", user_id=member.pk).exists()
        assert len(list((people_files / "exports").iterdir())) == 1

    def test_everybody_gets_their_own(
        self,
        browser_of: BrowserOf,
        member: User,
        outsider: User,
        people_files: Path,  # noqa: ARG002
    ) -> None:
        exports.export_make(user=member)
        browser = browser_of(outsider)
        assert "Download" not in browser.get("/account/data").content.decode()
        response = browser.get("/account/data/export", follow=True)
        assert "There is no export to download." in response.content.decode()
        assert "X-Accel-Redirect" not in response.headers

    def test_it_ends(self, browser_of: BrowserOf, member: User, people_files: Path) -> None:
        path = exports.export_make(user=member)
        assert exports.clean() == 0
        old = time.time() - 49 * 3600
        os.utime(path, (old, old))
        assert browser_of(member).get("/account/data/export").status_code == 302
        assert exports.clean() == 1
        assert list((people_files / "exports").iterdir()) == []


def test_a_failure_leaves_the_one_before(
    member: User,
    people_files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = exports.export_make(user=member)
    before = path.read_bytes()

    def fail(_user: User) -> list[dict[str, object]]:
        raise OSError("the disk is full")

    monkeypatch.setitem(exports.exporting._exporters, "profile", fail)
    with pytest.raises(OSError, match="full"):
        exports.export_make(user=member)
    assert path.read_bytes() == before
    assert zipfile.is_zipfile(BytesIO(before))
    assert len(list((people_files / "exports").iterdir())) == 1


def test_a_deleted_account_has_none(member: User, people_files: Path) -> None:
    User.objects.update(deleted_at=member.created_at)
    tasks.export(str(member.pk))
    assert not (people_files / "exports").exists()
