"""Films as their libraries count them (`apps.libraries.works.Works`)."""

import uuid
from collections.abc import Collection

from django.db.models import Count, Exists, OuterRef, Q

from apps.libraries.access import Access
from apps.libraries.models import FileState
from apps.libraries.works import Counted, Leaving
from apps.movies.models import Movie, MovieFile, WatchState


class FilmFigures:
    def counted(self, access: Access) -> Counted:
        shown = Movie.objects.admitted_by(access)
        without_ids = Q(tmdb_id=None, imdb_id=None)
        counts = shown.aggregate(works=Count("pk"), unmatched=Count("pk", filter=without_ids))
        return Counted(**counts)

    def leaving(self, root_ids: Collection[uuid.UUID]) -> Leaving:
        present = MovieFile.objects.filter(movie=OuterRef("pk"))
        present = present.exclude(media_file__state=FileState.MISSING)
        here = Exists(present.filter(media_file__root__in=root_ids))
        elsewhere = Exists(present.exclude(media_file__root__in=root_ids))
        leaving = Movie.objects.filter(here, ~elsewhere)
        watched = WatchState.objects.filter(movie__in=leaving)
        return Leaving(leaving.count(), watched.count())
