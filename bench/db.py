"""The database toolkit against Django alone: statements, transactions, pages deep in a list."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

from bench.figures import Figure, against
from bench.server import PROJECT
from revenge.stack.testing import embedded_engines, scratch_folder

FILMS = 100_000


def run() -> Iterator[Figure]:
    """In a process of its own, which alone reads the settings of this database."""
    with embedded_engines(names={"postgres"}) as engines, scratch_folder() as folder:
        environment = {
            **os.environ,
            **engines.environment,
            "DJANGO_SETTINGS_MODULE": "revenge.settings",
            "REVENGE_DATA_DIR": str(folder),
            "REVENGE_SECRET_KEY": secrets.token_urlsafe(48),
            "REVENGE_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "bench.db"]
        answer = subprocess.run(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    for line in answer.stdout.splitlines():
        yield Figure(**json.loads(line))


def _measure() -> Iterator[Figure]:
    from django.core.management import call_command  # noqa: PLC0415  (after the settings)

    call_command("migrate", verbosity=0)
    _make_films()
    yield _statement()
    yield _transaction()
    yield _deep_page()


def _statement() -> Figure:
    from django.db import connection, connections  # noqa: PLC0415

    plain = {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    connections.databases["plain"] = plain

    def select(alias: str) -> Callable[[], None]:
        def call() -> None:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")

        return call

    ours, bare = _medians(select("default"), select("plain"), calls=5000)
    return against("core.db_statement", ours, bare, "µs", "ratio <= 1.15")


def _transaction() -> Figure:
    from django.db import connection  # noqa: PLC0415
    from django.db.transaction import atomic  # noqa: PLC0415

    from apps.core.db.transactions import transaction  # noqa: PLC0415

    def select() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    ours, bare = _medians(transaction()(select), atomic(select), calls=3000)
    return against("core.db_transaction", ours, bare, "µs", "ratio <= 1.15")


def _deep_page() -> Figure:
    from apps.core.db.keyset import cursor_after, page_after  # noqa: PLC0415
    from apps.movies.models import Movie  # noqa: PLC0415
    from apps.movies.selectors import ORDERINGS, MovieOrder  # noqa: PLC0415

    ordering = ORDERINGS[MovieOrder.YEAR]
    every = ordering.apply(Movie.objects.all())
    offset, limit = FILMS // 2, 20
    last = every[offset - 1]
    cursor = cursor_after(last, ordering=ordering, total=FILMS)

    def behind() -> list[Movie]:
        return list(page_after(Movie.objects.all(), ordering=ordering, cursor=cursor, limit=limit))

    def skipping() -> list[Movie]:
        return list(every[offset : offset + limit])

    assert behind() == skipping()
    ours, bare = _medians(behind, skipping, calls=50)
    return against("core.keyset_page", ours, bare, "µs", "ratio <= 0.3")


def _medians(
    ours: Callable[[], object], bare: Callable[[], object], *, calls: int
) -> tuple[float, float]:
    """Microseconds of a call; the two take turns, so that noise hits both."""
    rounds = [(_microseconds(ours), _microseconds(bare)) for _ in range(calls)]
    first, second = zip(*rounds, strict=True)
    return median(first), median(second)


def _microseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return 1e6 * (time.perf_counter() - begin)


def _make_films() -> None:
    """Copies of one: many of the same year, and some of none."""
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from apps.movies.models import Movie  # noqa: PLC0415

    Movie.objects.create(title="Film", sort_title="film", library_added_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO movies_movie
            SELECT copy.* FROM movies_movie AS film, generate_series(2, %s) AS number,
                jsonb_populate_record(film, jsonb_build_object(
                    'id', gen_random_uuid(),
                    'sort_title', 'film ' || number,
                    'year', CASE WHEN number %% 50 > 0 THEN 1920 + number %% 100 END
                )) AS copy
            """,
            [FILMS],
        )
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    import django

    django.setup()
    for figure in _measure():
        print(figure.line(), flush=True)
