"""Changed paths as few that cover them."""

from hypothesis import given
from hypothesis import strategies as st

from apps.libraries.watch.coalescing import PATHS, ancestors, coalesced

ROOT = "/srv/films"


def of(*paths: str, busy: tuple[str, ...] = ()) -> list[str]:
    found = coalesced(
        [f"{ROOT}/{path}" for path in paths], root=ROOT, busy={f"{ROOT}/{path}" for path in busy}
    )
    return [path.removeprefix(ROOT).removeprefix("/") for path in found]


def test_a_film_stands_for_itself() -> None:
    assert of("a/a.mkv") == ["a/a.mkv"]


def test_what_lies_beside_a_film_stands_for_its_folder() -> None:
    assert of("a/a.nfo", "a/poster.jpg", "a/a.mkv") == ["a"]
    assert of("a.nfo") == ["a.nfo"]


def test_many_files_of_a_folder_are_the_folder_once() -> None:
    assert of(*(f"a/{number}.mkv" for number in range(20))) == ["a"]


def test_a_folder_in_which_something_grows_does_not_stand_for_its_files() -> None:
    files = sorted(f"a/{number}.mkv" for number in range(5))
    assert of(*files, busy=("a",)) == files


def test_hundreds_of_folders_are_the_folder_above_them() -> None:
    assert of(*(f"new/{number}/film.mkv" for number in range(PATHS + 1))) == ["new"]
    assert of(*(f"{number}/film.mkv" for number in range(PATHS + 1))) == [""]


def test_what_lies_below_another_is_not_asked_for() -> None:
    assert of("a", "a/b/c.mkv", "ab/c.mkv") == ["a", "ab/c.mkv"]


names = st.sampled_from(["a", "b", "c d", "e.mkv", "f.nfo", "g"])


@given(st.lists(st.lists(names, min_size=1, max_size=4).map("/".join), max_size=300))
def test_everything_is_covered_by_few(paths: list[str]) -> None:
    given_paths = [f"{ROOT}/{path}" for path in paths]
    found = set(coalesced(given_paths, root=ROOT))
    assert len(found) <= PATHS
    assert all(found & {path, *ancestors(path)} for path in given_paths)
    assert all(path == ROOT or path.startswith(f"{ROOT}/") for path in found)
