"""What this app knows of a person."""

from apps.users import exporting
from apps.users.exporting import Rows
from apps.users.models import User


def watch_history(user: User) -> Rows:
    return exporting.rows(
        user.watch_states.order_by("last_watched_at"),
        "movie_id", "movie__title", "movie__year", "movie__tmdb_id", "movie__imdb_id",
        "progress_seconds", "duration_seconds", "is_completed", "watch_count", "last_watched_at",
        "created_at",
    )  # fmt: skip
