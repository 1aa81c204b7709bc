"""How far people are: what wins, and what counts as seen."""

import math
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.core.errors import InvalidInputError
from apps.libraries.models import Library
from apps.movies import selectors, services
from apps.movies.models import Movie, WatchState
from apps.users.models import User
from tests import objects


@pytest.fixture
def movie(films: Library) -> Movie:
    return objects.make_movie(films, runtime=2)


def save(
    user: User, movie: Movie, progress: float, duration: float = 100, at: datetime | None = None
) -> WatchState:
    return services.watch_progress_save(
        user=user, movie=movie, progress_seconds=progress, duration_seconds=duration, reported_at=at
    )


@pytest.mark.parametrize(
    ("progress", "duration", "completed"),
    [
        (89, 100, False),
        (89.9, 100, False),
        (90, 100, True),
        (63, 70, True),
        (62.99, 70, False),
        (1e300, 100, True),
        (0, 1, False),
        (0.9, 1, True),
    ],
)
def test_a_film_is_seen_at_ninety_percent(
    member: User, movie: Movie, progress: float, duration: float, *, completed: bool
) -> None:
    state = save(member, movie, progress, duration)
    assert state.is_completed is completed
    assert state.watch_count == int(completed)
    assert state.progress_seconds <= state.duration_seconds


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, -math.inf])
def test_what_is_no_position_is_refused(member: User, movie: Movie, value: float) -> None:
    for progress, duration in ((value, 100), (1, value), (1, 0)):
        with pytest.raises(InvalidInputError):
            save(member, movie, progress, duration)
    assert not WatchState.objects.exists()


def test_a_film_counts_once_each_time_it_is_seen(member: User, movie: Movie) -> None:
    counts = [save(member, movie, at).watch_count for at in (50, 90, 95, 100, 10, 60, 91, 99)]
    assert counts == [0, 1, 1, 1, 1, 1, 2, 2]


def test_a_late_report_loses(member: User, movie: Movie) -> None:
    now = timezone.now()
    save(member, movie, 50, at=now)
    assert save(member, movie, 95, at=now - timedelta(seconds=1)).progress_seconds == 50
    assert save(member, movie, 60, at=now).progress_seconds == 60
    state = WatchState.objects.get()
    assert (state.progress_seconds, state.watch_count) == (60, 0)


def test_a_clock_that_runs_ahead_locks_nobody_out(member: User, movie: Movie) -> None:
    save(member, movie, 50, at=timezone.now() + timedelta(days=365))
    assert save(member, movie, 60).progress_seconds == 60


def test_a_report_from_before_forgetting_does_not_bring_it_back(member: User, movie: Movie) -> None:
    save(member, movie, 95, at=datetime(2026, 1, 1, tzinfo=UTC))
    services.watch_progress_clear(user=member, movie=movie)
    state = save(member, movie, 96, at=datetime(2026, 1, 2, tzinfo=UTC))
    assert not state.was_begun
    assert state.watch_count == 1  # it was seen all the same


def test_each_user_has_a_position_of_their_own(member: User, admin: User, movie: Movie) -> None:
    save(member, movie, 10)
    save(admin, movie, 20)
    services.watch_progress_clear(user=admin, movie=movie)
    state = selectors.watch_state(user=member, movie=movie)
    assert state is not None
    assert state.progress_seconds == 10


def test_seen_and_not_seen_by_hand(member: User, movie: Movie) -> None:
    services.watched_mark(user=member, movie=movie, watched=True)
    services.watched_mark(user=member, movie=movie, watched=True)
    state = WatchState.objects.get()
    assert (state.is_completed, state.watch_count) == (True, 1)
    assert (state.progress_seconds, state.duration_seconds) == (120, 120)
    services.watched_mark(user=member, movie=movie, watched=False)
    state.refresh_from_db()
    assert (state.is_completed, state.watch_count, state.was_begun) == (False, 0, False)
    assert state.progress_percent == 0


def test_a_film_of_unknown_length_can_be_marked(member: User, films: Library) -> None:
    movie = objects.make_movie(films, runtime=None)
    services.watched_mark(user=member, movie=movie, watched=True)
    assert WatchState.objects.get().progress_percent == 100


def test_continue_watching_is_what_was_begun_and_not_finished(
    member: User, films: Library, outsider: User
) -> None:
    positions = {"barely": 5, "begun": 6, "half": 50, "seen": 90}
    for title, position in positions.items():
        save(member, objects.make_movie(films, title), position)
    begun = selectors.continue_watching(user=member, limit=10)
    assert [state.movie.title for state in begun] == ["half", "begun"]
    assert len(selectors.continue_watching(user=member, limit=1)) == 1
    hidden = objects.make_movie(films, "hidden")
    save(outsider, hidden, 50)
    assert selectors.continue_watching(user=outsider, limit=10) == []


@pytest.mark.django_db(transaction=True)
def test_two_first_reports_at_once_make_one_row(member: User, movie: Movie) -> None:
    now = timezone.now()
    start = threading.Barrier(2)
    failures: list[Exception] = []

    def report(progress: float, at: datetime) -> None:
        start.wait()
        try:
            save(member, movie, progress, at=at)
        except Exception as error:  # noqa: BLE001  (shown by the assertion below)
            failures.append(error)
        finally:
            connection.close()

    arguments = [(95, now - timedelta(seconds=1)), (96, now)]
    threads = [threading.Thread(target=report, args=pair) for pair in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    state = WatchState.objects.get()
    assert (state.progress_seconds, state.watch_count) == (96, 1)
