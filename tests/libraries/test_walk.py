import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from apps.libraries.scan.scope import Scope, scope_of
from apps.libraries.scan.tree import (
    FOLDERS_AT_ONCE,
    Gone,
    KnownFolder,
    TreeWalk,
    Unchanged,
    issues_of,
)
from apps.libraries.scan.walk import (
    FolderListing,
    WalkIssue,
    WalkProblem,
    WalkRules,
    folder_list,
    printable,
)
from tests.scans import age, as_nobody, open_folder


def _make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"-")


def _tree(
    root: Path,
    *known: KnownFolder,
    threads: Executor,
    trusts_times: bool = True,
    exclude: Sequence[str] = (),
) -> TreeWalk:
    return TreeWalk(
        str(root),
        rules=WalkRules(exclude),
        known=iter(known),
        threads=threads,
        ahead=2,
        trusts_times=trusts_times,
    )


def _walk(root: Path, exclude: Sequence[str] = ()) -> list[FolderListing | WalkIssue]:
    """Everything below a root of which nothing is known: folders with films, and problems."""
    found: list[FolderListing | WalkIssue] = []
    with ThreadPoolExecutor(2) as threads:
        tree = _tree(root, _known(""), threads=threads, exclude=exclude)
        for looks in tree.looks():
            for look in looks or ():
                found.extend(issues_of(look))
                if isinstance(look, FolderListing):
                    tree.add(look.folders)
                    found.extend([look] if look.videos else [])
    return found


def _known(path: str, listing: FolderListing | None = None) -> KnownFolder:
    """A folder as a scan has left it that has seen that listing, or none yet."""
    if listing is None:
        return KnownFolder(uuid.uuid4(), path, None, "", {}, 0)
    return KnownFolder(
        pk=uuid.uuid4(),
        path=path,
        mtime_ns=listing.trusted_mtime_ns,
        signature=listing.signature,
        companions=listing.companions,
        videos=len(listing.videos),
    )


def _folders(root: Path, exclude: Sequence[str] = ()) -> dict[str, list[str]]:
    return {
        listing.path: [entry.path for entry in listing.files]
        for listing in _walk(root, exclude)
        if isinstance(listing, FolderListing)
    }


def _issues(root: Path) -> dict[str, WalkProblem]:
    return {found.path: found.problem for found in _walk(root) if isinstance(found, WalkIssue)}


def test_folders_come_with_what_belongs_to_them(tmp_path: Path) -> None:
    _make(tmp_path, "b/Film.mkv", "b/poster.jpg", "b/film.NFO", "b/readme.txt", "a/deep/X.MP4")
    _make(tmp_path, "Flat (1999).avi", "empty/notes.txt")

    assert _folders(tmp_path) == {
        "": ["Flat (1999).avi"],
        "a/deep": ["a/deep/X.MP4"],
        "b": ["b/Film.mkv", "b/film.NFO", "b/poster.jpg"],
    }


def test_companion_folders_belong_to_the_film(tmp_path: Path) -> None:
    _make(tmp_path, "Film/Film.mkv", "Film/Subs/Film/2_English.srt", "Film/Trailers/one.mp4")
    _make(tmp_path, "Film/extrafanart/1.jpg", "Film/Sequel/Sequel.mkv")

    assert _folders(tmp_path) == {
        "Film": [
            "Film/Film.mkv",
            "Film/Subs/Film/2_English.srt",
            "Film/Trailers/one.mp4",
            "Film/extrafanart/1.jpg",
        ],
        "Film/Sequel": ["Film/Sequel/Sequel.mkv"],
    }


def test_a_companion_folder_without_a_film_stands_alone(tmp_path: Path) -> None:
    _make(tmp_path, "Shorts/La Jetée (1962).mkv", "Film/Trailers/one.mp4")

    assert set(_folders(tmp_path)) == {"Shorts", "Film/Trailers"}


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.mkv", "._Film.mkv", ".cache/Film.mkv", "@eaDir/Film.mkv", "#recycle/Film.mkv",
        "lost+found/Film.mkv", "$RECYCLE.BIN/Film.mkv", "Film.trickplay/1.mkv", "sample.mkv",
        "Film-sample.mkv", "Film.mkv.part", "Film.strm", "Film.m3u",
    ],
)  # fmt: skip
def test_what_is_not_for_people_is_passed_by(tmp_path: Path, name: str) -> None:
    _make(tmp_path, name)

    assert _walk(tmp_path) == []


def test_a_folder_with_an_ignore_marker_is_passed_by_with_all_below(tmp_path: Path) -> None:
    _make(tmp_path, "a/.ignore", "a/Film.mkv", "a/b/Film.mkv", "c/Film.mkv")

    assert set(_folders(tmp_path)) == {"c"}


def test_globs_exclude_names_and_paths(tmp_path: Path) -> None:
    _make(tmp_path, "a/Film.mkv", "a/Film.tmp.mkv", "old/x/Film.mkv", "b/old.mkv")

    folders = _folders(tmp_path, exclude=["*.tmp.mkv", "old/*"])

    assert folders == {"a": ["a/Film.mkv"], "b": ["b/old.mkv"]}


def test_links_are_not_followed_and_those_that_leave_are_reported(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    _make(root, "in/Film.mkv")
    _make(outside, "secret.mkv", "secret.txt")
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "inside.mkv").symlink_to(root / "in/Film.mkv")
    (root / "folder").symlink_to(outside)
    (root / "file.mkv").symlink_to(outside / "secret.mkv")
    (root / "gone.mkv").symlink_to(outside / "gone.mkv")
    (root / "notes.txt").symlink_to(outside / "secret.txt")
    (root / "up").symlink_to("../outside")

    assert set(_folders(root)) == {"in"}
    assert _issues(root) == dict.fromkeys(
        ("folder", "file.mkv", "gone.mkv", "up"), WalkProblem.LINK_OUTSIDE
    )


def test_only_regular_files_are_films(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    (tmp_path / "folder.mkv").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.mkv"))
        if os.geteuid() == 0:
            os.mknod(tmp_path / "zero.mkv", 0o600 | 0o020000, os.makedev(1, 5))

        assert _walk(tmp_path) == []


def test_names_that_cannot_be_stored_are_reported_and_not_entered(tmp_path: Path) -> None:
    bad = os.fsdecode(b"caf\xe9")
    _make(tmp_path, f"{bad}.mkv", f"{bad}/Film.mkv", "Film/VIDEO_TS/VTS_01_0.VOB", "ok.mkv")

    assert set(_folders(tmp_path)) == {""}
    assert _issues(tmp_path) == {
        f"{bad}.mkv": WalkProblem.BAD_NAME,
        bad: WalkProblem.BAD_NAME,
        "Film/VIDEO_TS": WalkProblem.DISC_FOLDER,
    }


def test_a_path_too_long_for_the_database_is_reported(tmp_path: Path) -> None:
    folder = tmp_path
    for _level in range(8):
        folder /= "é" * 127
        folder.mkdir()
    (folder / "Film.mkv").write_bytes(b"-")

    assert list(_issues(tmp_path).values()) == [WalkProblem.TOO_LONG]


@pytest.mark.parametrize(
    "name", ["-rf.mkv", "a'b\"c.mkv", "line\nbreak.mkv", "🎬.mkv", "50% #1 {x} \\.mkv", "x" * 251]
)
def test_strange_names_are_names(tmp_path: Path, name: str) -> None:
    name = name if name.endswith(".mkv") else f"{name}.mkv"
    _make(tmp_path, f"Film/{name}")

    assert _folders(tmp_path) == {"Film": [f"Film/{name}"]}


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_a_closed_folder_is_unreadable_and_not_empty(mode: int) -> None:
    with open_folder() as root:
        _make(root, "closed/Film.mkv", "open/Film.mkv")
        (root / "closed").chmod(mode)
        with as_nobody():
            found = _walk(root)
        (root / "closed").chmod(0o755)

    listings = [one.path for one in found if isinstance(one, FolderListing)]
    problems = [one for one in found if isinstance(one, WalkIssue)]
    assert listings == ["open"]
    assert [one.problem for one in problems] == [WalkProblem.UNREADABLE]
    assert problems[0].path in {"closed", "closed/Film.mkv"}
    assert problems[0].detail == "Permission denied"


def test_a_closed_companion_is_reported_before_its_film() -> None:
    with open_folder() as root:
        _make(root, "Film/Film.mkv", "Film/Trailers/one.mkv")
        (root / "Film/Trailers").chmod(0)
        with as_nobody():
            found = _walk(root)
        (root / "Film/Trailers").chmod(0o755)

    assert [one.path for one in found] == ["Film/Trailers", "Film"]


def test_a_root_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    (issue,) = _walk(tmp_path / "gone")

    assert issue == WalkIssue("", WalkProblem.UNREADABLE, "No such file or directory")


def test_a_signature_follows_names_sizes_and_times(tmp_path: Path) -> None:
    _make(tmp_path, "Film/Film.mkv", "Film/film.nfo")

    def signature() -> str:
        return folder_list(str(tmp_path), "Film", WalkRules()).signature

    first = signature()
    assert signature() == first
    os.utime(tmp_path / "Film/film.nfo", ns=(1, 1))
    touched = signature()
    (tmp_path / "Film/film.nfo").rename(tmp_path / "Film/movie.nfo")
    assert len({first, touched, signature()}) == 3


def test_inodes_are_told_of_one_device_only(tmp_path: Path) -> None:
    _make(tmp_path, "Film/Film.mkv")
    status = (tmp_path / "Film/Film.mkv").stat()

    def inode(device: int | None) -> int:
        (entry,) = folder_list(str(tmp_path), "Film", WalkRules(), device=device).files
        return entry.inode

    assert inode(status.st_dev) == status.st_ino
    assert inode(status.st_dev + 1) == inode(None) == 0


def test_a_signature_follows_what_is_excluded(tmp_path: Path) -> None:
    _make(tmp_path, "Film/Film.mkv")

    signatures = {
        folder_list(str(tmp_path), "Film", WalkRules(exclude)).signature
        for exclude in ((), ("old",), ("new",), ("old", "new"))
    }

    assert len(signatures) == 4
    assert {len(signature) for signature in signatures} == {64}


class TestWhatIsKnown:
    """What a second walk makes of folders that a first one has seen."""

    @pytest.fixture
    def film(self, tmp_path: Path) -> Path:
        _make(tmp_path, "Film/Film.mkv", "Film/Subs/en.srt", "Film/Sequel/Sequel.mkv")
        age(tmp_path)
        return tmp_path / "Film"

    @staticmethod
    def _listing(film: Path) -> FolderListing:
        return folder_list(str(film.parent), "Film", WalkRules())

    @staticmethod
    def _look(film: Path, listing: FolderListing, **options: Any) -> object:
        with ThreadPoolExecutor(1) as threads:
            tree = _tree(film.parent, _known("Film", listing), threads=threads, **options)
            (look,) = (look for looks in tree.looks() for look in looks or ())
        return look

    def test_an_unchanged_folder_is_not_listed(self, film: Path) -> None:
        look = self._look(film, self._listing(film))

        assert isinstance(look, Unchanged)
        assert look.folder.videos == 1

    @pytest.mark.parametrize(
        "change",
        [
            lambda film: (film / "film.nfo").write_text("-"),
            lambda film: (film / "Subs/de.srt").write_text("-"),
            lambda film: (film / "Subs").rename(film / "Subtitles"),
            lambda film: (film / ".ignore").touch(),
            lambda film: (film / "Film.mkv").unlink(),
        ],
        ids=["a file", "a companion's file", "a companion", "a marker", "no film"],
    )
    def test_one_that_changed_is_listed(self, film: Path, change: Callable[[Path], object]) -> None:
        before = self._listing(film)
        change(film)

        look = self._look(film, before)

        assert isinstance(look, FolderListing)
        assert look.signature == self._listing(film).signature
        assert (look.files, look.companions) != (before.files, before.companions)

    def test_without_trust_in_times_it_is_listed(self, film: Path) -> None:
        look = self._look(film, self._listing(film), trusts_times=False)

        assert isinstance(look, FolderListing)
        assert look.signature == self._listing(film).signature

    def test_other_excludes_have_it_listed(self, film: Path) -> None:
        look = self._look(film, self._listing(film), exclude=["Sequel"])

        assert isinstance(look, FolderListing)
        assert look.folders == ()

    @pytest.mark.parametrize("name", ["Film.mkv", "Subs", ""])
    @pytest.mark.parametrize("seconds", [-5, 3600], ids=["just now", "in the future"])
    def test_what_is_too_young_is_listed_again(self, film: Path, name: str, seconds: int) -> None:
        at = time.time() + seconds
        os.utime(film / name, (at, at))

        assert self._listing(film).trusted_mtime_ns is None
        assert isinstance(self._look(film, self._listing(film)), FolderListing)

    @pytest.mark.parametrize("seconds", [-(2**34), -1, 0, 1])
    def test_times_before_1970_are_times(self, film: Path, seconds: int) -> None:
        for path in (film / "Film.mkv", film):
            os.utime(path, ns=(seconds * 10**9, seconds * 10**9))

        listing = self._listing(film)

        assert abs(listing.mtime_ns) < 2**63
        assert isinstance(self._look(film, listing), Unchanged)

    @pytest.mark.parametrize("by", ["nothing", "a file", "a link"])
    def test_one_that_is_gone_is_known_by_it(self, film: Path, by: str, tmp_path: Path) -> None:
        listing = self._listing(film)
        film.rename(tmp_path / "Elsewhere")
        if by == "a file":
            film.write_bytes(b"-")
        if by == "a link":
            film.symlink_to(tmp_path / "Elsewhere")

        look = self._look(film, listing)

        assert isinstance(look, Gone)
        assert look.folder.path == "Film"

    def test_one_that_cannot_be_read_is_not_gone(self) -> None:
        with open_folder() as root:
            _make(root, "Film/deep/Film.mkv")
            (root / "Film").chmod(0)
            with as_nobody(), ThreadPoolExecutor(1) as threads:
                tree = _tree(root, _known("Film/deep"), threads=threads)
                found = [look for looks in tree.looks() for look in looks or ()]
            (root / "Film").chmod(0o755)

        assert found == [WalkIssue("Film/deep", WalkProblem.UNREADABLE, "Permission denied")]

    def test_a_closed_companion_is_looked_at_again(self) -> None:
        with open_folder() as root:
            _make(root, "Film/Film.mkv", "Film/Subs/en.srt")
            age(root)
            (root / "Film/Subs").chmod(0)
            with as_nobody():
                listing = folder_list(str(root), "Film", WalkRules())
            (root / "Film/Subs").chmod(0o755)

        assert listing.trusted_mtime_ns is None


def test_no_more_is_looked_at_than_is_asked_for(tmp_path: Path) -> None:
    _make(tmp_path, *(f"{number}/Film.mkv" for number in range(300)))
    begun: list[str] = []

    def known() -> Iterator[KnownFolder]:
        for number in range(300):
            begun.append(str(number))
            yield _known(str(number))

    with ThreadPoolExecutor(2) as threads:
        tree = TreeWalk(
            str(tmp_path),
            rules=WalkRules(),
            known=known(),
            threads=threads,
            ahead=2,
            trusts_times=True,
        )
        looks = (look for look in tree.looks() if look is not None)
        first = next(looks)
        taken = len(begun)
        rest = [look for piece in looks for look in piece]

    assert (len(first), taken) == (FOLDERS_AT_ONCE, 2 * FOLDERS_AT_ONCE)
    assert len(first) + len(rest) == 300


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("", Scope("", is_deep=True)),
        ("Film", Scope("Film", is_deep=True)),
        ("Film/Sequel", Scope("Film/Sequel", is_deep=True)),
        ("Film/Film.mkv", Scope("Film", is_deep=False)),
        ("Film/gone.mkv", Scope("Film", is_deep=False)),
        ("Film/Subs/en.srt", Scope("Film", is_deep=False)),
        ("Film/Subs", Scope("Film", is_deep=False)),
        ("Film/BDMV/STREAM", Scope("Film", is_deep=False)),
        ("Trailers/one", Scope("Trailers/one", is_deep=True)),
        ("gone/deep/Film.mkv", Scope("", is_deep=False)),
        ("ignored/deep", Scope("ignored", is_deep=False)),
        ("secret/deep", Scope("", is_deep=False)),
        (".hidden/deep", Scope("", is_deep=False)),
        ("link/deep", Scope("", is_deep=False)),
    ],
)
def test_what_a_path_means(tmp_path: Path, path: str, scope: Scope) -> None:
    _make(tmp_path, "Film/Film.mkv", "Film/Subs/en.srt", "Film/Sequel/Sequel.mkv")
    _make(tmp_path, "Film/BDMV/STREAM/1.m2ts", "Trailers/one/1.mkv", "ignored/.ignore")
    _make(tmp_path, "ignored/deep/1.mkv", "secret/deep/1.mkv", ".hidden/deep/1.mkv")
    (tmp_path / "link").symlink_to(tmp_path / "Film")

    assert scope_of(str(tmp_path), path, WalkRules(["secret"])) == scope


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("Film/🎬.mkv", "Film/🎬.mkv"),
        ("a\nb\x1b[31m", r"a\nb\x1b[31m"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        ("right\u202eleft", r"right\u202eleft"),
    ],
)
def test_printable(path: str, shown: str) -> None:
    assert printable(path) == shown
