"""Pages show what the viewer's roles allow, and nothing else."""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.libraries import services as libraries
from apps.libraries.models import Library
from apps.movies import services
from apps.movies.models import Movie
from apps.users.models import User
from tests.web.conftest import MakeMovie

BrowserOf = Callable[[User], Client]


@pytest.fixture
def movie(films: Library, guest: User, member: User, make_movie: MakeMovie) -> Movie:
    libraries.library_set_viewers(library=films, users=[guest, member])
    movie = make_movie(films, "A Film")
    for user in (guest, member):
        services.watch_progress_save(
            user=user, movie=movie, progress_seconds=30, duration_seconds=60
        )
    return movie


def _player(client: Client, movie: Movie) -> dict[str, object]:
    page = client.get(reverse("playback:watch", args=[movie.pk])).content.decode()
    (text,) = re.findall(r'<script[^>]*id="player-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    data: dict[str, object] = json.loads(text)
    return data


def test_a_guest_has_no_history(browser_of: BrowserOf, guest: User, movie: Movie) -> None:
    client = browser_of(guest)
    home = client.get(reverse("movies:home")).content.decode()
    assert "A Film" in home
    assert "Continue watching" not in home
    assert "Watched so far" not in home
    detail = client.get(reverse("movies:detail", args=[movie.pk])).content.decode()
    assert reverse("playback:watch", args=[movie.pk]) in detail
    assert "Resume from" not in detail
    assert reverse("movies:watched", args=[movie.pk]) not in detail
    data = _player(client, movie)
    assert (data["progress_url"], data["start"]) == ("", 0)


def test_a_member_has_one(browser_of: BrowserOf, member: User, movie: Movie) -> None:
    client = browser_of(member)
    home = client.get(reverse("movies:home")).content.decode()
    assert "Continue watching" in home
    detail = client.get(reverse("movies:detail", args=[movie.pk])).content.decode()
    assert "Resume from" in detail
    assert reverse("movies:watched", args=[movie.pk]) in detail
    data = _player(client, movie)
    assert (data["progress_url"], data["start"]) == (reverse("movie-progress", args=[movie.pk]), 30)
