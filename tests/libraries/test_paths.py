from pathlib import Path

import pytest
from django.conf import LazySettings

from apps.core.errors import InvalidInputError
from apps.libraries import paths
from tests.scans import as_nobody, open_folder


@pytest.fixture
def media(tmp_path: Path, settings: LazySettings) -> Path:
    """The only folder below which roots may lie."""
    folder = tmp_path / "media"
    (folder / "films").mkdir(parents=True)
    settings.MEDIA_ROOTS = [folder]
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return folder


def test_a_folder_is_taken_with_its_links_resolved(media: Path) -> None:
    (media / "link").symlink_to(media / "films")

    assert paths.media_folder(f"  {media}/link/../link/ ") == media / "films"


def _refusal(text: str) -> str:
    with pytest.raises(InvalidInputError) as refused:
        paths.media_folder(text)
    return refused.value.message


@pytest.mark.parametrize("text", ["", "films", "./films", "~/films", "~nobody/films", "/a\0b"])
def test_a_path_must_be_whole(media: Path, text: str) -> None:
    assert media.exists()
    assert _refusal(text) == "Give the folder's whole path, such as /srv/films."


def test_a_folder_must_be_there_and_a_folder(media: Path) -> None:
    (media / "file").write_text("-")
    (media / "loop").symlink_to(media / "loop")

    assert _refusal(f"{media}/gone") == f"There is no folder {media}/gone."
    assert _refusal(f"{media}/loop") == f"There is no folder {media}/loop."
    assert _refusal(f"{media}/file") == f"{media}/file is not a folder."
    assert _refusal(f"{media}/{'x' * 300}").startswith("There is no folder ")


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_a_folder_must_be_readable(mode: int, settings: LazySettings) -> None:
    settings.MEDIA_ROOTS = [Path("/")]
    with open_folder() as folder:
        closed = folder / "closed"
        closed.mkdir(mode=mode)
        with as_nobody():
            refusal = _refusal(str(closed))

    assert refusal == f"The server may not read {closed}: give its user access to it."


def test_a_link_must_not_lead_out_of_the_media_folders(media: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (media / "out").symlink_to(tmp_path / "outside")

    assert "outside of the allowed media folders" in _refusal(f"{media}/out")


def test_nobody_learns_what_lies_elsewhere(media: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "outside")

    for name in ("outside", "file", "link", "gone"):
        refusal = f"{tmp_path}/{name} lies outside of the allowed media folders: {media}."
        assert _refusal(f"{tmp_path}/{name}") == refusal


def test_a_path_must_leave_room_for_its_films(media: Path) -> None:
    folder = media
    while len(str(folder)) <= paths.MAX_ROOT_BYTES:
        folder /= "x" * 100
    folder.mkdir(parents=True)

    assert _refusal(str(folder)) == "The folder's path is too long."


@pytest.mark.parametrize("system", ["/", "/proc", "/proc/self", "/sys", "/dev", "/run"])
def test_the_system_s_folders_are_no_films(system: str, settings: LazySettings) -> None:
    settings.MEDIA_ROOTS = [Path("/")]

    assert _refusal(system) == f"{Path(system).resolve()} belongs to the system, not to films."


def test_the_data_folder_is_no_films_but_for_the_demo_library(
    media: Path, tmp_path: Path, settings: LazySettings
) -> None:
    settings.MEDIA_ROOTS = [Path("/")]
    data = tmp_path / "data"
    (data / "demo").mkdir()
    (data / "cache").mkdir()

    assert media.exists()
    assert paths.media_folder(str(data / "demo")) == data / "demo"
    for folder in (data, data / "cache", tmp_path):
        assert _refusal(str(folder)).endswith("belongs to the system, not to films.")


def test_inside_resolves_links_and_never_raises(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    film = root / "in/film.mkv"
    film.write_text("-")
    (tmp_path / "secret").write_text("-")
    (root / "link.mkv").symlink_to(film)
    (root / "out.mkv").symlink_to(tmp_path / "secret")
    (root / "loop.mkv").symlink_to("loop.mkv")

    assert paths.inside(root, root / "in/film.mkv") == film
    assert paths.inside(root, root / "link.mkv") == film
    outside = ["out.mkv", "../secret", "loop.mkv", "gone.mkv", "in/film.mkv/x", "a\0b", "x" * 300]
    assert [paths.inside(root, root / name) for name in outside] == [None] * len(outside)
    assert paths.inside(tmp_path / "gone", film) is None
