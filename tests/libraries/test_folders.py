"""The folders from which an administrator chooses."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.core.errors import InvalidInputError
from apps.libraries import folders
from apps.users.models import User
from tests.scans import as_nobody, open_folder

PART = {"HX-Request": "true"}


@pytest.fixture
def media(tmp_path: Path, settings: LazySettings) -> Path:
    """The only folder below which roots may lie."""
    media = tmp_path / "media"
    for name in ("films/Old", "Series", ".hidden", "@eaDir"):
        (media / name).mkdir(parents=True)
    (media / "a film.mkv").touch()
    settings.MEDIA_ROOTS = [media]
    settings.DATA_DIR = media / "server"
    (settings.DATA_DIR / "postgres").mkdir(parents=True)
    return media


def names(text: str) -> list[str]:
    return [folder.name for folder in folders.browse(text).folders]


def test_it_begins_at_the_only_media_root(media: Path) -> None:
    listing = folders.browse("")
    assert (listing.path, listing.parent) == (media, None)
    assert names("") == ["films", "Series"]
    assert not listing.may_be_root  # the server's own data lie in it
    below = folders.browse(str(media / "films"))
    assert (below.parent, below.may_be_root, names(str(below.path))) == (media, True, ["Old"])


def test_of_several_media_roots_those_that_are_there_are_listed(
    media: Path, settings: LazySettings
) -> None:
    settings.MEDIA_ROOTS = [media / "films", media / "Series", media / "gone"]
    listing = folders.browse("")
    assert listing.path is None
    assert [folder.path for folder in listing.folders] == [media / "films", media / "Series"]
    assert folders.browse(str(media / "films")).parent is None


@pytest.mark.parametrize(
    "place", ["..", "../outside", "server", "server/postgres", "way-out", "no such", "a film.mkv"]
)
def test_nothing_else_is_looked_into(media: Path, place: str) -> None:
    (media.parent / "outside").mkdir()
    (media / "way-out").symlink_to(media.parent / "outside")
    assert names("") == ["films", "Series"]
    with pytest.raises(InvalidInputError) as refused:
        folders.browse(str(media / place))
    assert refused.value.message == f"There is no folder {media / place}."


@pytest.mark.parametrize("text", ["films", "./films", "~", "/a\0b"])
def test_a_path_must_be_whole(media: Path, text: str) -> None:
    assert media.exists()
    with pytest.raises(InvalidInputError, match="whole path"):
        folders.browse(text)


def test_a_link_inside_leads_to_where_it_points(media: Path) -> None:
    (media / "link").symlink_to(media / "films" / "Old")
    listed = {folder.name: folder.path for folder in folders.browse("").folders}
    assert listed["link"] == media / "films" / "Old"


def test_a_folder_that_is_closed_to_the_server_says_so(settings: LazySettings) -> None:
    with open_folder() as media:
        settings.MEDIA_ROOTS = [media]
        (media / "closed").mkdir(mode=0o700)
        (media / "open").mkdir(mode=0o755)
        with as_nobody():
            readable = {each.name: each.is_readable for each in folders.browse("").folders}
            if os.geteuid() != media.stat().st_uid:
                with pytest.raises(InvalidInputError, match="may not read"):
                    folders.browse(str(media / "closed"))
        assert readable["open"]


def test_a_name_of_other_bytes_is_passed_over(media: Path) -> None:
    (media / os.fsdecode(b"caf\xe9")).mkdir()
    assert names("") == ["films", "Series"]


def test_the_list_has_an_end(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_FOLDERS", 1)
    listing = folders.browse(str(media))
    assert (len(listing.folders), listing.is_whole) == (1, False)


def test_videos_are_counted_up_to_a_limit(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("1.mkv", "Old/2.mp4", "Old/.3.mkv", "Old/4.srt"):
        (media / "films" / name).touch()
    (media / "films" / ".trash").mkdir()
    (media / "films" / ".trash" / "5.mkv").touch()
    assert folders.count_videos(media / "films") == folders.Found(2, is_whole=True)
    monkeypatch.setattr(folders, "MOST_VIDEOS", 1)
    assert folders.count_videos(media / "films") == folders.Found(1, is_whole=False)
    assert folders.count_videos(media / "gone") == folders.Found(0, is_whole=True)


def test_the_page_is_for_administrators(
    browser_of: Callable[[User], Client], media: Path, admin: User, moderator: User
) -> None:
    assert browser_of(moderator).get("/libraries/folders/").status_code == 403
    client = browser_of(admin)
    (media / "<b>bold").mkdir()
    page = client.get("/libraries/folders/").content.decode()
    assert "&lt;b&gt;bold" in page
    assert "<html" in page
    part = client.get(f"/libraries/folders/?path={media}/films", headers=PART)
    assert "<html" not in part.content.decode()
    assert f'data-folder="{media}/films"' in part.content.decode()
    assert client.get("/libraries/folders/?path=/etc", headers=PART).status_code == 400
