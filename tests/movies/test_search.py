from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from apps.libraries import services as libraries
from apps.libraries.models import Library
from apps.movies.models import Movie
from apps.movies.search import movie_search, movie_search_titles
from apps.search import outbox, services
from apps.search.errors import SearchUnavailableError
from apps.search.models import IndexRequest
from apps.users.models import User
from revenge.stack.testing import EmbeddedEngines, embedded_engines
from tests.search.indexes import add_movie, new_prefix, removed_afterwards


@pytest.fixture(scope="module")
def engines() -> Iterator[EmbeddedEngines]:
    """Engines of this module alone, which it may stop."""
    with embedded_engines() as running:
        if "TYPESENSE_URL" not in running.environment:
            pytest.skip("there is no embedded search engine for this platform")
        yield running


@pytest.fixture
def index(films: Library, settings: LazySettings) -> Iterator[None]:
    """An index that holds a few films."""
    settings.KEY_PREFIX = new_prefix()
    with removed_afterwards():
        add_movie(films, "Amélie", original_title="Le Fabuleux Destin", cast="Audrey Tautou")
        add_movie(films, "The Lighthouse", director="Robert Eggers", year=2019)
        add_movie(films, "Lighthouse Keepers", overview="Two brothers and a whale.")
        add_movie(films, "Spider-Man", original_title="Der Spinnenmann")
        add_movie(films, "$")
        services.ensure()
        services.sync()
        yield


def _found(user: User, query: str, *, degraded: bool = False) -> list[str]:
    result = movie_search(user=user, query=query, limit=10)
    assert result.degraded is degraded
    assert result.total >= len(result.movies)
    return [movie.title for movie in result.movies]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("amelie", ["Amélie"]),
        ("AMÉLIE", ["Amélie"]),
        ("ameli", ["Amélie"]),
        ("amlie", ["Amélie"]),
        ("fabuleux", ["Amélie"]),
        ("tautou", ["Amélie"]),
        ("eggers", ["The Lighthouse"]),
        ("light", ["The Lighthouse", "Lighthouse Keepers"]),
        ("ligthouse keepers", ["Lighthouse Keepers"]),
        ("whale", ["Lighthouse Keepers"]),
        ("spiderman", ["Spider-Man"]),
        ("spinnen", ["Spider-Man"]),
        ("  ", []),
        ("xyzzy", []),
        ("$", ["$"]),
        ("*", []),
        ("%", []),
        ("am\0elie\ud800 \x1b", ["Amélie"]),
    ],
)
@pytest.mark.usefixtures("index")
def test_films_are_found(member: User, query: str, titles: list[str]) -> None:
    assert sorted(_found(member, query)) == sorted(titles)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("query", ["'; DROP TABLE movies_movie; --", "q" * 10_000, "😀" * 500, "`"])
def test_any_text_is_a_query(member: User, query: str) -> None:
    assert _found(member, query) == []


@pytest.mark.usefixtures("index")
def test_a_page_of_the_results(member: User) -> None:
    whole = movie_search(user=member, query="light", limit=10)
    first = movie_search(user=member, query="light", limit=1)
    second = movie_search(user=member, query="light", limit=1, offset=1)

    assert first.total == second.total == whole.total == 2
    assert [*first.movies, *second.movies] == whole.movies


@pytest.mark.usefixtures("index")
def test_only_films_of_libraries_that_the_user_may_watch(
    films: Library, member: User, outsider: User, admin: User, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = libraries.library_create(name="Other", roots=[str(tmp_path / "other")])
    outbox.schedule_index("movies", [add_movie(other, "Amelie Too").pk])
    services.sync()

    assert _found(member, "amelie") == ["Amélie"]
    assert _found(outsider, "amelie") == []
    assert sorted(_found(admin, "amelie")) == ["Amelie Too", "Amélie"]
    libraries.library_update(library=films, changes={"enabled": False})
    assert _found(admin, "amelie") == ["Amelie Too"]
    libraries.library_set_viewers(library=films, users=[])
    assert list(movie_search_titles(user=member, query="amelie")) == []


@pytest.mark.usefixtures("index")
def test_a_film_that_the_index_still_has_is_not_shown(member: User) -> None:
    Movie.objects.filter(title="Amélie").update(library_ids=[])

    assert _found(member, "amelie") == []


def test_a_user_of_very_many_libraries_can_search(admin: User, settings: LazySettings) -> None:
    settings.KEY_PREFIX = new_prefix()
    with removed_afterwards():
        made = Library.objects.bulk_create(Library(name=f"L{number}") for number in range(300))
        add_movie(made[-1], "Film")
        services.ensure()
        services.sync()

        assert _found(admin, "film") == ["Film"]


def test_the_database_answers_while_the_engine_is_stopped(
    films: Library, member: User, settings: LazySettings, engines: EmbeddedEngines
) -> None:
    settings.TYPESENSE_URL = engines.environment["TYPESENSE_URL"]
    settings.TYPESENSE_API_KEY = engines.environment["TYPESENSE_API_KEY"]
    add_movie(films, "Amélie", cast="Audrey Tautou")
    services.ensure()
    services.sync()
    assert _found(member, "tautou") == ["Amélie"]
    engines.stop("typesense")

    added = add_movie(films, "Amélie Returns")
    outbox.schedule_index("movies", [added.pk])

    assert _found(member, "amelie returns", degraded=True)[0] == "Amélie Returns"
    assert _found(member, "amelie retuns", degraded=True) == ["Amélie Returns"]
    assert _found(member, "tautou", degraded=True) == []
    with pytest.raises(SearchUnavailableError):
        services.sync()
    assert IndexRequest.objects.count() == 1
    engines.start("typesense")
    assert services.sync() == 1
    assert sorted(_found(member, "amelie")) == ["Amélie", "Amélie Returns"]
    assert _found(member, "tautou") == ["Amélie"]


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:1"])
def test_without_an_engine_the_database_answers(
    films: Library, member: User, outsider: User, settings: LazySettings, address: str
) -> None:
    settings.TYPESENSE_URL = address
    add_movie(films, "Amélie", original_title="Le Fabuleux Destin")
    add_movie(films, "100% Wolf")

    assert _found(member, "amelie", degraded=True) == ["Amélie"]
    assert _found(member, "fabuleux destin", degraded=True) == ["Amélie"]
    assert _found(member, "100%", degraded=True) == ["100% Wolf"]
    assert _found(outsider, "amelie") == []


def test_a_wrong_key_is_an_engine_that_is_away(
    films: Library, member: User, settings: LazySettings
) -> None:
    add_movie(films, "Film")
    settings.TYPESENSE_API_KEY = "wrong"

    assert _found(member, "film", degraded=True) == ["Film"]
