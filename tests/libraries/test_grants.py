"""Who sees, takes along and scans what: grants to users and to roles, each with its own limits."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.core.errors import ForbiddenError, InvalidInputError, NotFoundError
from apps.libraries import access, grants, selectors, services
from apps.libraries.access import Access, GrantLevel, Limits
from apps.libraries.grants import GrantLimits
from apps.libraries.models import Library, LibraryGrant, MediaFile, ScanType
from apps.movies import cached_lists, search
from apps.movies import selectors as movies
from apps.movies import services as writing
from apps.movies.models import Movie
from apps.rbac import services as rbac
from apps.search import services as indexing
from apps.users import deletion
from apps.users.models import User
from tests import objects
from tests.contract.test_answers import assert_is

Api = Callable[[User | None], APIClient]
BrowserOf = Callable[[User], Client]

FILMS = {
    "Cartoon": {"certification": "FSK 6", "tags": ["Family"]},
    "Thriller": {"certification": "PG-13 / DE:FSK 16", "tags": ["Violence", "Heist"]},
    "Splatter": {"certification": "Rated R", "tags": ["VIOLENCE", "Gore"]},
    "Unrated": {"certification": "", "tags": []},
}


@pytest.fixture
def shelf(films: Library) -> dict[str, Movie]:
    """Films with a file, a subtitle and a trailer each."""
    shelf = {}
    for number, (title, fields) in enumerate(FILMS.items()):
        movie = objects.make_movie(films, title, year=2000 + number, **fields)
        file = objects.make_media_file(films, f"{title}/{title}.mkv")
        objects.make_movie_file(movie, file)
        objects.make_subtitle(file, "1\n00:00:01,000 --> 00:00:02,000\nHello\n")
        objects.make_extra(movie, objects.make_media_file(films, f"{title}/trailer.mkv"))
        shelf[title] = movie
    return shelf


def titles(user: User) -> set[str]:
    return set(Movie.objects.visible_to(user).values_list("title", flat=True))


def limit(user: User, library: Library, **limits: Any) -> LibraryGrant:
    """The member's grant to view the library, with these limits."""
    grant = grants.grant_add(
        actor=None,
        library=library,
        grantee=user,
        level=GrantLevel.VIEW,
        limits=GrantLimits(**limits),
    )
    assert isinstance(grant, LibraryGrant)
    return grant


LIMITED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "age": ({"max_age": 12}, {"Cartoon"}),
    "higher age": ({"max_age": 16}, {"Cartoon", "Thriller"}),
    "age or unrated": ({"max_age": 12, "shows_unrated": True}, {"Cartoon", "Unrated"}),
    "tags": ({"blocked_tags": ["violence"]}, {"Cartoon", "Unrated"}),
    "one tag": ({"blocked_tags": [" GORE ", "musical"]}, {"Cartoon", "Thriller", "Unrated"}),
    "both": ({"max_age": 16, "blocked_tags": ["Heist"]}, {"Cartoon"}),
    "nothing": ({}, set(FILMS)),
    "age 0": ({"max_age": 0}, set()),
}
every_limit = pytest.mark.parametrize(("limits", "seen"), LIMITED.values(), ids=LIMITED)


@every_limit
def test_a_limit_holds_everywhere(
    films: Library,
    shelf: dict[str, Movie],
    member: User,
    limits: dict[str, Any],
    seen: set[str],
) -> None:
    limit(member, films, **limits)
    assert titles(member) == seen
    assert {movie.title for movie in movies.movie_list(user=member)} == seen
    files = MediaFile.objects.visible_to(member)
    assert {file.path.split("/")[0] for file in files} == seen
    assert len(files) == 2 * len(seen)
    assert set(cached_lists.facets(user=member).years) == {shelf[title].year for title in seen}
    for title, movie in shelf.items():
        is_seen = title in seen
        assert bool(movies.movie_files(user=member, movie_id=movie.pk)) is is_seen
        assert bool(movies.movie_extras(user=member, movie=movie)) is is_seen
        (card,) = movies.movie_cards(user=member, movies=[movie])
        assert card.is_available is is_seen
        found = search.movie_search_titles(user=member, query=title)
        assert [each.title for each in found] == ([title] if is_seen else [])
        writing.watch_progress_save(
            user=member, movie=movie, progress_seconds=30, duration_seconds=60
        )
    begun = movies.continue_watching(user=member, limit=10)
    assert {state.movie.title for state in begun} == seen


@every_limit
@pytest.mark.usefixtures("index")
def test_the_engine_counts_as_the_database(
    films: Library,
    shelf: dict[str, Movie],
    member: User,
    limits: dict[str, Any],
    seen: set[str],
) -> None:
    for movie in shelf.values():
        movie.overview = "Somebody does something"
        movie.save()
    indexing.reindex()
    limit(member, films, **limits)
    found = search.movie_search(user=member, query="somebody", limit=10)
    assert not found.degraded
    assert ({movie.title for movie in found.movies}, found.total) == (seen, len(seen))


def test_each_grant_has_its_own_limits(
    films: Library,
    shelf: dict[str, Movie],
    member: User,
    tmp_path: Path,
) -> None:
    """A film in two libraries is seen by either grant; each shows its own library's files."""
    (tmp_path / "other").mkdir()
    other = services.library_create(name="Other", roots=[str(tmp_path / "other")])
    splatter = shelf["Splatter"]
    Movie.objects.filter(pk=splatter.pk).update(library_ids=[films.pk, other.pk])
    copy = objects.make_media_file(other, "Splatter.mkv")
    objects.make_movie_file(splatter, copy)
    limit(member, films, max_age=12)
    assert titles(member) == {"Cartoon"}
    limit(member, other)
    assert titles(member) == {"Cartoon", "Splatter"}
    (file,) = movies.movie_files(user=member, movie_id=splatter.pk)
    assert file.media_file == copy
    chosen = movies.MovieFilter(library_id=films.pk)
    listed = movies.movie_list(user=member, chosen=chosen)
    assert [movie.title for movie in listed] == ["Cartoon"]


def test_grants_add_up(films: Library, shelf: dict[str, Movie], member: User) -> None:  # noqa: ARG001
    limit(member, films, max_age=12)
    group = Group.objects.get(name="user")
    teens = GrantLimits(max_age=16)
    grants.grant_add(actor=None, library=films, grantee=group, level=GrantLevel.VIEW, limits=teens)
    assert titles(member) == {"Cartoon", "Thriller"}
    grants.grant_add(actor=None, library=films, grantee=member, level=GrantLevel.MANAGE)
    assert titles(member) == set(FILMS)


@pytest.mark.django_db(transaction=True)
def test_a_role_gives_its_grants_and_takes_them(
    films: Library,
    shelf: dict[str, Movie],  # noqa: ARG001
    admin: User,
    outsider: User,
) -> None:
    club = rbac.role_create(actor=admin, name="club")
    grants.grant_add(actor=admin, library=films, grantee=club, level=GrantLevel.VIEW)
    assert titles(outsider) == set()
    rbac.role_assign(actor=admin, user=outsider, name="club")
    assert titles(outsider) == set(FILMS)
    rbac.role_remove(actor=admin, user=outsider, name="club")
    assert titles(outsider) == set()


def test_a_new_rating_counts_at_once(films: Library, shelf: dict[str, Movie], member: User) -> None:
    limit(member, films, max_age=12)
    writing.movie_update(movie=shelf["Splatter"], changes={"certification": "12A"})
    assert titles(member) == {"Cartoon", "Splatter"}


def test_a_library_that_is_off_shows_nobody_its_films(
    films: Library,
    shelf: dict[str, Movie],  # noqa: ARG001
    member: User,
    admin: User,
) -> None:
    limit(member, films, max_age=18)
    services.library_update(library=films, changes={"enabled": False})
    assert titles(member) == titles(admin) == set()
    assert not MediaFile.objects.visible_to(member).exists()


class TestAnswers:
    """What is hidden answers as what is not there."""

    @pytest.fixture(autouse=True)
    def _limit(self, films: Library, shelf: dict[str, Movie], member: User) -> None:  # noqa: ARG002
        limit(member, films, max_age=12)

    def test_of_the_api(self, api: Api, member: User, shelf: dict[str, Movie]) -> None:
        client, hidden = api(member), shelf["Splatter"].pk
        for path in ("", "/files", "/progress"):
            answer = client.get(f"/api/v1/movies/{hidden}{path}")
            missing = client.get(f"/api/v1/movies/{uuid.uuid4()}{path}")
            assert (answer.status_code, answer.content) == (missing.status_code, missing.content)
        body = client.get("/api/v1/movies").json()
        assert ([item["title"] for item in body["items"]], body["total"]) == (["Cartoon"], 1)

    def test_of_the_pages(
        self, browser_of: BrowserOf, member: User, shelf: dict[str, Movie]
    ) -> None:
        client = browser_of(member)
        for title, status in (("Cartoon", 200), ("Splatter", 404)):
            movie = shelf[title]
            file = MediaFile.objects.get(movie_file__movie=movie)
            extra = movie.extras.get()
            subtitle = file.side_files.get()
            for path in (
                reverse("movies:detail", args=[movie.pk]),
                reverse("playback:watch", args=[movie.pk]),
                reverse("playback:extra", args=[extra.pk]),
                reverse("playback:stream", args=[file.pk]),
                reverse("playback:stream", args=[extra.media_file_id]),
                reverse("playback:subtitle", args=[subtitle.pk]),
            ):
                assert client.get(path).status_code in {status, 302 if status == 200 else 404}


class TestDownload:
    def get(self, client: Client, movie: Movie) -> HttpResponse:
        file = MediaFile.objects.get(movie_file__movie=movie)
        return client.get(reverse("playback:download", args=[file.pk]))

    def test_needs_a_grant_of_its_own(
        self, browser_of: BrowserOf, films: Library, shelf: dict[str, Movie], member: User
    ) -> None:
        client, movie = browser_of(member), shelf["Cartoon"]
        detail = reverse("movies:detail", args=[movie.pk])
        MediaFile.objects.update(container="matroska", state="available")
        assert self.get(client, movie).status_code == 403
        assert "/download/" not in client.get(detail).content.decode()
        grants.grant_add(
            actor=None,
            library=films,
            grantee=member,
            level=GrantLevel.DOWNLOAD,
            limits=GrantLimits(max_age=12),
        )
        answer = self.get(client, movie)
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == 'attachment; filename="Cartoon.mkv"'
        assert self.get(client, shelf["Splatter"]).status_code == 403  # he may watch it alone
        grants.grant_remove(actor=None, library=films, grantee=member, level=GrantLevel.VIEW)
        assert titles(member) == {"Cartoon"}
        assert self.get(client, shelf["Splatter"]).status_code == 404

    def test_its_right_is_asked_in_the_database(
        self,
        shelf: dict[str, Movie],
        member: User,
        admin: User,
    ) -> None:
        file = MediaFile.objects.get(movie_file__movie=shelf["Cartoon"])
        assert selectors.media_file_to_download(user=admin, file_id=file.pk) == file
        with pytest.raises(ForbiddenError):
            selectors.media_file_to_download(user=member, file_id=file.pk)
        with pytest.raises(NotFoundError):
            selectors.media_file_to_download(user=member, file_id=uuid.uuid4())


def test_who_manages_a_library_may_scan_it_and_no_other(
    api: Api, films: Library, member: User, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = services.library_create(name="Other", roots=[str(tmp_path / "other")])
    client, wanted = api(member), {"scan_type": "full"}
    addresses = [f"/api/v1/libraries/{pk}/scan" for pk in (films.pk, other.pk, uuid.uuid4())]
    answers = [client.post(address, wanted, format="json") for address in addresses]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    grants.grant_add(actor=None, library=films, grantee=member, level=GrantLevel.MANAGE)
    scan = assert_is(client.post(addresses[0], wanted, format="json"), "LibraryScan", 202)
    cancel = f"/api/v1/libraries/{films.pk}/scans/{scan['id']}"
    assert_is(client.delete(cancel), "LibraryScan", 202)
    for address in addresses[1:]:
        assert_is(client.post(address, wanted, format="json"), "Error", 403)


def test_a_moderator_scans_what_he_sees(api: Api, films: Library, moderator: User) -> None:
    address, wanted = f"/api/v1/libraries/{films.pk}/scan", {"scan_type": "full"}
    assert_is(api(moderator).post(address, wanted, format="json"), "Error", 404)
    grants.grant_add(actor=None, library=films, grantee=moderator, level=GrantLevel.VIEW)
    assert_is(api(moderator).post(address, wanted, format="json"), "LibraryScan", 202)
    assert films.scans.get().scan_type == ScanType.FULL


class TestApi:
    @pytest.fixture
    def client(self, api: Api, admin: User) -> APIClient:
        return api(admin)

    @pytest.fixture
    def path(self, films: Library) -> str:
        return f"/api/v1/libraries/{films.pk}/permissions"

    def test_grants_come_and_go(
        self,
        client: APIClient,
        path: str,
        films: Library,
        member: User,
        outsider: User,
    ) -> None:
        (own,) = assert_is(client.get(path), "LibraryPermissionListResponse")["permissions"]
        assert (own["user_id"], own["permission"]) == (str(member.pk), "view")
        wanted = {"user_id": str(outsider.pk), "permission": "download"}
        made = assert_is(client.post(path, wanted, format="json"), "LibraryPermission", 201)
        again = assert_is(client.post(path, wanted, format="json"), "LibraryPermission", 201)
        assert made == again
        assert made["library_id"] == str(films.pk)
        assert Library.objects.visible_to(outsider).get() == films
        listed = assert_is(client.get(path), "LibraryPermissionListResponse")
        assert (listed["permissions"], listed["total"]) == ([own, made], 2)
        taken = f"{path}/{outsider.pk}?permission=download"
        assert client.delete(taken).status_code == 204
        assert not Library.objects.visible_to(outsider).exists()
        assert_is(client.delete(taken), "Error", 404)
        entries = ActivityEntry.objects.filter(resource_id=films.pk, username="admin")
        assert [entry.action for entry in entries.order_by("created_at")] == [
            "grant.add",
            "grant.remove",
        ]
        assert entries[0].metadata["user"] == "outsider"

    def test_adding_what_is_there_keeps_its_limits(
        self, client: APIClient, path: str, films: Library, member: User
    ) -> None:
        limit(member, films, max_age=12, blocked_tags=["Gore"])
        wanted = {"user_id": str(member.pk), "permission": "view"}
        assert client.post(path, wanted, format="json").status_code == 201
        grant = LibraryGrant.objects.get(user=member)
        assert (grant.max_age, grant.blocked_tags) == (12, ["Gore"])

    @pytest.mark.parametrize(
        ("changed", "status"),
        [
            ({"permission": "own"}, 400),
            ({"permission": None}, 400),
            ({"user_id": "me"}, 400),
            ({"user_id": str(uuid.UUID(int=0))}, 404),
        ],
    )
    def test_a_bad_one_is_refused(
        self, client: APIClient, path: str, outsider: User, changed: dict[str, Any], status: int
    ) -> None:
        wanted = {"user_id": str(outsider.pk), "permission": "view", **changed}
        assert_is(client.post(path, wanted, format="json"), "Error", status)
        assert not LibraryGrant.objects.filter(user=outsider).exists()

    def test_a_deleted_account_gets_none_and_loses_what_it_has(
        self, client: APIClient, path: str, admin: User, member: User
    ) -> None:
        deletion.user_delete(user=member, actor=admin)
        wanted = {"user_id": str(member.pk), "permission": "manage"}
        assert_is(client.post(path, wanted, format="json"), "Error", 404)
        assert client.delete(f"{path}/{member.pk}?permission=view").status_code == 204
        assert not LibraryGrant.objects.filter(user=member).exists()

    def test_what_is_not_there(self, client: APIClient, path: str, member: User) -> None:
        nowhere = f"/api/v1/libraries/{uuid.uuid4()}/permissions"
        assert_is(client.get(nowhere), "Error", 404)
        assert_is(client.delete(f"{nowhere}/{member.pk}?permission=view"), "Error", 404)
        assert_is(client.delete(f"{path}/{uuid.uuid4()}?permission=view"), "Error", 404)
        assert_is(client.delete(f"{path}/{member.pk}"), "Error", 400)


def test_limits_beyond_their_bounds_are_refused(films: Library, member: User) -> None:
    for limits in ({"max_age": 22}, {"max_age": -1}, {"blocked_tags": ["x"] * 101}):
        with pytest.raises(InvalidInputError):
            limit(member, films, **limits)
    assert LibraryGrant.objects.get().max_age is None


def test_a_change_of_limits_is_recorded(films: Library, member: User) -> None:
    limit(member, films, max_age=12)
    limit(member, films, max_age=12)
    (entry,) = ActivityEntry.objects.filter(action="grant.update")
    assert entry.changes == {"max_age": {"old": None, "new": 12}}


def test_who_sees_the_same_is_equal() -> None:
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    teens = Limits.of(16, ["B", "a"], shows_unrated=False)
    same = Limits.of(16, ["A", "b", "á"], shows_unrated=False)
    assert teens == same
    assert Access.of([(two, teens), (one, same)]) == Access.of([(one, teens), (two, same)])
    assert Access.of([(one, teens), (one, access.NO_LIMITS)]) == Access((one,))
    assert not Access.of([])
    assert Access.of([(one, teens), (two, access.NO_LIMITS)]).only(one).limited == (
        (teens, (one,)),
    )


@given(st.lists(st.text(max_size=250)))
def test_any_tag_can_be_compared(tags: list[str]) -> None:
    keys = access.tag_keys(tags)
    assert all(key and len(key) <= 200 and "`" not in key for key in keys)
