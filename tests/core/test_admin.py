"""The admin console: every page renders, escapes, and writes through the services."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.contrib import admin as django_admin
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from apps.apikeys import services as keys
from apps.apikeys.models import ApiKey, Scope
from apps.authn.models import DeviceSession
from apps.libraries import scanning
from apps.libraries import services as libraries
from apps.libraries.models import (
    FileState,
    Library,
    LibraryRoot,
    LibraryScan,
    MediaFile,
    ScanIssue,
    ScanType,
)
from apps.movies.models import Movie
from apps.siteconfig.models import ServerSetting
from apps.users.models import User
from tests import objects
from tests.commits import as_committed
from tests.conftest import PASSWORD

HOSTILE = "<img src=x onerror=alert(1)>\"'.mkv"
get_resolver().url_patterns  # noqa: B018  (the routes register the models)
MODELS = sorted(django_admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


@pytest.fixture
def rows(films: Library, admin: User) -> dict[type[Model], Model]:
    """A row of each model of the console, with hostile texts in it."""
    movie = objects.make_movie(films, HOSTILE)
    file = objects.make_media_file(
        films, f"folder/{HOSTILE}", state=FileState.BROKEN, failure_message=HOSTILE
    )
    objects.make_movie_file(movie, file)
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    ScanIssue.objects.create(scan=scan, path=HOSTILE, reason="broken", message=HOSTILE)
    libraries.library_update(library=films, changes={"name": HOSTILE})
    made: dict[type[Model], Model] = {
        Library: films,
        LibraryScan: scan,
        MediaFile: file,
        Movie: movie,
        User: admin,
        PeriodicTask: objects.make_schedule(),
        ServerSetting: ServerSetting.objects.create(key="custom.x", value=HOSTILE),
        DeviceSession: DeviceSession.objects.create(
            user=admin, device_name=HOSTILE, expires_at=timezone.now() + timedelta(days=1)
        ),
        ApiKey: keys.key_create(user=admin, name=HOSTILE, scopes=[Scope.READ]).row,
    }
    as_committed()
    return made


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def errors_of(response: HttpResponse) -> str:
    """What the form of a page complains about."""
    form = response.context["adminform"].form
    return str(form.errors)


def inline(prefix: str, *rows: dict[str, str], initial: int = 0) -> dict[str, str]:
    """The form of rows on another model's page, the first `initial` of which are there."""
    form = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, row in enumerate(rows):
        form |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return form


def messages_of(response: HttpResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
class TestEveryModel:
    def test_its_list_renders_and_searches(
        self, console: Client, rows: dict[type[Model], Model], model: type[Model]
    ) -> None:
        for query in ("", "?q=film", "?q=%00", "?o=1", "?p=0&all=", "?no_such=1"):
            response = console.get(address(model, "changelist") + query, follow=True)
            assert response.status_code == 200
            assert "<img src=x" not in response.content.decode()
        if model in {Library, MediaFile, Movie}:
            assert html.escape(str(rows[model])) in response.content.decode()

    def test_its_forms_render_and_escape(
        self, console: Client, rows: dict[type[Model], Model], model: type[Model]
    ) -> None:
        row = rows.get(model) or model._default_manager.all().first()
        if row is None:
            assert console.get(address(model, "add")).status_code == 200
            return
        for page in ("change", "history", "delete"):
            response = console.get(address(model, page, row.pk))
            assert response.status_code in {200, 403}
            assert "<img src=x" not in response.content.decode()


@pytest.mark.parametrize("model", [LibraryScan, MediaFile], ids=lambda model: model._meta.label)
def test_pages_that_only_show_have_no_form(
    console: Client, rows: dict[type[Model], Model], model: type[Model]
) -> None:
    page = console.get(address(model, "change", rows[model].pk)).content.decode()
    assert not re.search(r'name="_(save|continue|addanother)"', page)
    for name in ("add", "change", "delete"):
        args = [] if name == "add" else [rows[model].pk]
        assert console.post(address(model, name, *args), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=rows[model].pk).exists()


@pytest.mark.parametrize(
    "model", [Library, LibraryRoot, LibraryScan, MediaFile, Movie], ids=lambda one: one._meta.label
)
def test_columns_and_fields_have_names_of_our_own(model: type[Model]) -> None:
    """Not those that Django makes of the attributes, which are in no catalogue."""
    page = django_admin.site.get_model_admin(model)
    fields = {field.name: field for field in model._meta.fields}
    shown = {*page.list_display, *(page.fields or fields)} & {
        name for name, field in fields.items() if field.editable or name in page.list_display
    }
    assert shown
    made = {name for name in shown if fields[name].verbose_name == name.replace("_", " ")}
    assert {name for name in made if isinstance(fields[name].verbose_name, str)} <= {"id"}


def test_the_policy_is_wider_for_the_console_alone(console: Client, films: Library) -> None:
    def directives(path: str) -> dict[str, str]:
        header = console.get(path).headers["Content-Security-Policy"]
        return {part.split()[0]: part.strip() for part in header.split(";")}

    page, console_page = directives("/movies/"), directives(address(Library, "changelist"))
    assert "unsafe" not in "".join(page.values())
    assert console_page.pop("script-src").replace(" 'unsafe-eval'", "") == page.pop("script-src")
    assert console_page.pop("style-src-attr") == "style-src-attr 'unsafe-inline'"
    assert console_page == page
    assert films.name in console.get(address(Library, "changelist")).content.decode()


def test_what_is_no_id_and_no_text_is_a_bad_request(console: Client, films: Library) -> None:
    files = address(MediaFile, "changelist")
    objects.make_media_file(films)
    for query in ("?failure=%00", "?state__exact=%00"):
        assert console.get(files + query).status_code == 400
    for page, action in ((files, "forget"), (address(Library, "changelist"), "scan")):
        form = {"action": action, "_selected_action": ["x"]}
        assert console.post(page, form).status_code == 400


def test_the_navigation_leads_everywhere(console: Client) -> None:
    page = console.get("/admin/").content.decode()
    for model in (Library, LibraryScan, MediaFile, Movie, User, PeriodicTask):
        assert f'href="{address(model, "changelist")}"' in page


class TestUsers:
    NEW: ClassVar = {
        "username": "newcomer",
        "email": "new@example.org",
        "theme": "dark",
        "is_active": "on",
    }

    def add(self, console: Client, **changed: str) -> HttpResponse:
        form = {**self.NEW, "new_password": PASSWORD, **changed}
        return console.post(address(User, "add"), form, follow=True)

    def test_an_account_is_made(self, console: Client) -> None:
        response = self.add(console, display_name="New", is_superuser="on")
        assert response.status_code == 200
        made = User.objects.get(username="newcomer")
        assert made.check_password(PASSWORD)
        assert (made.display_name, made.is_admin, made.is_active) == ("New", True, True)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"new_password": "password"}, "too common"),
            ({"new_password": "newcomer"}, "too similar"),
            ({"new_password": ""}, "This field is required"),
            ({"username": "a b"}, "3 to 30 letters"),
            ({"username": "ADMIN"}, "taken"),
            ({"email": "Admin@example.org"}, "taken"),
            ({"email": ""}, "required"),
        ],
    )
    def test_a_bad_account_is_refused_in_the_form(
        self, console: Client, changed: dict[str, str], said: str
    ) -> None:
        response = self.add(console, **changed)
        assert response.status_code == 200
        assert said in errors_of(response)
        assert User.objects.count() == 1

    def change(self, console: Client, user: User, **changed: str) -> HttpResponse:
        form = {
            "username": user.username,
            "email": user.email,
            "theme": user.theme,
            "is_active": "on",
            "is_superuser": "on" if user.is_superuser else "",
            "new_password": "",
            **inline("User_groups"),
            **inline("librarygrant_set"),
        }
        return console.post(
            address(User, "change", user.pk),
            {k: v for k, v in {**form, **changed}.items() if v},
            follow=True,
        )

    def test_an_account_is_changed_and_keeps_its_password(
        self, console: Client, member: User
    ) -> None:
        self.change(console, member, display_name="Changed")
        member.refresh_from_db()
        assert member.display_name == "Changed"
        assert member.check_password(PASSWORD)
        self.change(console, member, new_password="Another-Horse-10")
        member.refresh_from_db()
        assert member.check_password("Another-Horse-10")

    def test_a_weak_new_password_changes_nothing(self, console: Client, member: User) -> None:
        response = self.change(console, member, display_name="Changed", new_password="password")
        assert "too common" in errors_of(response)
        member.refresh_from_db()
        assert member.display_name == ""

    @pytest.mark.parametrize("left_out", ["is_active", "is_superuser"])
    def test_the_last_administrator_stays_one(
        self, console: Client, admin: User, left_out: str
    ) -> None:
        response = self.change(console, admin, display_name="Changed", **{left_out: ""})
        assert messages_of(response) == ["The last active administrator stays one."]
        admin.refresh_from_db()
        assert (admin.is_active, admin.is_admin, admin.display_name) == (True, True, "")

    def test_a_deleted_account_keeps_its_row(self, console: Client, member: User) -> None:
        console.post(address(User, "delete", member.pk), {"post": "yes"})
        member.refresh_from_db()
        assert not member.is_active
        assert member.deleted_at is not None


class TestLibraries:
    def save(self, console: Client, library: Library | None, **fields: Any) -> HttpResponse:
        path = address(Library, "change", library.pk) if library else address(Library, "add")
        grants = {**inline("librarygrant_set"), **inline("libraryrolegrant_set")}
        return console.post(path, {"enabled": "on", **grants, **fields}, follow=True)

    def test_a_library_is_made_and_scanned(
        self, console: Client, member: User, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folders = [str(tmp_path_factory.mktemp(name)) for name in ("one", "two")]
        response = self.save(
            console, None, name="New", folders="\n".join(folders), viewers=[str(member.pk)]
        )
        assert messages_of(response)[0] == "The scan of New is queued."
        library = Library.objects.get(name="New")
        assert sorted(root.path for root in library.roots.all()) == sorted(folders)
        assert library.scans.get().requested_by is not None
        assert list(Library.objects.visible_to(member)) == [library]

    @pytest.mark.parametrize(
        "folder", ["/no/such/folder", "relative", "/proc", "/etc/passwd", "\x00", ""]
    )
    def test_a_bad_folder_is_said_in_the_form(self, console: Client, folder: str) -> None:
        response = self.save(console, None, name="New", folders=folder)
        assert "folders" in response.context["adminform"].form.errors
        assert not Library.objects.exists()

    def test_a_folder_of_another_library_changes_nothing(
        self, console: Client, films: Library, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        (root,) = films.roots.all()
        other = libraries.library_create(
            name="Other", roots=[str(tmp_path_factory.mktemp("other"))]
        )
        for library in (None, other):
            confirmed = {"confirmed_folder": root.path}  # of the page that says what it changes
            response = self.save(console, library, name="Renamed", folders=root.path, **confirmed)
            assert any("overlaps" in message for message in messages_of(response))
        assert set(Library.objects.values_list("name", flat=True)) == {"Films", "Other"}
        assert not LibraryScan.objects.exists()

    def test_empty_rows_of_grants_are_none(self, console: Client, films: Library) -> None:
        """As a browser sends them."""
        (root,) = films.roots.all()
        empty = {"level": "view", "max_age": "", "blocked_tags": ""}
        (own,) = films.librarygrant_set.all()
        there = {"id": str(own.pk), "content_object": str(films.pk)}
        forms = {
            **inline("librarygrant_set", there, {**empty, "user": ""}, initial=1),
            **inline("libraryrolegrant_set", {**empty, "group": ""}),
        }
        response = self.save(console, films, name="Films", folders=root.path, **forms)
        assert messages_of(response)[0] == "The scan of Films is queued."
        assert films.librarygrant_set.get() == own
        assert not films.libraryrolegrant_set.exists()

    def test_users_and_roles_get_grants_with_limits(
        self, console: Client, films: Library, member: User, guest: User, outsider: User
    ) -> None:
        (root,) = films.roots.all()
        (own,) = films.librarygrant_set.all()
        there = {"id": str(own.pk), "content_object": str(films.pk), "DELETE": "on"}
        new = {"user": str(outsider.pk), "level": "download", "max_age": "16"}
        guests = {"group": str(guest.groups.get().pk), "level": "view", "blocked_tags": "Gore, X"}
        forms = {
            **inline("librarygrant_set", there, new, initial=1),
            **inline("libraryrolegrant_set", guests),
        }
        self.save(console, films, name="Films", folders=root.path, **forms)
        assert not Library.objects.visible_to(member).exists()
        assert Library.objects.visible_to(guest).get() == films
        given = films.librarygrant_set.get()
        assert (given.user, given.level, given.max_age) == (outsider, "download", 16)
        assert films.libraryrolegrant_set.get().blocked_tags == ["Gore", "X"]

    @pytest.mark.parametrize(("action", "scan_type"), [("scan", "incremental"), ("rescan", "full")])
    def test_the_actions_queue_scans(
        self, console: Client, films: Library, action: str, scan_type: str
    ) -> None:
        form = {"action": action, "_selected_action": [str(films.pk)]}
        response = console.post(address(Library, "changelist"), form, follow=True)
        assert messages_of(response) == ["The scan of Films is queued."]
        assert LibraryScan.objects.get().scan_type == scan_type
        response = console.post(address(Library, "changelist"), form, follow=True)
        assert messages_of(response) == ["Films: A scan of this library is waiting or running."]

    def test_a_library_is_deleted_and_its_films_stay_on_disk(
        self, console: Client, films: Library, django_assert_max_num_queries: Callable[[int], Any]
    ) -> None:
        for number in range(5):
            objects.make_media_file(films, f"{number}.mkv")
        on_disk = MediaFile.objects.all()[0].absolute_path
        with django_assert_max_num_queries(20):
            page = console.get(address(Library, "delete", films.pk)).content.decode()
        assert "5" in page
        console.post(address(Library, "delete", films.pk), {"post": "yes"})
        assert not Library.objects.in_use().exists()
        assert set(MediaFile.objects.values_list("state", flat=True)) == {"missing"}
        assert on_disk.exists()

    def test_many_are_deleted_through_the_service_too(
        self, console: Client, films: Library
    ) -> None:
        movie = objects.make_movie(films)
        objects.make_movie_file(movie, objects.make_media_file(films))
        console.post(
            address(Library, "changelist"),
            {"action": "delete_selected", "_selected_action": [str(films.pk)], "post": "yes"},
        )
        assert not Library.objects.in_use().exists()
        movie.refresh_from_db()
        assert movie.library_ids == []  # it is shown no more, and what was seen of it is kept

    def test_a_scan_is_cancelled(self, console: Client, films: Library) -> None:
        scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)
        form = {"action": "cancel", "_selected_action": [str(scan.pk)]}
        console.post(address(LibraryScan, "changelist"), form)
        scan.refresh_from_db()
        assert scan.status == "cancelled"
        response = console.post(address(LibraryScan, "changelist"), form, follow=True)
        assert messages_of(response) == ["The scan has ended already."]
