"""The console's pages of folders and of what is missing."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from apps.libraries import grants, markers, safety
from apps.libraries.access import GrantLevel
from apps.libraries.grants import GrantLimits
from apps.libraries.models import FileState, Library, LibraryRoot, LibraryScan, MediaFile
from apps.users.models import User
from tests.objects import make_media_file
from tests.scans import add_film, scan

NAMES = [f"Film {letter} (2001)/Film {letter} (2001).mkv" for letter in "ABC"]


@pytest.fixture
def root(films: Library, films_dir: Path) -> LibraryRoot:
    for content, name in enumerate(NAMES):
        add_film(films_dir, name, frames=5 + content)
    scan(films)
    return films.roots.get()


@pytest.fixture
def lost(root: LibraryRoot, films_dir: Path) -> LibraryRoot:
    """All its films are gone."""
    for name in NAMES:
        shutil.rmtree((films_dir / name).parent)
    scan(root.library)
    root.refresh_from_db()
    return root


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


def _page(root: LibraryRoot) -> str:
    return reverse("admin:libraries_libraryroot_change", args=[root.pk])


def _do(root: LibraryRoot, what: str) -> str:
    return reverse(f"admin:root_{what}", args=[root.pk])


def test_it_asks_and_does_as_it_is_told(console: Client, lost: LibraryRoot) -> None:
    page = console.get(_page(lost)).content.decode()
    assert "3 of 3 files were gone at once" in page
    assert NAMES[0] in page

    console.post(_do(lost, "gone"))
    lost.refresh_from_db()
    assert lost.loss is not None  # nobody said that they have looked
    console.post(_do(lost, "gone"), {"confirmed": "2"})
    lost.refresh_from_db()
    assert lost.loss is not None  # that was said of fewer files

    answer = console.post(_do(lost, "gone"), {"confirmed": "3"}, follow=True)

    lost.refresh_from_db()
    assert lost.loss is None
    assert set(MediaFile.objects.values_list("state", flat=True)) == {"missing"}
    assert "3 missing files" in answer.content.decode()
    again = console.post(_do(lost, "gone"), {"confirmed": "3"}, follow=True)
    assert "somebody has already answered" in again.content.decode()


def test_a_folder_without_its_marker_is_accepted(
    console: Client, root: LibraryRoot, films_dir: Path
) -> None:
    (films_dir / markers.NAME).unlink()
    scan(root.library)
    page = console.get(_page(root)).content.decode()
    assert markers.NAME in page
    assert "This is the right folder" in page

    answer = console.post(_do(root, "accept"), follow=True)

    root.refresh_from_db()
    assert root.is_available
    assert "The folder is there." in answer.content.decode()
    console.post(_do(root, "look"))
    assert LibraryScan.objects.filter(library=root.library, status="pending").exists()


def test_a_folder_that_is_not_there_is_not_to_be_accepted(
    console: Client, root: LibraryRoot, films_dir: Path, tmp_path: Path
) -> None:
    films_dir.rename(tmp_path / "away")
    scan(root.library)
    page = console.get(_page(root)).content.decode()
    assert "The folder cannot be read" in page
    assert "This is the right folder" not in page


def test_the_list_says_what_is_wrong(console: Client, lost: LibraryRoot) -> None:
    page = console.get(reverse("admin:libraries_libraryroot_changelist")).content.decode()
    assert lost.path in page
    assert "Many files have gone at once" in page
    assert "(3 / 3)" in page


@pytest.mark.parametrize("what", ["gone", "accept", "look"])
def test_who_may_not_changes_nothing(
    browser_of: Callable[[User], Client], lost: LibraryRoot, member: User, what: str
) -> None:
    loss = lost.loss
    scans = LibraryScan.objects.count()
    for user in (member, None):
        client = browser_of(user) if user else Client()
        assert client.get(_page(lost)).status_code in {302, 403, 404}
        assert client.post(_do(lost, what), {"confirmed": "3"}).status_code in {302, 403, 404}
    lost.refresh_from_db()
    assert (lost.loss, LibraryScan.objects.count()) == (loss, scans)


def test_a_role_answers_for_libraries_that_it_sees_and_reads_no_names_beyond_its_limits(
    browser_of: Callable[[User], Client], lost: LibraryRoot, moderator: User, admin: User
) -> None:
    client = browser_of(moderator)
    assert client.get(_page(lost)).status_code == 404
    limits = GrantLimits(max_age=6)
    given = {"actor": admin, "library": lost.library, "grantee": moderator}
    grants.grant_add(**given, level=GrantLevel.VIEW, limits=limits)  # type: ignore[arg-type]

    page = client.get(_page(lost)).content.decode()

    assert "3 of 3 files were gone at once" in page
    assert NAMES[0] not in page
    assert "This is the right folder" not in page
    assert client.post(_do(lost, "accept")).status_code == 403
    answer = client.post(_do(lost, "gone"), {"confirmed": "3"}, follow=True)
    lost.refresh_from_db()
    assert lost.loss is None
    assert "missing file" not in answer.content.decode()  # of none that it sees


def test_missing_files_are_forgotten_when_it_was_confirmed(
    console: Client, lost: LibraryRoot
) -> None:
    address = reverse("admin:libraries_mediafile_changelist")
    ids = [str(file.pk) for file in MediaFile.objects.order_by("path")[:2]]
    form = {"action": "forget", "_selected_action": ids}
    refused = console.post(address, form, follow=True).content.decode()
    assert "None of these files is missing." in refused
    safety.loss_accept(root=lost, actor=None)

    asked = console.post(address, form).content.decode()
    assert NAMES[0] in asked
    assert "Film A (2001)</li>" in asked
    assert MediaFile.objects.count() == 3

    console.post(address, {**form, "confirmed": "1"})
    assert MediaFile.objects.count() == 3  # it was asked about fewer
    console.post(address, {**form, "confirmed": "2"})
    assert [file.path for file in MediaFile.objects.all()] == [NAMES[2]]


def test_only_administrators_forget(
    browser_of: Callable[[User], Client], lost: LibraryRoot, moderator: User
) -> None:
    safety.loss_accept(root=lost, actor=None)
    ids = [str(file.pk) for file in MediaFile.objects.all()]
    form = {"action": "forget", "_selected_action": ids, "confirmed": "3"}
    browser_of(moderator).post(reverse("admin:libraries_mediafile_changelist"), form)
    assert MediaFile.objects.count() == 3


def _choices(page: str) -> set[str]:
    """Of all filters."""
    links = re.findall(r'<a href="\?[^"]*" title="([^"]*)"', page)
    assert links
    return set(links)


def test_files_and_their_filter_say_why_they_are_broken(console: Client, films: Library) -> None:
    broken = {"state": FileState.BROKEN, "failure": "truncated", "failure_message": "End of file"}
    file = make_media_file(films, **broken)
    make_media_file(films, "Other.mkv", container="matroska", video_codec="hevc")
    page = console.get(reverse("admin:libraries_mediafile_changelist")).content.decode()
    assert page.count("The file is cut off") >= 2
    assert {"Matroska", "HEVC"} <= _choices(page)
    counted = console.get(reverse("admin:libraries_mediafile_changelist") + "?_facets=True")
    choices = _choices(counted.content.decode())
    assert {"Matroska (2)", "HEVC (1)", "– (1)"} <= choices  # noqa: RUF001
    assert any(re.fullmatch(r"The file is cut off.* \(1\)", choice) for choice in choices)
    page = console.get(reverse("admin:libraries_mediafile_change", args=[file.pk])).content.decode()
    assert "The file is cut off" in page
    assert "End of file" in page
