"""Films in the admin console: a person's word stays."""

from collections.abc import Callable

import pytest
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.libraries import grants
from apps.libraries.grants import GrantLimits
from apps.libraries.models import Library, LibraryGrant, LibraryScan
from apps.movies.catalogue.values import merge
from apps.movies.models import Genre, Movie
from apps.search.models import IndexRequest
from apps.users.models import User
from tests import objects


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


@pytest.fixture
def movie(films: Library) -> Movie:
    return objects.make_movie(films, "The Film", year=2000, sources={"title": "nfo"})


def save(console: Client, movie: Movie, **changed: object) -> HttpResponse:
    fields = (
        "title", "original_title", "sort_title", "year", "runtime", "certification", "tagline",
        "overview", "original_language", "vote_average", "vote_count", "tmdb_id", "imdb_id",
        "trailer_url",
    )  # fmt: skip
    form = {k: v for k, v in model_to_dict(movie, fields).items() if v is not None}
    form["tags"] = "\r\n".join(movie.tags)
    path = reverse("admin:movies_movie_change", args=[movie.pk])
    return console.post(path, {**form, **changed}, follow=True)


def test_what_a_person_changes_is_theirs(console: Client, movie: Movie) -> None:
    drama = Genre.objects.create(slug="drama", name="Drama")
    save(console, movie, title="The Other Film", genres=[str(drama.pk)])
    movie.refresh_from_db()
    assert movie.title == "The Other Film"
    assert movie.sort_title == "other film"
    assert movie.sources == {"title": "user", "genres": "user"}
    assert list(movie.genres.all()) == [drama]
    assert movie.search_text == "the other film"
    assert IndexRequest.objects.filter(object_id=movie.pk).exists()


def test_a_sort_title_of_one_s_own_stays(console: Client, movie: Movie) -> None:
    save(console, movie, sort_title="zzz")
    movie.refresh_from_db()
    save(console, movie, title="Another")
    movie.refresh_from_db()
    assert movie.sort_title == "zzz"


def test_saving_without_a_change_claims_nothing(console: Client, movie: Movie) -> None:
    save(console, movie)
    movie.refresh_from_db()
    assert movie.sources == {"title": "nfo"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"year": "1066"}, "year"),
        ({"runtime": "-1"}, "runtime"),
        ({"tmdb_id": "603"}, "tmdb_id"),
        ({"imdb_id": "tt0133093"}, "imdb_id"),
        ({"trailer_url": "javascript:alert(1)"}, "trailer_url"),
        ({"tmdb_id": "99999999999999"}, "tmdb_id"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(
    console: Client, movie: Movie, films: Library, changed: dict[str, str], field: str
) -> None:
    objects.make_movie(films, "Taken", tmdb_id=603, imdb_id="tt0133093")
    response = save(console, movie, **changed)
    assert field in response.context["adminform"].form.errors
    movie.refresh_from_db()
    assert movie.title == "The Film"


def test_a_persons_tags_go_over_an_nfos_and_hide_films(
    console: Client, movie: Movie, films: Library, member: User
) -> None:
    Movie.objects.update(tags=["Gore, slight", "Old"], sources={"tags": "nfo"})
    movie.refresh_from_db()
    save(console, movie, tagline="x")
    movie.refresh_from_db()
    assert movie.sources["tags"] == "nfo"

    save(console, movie, tags="Gore, slight\r\n\r\n  Not  for kids \r\nGore, slight")

    movie.refresh_from_db()
    merge(movie, {"tags": ["Again"]}, "nfo")
    assert (movie.tags, movie.sources["tags"]) == (["Gore, slight", "Not for kids"], "user")
    grants.grant_update(
        actor=None,
        grant=LibraryGrant.objects.get(user=member, content_object=films),
        limits=GrantLimits(blocked_tags=["not for kids"]),
    )
    assert not Movie.objects.visible_to(member).exists()
    save(console, movie, tags="")
    assert Movie.objects.visible_to(member).get().tags == []


def test_a_tag_that_is_too_long_is_said(console: Client, movie: Movie) -> None:
    response = save(console, movie, tags=f"{'x' * 201}\nshort")
    assert "200" in str(response.context["adminform"].form.errors["tags"])


def test_two_films_may_have_no_imdb_id(console: Client, movie: Movie, films: Library) -> None:
    other = objects.make_movie(films, "Other")
    for each in (movie, other):
        save(console, each, tagline="x", imdb_id="")
    assert Movie.objects.filter(imdb_id=None, tagline="x").count() == 2


def test_films_are_neither_made_nor_deleted_by_hand(console: Client, movie: Movie) -> None:
    assert console.get(reverse("admin:movies_movie_add")).status_code == 403
    path = reverse("admin:movies_movie_delete", args=[movie.pk])
    assert console.post(path, {"post": "yes"}).status_code == 403


def test_the_libraries_of_films_are_rescanned(console: Client, movie: Movie) -> None:
    path = reverse("admin:movies_movie_changelist")
    form = {"action": "rescan", "_selected_action": [str(movie.pk)]}
    response = console.post(path, form, follow=True)
    assert b"The scan of Films is queued." in response.content
    assert LibraryScan.objects.get().scan_type == "metadata"
    response = console.post(path, form, follow=True)
    assert b"waiting or running" in response.content
