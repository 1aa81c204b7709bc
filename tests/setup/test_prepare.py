"""`manage.py prepare`: quiet, repeatable, and plain when something is wrong."""

import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.core.jobs import task
from apps.core.models import JobMessage
from apps.libraries import scanning
from apps.libraries import services as libraries
from apps.libraries.models import Library, LibraryScan, ScanStatus, ScanType
from apps.setup import preparing, services
from apps.setup.models import SetupToken
from apps.users.models import User
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings, tmp_path: Path
) -> Iterator[None]:
    for name in ("USERNAME", "PASSWORD", "EMAIL"):
        monkeypatch.delenv(f"REVENGE_ADMIN_{name}", raising=False)
    monkeypatch.delenv("REVENGE_MEDIA", raising=False)
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    yield
    shutil.rmtree(services.DEMO_DIR.parent, ignore_errors=True)


def prepare() -> str:
    out = StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


def test_on_an_empty_server_it_prints_one_line(db: None, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    line = prepare()
    assert line.startswith("! Make the first administrator: http://localhost:8096/setup/#")
    assert line.count("\n") == 1
    assert capfd.readouterr().out == ""


def test_twice_changes_nothing_but_the_token(
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    monkeypatch.setenv("REVENGE_MEDIA", str(media))
    monkeypatch.setenv("REVENGE_ADMIN_USERNAME", "Admin")
    monkeypatch.setenv("REVENGE_ADMIN_PASSWORD", "Another-Horse-10")
    assert prepare() == ""
    library = Library.objects.get()
    task = PeriodicTask.objects.get(name="search index")
    task.enabled = False
    task.save()
    assert prepare() == ""
    assert Library.objects.get() == library
    assert LibraryScan.objects.get().status == ScanStatus.PENDING
    assert User.objects.get() == admin
    assert admin.check_password(PASSWORD)
    assert PeriodicTask.objects.count() == len(preparing.SCHEDULES)
    assert IntervalSchedule.objects.count() == len({s.every for s in preparing.SCHEDULES.values()})
    task.refresh_from_db()
    assert not task.enabled
    assert capfd.readouterr().out == ""


def test_every_schedule_names_a_task_that_there_is(db: None) -> None:  # noqa: ARG001
    assert {seed.task for seed in preparing.SCHEDULES.values()} <= set(task.names())


class TestAdministrator:
    def test_it_is_made(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG002
        monkeypatch.setenv("REVENGE_ADMIN_USERNAME", "boss")
        monkeypatch.setenv("REVENGE_ADMIN_PASSWORD", PASSWORD)
        assert prepare() == ""
        boss = User.objects.get()
        assert boss.is_admin
        assert boss.check_password(PASSWORD)
        assert not SetupToken.objects.exists()

    @pytest.mark.parametrize(
        ("variables", "said"),
        [
            ({"USERNAME": "boss"}, "REVENGE_ADMIN_PASSWORD"),
            ({"PASSWORD": PASSWORD}, "REVENGE_ADMIN_USERNAME"),
            ({"USERNAME": "boss", "PASSWORD": "password"}, "password: "),
            ({"USERNAME": "b", "PASSWORD": PASSWORD}, "username: "),
            ({"USERNAME": "boss", "PASSWORD": PASSWORD, "EMAIL": "x"}, "email: "),
            ({"USERNAME": "boss", "PASSWORD": PASSWORD, "EMAIL": "member@example.org"}, "taken"),
        ],
    )
    def test_what_is_wrong_is_said_in_one_line(
        self,
        member: User,  # noqa: ARG002
        monkeypatch: pytest.MonkeyPatch,
        variables: dict[str, str],
        said: str,
    ) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"REVENGE_ADMIN_{name}", value)
        with pytest.raises(CommandError, match=said) as caught:
            prepare()
        message = str(caught.value)
        assert "\n" not in message
        assert PASSWORD not in message
        assert User.objects.count() == 1

    def test_a_variable_given_twice_is_said_too(
        self,
        db: None,  # noqa: ARG002
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        monkeypatch.setenv("REVENGE_ADMIN_PASSWORD", PASSWORD)
        monkeypatch.setenv("REVENGE_ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
        with pytest.raises(CommandError, match="REVENGE_ADMIN_PASSWORD"):
            prepare()


class TestLibraries:
    def test_a_folder_of_films_becomes_a_library_that_is_scanned(
        self,
        admin: User,  # noqa: ARG002
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        monkeypatch.setenv("REVENGE_MEDIA", str(tmp_path))
        prepare()
        library = Library.objects.get()
        assert library.name == "Films"
        assert [root.path for root in library.roots.all()] == [str(tmp_path)]
        assert library.scan_on_startup
        assert library.scans.get().status == ScanStatus.PENDING

    def test_the_name_may_be_taken(
        self,
        films: Library,  # noqa: ARG002
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "media").mkdir()
        monkeypatch.setenv("REVENGE_MEDIA", str(tmp_path / "media"))
        preparing.libraries_ensure()
        assert set(Library.objects.values_list("name", flat=True)) == {"Films", "Films 2"}

    @pytest.mark.parametrize("folder", ["/no/such/folder", "/proc", "relative"])
    def test_a_bad_folder_is_said_in_one_line(
        self,
        db: None,  # noqa: ARG002
        monkeypatch: pytest.MonkeyPatch,
        folder: str,
    ) -> None:
        monkeypatch.setenv("REVENGE_MEDIA", folder)
        with pytest.raises(CommandError, match="REVENGE_MEDIA") as caught:
            prepare()
        assert "\n" not in str(caught.value)
        assert not Library.objects.exists()

    def test_without_one_the_demo_library_is_made_once(self, admin: User) -> None:  # noqa: ARG002
        prepare()
        demo = services.demo_library()
        assert demo is not None
        assert demo.name == "Demo"
        assert not demo.scans.exists()  # its films are to be made first
        libraries.library_delete(library=demo)
        prepare()
        assert not Library.objects.in_use().exists()

    def test_what_an_earlier_run_left_goes_on(self, admin: User, films: Library) -> None:  # noqa: ARG002
        left = scanning.scan_start(library=films, scan_type=ScanType.FULL)
        JobMessage.objects.update(due_at=timezone.now())  # the broker has lost it
        prepare()
        message = JobMessage.objects.get(pk=left.pk)
        assert (message.sends, message.due_at > timezone.now()) == (2, True)


class TestStaticFiles:
    def test_they_are_copied_when_they_changed(
        self, settings: LazySettings, tmp_path: Path
    ) -> None:
        source = tmp_path / "source"
        source.mkdir()
        (source / "a.css").write_text("a {}")
        settings.STATICFILES_DIRS = [source]
        preparing.static_collect()
        collected = Path(settings.STATIC_ROOT)
        assert (collected / "a.css").read_text() == "a {}"
        (collected / "a.css").write_text("untouched")
        preparing.static_collect()
        assert (collected / "a.css").read_text() == "untouched"
        (source / "a.css").unlink()
        (source / "b.css").write_text("b {}")
        preparing.static_collect()
        assert {path.name for path in collected.glob("*.css")} == {"b.css"}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_named() -> None:
    connection.close()
    name, pool = connection.settings_dict["NAME"], connection.settings_dict["OPTIONS"].pop("pool")
    connection.settings_dict["NAME"] = "no-such-database"
    try:
        with pytest.raises(preparing.PreparationError, match="PostgreSQL does not answer"):
            preparing.database_wait(seconds=0.1)
    finally:
        connection.settings_dict["NAME"] = name
        connection.settings_dict["OPTIONS"]["pool"] = pool
        connection.close()


def test_the_demo_is_not_made_where_somebody_has_removed_it(db: None) -> None:  # noqa: ARG001
    services.demo_create()
    assert not services.DEMO_DIR.exists()
