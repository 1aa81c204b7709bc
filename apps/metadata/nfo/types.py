"""What an NFO says about a film (https://kodi.wiki/view/NFO_files/Movies)."""

import datetime as dt
from dataclasses import dataclass


class NfoError(Exception):
    """The NFO cannot be used: too large, hostile, or broken without a link to fall back on."""


@dataclass(frozen=True, slots=True)
class NfoRating:
    """A rating of ``value`` out of ``maximum`` by ``source`` (``imdb``, ``themoviedb``, …)."""

    source: str
    value: float
    maximum: float
    votes: int | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class NfoActor:
    """A member of the cast; ``order`` is the billing, from 0."""

    name: str
    role: str | None
    order: int
    thumb: str | None


@dataclass(frozen=True, slots=True)
class NfoCollection:
    """The set that a film belongs to."""

    name: str
    overview: str | None
    tmdb_id: int | None


@dataclass(frozen=True, slots=True)
class NfoVideo:
    """A picture stream as the NFO's writer saw it."""

    codec: str | None
    aspect: str | None
    width: int | None
    height: int | None
    duration: int | None


@dataclass(frozen=True, slots=True)
class NfoAudio:
    """A sound stream as the NFO's writer saw it; ``language`` is a BCP 47 tag."""

    codec: str | None
    language: str | None
    channels: int | None


@dataclass(frozen=True, slots=True)
class NfoFileInfo:
    """``<fileinfo>``; ``subtitles`` are BCP 47 tags."""

    video: tuple[NfoVideo, ...] = ()
    audio: tuple[NfoAudio, ...] = ()
    subtitles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MovieNfo:
    """A film's NFO; None and empty tuples are "not stated".

    ``runtime`` is in minutes. ``unique_ids`` holds every stated id as (provider, id).
    ``trailer`` and thumbs are http or https URLs.
    """

    tmdb_id: int | None = None
    imdb_id: str | None = None
    unique_ids: tuple[tuple[str, str], ...] = ()
    title: str | None = None
    original_title: str | None = None
    sort_title: str | None = None
    year: int | None = None
    premiered: dt.date | None = None
    plot: str | None = None
    outline: str | None = None
    tagline: str | None = None
    runtime: int | None = None
    content_rating: str | None = None
    ratings: tuple[NfoRating, ...] = ()
    user_rating: float | None = None
    genres: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    collection: NfoCollection | None = None
    directors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    actors: tuple[NfoActor, ...] = ()
    trailer: str | None = None
    file_info: NfoFileInfo = NfoFileInfo()
    date_added: dt.datetime | None = None
    is_locked: bool = False
