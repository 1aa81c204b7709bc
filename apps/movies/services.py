"""Writes of films and of what people have seen of them."""

import math
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from apps.core.db.transactions import transaction
from apps.core.errors import InvalidInputError
from apps.libraries import access
from apps.libraries.scan.titles import fold, sort_title
from apps.libraries.statistics import statistics_changed
from apps.movies import publishing
from apps.movies.certifications import minimum_age
from apps.movies.models import Movie, WatchState
from apps.users.models import User

COMPLETE_AT_PERCENT = 90
"""How much of a film must have been played for it to count as seen."""


DERIVED = ("search_text", "match_key", "minimum_age", "tag_keys")
"""What `movie_derive` fills in."""


@transaction()
def movie_update(*, movie: Movie, changes: Mapping[str, object]) -> Movie:
    """A person's corrections: from now on no scan overwrites these fields."""
    genres = changes.get("genres")
    fields = {name: value for name, value in changes.items() if name != "genres"}
    # A scan may have written since the caller read: its values stand, but for the changes.
    movie.refresh_from_db(from_queryset=Movie.objects.select_for_update())
    for name, value in fields.items():
        setattr(movie, name, value)
    movie.sources = {**movie.sources, **dict.fromkeys(changes, "user")}
    if "title" in fields and movie.sources.get("sort_title") != "user":
        movie.sort_title = sort_title(movie.title, movie.original_language or "en")
    movie_derive(movie)
    movie.metadata_updated_at = timezone.now()
    derived = {"sources", "sort_title", "metadata_updated_at", *DERIVED}
    movie.save(update_fields={*fields, *derived, "updated_at"})
    if genres is not None:
        movie.genres.set(genres)  # type: ignore[arg-type]
    publishing.movies_changed([movie.pk])
    for library_id in movie.library_ids:
        statistics_changed(library_id)
    return movie


def movie_derive(movie: Movie) -> None:
    """Fill in what follows from the title, the year, the rating and the tags."""
    movie.search_text = fold(f"{movie.title} {movie.original_title}".strip())[:1100]
    movie.match_key = match_key(movie.title, movie.year)
    movie.minimum_age = minimum_age(movie.certification)
    movie.tag_keys = access.tag_keys(movie.tags)


def match_key(title: str, year: int | None) -> str:
    return f"{fold(title)[:500]} {year or ''}".strip()


@transaction()
def watch_progress_save(
    *,
    user: User,
    movie: Movie,
    progress_seconds: float,
    duration_seconds: float,
    reported_at: datetime | None = None,
) -> WatchState:
    """Remember how far the user is. A report older than the stored one does not win.

    Raises InvalidInputError for a negative position or a duration that is not positive.
    """
    if not (0 <= progress_seconds < math.inf and 0 < duration_seconds < math.inf):
        raise InvalidInputError("The position must be 0 or more, and the duration more than 0")
    now = timezone.now()
    # A client's clock that runs ahead must not lock out later reports.
    reported_at = min(reported_at or now, now)
    duration = max(1, round(duration_seconds))
    progress = min(round(progress_seconds), duration)
    completed = 100 * progress_seconds >= COMPLETE_AT_PERCENT * duration_seconds
    state, created = WatchState.objects.select_for_update().get_or_create(
        user=user, movie=movie, defaults={"reported_at": reported_at, "last_watched_at": now}
    )
    if not created and reported_at < state.reported_at:
        return state
    state.watch_count += int(completed and not state.is_completed)
    state.progress_seconds, state.duration_seconds = progress, duration
    state.is_completed = completed
    state.reported_at, state.last_watched_at = reported_at, now
    state.save()
    return state


def watch_progress_clear(*, user: User, movie: Movie) -> None:
    """Forget how far the user is; how often the film was seen stays."""
    WatchState.objects.filter(user=user, movie=movie).update(
        progress_seconds=0, duration_seconds=0, is_completed=False, reported_at=timezone.now()
    )


@transaction()
def watched_mark(*, user: User, movie: Movie, watched: bool) -> None:
    """Say by hand that a film was seen, or was not."""
    if not watched:
        watch_progress_clear(user=user, movie=movie)
        WatchState.objects.filter(user=user, movie=movie).update(watch_count=0)
        return
    now = timezone.now()
    state, _created = WatchState.objects.select_for_update().get_or_create(
        user=user, movie=movie, defaults={"reported_at": now, "last_watched_at": now}
    )
    if state.is_completed:
        return
    state.duration_seconds = (movie.runtime or 0) * 60 or state.duration_seconds or 1
    state.progress_seconds = state.duration_seconds
    state.is_completed = True
    state.watch_count += 1
    state.reported_at = state.last_watched_at = now
    state.save()


_REPORTED = (
    "progress_seconds", "duration_seconds", "is_completed", "reported_at", "last_watched_at",
)  # fmt: skip


@transaction()
def watch_states_move(*, source: uuid.UUID, target: uuid.UUID) -> None:
    """What people have seen of one film, by their ids, is of another one by now. Of who has seen
    some of both the later report counts, and each time that either was seen."""
    states = WatchState.objects.select_for_update().order_by("pk")
    present = {state.user_id: state for state in states.filter(movie=target)}
    for state in states.filter(movie=source):
        own = present.get(state.user_id)
        if own is None:
            state.movie_id = target
            state.save(update_fields=["movie", "updated_at"])
            continue
        if state.reported_at > own.reported_at:
            for name in _REPORTED:
                setattr(own, name, getattr(state, name))
        own.watch_count += state.watch_count
        own.save()
        state.delete()
