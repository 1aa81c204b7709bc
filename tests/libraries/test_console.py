"""The console's pages of libraries."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.libraries import grants, scanning, services
from apps.libraries.access import GrantLevel
from apps.libraries.models import FileState, Library, ScanStatus, ScanType
from apps.movies import selectors as movies
from apps.movies import services as movie_services
from apps.movies.models import WatchState
from apps.users.models import User
from tests import objects
from tests.core.test_admin import inline, messages_of

LIST = reverse("admin:libraries_library_changelist")
FORM = {
    "name": "Films",
    "enabled": "on",
    "trusts_folder_times": "on",
    **inline("librarygrant_set"),
    **inline("libraryrolegrant_set"),
}


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


@pytest.fixture
def more(films_dir: Path) -> Path:
    folder = films_dir.parent / "more"
    folder.mkdir()
    (folder / "New (2020).mkv").touch()
    return folder


def change(library: Library, page: str = "change") -> str:
    return reverse(f"admin:libraries_library_{page}", args=[library.pk])


def save(console: Client, library: Library, *folders: Path, **fields: Any) -> HttpResponse:
    sent = {**FORM, "folders": "\n".join(map(str, folders)), **fields}
    return console.post(change(library), sent, follow=True)


def act(console: Client, action: str, library: Library, query: str = "") -> HttpResponse:
    form = {"action": action, "_selected_action": [str(library.pk)]}
    return console.post(LIST + query, form, follow=True)


def roots(library: Library) -> list[str]:
    return list(library.roots.in_use().values_list("path", flat=True))


@pytest.mark.parametrize(
    ("chosen", "own", "stored"),
    [
        ("", "", ""),
        ("0 3 * * *", "", "0 3 * * *"),
        ("own", " 5  4 * * mon ", "5 4 * * mon"),
        ("", "5 4 * * *", ""),
    ],
)
def test_a_schedule_is_chosen_or_written(
    console: Client, films: Library, chosen: str, own: str, stored: str
) -> None:
    save(console, films, Path(roots(films)[0]), schedule_choice=chosen, schedule=own)
    films.refresh_from_db()
    assert films.scanner_config == ({"schedule": stored} if stored else {})
    form = console.get(change(films)).context["adminform"].form
    assert form["schedule_choice"].initial == chosen
    assert form["schedule"].initial == (stored if chosen == "own" else "")


def test_all_settings_are_kept_and_shown_again(
    console: Client, films: Library, films_dir: Path
) -> None:
    fields = {
        "scan_on_startup": "on",
        "realtime_monitoring": "on",
        "metadata_provider": "nfo",
        "preferred_language": "de",
        "exclude": "*.part\n\n Trash/* ",
        "trusts_folder_times": "",
    }
    save(console, films, films_dir, **fields)
    films.refresh_from_db()
    assert films.scanner_config == {"exclude": ["*.part", "Trash/*"], "trusts_folder_times": False}
    assert films.scan_on_startup
    assert films.realtime_monitoring
    assert (films.metadata_provider, films.preferred_language) == ("nfo", "de")
    form = console.get(change(films)).context["adminform"].form
    assert form["exclude"].initial == "*.part\nTrash/*"
    assert form["trusts_folder_times"].initial is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schedule", "at noon"),
        ("schedule", ""),
        ("exclude", "x" * 201),
        ("folders", "/no/such/folder"),
    ],
)
def test_what_does_not_fit_is_said_in_the_form(
    console: Client, films: Library, films_dir: Path, field: str, value: str
) -> None:
    sent = {"schedule_choice": "own" if field == "schedule" else "", field: value}
    response = console.post(change(films), {**FORM, "folders": str(films_dir), **sent})
    assert field in response.context["adminform"].form.errors
    films.refresh_from_db()
    assert (films.scanner_config, films.preferred_language) == ({}, "")


def test_settings_are_saved_while_a_disk_is_away(
    console: Client, films: Library, films_dir: Path, more: Path
) -> None:
    films_dir.rmdir()
    save(console, films, films_dir, name="Renamed")
    films.refresh_from_db()
    assert (films.name, roots(films)) == ("Renamed", [str(films_dir)])
    confirmed = [str(films_dir), str(more)]
    save(console, films, films_dir, more, confirmed_folder=confirmed)
    assert roots(films) == confirmed


def test_folders_have_a_bound(console: Client, films: Library) -> None:
    many = [Path(f"/{number}") for number in range(101)]
    form = save(console, films, *many).context["adminform"].form
    assert form.errors["folders"] == ["A library has at most 100 folders."]


def test_what_a_program_has_set_stays(console: Client, films: Library, films_dir: Path) -> None:
    services.library_update(
        library=films, changes={"metadata_provider": "tmdb", "preferred_language": "gsw"}
    )
    save(console, films, films_dir, metadata_provider="tmdb", preferred_language="gsw")
    films.refresh_from_db()
    assert (films.metadata_provider, films.preferred_language) == ("tmdb", "gsw")


def test_other_folders_are_previewed_first(
    console: Client, films: Library, films_dir: Path, more: Path, member: User
) -> None:
    movie = objects.make_movie(films, "Moonlight")
    objects.make_movie_file(movie, objects.make_media_file(films))
    gone = objects.make_media_file(films, "Gone.mkv", state=FileState.MISSING)
    objects.make_movie_file(objects.make_movie(films, "Gone", library_ids=[]), gone)
    movie_services.watched_mark(user=member, movie=movie, watched=True)

    page = save(console, films, more, name="Renamed").content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert f"{films_dir} 1 file" in text
    assert "1 film vanishes from all lists. 1 record of what somebody has seen" in text
    assert f"{more} 1 video file" in text
    films.refresh_from_db()
    assert (films.name, roots(films)) == ("Films", [str(films_dir)])
    assert movie in movies.movie_list(user=member)

    sent = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    sent.pop("csrfmiddlewaretoken", None)
    assert sent["name"] == "Renamed"
    console.post(change(films), sent)
    films.refresh_from_db()
    assert (films.name, roots(films)) == ("Renamed", [str(more)])
    assert movie not in movies.movie_list(user=member)
    assert WatchState.objects.filter(user=member, movie=movie).exists()


def test_a_confirmation_is_for_the_folders_that_it_showed(
    console: Client, films: Library, films_dir: Path, more: Path
) -> None:
    response = save(console, films, films_dir, more, confirmed_folder=[str(films_dir)])
    assert "preview" in response.context
    assert roots(films) == [str(films_dir)]


def test_a_folder_without_films_is_doubted(
    console: Client, films: Library, films_dir: Path, more: Path
) -> None:
    (more / "New (2020).mkv").unlink()
    page = save(console, films, films_dir, more).content.decode()
    assert "is it the right folder?" in page


def test_films_of_two_folders_do_not_leave_with_one(
    console: Client, films: Library, films_dir: Path, more: Path
) -> None:
    services.library_set_roots(library=films, roots=[str(films_dir), str(more)])
    movie = objects.make_movie(films)
    for number, root in enumerate(films.roots.all()):
        file = objects.make_media_file(films, f"{number}.mkv")
        file.root = root
        file.save()
        objects.make_movie_file(movie, file)
    preview = save(console, films, films_dir).context["preview"]
    assert [(each.path, each.files) for each in preview.leaving] == [(str(more), 1)]
    assert (preview.films.works, preview.films.watched) == (0, 0)


def test_who_manages_by_a_grant_keeps_folders_and_switch(
    browser_of: Callable[[User], Client], films: Library, films_dir: Path, more: Path, member: User
) -> None:
    grants.grant_add(actor=None, library=films, grantee=member, level=GrantLevel.MANAGE)
    client = browser_of(member)
    save(client, films, films_dir, more, name="Renamed", enabled="")
    films.refresh_from_db()
    assert (films.name, films.enabled, roots(films)) == ("Renamed", True, [str(films_dir)])
    for action in ("switch_off", "restore"):
        act(client, action, films)
    films.refresh_from_db()
    assert films.enabled
    assert "restorable" not in client.get(LIST).content.decode()


def test_a_library_is_switched_off_and_on(console: Client, films: Library, member: User) -> None:
    movie = objects.make_movie(films)
    act(console, "switch_off", films)
    assert movie not in movies.movie_list(user=member)
    response = act(console, "switch_on", films)
    assert movie in movies.movie_list(user=member)
    assert messages_of(response) == ["The scan of Films is queued."]


def _offered(page: Any) -> set[str]:
    """What can be done with the chosen ones."""
    form = page.context["action_form"]
    return {name for name, _label in form.fields["action"].choices if name} if form else set()


def test_deleting_says_what_it_does_and_can_be_undone(
    console: Client, films: Library, member: User
) -> None:
    movie = objects.make_movie(films)
    objects.make_movie_file(movie, objects.make_media_file(films))
    movie_services.watched_mark(user=member, movie=movie, watched=True)
    page = re.sub(r"\s+", " ", console.get(change(films, "delete")).content.decode())
    for name in ("Films", "Files", "Records of what people have seen"):
        assert f"<dt>{name}</dt> <dd> 1 </dd>" in page
    console.post(change(films, "delete"), {"post": "yes"})
    assert str(films.pk) not in console.get(LIST).content.decode()
    assert console.post(change(films), FORM).status_code == 403

    deleted = "?deleted=restorable"
    assert str(films.pk) in console.get(LIST + deleted).content.decode()
    offered = [_offered(console.get(LIST + query)) for query in ("", deleted)]
    assert ("restore" in offered[0], offered[1]) == (False, {"restore"})
    answer = console.get(change(films), follow=True)
    assert answer.redirect_chain == [(LIST + deleted, 302)]
    assert messages_of(answer) == ["Films was deleted. Restore it first."]
    response = act(console, "restore", films, deleted)
    assert messages_of(response) == ["Films is back, and is being scanned."]
    films.refresh_from_db()
    assert films.deleted_at is None
    assert films.scans.get().requested_by is not None


def test_a_refused_restoration_is_said(console: Client, films: Library, films_dir: Path) -> None:
    services.library_delete(library=films)
    services.library_create(name="Other", roots=[str(films_dir)])
    (message,) = messages_of(act(console, "restore", films, "?deleted=restorable"))
    assert "overlaps" in message
    films.refresh_from_db()
    assert films.deleted_at is not None


def test_the_theme_s_own_words_are_translated(console: Client, films: Library) -> None:
    assert films.pk
    page = console.get(LIST, headers={"Accept-Language": "de"}).content.decode()
    assert "Ausführen" in page
    assert "Type to search" not in page


def test_the_page_shows_figures_and_leads_to_the_scans(console: Client, films: Library) -> None:
    objects.make_media_file(films, height=1080, width=1920, video_codec="hevc")
    page = console.get(change(films)).content.decode()
    assert "HEVC" in page
    assert "1080p" in page
    assert reverse("libraries:detail", args=[films.pk]) in page


def _grants(console: Client, library: Library) -> dict[str, str]:
    """The forms of the users' grants as the page has them."""
    formset = console.get(change(library)).context["inline_admin_formsets"][0].formset
    there = [
        {"id": str(form.instance.pk), "content_object": str(library.pk), "shows_unrated": "on"}
        for form in formset.initial_forms
    ]
    return inline("librarygrant_set", *there, initial=len(there))


def test_a_grant_stays_whoever_its_user_has_become(
    console: Client, films: Library, films_dir: Path, member: User
) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    save(console, films, films_dir, name="Renamed", **_grants(console, films))
    films.refresh_from_db()
    assert films.name == "Renamed"
    grant = films.librarygrant_set.get()
    assert (grant.user, grant.shows_unrated) == (member, True)


def test_more_grants_take_no_more_statements(
    console: Client,
    films: Library,
    outsider: User,
    moderator: User,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    console.get(change(films))
    with CaptureQueriesContext(connection) as before:
        console.get(change(films))
    for user in (outsider, moderator):
        grants.grant_add(actor=None, library=films, grantee=user, level=GrantLevel.VIEW)
    with django_assert_num_queries(len(before)):
        console.get(change(films))


def test_a_scan_says_how_fast_it_is_and_how_long_it_takes(console: Client, films: Library) -> None:
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    pages = [reverse("admin:libraries_libraryscan_changelist")]
    pages.append(reverse("libraries:scan", args=[films.pk, scan.pk]))
    assert "files a second" not in console.get(pages[0]).content.decode()
    films.scans.update(
        status=ScanStatus.RUNNING,
        started_at=scan.created_at,
        pace=[[1000.0, 0], [1010.0, 50]],
        items_found=950,
        items_scanned=50,
    )
    for page in pages:
        text = console.get(page).content.decode()
        assert "5 files a second" in text
        assert re.search(r"\b3\s+(min|minutes) left", text)
        assert 'data-live="library"' in text
    scanning.scan_cancel(scan=scan)
    assert "data-live" not in console.get(pages[1]).content.decode()


def test_a_scan_whose_work_another_has_taken_over_says_so(console: Client, films: Library) -> None:
    root = films.roots.get()
    asked = scanning.scan_request(library=films, paths=[root.path])
    whole = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    assert scanning.scan_claim(scan_id=whole.pk) is not None
    change = reverse("admin:libraries_libraryscan_change", args=[asked.pk])
    other = {
        change: reverse("admin:libraries_libraryscan_change", args=[whole.pk]),
        reverse("libraries:scan", args=[films.pk, asked.pk]): reverse(
            "libraries:scan", args=[films.pk, whole.pk]
        ),
    }

    for page, target in other.items():
        content = console.get(page).content.decode()
        assert "Taken over" in content
        assert f'href="{target}"' in content
