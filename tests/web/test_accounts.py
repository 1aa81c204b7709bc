"""Signing in, the first run, and the appearance."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from apps.libraries.models import Library, LibraryScan
from apps.setup import services as setup
from apps.users.models import User
from tests.conftest import PASSWORD

BrowserOf = Callable[[User], Client]


def test_every_page_asks_who_you_are(client: Client, member: User) -> None:
    response = client.get(reverse("movies:list"), {"sort": "title"})
    assert response.status_code == 302
    assert response.url == "/sign-in/?next=/movies/%3Fsort%3Dtitle"
    signed_in = client.post(response.url, {"username": "MEMBER@example.org", "password": PASSWORD})
    assert signed_in.url == "/movies/?sort=title"
    assert client.session["_auth_user_id"] == str(member.pk)


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize("username", ["member", "nobody"])
def test_a_failure_says_the_same_for_a_name_that_exists(client: Client, username: str) -> None:
    response = client.post("/sign-in/", {"username": username, "password": "wrong"})
    page = response.content.decode()
    assert "The name or the password is wrong." in page
    assert "wrong" not in re.findall(r'value="([^"]*)"', page)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_signing_in_never_leads_away(client: Client, member: User, target: str) -> None:  # noqa: ARG001
    data = {"username": "member", "password": PASSWORD, "next": target}
    assert client.post("/sign-in/", data).url == "/"


def test_who_is_signed_in_goes_on(browser_of: BrowserOf, member: User) -> None:
    assert browser_of(member).get("/sign-in/", {"next": "/movies/"}).url == "/movies/"


def test_signing_out_needs_a_form(browser_of: BrowserOf, member: User) -> None:
    client = browser_of(member)
    assert client.get("/sign-out/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/sign-out/").url == "/sign-in/"
    assert "_auth_user_id" not in client.session


@pytest.fixture
def account_form(db: None) -> dict[str, str]:  # noqa: ARG001
    return {
        "token": setup.setup_token_new(),
        "username": "boss",
        "email": "boss@example.org",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }


def test_the_first_account_is_made_once(client: Client, account_form: dict[str, str]) -> None:
    assert client.get("/sign-in/").url == "/setup/"
    assert client.get("/setup/").status_code == 200
    assert client.post("/setup/", account_form).url == "/setup/library/"
    assert User.objects.get().is_admin
    assert client.get("/setup/library/").status_code == 200
    again = Client().post("/setup/", account_form | {"username": "other"})
    assert again.url == "/sign-in/"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"token": "guess"}, "__all__"),
        ({"username": "x"}, "username"),
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password_again": "different"}, "password_again"),
    ],
)
def test_a_bad_first_account_is_explained(
    client: Client, account_form: dict[str, str], change: dict[str, str], field: str
) -> None:
    response = client.post("/setup/", account_form | change)
    assert list(response.context["form"].errors) == [field]
    assert PASSWORD not in response.content.decode()
    assert not User.objects.exists()


def test_the_first_library_is_made_and_scanned(
    browser_of: BrowserOf, admin: User, films_dir: Path
) -> None:
    client = browser_of(admin)
    bad = client.post("/setup/library/", {"name": "Films", "path": str(films_dir / "nowhere")})
    assert "There is no folder" in bad.content.decode()
    assert not Library.objects.exists()
    assert client.post("/setup/library/", {"name": "Films", "path": str(films_dir)}).url == "/"
    assert LibraryScan.objects.get().library.roots.get().path == str(films_dir)


def test_the_first_library_is_for_administrators(browser_of: BrowserOf, member: User) -> None:
    assert browser_of(member).get("/setup/library/").status_code == 403


def test_the_theme_is_kept_in_the_browser_and_the_account(
    client: Client, browser_of: BrowserOf, member: User
) -> None:
    response = client.post("/appearance/", {"theme": "light", "next": "/sign-in/"})
    assert response.url == "/sign-in/"
    assert 'data-theme="light"' in client.get("/sign-in/").content.decode()
    browser_of(member).post("/appearance/", {"theme": "system", "next": "//evil.example"})
    member.refresh_from_db()
    assert member.theme == "system"
    assert client.post("/appearance/", {"theme": "neon"}).status_code == 400


def test_pages_speak_german(browser_of: BrowserOf, member: User) -> None:
    client = browser_of(member)
    client.post("/language/", {"language": "de", "next": "/"})
    page = client.get("/").content.decode()
    assert '<html lang="de"' in page
    assert "Bitte deinen Administrator" in page
