"""Film files: Django decides, the edge sends the bytes."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.libraries import services as libraries
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile
from apps.libraries.scan.rules import VIDEO_EXTENSIONS
from apps.playback.views import _CONTENT_TYPES
from apps.users.models import User
from tests import objects


@pytest.fixture
def browser(browser_of: Callable[[User], Client], member: User) -> Client:
    return browser_of(member)


def stream(browser: Client, file: MediaFile, method: str = "GET") -> HttpResponse:
    return browser.generic(method, f"/stream/{file.pk}/")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_edge_is_told_which_file(browser: Client, films: Library, method: str) -> None:
    file = objects.make_media_file(films)
    response = stream(browser, file, method)
    assert response.status_code == 200
    assert response.content == b""
    assert response.headers["X-Accel-Redirect"] == f"/_media{file.absolute_path}".replace(
        " ", "%20"
    ).replace("(", "%28").replace(")", "%29")
    assert response.headers["Content-Type"] == "video/x-matroska"
    assert response.headers["Cache-Control"] == "private, max-age=3600"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "ETag" not in response.headers  # it is the edge's to say


@pytest.mark.parametrize(
    "name",
    [
        "a b.mkv",
        "100%.mkv",
        "%2e%2e%2f.mkv",
        "what?.mkv",
        "#1;a=b.mkv",
        "quo\"te's.mkv",
        "back\\slash.mkv",
        "new\nline.mkv",
        "{braces}.mkv",
        "Überfall 日本 🎬.mkv",
        "-dash.mkv",
        "x" * 250 + ".mkv",
    ],
)
def test_any_name_arrives_at_the_edge_as_it_is(browser: Client, films: Library, name: str) -> None:
    file = objects.make_media_file(films, name)
    header = stream(browser, file).headers["X-Accel-Redirect"]
    assert header.isascii()
    assert header.isprintable()
    assert " " not in header
    assert unquote(header) == f"/_media{file.absolute_path}"


def test_a_root_whose_name_is_not_utf_8(browser: Client, films: Library, tmp_path: Path) -> None:
    """A row can name a link to it."""
    real = tmp_path / "\udcff"
    (real / "sub").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(real)
    LibraryRoot.objects.update(path=str(link))
    file = objects.make_media_file(films, "sub/film.mkv")
    header = stream(browser, file).headers["X-Accel-Redirect"]
    assert unquote_to_bytes(header).endswith(b"\xff/sub/film.mkv")


def test_every_kind_of_film_has_a_content_type() -> None:
    assert _CONTENT_TYPES.keys() == VIDEO_EXTENSIONS


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.mkv", "video/x-matroska"),
        ("a.MP4", "video/mp4"),
        ("a.m4v", "video/mp4"),
        ("a.mov", "video/quicktime"),
        ("a.webm", "video/webm"),
        ("a.ts", "video/mp2t"),
        ("a.avi", "video/x-msvideo"),
    ],
)
def test_content_types(browser: Client, films: Library, name: str, content_type: str) -> None:
    response = stream(browser, objects.make_media_file(films, name))
    assert response.headers["Content-Type"] == content_type


class TestRefused:
    """Each is a 404 page, and never names a file."""

    @pytest.fixture
    def file(self, films: Library) -> MediaFile:
        return objects.make_media_file(films)

    def assert_404(self, browser: Client, file: MediaFile) -> None:
        response = stream(browser, file)
        assert response.status_code == 404
        assert "X-Accel-Redirect" not in response.headers
        assert file.path not in response.content.decode()

    def test_without_a_grant(
        self, browser_of: Callable[[User], Client], outsider: User, file: MediaFile
    ) -> None:
        self.assert_404(browser_of(outsider), file)

    def test_when_the_grant_is_taken_away(
        self, browser: Client, films: Library, file: MediaFile
    ) -> None:
        assert stream(browser, file).status_code == 200
        libraries.library_set_viewers(library=films, users=[])
        self.assert_404(browser, file)

    def test_of_a_library_that_is_off(
        self, browser_of: Callable[[User], Client], admin: User, films: Library, file: MediaFile
    ) -> None:
        libraries.library_update(library=films, changes={"enabled": False})
        self.assert_404(browser_of(admin), file)

    @pytest.mark.parametrize("state", [FileState.MISSING, FileState.BROKEN])
    def test_missing_or_broken(self, browser: Client, file: MediaFile, state: FileState) -> None:
        MediaFile.objects.update(state=state)
        self.assert_404(browser, file)

    def test_of_a_root_that_is_away(self, browser: Client, file: MediaFile) -> None:
        LibraryRoot.objects.update(is_available=False)
        self.assert_404(browser, file)

    def test_gone_from_disk(self, browser: Client, file: MediaFile) -> None:
        file.absolute_path.unlink()
        self.assert_404(browser, file)

    def test_a_link_out_of_the_root(self, browser: Client, file: MediaFile, tmp_path: Path) -> None:
        file.absolute_path.rename(tmp_path / "outside.mkv")
        file.absolute_path.symlink_to(tmp_path / "outside.mkv")
        self.assert_404(browser, file)

    def test_a_folder_that_became_a_link_out_of_the_root(
        self, browser: Client, file: MediaFile, tmp_path: Path
    ) -> None:
        folder = file.absolute_path.parent
        folder.rename(tmp_path / "outside")
        folder.symlink_to(tmp_path / "outside")
        self.assert_404(browser, file)

    def test_a_link_to_itself(self, browser: Client, file: MediaFile) -> None:
        file.absolute_path.unlink()
        file.absolute_path.symlink_to(file.absolute_path)
        self.assert_404(browser, file)

    @pytest.mark.parametrize(
        "path", ["../outside.mkv", "/etc/passwd", "Film (2020)/../../outside.mkv", "a\x01b", "."]
    )
    def test_a_row_that_leads_out(
        self, browser: Client, file: MediaFile, tmp_path: Path, path: str
    ) -> None:
        (tmp_path / "outside.mkv").write_bytes(b"secret")
        MediaFile.objects.update(path=path)
        self.assert_404(browser, file)

    @pytest.mark.parametrize("name", ["poster.jpg", "movie.nfo", "film.mkv.txt", "film", ".mkv"])
    def test_what_is_no_film(self, browser: Client, films: Library, name: str) -> None:
        self.assert_404(browser, objects.make_media_file(films, name))

    def test_a_folder_or_a_pipe_of_a_film_s_name(self, browser: Client, file: MediaFile) -> None:
        file.absolute_path.unlink()
        file.absolute_path.mkdir()
        self.assert_404(browser, file)
        file.absolute_path.rmdir()
        os.mkfifo(file.absolute_path)
        self.assert_404(browser, file)

    def test_another_method(self, browser: Client, file: MediaFile) -> None:
        for method in ("POST", "PUT", "DELETE"):
            assert stream(browser, file, method).status_code == 405
