"""What follows a change of films: the search index learns it, cached lists are dropped, and those
who see the films are told."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from apps.core.events.publishing import publish
from apps.core.events.types import EventType
from apps.libraries import events
from apps.movies.cached_lists import CATALOGUE
from apps.movies.models import Movie
from apps.search import outbox

TOLD_BY_ID: Final = 50
"""Of more films at once only the number is told."""

Libraries = frozenset[uuid.UUID]


class FilmEvent(EventType):
    ADDED = "content.movie.added"
    UPDATED = "content.movie.updated"
    REMOVED = "content.movie.removed"
    CHANGED = "content.changed"
    """Films of a library have changed; for those too who may not see which."""


@dataclass(frozen=True, slots=True)
class Shown:
    """In which libraries a film is."""

    before: Libraries
    after: Libraries

    @property
    def libraries(self) -> Libraries:
        return self.before | self.after

    @property
    def event(self) -> FilmEvent:
        if not self.after:
            return FilmEvent.REMOVED
        return FilmEvent.UPDATED if self.before else FilmEvent.ADDED


def movies_changed(
    movie_ids: Collection[uuid.UUID], shown: Mapping[uuid.UUID, Shown] | None = None
) -> None:
    """Call it in the transaction of the change; it takes effect on commit. `shown` has the films
    of which the libraries have changed."""
    moved = shown or {}
    changed = {*movie_ids, *moved}
    if not changed:
        return
    outbox.schedule_index("movies", changed)
    CATALOGUE.drop_on_commit()
    stayed = Movie.objects.filter(pk__in=changed - moved.keys()).order_by()
    rows = stayed.values_list("pk", "library_ids")
    _tell({pk: Shown(frozenset(ids), frozenset(ids)) for pk, ids in rows} | dict(moved))


def _tell(films: Mapping[uuid.UUID, Shown]) -> None:
    groups: dict[tuple[FilmEvent, Libraries], list[uuid.UUID]] = defaultdict(list)
    for movie_id, shown in films.items():
        if shown.libraries:  # else nobody sees it
            groups[shown.event, shown.libraries].append(movie_id)
    for (event, libraries), movie_ids in groups.items():
        known = movie_ids if len(movie_ids) <= TOLD_BY_ID else []
        data = {"count": len(movie_ids), "movie_ids": known}
        publish(event, data, topics=map(events.seen_whole, libraries))
    concerned: Iterable[uuid.UUID] = {pk for _, libraries in groups for pk in libraries}
    publish(FilmEvent.CHANGED, {}, topics=map(events.seen_by_all, concerned))
