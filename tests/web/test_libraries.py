"""People's pages of libraries."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.libraries import grants, scanning
from apps.libraries.access import GrantLevel
from apps.libraries.grants import GrantLimits
from apps.libraries.models import Library, LibraryScan, ScanIssue, ScanStatus, ScanType
from apps.users.models import User
from tests import objects

BrowserOf = Callable[[User], Client]
INDEX = reverse("libraries:index")


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"libraries:{name}", args=args))
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


@pytest.fixture
def manager(films: Library, outsider: User) -> User:
    """Looks after the library by a grant, whatever the roles allow."""
    grants.grant_add(actor=None, library=films, grantee=outsider, level=GrantLevel.MANAGE)
    return outsider


@pytest.fixture
def scan(films: Library) -> LibraryScan:
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    ScanIssue.objects.create(scan=scan, path="/films/<b>odd.mkv", reason="broken", message="No.")
    return scan


def test_libraries_are_shown_to_who_sees_them(
    browser_of: BrowserOf, films: Library, member: User, outsider: User
) -> None:
    address = reverse("libraries:detail", args=[films.pk])
    objects.make_movie(films)
    shown = page(browser_of(member), "index")
    assert address in shown
    assert "1 film" in shown
    hidden = page(browser_of(outsider), "index")
    assert address not in hidden
    assert "Ask your administrator" in hidden
    assert browser_of(outsider).get(address).status_code == 404


def test_without_a_library_an_administrator_is_led_to_one(
    browser_of: BrowserOf, admin: User
) -> None:
    for name in ("libraries:index", "movies:home"):
        text = browser_of(admin).get(reverse(name)).content.decode()
        assert reverse("setup:library") in text


def test_every_page_leads_to_the_libraries(browser_of: BrowserOf, member: User) -> None:
    assert f'href="{INDEX}"' in browser_of(member).get(reverse("movies:list")).content.decode()


def test_who_watches_sees_figures_and_neither_folders_nor_scans(
    browser_of: BrowserOf, films: Library, member: User, scan: LibraryScan
) -> None:
    objects.make_media_file(films, width=3840, height=2160, audio_languages=["de"])
    text = page(browser_of(member), "detail", films.pk)
    assert "2160p" in text
    assert "German" in text
    assert films.roots.all()[0].path not in text
    assert str(scan.pk) not in text
    assert reverse("admin:libraries_library_change", args=[films.pk]) not in text


def test_who_manages_sees_folders_scans_and_the_settings(
    browser_of: BrowserOf, films: Library, manager: User, scan: LibraryScan
) -> None:
    text = page(browser_of(manager), "detail", films.pk)
    for shown in (films.roots.all()[0].path, str(scan.pk)):
        assert shown in text
    settings = reverse("admin:libraries_library_change", args=[films.pk])
    assert settings in text
    assert browser_of(manager).get(settings).status_code == 200


def test_a_scan_is_started_and_cancelled(
    browser_of: BrowserOf, films: Library, manager: User
) -> None:
    client = browser_of(manager)
    start = reverse("libraries:scan-start", args=[films.pk])
    for _again in range(2):  # the second is refused in words
        text = client.post(start, {"scan_type": "metadata"}, follow=True).content.decode()
    assert "waiting or running" in text
    scan = LibraryScan.objects.get()
    assert (scan.scan_type, scan.requested_by) == ("metadata", manager)
    client.post(reverse("libraries:scan-cancel", args=[films.pk, scan.pk]))
    scan.refresh_from_db()
    assert scan.status == ScanStatus.CANCELLED


def test_one_folder_is_scanned_by_hand(
    browser_of: BrowserOf, films: Library, manager: User
) -> None:
    client, start = browser_of(manager), reverse("libraries:scan-start", args=[films.pk])
    folder = f"{films.roots.all()[0].path}/New"
    for path, said in ((folder, "queued"), ("/etc", "none of the library")):
        answer = client.post(start, {"scan_type": "full", "path": path}, follow=True)
        assert said in answer.content.decode()
    assert LibraryScan.objects.get().paths == [folder]


def test_an_unknown_kind_of_scan_starts_none(
    browser_of: BrowserOf, films: Library, manager: User
) -> None:
    start = reverse("libraries:scan-start", args=[films.pk])
    browser_of(manager).post(start, {"scan_type": "quick"})
    assert not LibraryScan.objects.exists()


def test_who_watches_starts_and_cancels_nothing(
    browser_of: BrowserOf, films: Library, member: User, scan: LibraryScan
) -> None:
    client = browser_of(member)
    start = reverse("libraries:scan-start", args=[films.pk])
    assert client.post(start, {"scan_type": "full"}).status_code == 403
    for name in ("scan", "scan-cancel"):
        assert (
            client.post(reverse(f"libraries:{name}", args=[films.pk, scan.pk])).status_code == 403
        )
    assert client.get(reverse("libraries:scan", args=[films.pk, scan.pk])).status_code == 403
    assert LibraryScan.objects.get().status == ScanStatus.PENDING


def test_a_scan_shows_what_it_could_not_use(
    browser_of: BrowserOf, films: Library, manager: User, scan: LibraryScan
) -> None:
    text = page(browser_of(manager), "scan", films.pk, scan.pk)
    assert "/films/&lt;b&gt;odd.mkv" in text
    missing = reverse("libraries:scan", args=[films.pk, uuid4()])
    assert browser_of(manager).get(missing).status_code == 404


def test_paths_are_for_who_sees_the_whole_library(
    browser_of: BrowserOf, films: Library, moderator: User, scan: LibraryScan
) -> None:
    limits = GrantLimits(max_age=12)
    grants.grant_add(
        actor=None, library=films, grantee=moderator, level=GrantLevel.VIEW, limits=limits
    )
    about = "OSError: /films/Lost (2001)"
    LibraryScan.objects.update(paths=["/films/Secret (2001)"], error_message=about)
    client = browser_of(moderator)
    shown = page(client, "scan", films.pk, scan.pk) + page(client, "detail", films.pk)
    console = client.get(reverse("admin:libraries_libraryscan_change", args=[scan.pk]))
    assert console.status_code == 200
    assert str(scan.pk) in shown
    for hidden in ("odd.mkv", "Secret", "Lost"):
        assert hidden not in shown + console.content.decode()


def test_many_issues_come_in_pages(
    browser_of: BrowserOf, films: Library, admin: User, scan: LibraryScan
) -> None:
    ScanIssue.objects.bulk_create(
        ScanIssue(scan=scan, path=f"/films/{number:03}.mkv", reason="broken", message="")
        for number in range(150)
    )
    client, address = browser_of(admin), reverse("libraries:scan", args=[films.pk, scan.pk])
    first = client.get(address).content.decode()
    assert ("099.mkv" in first, "100.mkv" in first, "?page=2" in first) == (True, False, True)
    for number in ("2", "99", "x"):
        assert client.get(f"{address}?page={number}").status_code == 200


def test_many_scans_need_no_more_queries(
    browser_of: BrowserOf, films: Library, admin: User
) -> None:
    client, counts = browser_of(admin), []
    for _round in range(2):
        page(client, "detail", films.pk)
        with CaptureQueriesContext(connection) as queries:
            page(client, "detail", films.pk)
        counts.append(len(queries))
        for _scan in range(5):
            scanning.scan_cancel(scan=scanning.scan_start(library=films, scan_type=ScanType.FULL))
    assert counts[0] == counts[1]
