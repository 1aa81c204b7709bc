"""Folders that are known by their markers, and the question when much is gone at once."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.activity import services as activity
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.core.errors import ConflictError
from apps.libraries import markers, roots, safety, services
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile
from apps.libraries.reasons import RootProblem
from apps.libraries.safety import Loss
from apps.movies import selectors
from apps.siteconfig import services as siteconfig
from apps.users.models import User
from tests.scans import (
    add_film,
    age,
    as_nobody,
    issues,
    open_folder,
    scan,
    scan_paths,
    states,
)

NAMES = [f"Film {letter} (2001)/Film {letter} (2001).mkv" for letter in "ABCDEFGHIJKLMNOPQRST"]


@pytest.fixture
def twenty(films: Library, films_dir: Path) -> Library:
    for name in NAMES:
        add_film(films_dir, name)
    scan(films)
    return films


@pytest.fixture
def one(films: Library, films_dir: Path) -> Library:
    add_film(films_dir, NAMES[0])
    scan(films)
    return films


def _root(library: Library) -> LibraryRoot:
    return library.roots.in_use().get()


def _take_away(films_dir: Path, away: Path, number: int) -> None:
    away.mkdir(exist_ok=True)
    for entry in sorted(films_dir.glob("Film *"))[:number]:
        entry.rename(away / entry.name)


def _bring_back(films_dir: Path, away: Path) -> None:
    for entry in away.iterdir():
        entry.rename(films_dir / entry.name)


def _missing(library: Library) -> int:
    return list(states(library).values()).count("missing")


@pytest.mark.django_db(transaction=True)
def test_a_question_that_is_put_in_a_second_try_is_in_the_log(
    films: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, tries = activity.record, []

    def loses_the_first(*arguments: Any, **named: Any) -> None:
        tries.append(record(*arguments, **named))
        if len(tries) == 1:
            connection.cursor().execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")

    monkeypatch.setattr(activity, "record", loses_the_first)
    loss = Loss(gone=20, before=20, examples=(), found_at=timezone.now(), asked=20, hours=0)
    safety._ask(_root(films), loss, [], lambda: None)
    assert len(tries) == 2
    assert ActivityEntry.objects.filter(action=Action.LIBRARY_LOSS).count() == 1


class TestMarkers:
    def test_a_folder_gets_one_when_it_holds_films(self, films: Library, films_dir: Path) -> None:
        scan(films)
        assert not (films_dir / markers.NAME).exists()
        add_film(films_dir, NAMES[0])

        scan(films)

        marker = _root(films).marker
        assert markers.read(films_dir) == marker != ""
        assert "Leave it where it is" in (films_dir / markers.NAME).read_text()
        scan(films)
        assert _root(films).marker == marker
        assert [path.name for path in films_dir.glob(".*")] == [markers.NAME]

    def test_a_folder_that_cannot_be_written_to_has_none(self, one: Library) -> None:
        with open_folder() as folder:
            add_film(folder, NAMES[0])
            services.library_set_roots(library=one, roots=[str(folder)])
            scan(one)
            (folder / markers.NAME).unlink()
            root = _root(one)
            root.marker = ""
            with as_nobody():
                roots.marker_ensure(root)

            assert (root.marker, roots.root_problem(root)) == ("", None)
            assert [path.name for path in folder.iterdir()] == ["Film A (2001)"]

    def test_a_marker_that_lies_there_already_is_taken_up(
        self, films: Library, films_dir: Path
    ) -> None:
        add_film(films_dir, NAMES[0])
        marker = markers.write(films_dir)

        scan(films)

        assert _root(films).marker == marker

    def test_nothing_but_a_file_is_a_marker(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / markers.NAME)
        assert markers.read(tmp_path) is None
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_text("f" * 32)
        (tmp_path / markers.NAME).unlink()
        (tmp_path / markers.NAME).symlink_to(elsewhere)
        with pytest.raises(OSError, match="symbolic links"):
            markers.read(tmp_path)

    @pytest.mark.parametrize("content", [None, "rubbish", "f" * 32 + "\n"])
    def test_a_folder_without_its_own_is_away(
        self, one: Library, films_dir: Path, member: User, content: str | None
    ) -> None:
        """Another disk is mounted there, with other films."""
        add_film(films_dir, NAMES[1])
        shutil.rmtree(films_dir / Path(NAMES[0]).parent)
        if content is None:
            (films_dir / markers.NAME).unlink()
        else:
            (films_dir / markers.NAME).write_text(content)

        done = scan(one)

        assert list(issues(done, films_dir).values()) == [_root(one).problem]
        assert states(one) == {NAMES[0]: "available"}
        assert not _root(one).is_available
        assert "accept it in the console" in _root(one).reason
        assert len(selectors.movie_list(user=member)) == 1

    def test_a_folder_with_the_marker_of_another_one_is_away(
        self, one: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        copy = tmp_path / "copy"
        shutil.copytree(films_dir, copy)
        other = services.library_create(name="Other", roots=[str(copy)])

        scan(other)

        assert not _root(other).is_available
        assert states(other) == {}
        services.library_delete(library=one)
        scan(other)
        assert _root(other).is_available
        assert states(other) == {NAMES[0]: "available"}

    def test_a_person_accepts_the_folder_as_it_is(
        self, one: Library, films_dir: Path, admin: User
    ) -> None:
        (films_dir / markers.NAME).unlink()
        scan(one)
        lost = _root(one).marker

        roots.root_accept(root=_root(one), actor=admin)

        root = _root(one)
        assert (root.is_available, root.problem, root.loss) == (True, "", None)
        assert root.marker == markers.read(films_dir) != lost
        entry = ActivityEntry.objects.get(action=Action.LIBRARY_ROOT_ACCEPT)
        assert (entry.user_id, entry.metadata) == (admin.pk, {"path": str(films_dir)})
        assert scan(one).error_count == 0

    def test_a_folder_that_is_away_cannot_be_accepted(
        self, one: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        films_dir.rename(tmp_path / "away")
        with pytest.raises(ConflictError, match="cannot be read"):
            roots.root_accept(root=_root(one), actor=None)
        services.library_delete(library=one)
        with pytest.raises(ConflictError, match="no longer part of a library"):
            roots.root_accept(root=one.roots.get(), actor=None)


class TestMuchGoneAtOnce:
    def test_it_is_asked_about(self, twenty: Library, films_dir: Path, tmp_path: Path) -> None:
        _take_away(films_dir, tmp_path / "away", 12)

        for _attempt in range(2):
            scan(twenty)

            root = _root(twenty)
            assert root.loss is not None
            loss = Loss.of(root.loss)
            assert (loss.gone, loss.before, loss.examples) == (12, 20, tuple(NAMES[:12]))
            assert _missing(twenty) == 0
            assert not root.is_available
        entry = ActivityEntry.objects.get(action=Action.LIBRARY_LOSS)
        assert (entry.metadata["gone"], entry.metadata["before"]) == (12, 20)

    def test_what_is_back_is_asked_about_no_more(
        self, twenty: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        _take_away(films_dir, tmp_path / "away", 12)
        scan(twenty)
        _bring_back(films_dir, tmp_path / "away")

        scan(twenty)

        assert (_root(twenty).loss, _root(twenty).problem) == (None, "")
        assert _missing(twenty) == 0
        assert not MediaFile.objects.exclude(missing_since=None).exists()

    def test_when_most_is_back_the_rest_is_missing(
        self, twenty: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        _take_away(films_dir, tmp_path / "away", 12)
        scan(twenty)
        shutil.rmtree(tmp_path / "away" / "Film A (2001)")
        _bring_back(films_dir, tmp_path / "away")

        done = scan(twenty)

        assert (done.items_removed, _missing(twenty)) == (1, 1)
        assert _root(twenty).loss is None

    def test_a_person_says_that_they_are_gone(
        self, twenty: Library, films_dir: Path, tmp_path: Path, admin: User, member: User
    ) -> None:
        _take_away(films_dir, tmp_path / "away", 12)
        scan(twenty)

        assert safety.loss_accept(root=_root(twenty), actor=admin) == 12

        root = _root(twenty)
        assert (root.loss, root.is_available, root.problem) == (None, True, "")
        assert _missing(twenty) == 12
        assert len(selectors.movie_list(user=member)) == 8
        entry = ActivityEntry.objects.get(action=Action.LIBRARY_LOSS_ACCEPT)
        assert (entry.user_id, entry.metadata["gone"]) == (admin.pk, 12)
        with pytest.raises(ConflictError, match="somebody has already answered"):
            safety.loss_accept(root=root, actor=admin)
        assert scan(twenty).items_removed == 0
        _bring_back(films_dir, tmp_path / "away")
        scan(twenty)
        assert _missing(twenty) == 0
        assert len(selectors.movie_list(user=member)) == 20

    def test_what_is_back_before_the_answer_stays(
        self, twenty: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        _take_away(films_dir, tmp_path / "away", 12)
        scan(twenty)
        _bring_back(films_dir, tmp_path / "away")

        assert safety.loss_accept(root=_root(twenty), actor=None) == 0

        assert _missing(twenty) == 0
        assert not MediaFile.objects.exclude(missing_since=None).exists()

    def test_what_comes_back_after_the_answer_is_found(
        self, twenty: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        """The disk is mounted anew, with the same times as before."""
        age(films_dir)
        scan(twenty)
        shutil.copytree(films_dir, tmp_path / "disk")
        _take_away(films_dir, tmp_path / "away", 12)
        scan(twenty)
        assert safety.loss_accept(root=_root(twenty), actor=None) == 12
        shutil.rmtree(films_dir)
        (tmp_path / "disk").rename(films_dir)

        scan(twenty)

        assert _missing(twenty) == 0

    def test_a_file_that_another_library_has_found_is_not_missing(
        self, one: Library, tmp_path: Path
    ) -> None:
        """Between the looks of two scans at once."""
        file = MediaFile.objects.get()
        (tmp_path / "other").mkdir()
        other = services.library_create(name="Other", roots=[str(tmp_path / "other")])
        MediaFile.objects.update(library=other, root=_root(other))

        safety.files_mark_missing(_root(one), [file.pk])

        assert _missing(other) == 0

    def test_only_what_was_asked_about_is_taken_for_gone(
        self, twenty: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        _take_away(films_dir, tmp_path / "away", 12)
        scan(twenty)
        films_dir.rename(tmp_path / "unmounted")

        safety.loss_accept(root=_root(twenty), actor=None)

        assert _missing(twenty) == 12
        assert not _root(twenty).is_available

    @pytest.mark.parametrize(
        ("percent", "files", "gone", "is_asked"),
        [(50, 10, 10, False), (50, 10, 11, True), (10, 3, 3, True), (10, 4, 3, False),
         (100, 1, 19, False), (100, 10, 20, True)],
    )  # fmt: skip
    def test_how_much_is_set_by_the_server(  # noqa: PLR0917  (a parameter each)
        self,
        twenty: Library,
        films_dir: Path,
        tmp_path: Path,
        admin: User,
        percent: int,
        files: int,
        gone: int,
        *,
        is_asked: bool,
    ) -> None:
        siteconfig.server_setting_put(key="libraries.loss_percent", value=percent, actor=admin)
        siteconfig.server_setting_put(key="libraries.loss_files", value=files, actor=admin)
        _take_away(films_dir, tmp_path / "away", gone)

        scan(twenty)

        assert (_root(twenty).loss is not None) == is_asked
        assert _missing(twenty) == (0 if is_asked else gone)

    def test_films_that_moved_to_another_root_are_not_asked_about(
        self, twenty: Library, films_dir: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        _take_away(films_dir, other, 15)
        services.library_set_roots(library=twenty, roots=[str(films_dir), str(other)])

        done = scan(twenty)

        assert (done.items_moved, done.items_removed, done.error_count) == (15, 0, 0)
        assert not LibraryRoot.objects.exclude(loss=None).exists()


class TestLossesAddUp:
    @pytest.fixture(autouse=True)
    def _asks_soon(self, admin: User) -> None:
        """About two of twenty."""
        siteconfig.server_setting_put(key="libraries.loss_files", value=2, actor=admin)
        siteconfig.server_setting_put(key="libraries.loss_percent", value=5, actor=admin)

    @staticmethod
    def _lose(library: Library, *names: str) -> Loss | None:
        """As a scan does that finds these gone."""
        root = _root(library)
        gone = MediaFile.objects.filter(root=root, path__in=names).exclude(state=FileState.MISSING)
        ids, problem = safety.departures_judge(
            root,
            list(gone.values_list("pk", flat=True)),
            scan_began=timezone.now(),
            hold=lambda: None,
        )
        safety.files_mark_missing(root, ids)
        roots.root_mark(root, problem)
        root.refresh_from_db()
        return Loss.of(root.loss) if root.loss else None

    def test_path_by_path(self, twenty: Library, films_dir: Path, admin: User) -> None:
        folders = [(films_dir / name).parent for name in NAMES[:3]]
        for folder in folders[:2]:
            shutil.rmtree(folder)
            scan_paths(twenty, folder)

        assert _missing(twenty) == 1
        loss = Loss.of(_root(twenty).loss or {})
        assert (loss.gone, loss.before, loss.asked, loss.hours) == (2, 20, 1, 24)
        assert loss.examples == (NAMES[1],)
        root = _root(twenty)
        assert (root.problem, root.problem_detail) == (RootProblem.LOSS, "2 / 20")
        assert safety.loss_accept(root=_root(twenty), actor=admin) == 1
        shutil.rmtree(folders[2])
        scan_paths(twenty, folders[2])
        assert _missing(twenty) == 3
        assert _root(twenty).loss is None

    @pytest.mark.parametrize(("hours", "is_asked"), [(23, True), (25, False)])
    def test_for_so_many_hours(self, twenty: Library, hours: int, *, is_asked: bool) -> None:
        assert self._lose(twenty, NAMES[0]) is None
        _age_losses(hours)

        assert (self._lose(twenty, NAMES[1]) is not None) == is_asked

    def test_not_where_that_is_switched_off(self, twenty: Library, admin: User) -> None:
        siteconfig.server_setting_put(key="libraries.loss_hours", value=0, actor=admin)

        assert [self._lose(twenty, name) for name in NAMES[:3]] == [None] * 3

    def test_a_question_does_not_answer_itself(self, twenty: Library, films_dir: Path) -> None:
        self._lose(twenty, NAMES[0])
        shutil.rmtree((films_dir / NAMES[1]).parent)
        self._lose(twenty, NAMES[1])
        _age_losses(48)
        LibraryRoot.objects.update(unavailable_since=timezone.now() - timedelta(hours=47))

        assert self._lose(twenty) is not None
        assert _missing(twenty) == 1

    def test_what_was_answered_stays_so_after_the_disk_was_away(self, twenty: Library) -> None:
        self._lose(twenty, NAMES[0])
        self._lose(twenty, NAMES[1])
        safety.loss_accept(root=_root(twenty), actor=None)
        MediaFile.objects.filter(path=NAMES[1]).update(state=FileState.MISSING)
        _age_losses(2)
        LibraryRoot.objects.update(
            losses_count_from=timezone.now() - timedelta(hours=2),
            unavailable_since=timezone.now() - timedelta(hours=1),
            is_available=False,
        )

        assert self._lose(twenty) is None
        assert self._lose(twenty, NAMES[2]) is None

    def test_what_was_replaced_is_no_loss(self, twenty: Library, films_dir: Path) -> None:
        """Two passes over all films, as a program does that makes them smaller."""
        for suffix, frames in ((".mp4", 6), (".m4v", 7)):
            for name in NAMES[:2]:
                shutil.rmtree((films_dir / name).parent)
                add_film(films_dir, str(Path(name).with_suffix(suffix)), frames=frames)
            scan(twenty)

        assert _missing(twenty) == 4
        assert _root(twenty).loss is None


def _age_losses(hours: int) -> None:
    ago = timezone.now() - timedelta(hours=hours)
    MediaFile.objects.update(created_at=ago - timedelta(days=7))
    MediaFile.objects.filter(state=FileState.MISSING).update(missing_since=ago)
