"""Who opens which page of the admin console."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from apps.activity.models import ActivityEntry
from apps.authn import invitations
from apps.authn.models import Invitation
from apps.core.models import Job
from apps.libraries import grants, scanning
from apps.libraries import services as libraries
from apps.libraries.access import GrantLevel
from apps.libraries.grants import GrantLimits
from apps.libraries.models import Library, LibraryRoot, LibraryScan, MediaFile, ScanIssue, ScanType
from apps.movies.models import Movie
from apps.rbac.models import Role
from apps.siteconfig import services as siteconfig
from apps.siteconfig.declared import SERVER_URL
from apps.siteconfig.models import ServerSetting
from apps.users.models import User
from tests import objects
from tests.commits import as_committed
from tests.conftest import PASSWORD

BrowserOf = Callable[[User], Client]
get_resolver().url_patterns  # noqa: B018  (the routes register the models)
MODELS = sorted(django_admin.site._registry, key=lambda model: model._meta.label)
SHOWN: dict[type[Model], set[str]] = {
    Library: {"changelist", "change", "history"},
    LibraryRoot: {"changelist", "change", "history"},
    LibraryScan: {"changelist", "change", "history"},
    MediaFile: {"changelist", "change", "history"},
    Movie: {"changelist", "change", "history"},
    User: {"changelist", "change", "history"},
    ActivityEntry: {"changelist", "change", "history"},
    ServerSetting: {"changelist", "change", "history"},
}
"""What a moderator opens; of the others nothing."""


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def rows(films: Library, moderator: User, member: User) -> dict[type[Model], Model]:
    """The moderator has a grant on the library."""
    objects.make_schedule()
    grants.grant_add(actor=None, library=films, grantee=moderator, level=GrantLevel.VIEW)
    movie = objects.make_movie(films)
    file = objects.make_media_file(films)
    objects.make_movie_file(movie, file)
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    as_committed()
    return {
        Library: films,
        LibraryRoot: films.roots.all()[0],
        LibraryScan: scan,
        MediaFile: file,
        Movie: movie,
        User: member,
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_moderator_opens_what_the_role_allows(
    browser_of: BrowserOf, rows: dict[type[Model], Model], moderator: User, model: type[Model]
) -> None:
    client = browser_of(moderator)
    row = rows.get(model) or model._default_manager.all().first()
    pages = ("changelist", "add", "change", "delete", "history")
    for page in pages if row else pages[:2]:
        args = [] if row is None or page in {"changelist", "add"} else [row.pk]
        status = client.get(address(model, page, *args)).status_code
        assert status == (200 if page in SHOWN.get(model, set()) else 403), page
        if page not in SHOWN.get(model, set()):
            assert client.post(address(model, page, *args), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_member_opens_nothing(
    browser_of: BrowserOf, rows: dict[type[Model], Model], member: User, model: type[Model]
) -> None:
    client = browser_of(member)
    row = rows.get(model)
    for page in ("changelist", "add", "change", "delete", "history"):
        args = [] if page in {"changelist", "add"} else [row.pk if row else 1]
        assert client.get(address(model, page, *args)).status_code == 403


@pytest.mark.parametrize("name", ["jobs", "health"])
def test_the_server_is_for_administrators(
    browser_of: BrowserOf, moderator: User, admin: User, name: str
) -> None:
    assert browser_of(moderator).get(reverse(f"admin:{name}")).status_code == 403
    assert browser_of(admin).get(reverse(f"admin:{name}")).status_code == 200


def test_the_navigation_shows_what_is_allowed(
    browser_of: BrowserOf,
    rows: dict[type[Model], Model],  # noqa: ARG001
    moderator: User,
    admin: User,
) -> None:
    def links(user: User) -> set[str]:
        page = browser_of(user).get("/admin/").content.decode()
        pages = {address(model, "changelist") for model in (*SHOWN, Role, Job)}
        pages |= {reverse("admin:jobs"), reverse("admin:health")}
        return {link for link in pages if f'href="{link}"' in page}

    assert links(moderator) == {address(model, "changelist") for model in SHOWN}
    assert links(admin) >= links(moderator) | {
        address(Role, "changelist"),
        reverse("admin:jobs"),
        reverse("admin:health"),
    }


def test_the_menu_leads_moderators_there(
    browser_of: BrowserOf, moderator: User, member: User
) -> None:
    assert 'href="/admin/"' in browser_of(moderator).get("/").content.decode()
    assert 'href="/admin/"' not in browser_of(member).get("/").content.decode()


def test_a_moderator_sees_what_the_grants_show(
    browser_of: BrowserOf, rows: dict[type[Model], Model], films: Library, moderator: User
) -> None:
    hidden = objects.make_movie(films, "Splatter", certification="R")
    file = objects.make_media_file(films, "Splatter/Splatter.mkv")
    objects.make_movie_file(hidden, file)
    scan = rows[LibraryScan]
    ScanIssue.objects.create(scan=scan, path="/films/Secret.mkv", reason="broken", message="No.")
    client = browser_of(moderator)
    scan_page = address(LibraryScan, "change", scan.pk)
    assert "Secret.mkv" in client.get(scan_page).content.decode()
    grants.grant_add(
        actor=None,
        library=films,
        grantee=moderator,
        level=GrantLevel.VIEW,
        limits=GrantLimits(max_age=12, shows_unrated=True),
    )
    for model, row in ((Movie, hidden), (MediaFile, file)):
        listed = client.get(address(model, "changelist")).content.decode()
        assert "Splatter" not in listed
        missing = client.get(address(model, "change", row.pk))
        assert missing.status_code == 302  # to the start, as for what is not there
    assert "Secret.mkv" not in client.get(scan_page).content.decode()
    grants.grant_remove(actor=None, library=films, grantee=moderator, level=GrantLevel.VIEW)
    for model in (Library, LibraryScan, MediaFile, Movie):
        listed = client.get(address(model, "changelist")).content.decode()
        assert str(rows[model].pk) not in listed
        assert client.get(address(model, "change", rows[model].pk)).status_code == 302


class TestNobodyRaisesHimself:
    def change(self, client: Client, user: User, **fields: Any) -> int:
        form = {
            "username": user.username,
            "email": user.email,
            "theme": user.theme,
            "is_active": "on",
            **fields,
        }
        return client.post(address(User, "change", user.pk), form).status_code

    def test_a_moderator_changes_members(
        self, browser_of: BrowserOf, moderator: User, member: User
    ) -> None:
        client, before = browser_of(moderator), member.password
        raised = {
            "is_superuser": "on",
            "email": "mine@example.org",
            "new_password": "Another-Horse-10",
            "display_name": "Changed",
        }
        assert self.change(client, member, **raised) == 302
        member.refresh_from_db()
        assert member.display_name == "Changed"
        assert (member.is_superuser, member.email) == (False, "member@example.org")
        assert member.password == before
        groups = {
            "User_groups-TOTAL_FORMS": "1",
            "User_groups-INITIAL_FORMS": "0",
            "User_groups-0-group": str(Group.objects.get(name="moderator").pk),
        }
        self.change(client, member, **groups)
        assert [group.name for group in member.groups.all()] == ["user"]

    def test_a_moderator_does_not_change_those_who_may_as_much(
        self, browser_of: BrowserOf, moderator: User, admin: User
    ) -> None:
        client = browser_of(moderator)
        for user in (moderator, admin):
            assert self.change(client, user, display_name="Changed") == 403
            user.refresh_from_db()
            assert user.display_name == ""

    def test_actions_are_for_administrators(
        self, browser_of: BrowserOf, moderator: User, member: User
    ) -> None:
        for name in ("delete_selected", "disable"):
            form = {"action": name, "_selected_action": [str(member.pk)], "post": "yes"}
            browser_of(moderator).post(address(User, "changelist"), form)
        member.refresh_from_db()
        assert member.is_active


class TestManager:
    """Who manages a library by a grant, with no role that opens the console."""

    @pytest.fixture
    def client(self, browser_of: BrowserOf, films: Library, member: User) -> Client:
        grants.grant_add(actor=None, library=films, grantee=member, level=GrantLevel.MANAGE)
        return browser_of(member)

    def test_finds_that_library_alone(
        self, client: Client, films: Library, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = str(tmp_path_factory.mktemp("other"))
        other = libraries.library_create(name="Hidden", roots=[folder])
        listed = client.get(address(Library, "changelist")).content.decode()
        assert "Films" in listed
        assert "Hidden" not in listed
        assert client.get(address(Library, "change", films.pk)).status_code == 200
        assert client.get(address(Library, "change", other.pk)).status_code == 302
        for model in (Movie, MediaFile, LibraryScan, User, Role):
            assert client.get(address(model, "changelist")).status_code == 403

    def test_edits_and_scans_it_but_not_its_folders(self, client: Client, films: Library) -> None:
        (root,) = films.roots.all()
        form = {"name": "Renamed", "enabled": "on", "folders": "/"}
        assert client.post(address(Library, "change", films.pk), form).status_code == 302
        films.refresh_from_db()
        assert films.name == "Renamed"
        assert [each.path for each in films.roots.all()] == [root.path]
        assert films.scans.get().requested_by is not None
        assert client.post(address(Library, "delete", films.pk), {"post": "yes"}).status_code == 403


def test_the_console_has_no_way_of_its_own_to_a_new_password(
    browser_of: BrowserOf, admin: User
) -> None:
    client, address = browser_of(admin), reverse("admin:password_change")
    before = admin.password
    new = {"new_password1": "Another-Horse-10", "new_password2": "Another-Horse-10"}
    for response in (client.get(address), client.post(address, {"old_password": PASSWORD, **new})):
        assert (response.status_code, response.url) == (302, reverse("authn:password"))  # type: ignore[attr-defined]
    admin.refresh_from_db()
    assert admin.password == before


def test_an_account_is_given_a_place_of_a_list(
    browser_of: BrowserOf, admin: User, member: User
) -> None:
    member.locale = "de-AT"
    member.save(update_fields=["locale"])
    page = browser_of(admin).get(address(User, "change", member.pk)).content.decode()
    for place in ("Europe/Berlin", "de-AT", "de"):
        assert f'<option value="{place}"' in page


def test_an_invitation_names_its_libraries(
    browser_of: BrowserOf, admin: User, films: Library
) -> None:
    made, _token = invitations.invitation_create(
        actor=admin,
        role=Group.objects.get(name="user"),
        grants={films.pk: invitations.LibraryPermission.VIEW},
        uses=1,
        expires_at=timezone.now() + timedelta(days=1),
    )
    page = browser_of(admin).get(address(Invitation, "change", made.pk)).content.decode()
    assert f"{films.name}: See the films" in page


def test_the_link_of_an_invitation_is_one_that_reaches_the_server(
    browser_of: BrowserOf, admin: User
) -> None:
    url = "https://films.example.org/"
    siteconfig.server_setting_update(setting=SERVER_URL, value=url, actor=admin)
    typed = {
        "note": "Zoë",
        "role": Group.objects.get(name="user").pk,
        "uses": 1,
        "days": 7,
        "permission": "view",
    }
    answer = browser_of(admin).post(address(Invitation, "add"), typed, follow=True)
    assert "https://films.example.org/invitation/" in answer.content.decode()
