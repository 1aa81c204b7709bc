"""The pages of films."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.libraries import grants
from apps.libraries.access import GrantLevel
from apps.libraries.models import FileState, Library, LibraryScan, MediaFile, ScanStatus, ScanType
from apps.movies import services
from apps.movies.models import Credit, CreditType, Movie, Person, WatchState
from apps.users.models import User
from tests.web.conftest import MakeMovie

BrowserOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def test_home_tells_an_outsider_whom_to_ask(
    browser_of: BrowserOf, outsider: User, films: Library, make_movie: MakeMovie
) -> None:
    make_movie(films, "Hidden Film")
    page = browser_of(outsider).get(reverse("movies:home")).content.decode()
    assert "Ask your administrator" in page
    assert "Hidden Film" not in page


def test_home_tells_an_administrator_what_to_do(browser_of: BrowserOf, admin: User) -> None:
    page = browser_of(admin).get(reverse("movies:home")).content.decode()
    assert reverse("setup:library") in page


def test_home_shows_what_is_new_and_what_was_begun(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    begun, new = make_movie(films, "Begun Film"), make_movie(films, "New Film")
    services.watch_progress_save(user=member, movie=begun, progress_seconds=30, duration_seconds=60)
    response = browser_of(member).get(reverse("movies:home"))
    page = response.content.decode()
    assert "Continue watching" in page
    assert f'id="continue-{begun.pk}"' in page
    assert f'id="continue-{new.pk}"' not in page
    assert f'id="recent-{new.pk}"' in page
    assert "HX-Request" in response.headers["Vary"]


def test_home_as_a_part_is_the_rows_alone(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    make_movie(films)
    client = browser_of(member)
    part = client.get(reverse("movies:home"), headers=HTMX).content.decode()
    assert "A Film" in part
    assert "<html" not in part
    restored = client.get(
        reverse("movies:home"), headers={**HTMX, "HX-History-Restore-Request": "true"}
    )
    assert "<html" in restored.content.decode()


def test_a_running_scan_is_shown_and_followed(
    browser_of: BrowserOf, member: User, moderator: User, films: Library
) -> None:
    client = browser_of(member)
    before = client.get(reverse("movies:home")).content.decode()
    assert 'id="scans" data-live="library"' in before  # it hears of the next scan
    assert "js/live.js" in before
    LibraryScan.objects.create(
        library=films,
        scan_type=ScanType.INCREMENTAL,
        status=ScanStatus.RUNNING,
        started_at=timezone.now() - timedelta(seconds=10),
        items_found=1000,
        items_scanned=50,
        items_added=3,
        pace=[[0, 0], [10, 50]],
    )
    counts = ("50 of 1000 files", "3 new", "5 files a second", "about 3 min left", 'max="1000"')
    page = client.get(reverse("movies:home")).content.decode()
    assert "Scanning Films" in page
    assert not [text for text in counts if text in page]  # some films may be hidden from it

    grants.grant_add(actor=None, library=films, grantee=moderator, level=GrantLevel.MANAGE)
    page = browser_of(moderator).get(reverse("movies:home")).content.decode()
    assert [text for text in ("Scanning Films", *counts) if text not in page] == []


def test_the_wall_sorts_filters_and_counts(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    make_movie(films, "The Zebra", year=1999, genre="Drama")
    make_movie(films, "Apple", year=2001, genre="Drama")
    make_movie(films, "Mango", year=2001)
    client = browser_of(member)

    def titles(**query: str) -> list[str]:
        response = client.get(reverse("movies:list"), query)
        return [card.movie.title for card in response.context["cards"]]

    assert titles(sort="title") == ["Apple", "Mango", "The Zebra"]
    assert titles(sort="title", genre="drama") == ["Apple", "The Zebra"]
    assert titles(sort="title", year="2001") == ["Apple", "Mango"]
    assert titles(genre="drama", year="2001") == ["Apple"]
    assert titles(sort="nonsense", year="soon", library="x") == ["Mango", "Apple", "The Zebra"]
    assert titles(genre="nonsense") == []
    page = client.get(reverse("movies:list"), {"genre": "nonsense"}).content.decode()
    assert "No film matches" in page


def test_the_wall_pages_without_a_script_and_with_one(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    for number in range(50):
        make_movie(films, f"Film {number:02}", genre="Drama")
    client = browser_of(member)
    query = {"sort": "title", "genre": "drama"}
    first = client.get(reverse("movies:list"), query)
    assert len(first.context["cards"]) == 48
    assert 'href="?sort=title&amp;genre=drama&amp;page=2"' in first.content.decode()
    assert "Film 48" in client.get(reverse("movies:list"), {**query, "page": "2"}).content.decode()
    (more,) = re.findall(r'hx-get="([^"]+cursor=[^"]+)"', first.content.decode())
    second = client.get(html.unescape(more), headers={**HTMX, "HX-Target": "more"})
    part = second.content.decode()
    assert [card.movie.title for card in second.context["cards"]] == ["Film 48", "Film 49"]
    assert "Film 48" in part
    assert "hx-get" not in part
    assert "<form" not in part
    assert client.get(reverse("movies:list"), {**query, "cursor": "bad"}).status_code == 400


@pytest.mark.parametrize("name", ["movies:home", "movies:list"])
def test_pages_ask_the_database_the_same_for_one_film_and_for_many(
    *,
    browser_of: BrowserOf,
    member: User,
    films: Library,
    make_movie: MakeMovie,
    django_assert_num_queries: Callable[..., object],
    name: str,
) -> None:
    client = browser_of(member)
    make_movie(films, "Film 0", genre="Drama", year=2000)
    client.get(reverse(name))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(name))
    for number in range(1, 45):
        make_movie(films, f"Film {number}", genre="Drama", year=2000)
    with django_assert_num_queries(len(one)):
        client.get(reverse(name))


def test_the_wall_marks_what_was_seen_and_what_is_away(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    seen, away = make_movie(films, "Seen"), make_movie(films, "Away")
    services.watched_mark(user=member, movie=seen, watched=True)
    films.roots.update(is_available=False)
    cards = browser_of(member).get(reverse("movies:list"), {"sort": "title"}).context["cards"]
    assert [(card.movie, card.is_available) for card in cards] == [(away, False), (seen, False)]
    assert cards[1].watch_state.is_completed
    films.roots.update(is_available=True)
    response = browser_of(member).get(reverse("movies:list"))
    assert "Unavailable" not in response.content.decode()
    assert {card.resolution for card in response.context["cards"]} == {"1080p"}


def test_the_film_page_shows_facts_people_and_streams(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(
        films,
        "<Ångström> & Söhne",
        genre="Drama",
        year=2001,
        runtime=136,
        certification="PG",
        overview="First.\n\nSecond.",
        editions=("", "Director's Cut"),
    )
    person = Person.objects.create(name="Ada Example")
    Credit.objects.create(
        movie=movie, person=person, credit_type=CreditType.CAST, character="Captain"
    )
    Credit.objects.create(movie=movie, person=person, credit_type=CreditType.CREW, job="Director")
    page = browser_of(member).get(reverse("movies:detail", args=[movie.pk])).content.decode()
    for text in (
        "&lt;Ångström&gt; &amp; Söhne",
        "2 h 16 min",
        "?genre=drama",
        "Directed by",
        "Captain",
        "Director&#x27;s Cut · 1080p",
        "H.264",
    ):
        assert text in page
    assert "<Ångström>" not in page


def test_the_film_page_offers_to_resume(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films)
    client, address = browser_of(member), reverse("movies:detail", args=[movie.pk])
    assert "Resume" not in client.get(address).content.decode()
    services.watch_progress_save(user=member, movie=movie, progress_seconds=42, duration_seconds=60)
    page = client.get(address).content.decode()
    assert "Resume from 0:42" in page
    assert "?start=0" in page


def test_a_film_that_cannot_be_reached_says_so(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films)
    MediaFile.objects.update(state=FileState.BROKEN, failure_message="It ends too early")
    page = browser_of(member).get(reverse("movies:detail", args=[movie.pk])).content.decode()
    assert "cannot be reached" in page
    assert "It ends too early" in page


@pytest.mark.parametrize("name", ["movies:detail", "playback:watch"])
def test_an_invisible_film_is_not_found(
    browser_of: BrowserOf, outsider: User, films: Library, make_movie: MakeMovie, name: str
) -> None:
    movie = make_movie(films, "Hidden Film")
    response = browser_of(outsider).get(reverse(name, args=[movie.pk]))
    assert response.status_code == 404
    assert "Hidden Film" not in response.content.decode()


def test_watched_is_marked_and_unmarked(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films)
    client, address = browser_of(member), reverse("movies:watched", args=[movie.pk])
    response = client.post(address, {"watched": "1"})
    assert response.url == reverse("movies:detail", args=[movie.pk])
    assert WatchState.objects.get().is_completed
    part = client.post(address, {"watched": "0"}, headers=HTMX).content.decode()
    assert not WatchState.objects.get().is_completed
    assert "Mark as watched" in part
    assert "<html" not in part


def test_an_outsider_changes_no_watch_state(
    browser_of: BrowserOf, outsider: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films)
    client = browser_of(outsider)
    for name in ("movies:watched", "movies:forget"):
        response = client.post(reverse(name, args=[movie.pk]), {"watched": "1"})
        assert response.status_code == 404
    assert not WatchState.objects.exists()


def test_a_film_is_taken_off_continue_watching(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    movie = make_movie(films)
    services.watch_progress_save(user=member, movie=movie, progress_seconds=30, duration_seconds=60)
    client, address = browser_of(member), reverse("movies:forget", args=[movie.pk])
    response = client.post(address, headers=HTMX)
    assert response.status_code == 204
    assert "films-changed" in response.headers["HX-Trigger"]
    assert client.get(reverse("movies:home")).context["continue_watching"] == []
    assert client.post(address).url == reverse("movies:home")


def test_search_finds_titles_when_the_engine_is_away(
    browser_of: BrowserOf,
    member: User,
    films: Library,
    make_movie: MakeMovie,
    settings: LazySettings,
) -> None:
    settings.TYPESENSE_URL = ""
    make_movie(films, "Kōhī no Umi")
    client = browser_of(member)
    page = client.get(reverse("movies:search"), {"q": "kohi"}).content.decode()
    assert "Kōhī no Umi" in page
    assert "does not answer" in page
    assert "Nothing found" in client.get(reverse("movies:search"), {"q": "xyzzy"}).content.decode()
    assert "Find a film" in client.get(reverse("movies:search")).content.decode()


def test_suggestions_are_options_with_a_way_to_all(
    browser_of: BrowserOf,
    member: User,
    films: Library,
    make_movie: MakeMovie,
    settings: LazySettings,
) -> None:
    settings.TYPESENSE_URL = ""
    for number in range(9):
        make_movie(films, f"Lighthouse {number}")
    address = reverse("movies:suggestions")
    page = browser_of(member).get(address, {"q": "lighthouse"}).content.decode()
    assert page.count('role="option"') == 8
    assert "Show all 9 results" in page
    assert 'hx-swap-oob="true"' in page


def test_a_search_shows_nothing_of_other_libraries(
    browser_of: BrowserOf, outsider: User, films: Library, make_movie: MakeMovie
) -> None:
    make_movie(films, "Hidden Film")
    client = browser_of(outsider)
    for name in ("movies:search", "movies:suggestions"):
        page = client.get(reverse(name), {"q": "hidden"}).content.decode()
        assert "Hidden Film" not in page
    assert Movie.objects.count() == 1


def test_a_page_that_is_not_there_is_friendly(client: Client, db: None) -> None:  # noqa: ARG001
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_filtering_as_a_part_brings_the_filters_as_they_are(
    browser_of: BrowserOf, member: User, films: Library, make_movie: MakeMovie
) -> None:
    make_movie(films, year=2001)
    query = {"sort": "title", "year": "2001"}
    part = browser_of(member).get(reverse("movies:list"), query, headers=HTMX).content.decode()
    chosen = re.findall(r"<option[^>]*\sselected>\s*(\w+)", part)
    assert chosen == ["Title", "2001"]
    assert "<html" not in part
