"""From a ``<movie>`` element to the film that it describes."""

import dataclasses
import datetime as dt
import itertools
import re
from typing import Final
from xml.etree.ElementTree import Element  # a type; defusedxml does the parsing

from apps.libraries.scan.languages import language_from_tag, language_from_word
from apps.metadata.nfo import values
from apps.metadata.nfo.types import (
    MovieNfo,
    NfoActor,
    NfoAudio,
    NfoCollection,
    NfoFileInfo,
    NfoRating,
    NfoVideo,
)

_IMDB_ID: Final = re.compile(r"tt\d{7,9}")
_YEARS: Final = range(1870, 2200)
_DEFAULT_MAXIMUM: Final = 10.0


def movie(root: Element, linked: MovieNfo) -> MovieNfo:
    """The film of a ``<movie>`` element; ``linked`` has the ids of links around it."""
    ids = _unique_ids(root)
    premiered = _date(values.text(root, "premiered", "releasedate"))
    year = values.integer(values.text(root, "year"))
    if year not in _YEARS:
        year = premiered.year if premiered else None
    return dataclasses.replace(
        linked,
        tmdb_id=values.integer(ids.get("tmdb")) or linked.tmdb_id,
        imdb_id=ids.get("imdb") or linked.imdb_id,
        unique_ids=tuple(ids.items()),
        title=values.text(root, "title", "localtitle"),
        original_title=values.text(root, "originaltitle"),
        sort_title=values.text(root, "sorttitle"),
        year=year,
        premiered=premiered,
        plot=values.text(root, "plot"),
        outline=values.text(root, "outline"),
        tagline=values.text(root, "tagline"),
        runtime=values.integer(values.text(root, "runtime")) or None,
        content_rating=values.text(root, "mpaa", "certification"),
        ratings=_ratings(root),
        user_rating=values.decimal(values.text(root, "userrating")) or None,
        genres=values.listed(root, "genre"),
        countries=values.listed(root, "country"),
        studios=values.listed(root, "studio"),
        tags=values.texts(root, "tag"),
        collection=_collection(root),
        directors=values.listed(root, "director"),
        writers=values.listed(root, "credits") or values.listed(root, "writer"),
        actors=_actors(root),
        trailer=values.web_url(values.text(root, "trailer")),
        file_info=_file_info(root),
        date_added=values.moment(values.text(root, "dateadded")),
        is_locked=(values.text(root, "lockdata") or "").lower() == "true",
    )


def _date(value: str | None) -> dt.date | None:
    moment = values.moment(value)
    return moment.date() if moment and moment.year in _YEARS else None


def _unique_ids(root: Element) -> dict[str, str]:
    """Every id by its provider's lower-case name; IMDb's and TMDb's are of their form."""
    stated = [
        *((element.get("type"), element.text) for element in root.findall("uniqueid")),
        ("tmdb", values.text(root, "tmdbid", "tmdb_id")),
        ("imdb", values.text(root, "imdbid", "imdb_id", "imdb")),
        (None, values.text(root, "id")),
    ]
    ids: dict[str, str] = {}
    for provider, raw in stated[: values.MAX_ITEMS]:
        value = values.clean(raw)[:100]
        # <id> and untyped ids are IMDb's by their form, TMDb's when they are numbers.
        name = (provider or ("imdb" if value.startswith("tt") else "tmdb")).lower()[:40]
        is_valid = {"imdb": _IMDB_ID.fullmatch(value), "tmdb": value.isdecimal()}.get(name, value)
        if is_valid:
            ids.setdefault(name, value)
    return ids


def _ratings(root: Element) -> tuple[NfoRating, ...]:
    elements = root.findall("ratings/rating")[: values.MAX_ITEMS]
    found = [
        _rating(
            element.get("name") or "default",
            values.text(element, "value"),
            element.get("max"),
            values.text(element, "votes"),
            is_default=element.get("default") == "true",
        )
        for element in elements
    ]
    if not elements:
        votes = values.text(root, "votes")
        found = [_rating("default", values.text(root, "rating"), None, votes, is_default=True)]
    return tuple(rating for rating in found if rating)


def _rating(
    source: str, value: str | None, maximum: str | None, votes: str | None, *, is_default: bool
) -> NfoRating | None:
    number, top = values.decimal(value), values.decimal(maximum) or _DEFAULT_MAXIMUM
    if number is None or not 0 < number <= top:
        return None
    return NfoRating(
        source=source.lower()[:40],
        value=number,
        maximum=top,
        votes=values.integer(votes),
        is_default=is_default,
    )


def _collection(root: Element) -> NfoCollection | None:
    element = root.find("set")
    if element is None:
        return None
    name = values.text(element, "name") or values.clean(element.text)
    tmdb_id = element.get("tmdbcolid") or values.text(root, "tmdbcollectionid")
    overview = values.text(element, "overview")
    return NfoCollection(name, overview, values.integer(tmdb_id)) if name else None


def _actors(root: Element) -> tuple[NfoActor, ...]:
    """The cast by its stated order, those without one after them as they stand."""
    found = [
        (order if (order := values.integer(values.text(element, "order"))) is not None else 10**9,
         name, element)
        for element in root.findall("actor")[: values.MAX_ITEMS]
        if (name := values.text(element, "name"))
    ]  # fmt: skip
    found.sort(key=lambda entry: entry[0])
    return tuple(
        NfoActor(
            name=name,
            role=values.text(element, "role"),
            order=order,
            thumb=values.web_url(values.text(element, "thumb")),
        )
        for order, (_, name, element) in zip(itertools.count(), found, strict=False)
    )


def _file_info(root: Element) -> NfoFileInfo:
    details = root.find("fileinfo/streamdetails")
    if details is None:
        return NfoFileInfo()
    languages = (_language(element) for element in details.findall("subtitle"))
    return NfoFileInfo(
        video=tuple(_video(element) for element in details.findall("video")[: values.MAX_ITEMS]),
        audio=tuple(_audio(element) for element in details.findall("audio")[: values.MAX_ITEMS]),
        subtitles=tuple(dict.fromkeys(language for language in languages if language)),
    )


def _video(element: Element) -> NfoVideo:
    return NfoVideo(
        codec=values.text(element, "codec"),
        aspect=values.text(element, "aspect"),
        width=values.integer(values.text(element, "width")),
        height=values.integer(values.text(element, "height")),
        duration=values.integer(values.text(element, "durationinseconds")),
    )


def _audio(element: Element) -> NfoAudio:
    return NfoAudio(
        codec=values.text(element, "codec"),
        language=_language(element),
        channels=values.integer(values.text(element, "channels")),
    )


def _language(element: Element) -> str | None:
    stated = values.text(element, "language")
    return language_from_tag(stated) or language_from_word(stated or "")
