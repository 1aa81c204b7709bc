"""The player page and what it hands to its script."""

import json
import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from apps.libraries.models import Library, MediaFile, SideFile, SideFileKind
from apps.movies import services
from apps.movies.models import Movie, MovieExtra, MovieFile
from apps.users.models import User
from tests.web.conftest import MakeMovie

BrowserOf = Callable[[User], Client]


def _data(client: Client, address: str) -> dict[str, Any]:
    page = client.get(address).content.decode()
    script = re.search(r'<script id="player-data" type="application/json">(.*?)</script>', page)
    assert script is not None
    data: dict[str, Any] = json.loads(script[1])
    return data


def _watch(movie: Movie) -> str:
    return reverse("playback:watch", args=[movie.pk])


def test_parts_subtitles_and_position(
    browser_of: BrowserOf,
    member: User,
    films: Library,
    make_movie: MakeMovie,
    make_file: Callable[..., MediaFile],
) -> None:
    movie = make_movie(films, "</script><b>Film")
    first = MovieFile.objects.get()
    MovieFile.objects.update(part=1)
    second = make_file(films, "A/second.mp4", duration_seconds=30.5)
    MovieFile.objects.create(movie=movie, media_file=second, version_key=first.version_key, part=2)
    for suffix, language in (("srt", "de"), ("sup", "en")):
        SideFile.objects.create(
            media_file=first.media_file,
            kind=SideFileKind.SUBTITLE,
            path=f"A/a.{language}.{suffix}",
            format=suffix,
            language=language,
            is_forced=True,
        )
    services.watch_progress_save(user=member, movie=movie, progress_seconds=42, duration_seconds=90)
    data = _data(browser_of(member), _watch(movie))
    assert [part["duration"] for part in data["parts"]] == [60.0, 30.5]
    assert data["parts"][0]["src"] == reverse("playback:stream", args=[first.media_file_id])
    assert data["parts"][0]["mime"].startswith('video/mp4; codecs="avc1.')
    assert data["parts"][0]["verdict"] == "playable"
    assert [item["label"] for item in data["parts"][0]["subtitles"]] == ["German (forced)"]
    assert data["title"] == "</script><b>Film"
    assert data["start"] == 42
    assert data["progress_url"] == reverse("movie-progress", args=[movie.pk])
    assert _data(browser_of(member), _watch(movie) + "?start=0")["start"] == 0


def test_a_finished_film_begins_anew(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films)
    services.watched_mark(user=member, movie=movie, watched=True)
    assert _data(browser_of(member), _watch(movie))["start"] == 0


def test_the_version_is_chosen_and_the_other_offered(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films, editions=("Cut", "Extended"))
    cut, extended = MovieFile.objects.order_by("edition")
    data = _data(browser_of(member), f"{_watch(movie)}?version={extended.pk}")
    assert data["parts"][0]["src"] == reverse("playback:stream", args=[extended.media_file_id])
    (other,) = data["alternatives"]
    assert other["url"] == f"{_watch(movie)}?version={cut.pk}"
    assert other["label"] == "Cut · 1080p"


def test_a_version_that_browsers_play_comes_first(
    browser_of: BrowserOf,
    member: User,
    films: Library,
    make_movie: MakeMovie,
    probe_json: dict[str, Any],
) -> None:
    movie = make_movie(films, editions=("A", "B"))
    first, second = MovieFile.objects.order_by("edition")
    MediaFile.objects.filter(pk=first.media_file_id).update(
        probe={**probe_json, "container": "avi"}, container="avi"
    )
    client = browser_of(member)
    data = _data(client, _watch(movie))
    assert data["parts"][0]["src"] == reverse("playback:stream", args=[second.media_file_id])
    refused = _data(client, f"{_watch(movie)}?version={first.pk}")["parts"][0]
    assert refused["verdict"] == "no"
    assert refused["reasons"] == ["Browsers do not play the file format AVI."]


def test_without_a_file_the_film_page_explains(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films)
    films.roots.update(is_available=False)
    response = browser_of(member).get(_watch(movie), follow=True)
    assert response.redirect_chain == [(reverse("movies:detail", args=[movie.pk]), 302)]
    assert "cannot be reached" in response.content.decode()


def test_an_extra_plays_without_keeping_its_position(
    *,
    browser_of: BrowserOf,
    member: User,
    outsider: User,
    films: Library,
    make_movie: MakeMovie,
    make_file: Callable[..., MediaFile],
) -> None:
    extra = MovieExtra.objects.create(
        movie=make_movie(films),
        media_file=make_file(films, "A/A-trailer.mp4"),
        kind="trailer",
        title="Teaser",
    )
    address = reverse("playback:extra", args=[extra.pk])
    assert _data(browser_of(member), address)["progress_url"] == ""
    assert browser_of(outsider).get(address).status_code == 404
