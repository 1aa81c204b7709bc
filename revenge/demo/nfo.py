"""Kodi's movie NFO, as https://kodi.wiki/view/NFO_files/Movies describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from revenge.demo.film import Film, Role, Story


def write_nfo(film: Film, story: Story) -> bytes:
    """The XML document in UTF-8."""
    movie = ET.Element("movie")
    for tag, value in _facts(film, story):
        if value:
            _add(movie, tag, value)
    _add_rating(movie, story)
    _add(movie, "uniqueid", str(story.tmdb_id), type="tmdb", default="true")
    _add(movie, "uniqueid", story.imdb_id, type="imdb")
    for tag, values in _lists(story):
        for value in values:
            _add(movie, tag, value)
    if story.collection:
        _add(_add(movie, "set"), "name", story.collection)
    _add_cast(movie, story.cast)
    ET.indent(movie)
    document: bytes = ET.tostring(movie, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _facts(film: Film, story: Story) -> Iterator[tuple[str, str | None]]:
    yield "title", film.title
    yield "originaltitle", story.original_title or film.title
    yield "sorttitle", story.sort_title
    yield "year", str(film.year)
    yield "premiered", story.premiered
    yield "plot", story.plot
    yield "outline", story.outline
    yield "tagline", story.tagline
    yield "runtime", str(-(-_seconds(film) // 60))
    yield "mpaa", story.mpaa


def _lists(story: Story) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "genre", story.genres
    yield "country", story.countries
    yield "studio", story.studios
    yield "tag", story.tags
    yield "director", story.directors
    yield "credits", story.writers


def _seconds(film: Film) -> int:
    """The running time: the first version's, and all parts of a film in parts."""
    parts = [clip for clip in film.clips if " cd" in clip.path] or list(film.clips[:1])
    return sum(clip.seconds for clip in parts)


def _add(parent: ET.Element, tag: str, text: str | None = None, /, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text
    return child


def _add_rating(movie: ET.Element, story: Story) -> None:
    rating = _add(_add(movie, "ratings"), "rating", name="tmdb", max="10", default="true")
    _add(rating, "value", str(story.rating))
    _add(rating, "votes", str(story.votes))


def _add_cast(movie: ET.Element, cast: Iterable[Role]) -> None:
    for order, role in enumerate(cast):
        actor = _add(movie, "actor")
        _add(actor, "name", role.actor)
        _add(actor, "role", role.role)
        _add(actor, "order", str(order))
