"""Films over HTTP: lists, search, files, progress, caching."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.libraries import services as libraries
from apps.libraries.models import FileState, Library
from apps.movies import cached_lists, services
from apps.movies.models import Genre, WatchState
from apps.users.models import User
from tests import objects

MOVIES = "/api/v1/movies"


@pytest.fixture
def client(api: Callable[[User | None], APIClient], member: User) -> APIClient:
    return api(member)


def titles(client: APIClient, query: str = "") -> list[str]:
    response = client.get(f"{MOVIES}?{query}")
    assert response.status_code == 200
    return [item["title"] for item in response.json()["items"]]


class TestList:
    @pytest.fixture(autouse=True)
    def _films(self, films: Library) -> None:
        now = timezone.now()
        drama = Genre.objects.create(slug="drama", name="Drama")
        for number, (title, year, vote) in enumerate(
            [("Beta", 2000, 5.0), ("alpha", 2010, None), ("Gamma", None, 9.0), ("delta", 2020, 7.0)]
        ):
            added = now - timedelta(days=number)
            movie = objects.make_movie(
                films, title, year=year, vote_average=vote, library_added_at=added
            )
            if number % 2:
                movie.genres.add(drama)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["Beta", "alpha", "Gamma", "delta"]),
            ("order_by=added", ["Beta", "alpha", "Gamma", "delta"]),
            ("order_by=title", ["alpha", "Beta", "delta", "Gamma"]),
            ("order_by=year", ["delta", "alpha", "Beta", "Gamma"]),
            ("order_by=rating", ["Gamma", "delta", "Beta", "alpha"]),
            ("limit=2", ["Beta", "alpha"]),
            ("limit=2&offset=3", ["delta"]),
            ("offset=4", []),
            ("offset=2147483647", []),
            ("genre=drama", ["alpha", "delta"]),
            ("genre=no-such", []),
            ("year=2010", ["alpha"]),
            ("year_from=2005", ["alpha", "delta"]),
            ("year_from=1990&year_to=2010", ["Beta", "alpha"]),
            ("library_id=019ffc0e-5bcd-7000-8000-000000000000", []),
            ("no_such_filter=1", ["Beta", "alpha", "Gamma", "delta"]),
        ],
    )
    def test_orders_pages_and_filters(
        self, client: APIClient, query: str, expected: list[str]
    ) -> None:
        assert titles(client, query) == expected

    def test_the_total_is_of_all_pages(self, client: APIClient) -> None:
        body = client.get(f"{MOVIES}?limit=3&offset=3").json()
        assert (body["total"], body["page"], body["page_size"], len(body["items"])) == (4, 2, 3, 1)

    @pytest.mark.parametrize("order", ["added", "title", "year", "rating"])
    def test_cursors_lead_through_all_pages(self, client: APIClient, order: str) -> None:
        bodies = [client.get(f"{MOVIES}?limit=1&order_by={order}").json()]
        while "cursor" in bodies[-1]:
            query = {"limit": 1, "order_by": order, "cursor": bodies[-1]["cursor"]}
            bodies.append(client.get(MOVIES, query).json())
            assert "page" not in bodies[-1]
        walked = [item["title"] for body in bodies for item in body["items"]]
        assert walked == titles(client, f"order_by={order}")
        assert [body["total"] for body in bodies] == [4] * 4

    def test_a_cursor_shows_nobody_what_they_may_not_see(
        self, client: APIClient, api: Callable[[User | None], APIClient], outsider: User
    ) -> None:
        cursor = client.get(f"{MOVIES}?limit=1").json()["cursor"]
        assert api(outsider).get(MOVIES, {"cursor": cursor}).json()["items"] == []

    def test_a_cursor_of_another_order_is_refused(self, client: APIClient) -> None:
        cursor = client.get(f"{MOVIES}?limit=1").json()["cursor"]
        for query in ({"cursor": cursor, "order_by": "title"}, {"cursor": f"{cursor}x"}):
            response = client.get(MOVIES, query)
            assert response.status_code == 400
            assert response.json()["details"].keys() == {"cursor"}

    def test_only_visible_films_are_listed_and_counted(
        self, api: Callable[[User | None], APIClient], outsider: User, films: Library
    ) -> None:
        client = api(outsider)
        assert client.get(MOVIES).json()["total"] == 0
        assert client.get(f"{MOVIES}?library_id={films.pk}").json()["items"] == []
        assert client.get(f"{MOVIES}/search?query=beta").json() == []

    def test_a_library_that_is_switched_off_shows_nobody_its_films(
        self,
        client: APIClient,
        api: Callable[[User | None], APIClient],
        admin: User,
        films: Library,
    ) -> None:
        libraries.library_update(library=films, changes={"enabled": False})
        assert titles(client) == titles(api(admin)) == []

    def test_a_film_without_files_is_not_shown(self, client: APIClient, films: Library) -> None:
        objects.make_movie(films, "Gone", library_ids=[])
        assert "Gone" not in titles(client)


def test_a_list_of_fifty_needs_no_more_queries_than_one_of_one(
    client: APIClient, films: Library
) -> None:
    objects.make_rich_movie(films)
    client.get(f"{MOVIES}?limit=1")  # from here on it is known who asks, and for what
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{MOVIES}?limit=100").status_code == 200
        counts.append(len(queries))
        for number in range(49):
            objects.make_movie(films, f"Film {number}")
        cached_lists.CATALOGUE.drop()
    assert counts[0] == counts[1] <= 4


def test_the_files_of_ten_versions_need_no_more_queries_than_of_one(
    client: APIClient, films: Library
) -> None:
    movie = objects.make_movie(films)
    client.get(f"{MOVIES}/{movie.pk}/files")  # from here on it is known who asks, and for what
    counts = []
    for number in range(10):
        file = objects.make_media_file(films, f"Film/version {number}.mkv")
        objects.make_movie_file(movie, file)
        if number in {0, 9}:
            with CaptureQueriesContext(connection) as queries:
                assert len(client.get(f"{MOVIES}/{movie.pk}/files").json()) == number + 1
            counts.append(len(queries))
    assert counts[0] == counts[1]


class TestSearch:
    @pytest.mark.parametrize("query", ["amélie", "AMELIE", "amel", "ameli%20"])
    def test_titles_are_found_despite_case_and_accents(
        self, client: APIClient, films: Library, query: str
    ) -> None:
        objects.make_movie(films, "Amélie")
        objects.make_movie(films, "Something else")
        found = client.get(f"{MOVIES}/search", {"query": query.replace("%20", " ")}).json()
        assert [movie["title"] for movie in found] == ["Amélie"]

    def test_a_slip_of_the_fingers_is_forgiven(self, client: APIClient, films: Library) -> None:
        objects.make_movie(films, "The Cartographer of Lisbon")
        found = client.get(f"{MOVIES}/search?query=cartografer").json()
        assert [movie["title"] for movie in found] == ["The Cartographer of Lisbon"]

    @pytest.mark.parametrize("query", ["%", "_", "'; DROP TABLE movies_movie; --", "\\", "☃", "("])
    def test_signs_mean_themselves(self, client: APIClient, films: Library, query: str) -> None:
        objects.make_movie(films, "Plain")
        response = client.get(f"{MOVIES}/search", {"query": query})
        assert response.status_code == 200
        assert response.json() == []

    def test_pages(self, client: APIClient, films: Library) -> None:
        for number in range(5):
            objects.make_movie(films, f"Film {number}")
        found = client.get(f"{MOVIES}/search?query=film&limit=2&offset=4").json()
        assert [movie["title"] for movie in found] == ["Film 4"]


class TestCaching:
    @pytest.mark.parametrize(
        "path", ["", "/search?query=film", "/{id}", "/{id}/files", "/{id}/progress"]
    )
    def test_what_has_not_changed_is_304(
        self, client: APIClient, films: Library, member: User, path: str
    ) -> None:
        movie = objects.make_rich_movie(films, "Film")
        services.watch_progress_save(
            user=member, movie=movie, progress_seconds=5, duration_seconds=10
        )
        address = MOVIES + path.format(id=movie.pk)
        first = client.get(address)
        assert first.status_code == 200
        assert first.headers["Cache-Control"] == "private"
        etag = first.headers["ETag"]
        again = client.get(address, headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["ETag"] == etag
        assert again.headers["Cache-Control"] == "private"
        assert again.headers["X-Request-ID"]
        other = client.get(address, headers={"If-None-Match": '"another"'})
        assert other.status_code == 200

    def test_a_change_is_seen(self, client: APIClient, films: Library) -> None:
        movie = objects.make_movie(films)
        etag = client.get(f"{MOVIES}/{movie.pk}").headers["ETag"]
        services.movie_update(movie=movie, changes={"title": "Another"})
        response = client.get(f"{MOVIES}/{movie.pk}", headers={"If-None-Match": etag})
        assert response.json()["title"] == "Another"

    def test_an_etag_gives_no_access(
        self,
        client: APIClient,
        api: Callable[[User | None], APIClient],
        films: Library,
        outsider: User,
    ) -> None:
        movie = objects.make_movie(films)
        etag = client.get(f"{MOVIES}/{movie.pk}").headers["ETag"]
        for stranger, status in ((api(outsider), 404), (APIClient(), 401)):
            for condition in (etag, "*"):
                response = stranger.get(
                    f"{MOVIES}/{movie.pk}", headers={"If-None-Match": condition}
                )
                assert response.status_code == status

    def test_writes_have_none(self, client: APIClient, films: Library) -> None:
        movie = objects.make_movie(films)
        body = {"progress_seconds": 1, "duration_seconds": 2}
        response = client.post(f"{MOVIES}/{movie.pk}/progress", body, format="json")
        assert "ETag" not in response.headers


class TestFiles:
    def test_missing_files_and_those_of_other_libraries_are_left_out(
        self, client: APIClient, films: Library, tmp_path: Path
    ) -> None:
        other_dir = tmp_path / "other"
        other_dir.mkdir()
        other = libraries.library_create(name="Other", roots=[str(other_dir)])
        movie = objects.make_movie(films, library_ids=[films.pk, other.pk])
        shown = objects.make_media_file(films, "a.mkv")
        broken = objects.make_media_file(films, "b.mkv", state=FileState.BROKEN)
        missing = objects.make_media_file(films, "c.mkv", state=FileState.MISSING)
        elsewhere = objects.make_media_file(other, "d.mkv")
        for file in (shown, broken, missing, elsewhere):
            objects.make_movie_file(movie, file)
        names = [file["file_name"] for file in client.get(f"{MOVIES}/{movie.pk}/files").json()]
        assert names == ["a.mkv", "b.mkv"]


class TestProgress:
    @pytest.fixture
    def path(self, films: Library) -> str:
        return f"{MOVIES}/{objects.make_movie(films).pk}/progress"

    @pytest.mark.parametrize(
        "body",
        [
            b'{"progress_seconds": -1, "duration_seconds": 10}',
            b'{"progress_seconds": 1, "duration_seconds": 0}',
            b'{"progress_seconds": 1, "duration_seconds": 0.5}',
            b'{"progress_seconds": NaN, "duration_seconds": 10}',
            b'{"progress_seconds": "nan", "duration_seconds": 10}',
            b'{"progress_seconds": "inf", "duration_seconds": 10}',
            b'{"progress_seconds": 1, "duration_seconds": "nan"}',
            b'{"progress_seconds": 1, "duration_seconds": Infinity}',
            b'{"progress_seconds": 1e999, "duration_seconds": 10}',
            b'{"progress_seconds": 1, "duration_seconds": 1e12}',
            b'{"progress_seconds": 1}',
            b'{"duration_seconds": 1}',
            b'{"progress_seconds": 1, "duration_seconds": 10, "reported_at": "yesterday"}',
            b"[1, 2]",
            b'"x"',
            b"",
        ],
    )
    @pytest.mark.parametrize("reported", [{}, {"X-Reported-At": "2026-01-01T00:00:00Z"}])
    def test_a_bad_report_is_400(
        self, client: APIClient, path: str, body: bytes, reported: dict[str, str]
    ) -> None:
        response = client.generic(
            "POST", path, body, content_type="application/json", headers=reported
        )
        assert response.status_code == 400
        assert not WatchState.objects.exists()

    def test_a_position_is_saved_and_forgotten(self, client: APIClient, path: str) -> None:
        assert client.get(path).status_code == 404
        assert client.delete(path).status_code == 204
        body = {"progress_seconds": 12.6, "duration_seconds": 100}
        assert client.put(path, body, format="json").json()["progress_seconds"] == 13
        assert client.get(path).json()["progress_percent"] == 13
        assert client.delete(path).status_code == 204
        assert client.get(path).status_code == 404

    def test_a_position_beyond_the_end_is_the_end(self, client: APIClient, path: str) -> None:
        body = {"progress_seconds": 500, "duration_seconds": 100}
        state = client.post(path, body, format="json").json()
        assert (state["progress_seconds"], state["progress_percent"]) == (100, 100)

    def test_the_header_s_time_counts_as_the_body_s(self, client: APIClient, path: str) -> None:
        early, late = "2026-01-01T10:00:00Z", "2026-01-01T11:00:00+00:00"
        body = {"progress_seconds": 50, "duration_seconds": 100}
        client.post(path, body, format="json", headers={"X-Reported-At": late})
        body["progress_seconds"] = 10
        answer = client.post(path, body, format="json", headers={"X-Reported-At": early})
        assert answer.json()["progress_seconds"] == 50
        answer = client.post(path, {**body, "reported_at": early}, format="json")
        assert answer.json()["progress_seconds"] == 50
        response = client.post(path, body, format="json", headers={"X-Reported-At": "soon"})
        assert response.json()["details"].keys() == {"reported_at"}

    @pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
    def test_an_unknown_film_is_404(self, client: APIClient, method: str) -> None:
        path = f"{MOVIES}/019ffc0e-5bcd-7000-8000-000000000000/progress"
        body = {"progress_seconds": 1, "duration_seconds": 2}
        assert getattr(client, method)(path, body, format="json").status_code == 404
