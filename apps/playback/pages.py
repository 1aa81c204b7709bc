"""The player."""

from dataclasses import asdict, dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.core.errors import NotFoundError
from apps.core.permissions import Permission
from apps.core.policy import Needs, policy
from apps.core.requests import AuthenticatedRequest
from apps.libraries.models import MediaFile
from apps.libraries.streams import Track, media_tracks
from apps.movies import film_page, selectors
from apps.movies.models import Movie
from apps.playback import player
from apps.playback.player_texts import player_texts

RESUME_FROM_SECONDS = 5
"""A film left within its first seconds begins anew."""


@dataclass(frozen=True)
class PlayerData:
    """What the script reads; see `static/js/player/main.js`."""

    title: str
    film_url: str
    parts: tuple[player.Part, ...]
    alternatives: tuple[player.Alternative, ...]
    start: float
    """Seconds from the film's beginning."""
    progress_url: str
    """`""`: the position is not saved."""
    sign_in_url: str
    csrf_token: str
    texts: dict[str, str]


@require_safe
@policy(Needs(Permission.PLAYBACK_STREAM))
def watch(request: AuthenticatedRequest, movie_id: UUID) -> HttpResponse:
    """A film. `version` is the id of the first file of the version, `start=0` begins anew."""
    try:
        movie = selectors.movie_get(user=request.user, movie_id=movie_id)
    except NotFoundError as error:
        raise Http404 from error
    every = selectors.movie_versions(user=request.user, movie=movie)
    versions = [version for version in every if version.is_playable]
    if not versions:
        messages.error(request, film_page.hindrance(every))
        return redirect("movies:detail", movie_id)
    version = player.version_choose(versions, request.GET.get("version", ""))
    files = [file.media_file for file in version.files]
    film = reverse("movies:detail", args=[movie.pk])
    data = PlayerData(
        title=str(movie),
        film_url=film,
        parts=player.parts_of(files),
        alternatives=player.alternatives_to(version, versions=versions, movie=movie),
        start=0 if request.GET.get("start") == "0" else _resume_position(request, movie),
        progress_url=_progress_url(request, movie),
        sign_in_url=f"{reverse('authn:sign-in')}?next={request.path}",
        csrf_token=get_token(request),
        texts=player_texts(),
    )
    return _page(request, movie, data, files)


@require_safe
@policy(Needs(Permission.PLAYBACK_STREAM))
def extra(request: AuthenticatedRequest, extra_id: UUID) -> HttpResponse:
    """A trailer or the like; its position is not kept."""
    try:
        found = selectors.movie_extra_get(user=request.user, extra_id=extra_id)
    except NotFoundError as error:
        raise Http404 from error
    if not found.media_file.is_playable:
        raise Http404
    data = PlayerData(
        title=f"{found.movie.title} – {found.title}",  # noqa: RUF001
        film_url=reverse("movies:detail", args=[found.movie_id]),
        parts=player.parts_of([found.media_file]),
        alternatives=(),
        start=0,
        progress_url="",
        sign_in_url=f"{reverse('authn:sign-in')}?next={request.path}",
        csrf_token="",
        texts=player_texts(),
    )
    return _page(request, found.movie, data, [found.media_file])


def _progress_url(request: AuthenticatedRequest, movie: Movie) -> str:
    keeps = request.user.has_perm(Permission.PLAYBACK_PROGRESS)
    return reverse("movie-progress", args=[movie.pk]) if keeps else ""


def _resume_position(request: AuthenticatedRequest, movie: Movie) -> float:
    state = selectors.watch_state(user=request.user, movie=movie)
    if state is None or state.is_completed or state.progress_seconds < RESUME_FROM_SECONDS:
        return 0
    return state.progress_seconds


def _page(
    request: AuthenticatedRequest, movie: Movie, data: PlayerData, files: list[MediaFile]
) -> HttpResponse:
    tracks: list[Track] = [track for file in files[:1] for track in media_tracks(file)]
    context = {"movie": movie, "player": data, "data": asdict(data), "tracks": tracks}
    return render(request, "playback/watch.html", context)
