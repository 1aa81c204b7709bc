"""The pages of films."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from apps.core.errors import InvalidInputError, NotFoundError
from apps.core.permissions import Permission
from apps.core.policy import Needs, policy
from apps.core.requests import AuthenticatedRequest
from apps.libraries import selectors as libraries
from apps.libraries.models import Library
from apps.movies import cached_lists, film_page, selectors, services, wall
from apps.movies.forms import ORDER_LABELS, FilmListChoice, FilmListForm, SearchForm
from apps.movies.models import Movie
from apps.movies.search import movie_search
from apps.movies.selectors import MovieFilter
from apps.users.models import User

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

PAGE_SIZE = wall.PAGE_SIZE
ROW_SIZE = 20
SUGGESTIONS = 7


class PageRequest(AuthenticatedRequest):
    """What the middleware of htmx adds."""

    htmx: "HtmxDetails"


def _wants_part(request: PageRequest) -> bool:
    """htmx asks for a part of the page, except when it restores a page from the history."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def _movie(request: PageRequest, movie_id: UUID) -> Movie:
    try:
        return selectors.movie_get(user=request.user, movie_id=movie_id)
    except NotFoundError as error:
        raise Http404 from error


@require_safe
@policy(Needs(Permission.MOVIES_LIST))
@vary_on_headers("HX-Request")
def home(request: PageRequest) -> HttpResponse:
    """Rows of films; as a part: the rows alone, which a running scan refreshes."""
    user = request.user
    shelves = libraries.library_list(user=user)
    recent = selectors.recently_added(user=user, limit=ROW_SIZE)
    context = {
        "continue_watching": selectors.continue_watching(user=user, limit=ROW_SIZE),
        "recent": selectors.movie_cards(user=user, movies=recent),
        "library_rows": _library_rows(user, shelves) if len(shelves) > 1 else [],
        "libraries": shelves,
    }
    if _wants_part(request):
        return render(request, "movies/partials/rows.html", context)
    context["scans"] = libraries.scans_running(user=user)
    return render(request, "movies/home.html", context)


def _library_rows(user: User, shelves: Sequence[Library]) -> list[dict[str, object]]:
    rows = []
    for library in shelves:
        chosen = MovieFilter(library_id=library.pk)
        movies = list(selectors.movie_list(user=user, chosen=chosen)[:ROW_SIZE])
        if movies:
            cards = selectors.movie_cards(user=user, movies=movies)
            rows.append({"library": library, "cards": cards})
    return rows


@require_safe
@policy(Needs(Permission.MOVIES_LIST))
@vary_on_headers("HX-Request")
def film_list(request: PageRequest) -> HttpResponse:
    """The poster wall; as a part: its filters and films, or the next page of films alone."""
    choice = FilmListForm(request.GET).choice()
    page = _film_page(request, choice)
    context = {
        "page": page,
        "cards": selectors.movie_cards(user=request.user, movies=page.movies),
        "choice": choice,
        "filters": _query_without_page(request),
    }
    is_part = _wants_part(request)
    if page.number is None:
        return render(request, "movies/partials/wall_page.html", context)
    context |= {
        "previous_page": page.number - 1,
        "next_page": page.number + 1 if page.cursor else None,
        "orders": ORDER_LABELS.items(),
        "facets": cached_lists.facets(user=request.user),
        "libraries": libraries.library_list(user=request.user),
    }
    template = "movies/partials/wall.html" if is_part else "movies/list.html"
    return render(request, template, context)


def _film_page(request: PageRequest, choice: FilmListChoice) -> wall.WallPage:
    """Behind the cursor that a page's end carries, or the numbered one."""
    movies = selectors.movie_list(user=request.user, order=choice.order, chosen=choice.movie_filter)
    cursor = request.GET.get("cursor")
    if cursor is None:
        return wall.page_numbered(movies, request.GET.get("page"), order=choice.order)
    try:
        return wall.page_behind(movies, cursor, order=choice.order)
    except InvalidInputError as error:
        raise BadRequest from error


def _query_without_page(request: PageRequest) -> str:
    query = request.GET.copy()
    for name in ("page", "cursor"):
        query.pop(name, None)
    return query.urlencode()


@require_safe
@policy(Needs(Permission.MOVIES_GET))
def detail(request: PageRequest, movie_id: UUID) -> HttpResponse:
    movie = _movie(request, movie_id)
    user = request.user
    versions = selectors.movie_versions(user=user, movie=movie)
    related = selectors.collection_movies(user=user, movie=movie)
    context = {
        "movie": movie,
        "watch_state": selectors.watch_state(user=user, movie=movie),
        "hindrance": film_page.hindrance(versions),
        "downloads": selectors.movie_downloads(user=user, movie=movie),
        "versions": [film_page.version_facts(version) for version in versions],
        "extras": selectors.movie_extras(user=user, movie=movie),
        "cast": selectors.movie_cast(movie=movie),
        "crew": film_page.crew_roles(selectors.movie_crew(movie=movie)),
        "related": selectors.movie_cards(user=user, movies=related),
    }
    return render(request, "movies/detail.html", context)


@require_POST
@policy(Needs(Permission.PLAYBACK_PROGRESS))
def watched(request: PageRequest, movie_id: UUID) -> HttpResponse:
    """`watched` is 1 or 0. As a part: the film's buttons as they are now."""
    movie = _movie(request, movie_id)
    user = request.user
    services.watched_mark(user=user, movie=movie, watched=request.POST.get("watched") == "1")
    if not request.htmx:
        return redirect("movies:detail", movie_id)
    versions = selectors.movie_versions(user=user, movie=movie)
    context = {
        "movie": movie,
        "watch_state": selectors.watch_state(user=user, movie=movie),
        "hindrance": film_page.hindrance(versions),
    }
    return render(request, "movies/partials/actions.html", context)


@require_POST
@policy(Needs(Permission.PLAYBACK_PROGRESS))
def forget(request: PageRequest, movie_id: UUID) -> HttpResponse:
    """Take a film off "Continue watching"."""
    services.watch_progress_clear(user=request.user, movie=_movie(request, movie_id))
    if not request.htmx:
        return redirect("movies:home")
    return trigger_client_event(HttpResponse(status=204), "films-changed")


@require_safe
@policy(Needs(Permission.MOVIES_LIST))
def search(request: PageRequest) -> HttpResponse:
    query, number = SearchForm(request.GET).wanted()
    found = movie_search(
        user=request.user, query=query, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
    )
    context = {
        "query": query,
        "found": found,
        "cards": selectors.movie_cards(user=request.user, movies=found.movies),
        "previous_page": number - 1,
        "next_page": number + 1 if number * PAGE_SIZE < found.total else None,
    }
    return render(request, "movies/search.html", context)


@require_safe
@policy(Needs(Permission.MOVIES_LIST))
def suggestions(request: PageRequest) -> HttpResponse:
    query, _page = SearchForm(request.GET).wanted()
    found = movie_search(user=request.user, query=query, limit=SUGGESTIONS)
    return render(request, "movies/partials/suggestions.html", {"query": query, "found": found})
