"""The films' side of a scan (`apps.libraries.catalogue.Catalogue`)."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from django.db import connection
from django.db.models import Q, QuerySet

from apps.core.db.transactions import transaction
from apps.core.db.upserts import insert, upsert
from apps.libraries.catalogue import ReportIssue
from apps.libraries.models import FileState, Library, LibraryRoot, MediaFile
from apps.libraries.scan.walk import FolderListing
from apps.metadata import images
from apps.movies import publishing, services
from apps.movies.catalogue import describing, forgetting, identifying
from apps.movies.catalogue.reading import FilmReading, folder_read
from apps.movies.models import Movie, MovieExtra, MovieFile

_LOCK = 0x66696C6D  # "film": the key of the advisory lock below


class MovieCatalogue:
    def read(
        self,
        *,
        library: Library,  # noqa: ARG002
        root: LibraryRoot,
        listing: FolderListing,
        files: Sequence[MediaFile],
        only_movie_in_folder: bool,
        report: ReportIssue,
    ) -> list[FilmReading]:
        return folder_read(
            root=Path(root.path),
            listing=listing,
            files=files,
            only_movie_in_folder=only_movie_in_folder,
            report=report,
        )

    @transaction()
    def store(self, *, library: Library, readings: Sequence[list[FilmReading]]) -> None:
        films = [film for folder in readings for film in folder]
        if not films:
            return
        _lock()
        identified = identifying.identify(films)
        pictures = images.images_register(
            [picture for film in films for picture in film.pictures.values()]
        )
        described = describing.describe(
            identified, pictures=pictures, language=library.preferred_language or "en"
        )
        moved = _files_store(identified)
        _watch_states_follow(moved, identified)
        misjudged = _extras_store(identified)
        shown = {item.movie.pk for item in identified} | moved.keys() | misjudged
        publishing.movies_changed(described, _show(shown))

    @transaction()
    def files_changed(self, *, file_ids: Collection[uuid.UUID]) -> None:
        _lock()
        movies = Movie.objects.filter(movie_files__media_file__in=file_ids)
        publishing.movies_changed((), _show(set(movies.values_list("pk", flat=True))))

    @transaction()
    def library_changed(self, *, library: Library) -> None:
        _lock()
        movies = Movie.objects.filter(library_ids__contains=[library.pk])
        publishing.movies_changed((), _show(set(movies.values_list("pk", flat=True))))

    def works_of(self, *, file_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        return forgetting.films_of(file_ids)

    def works_going(self, *, file_ids: Collection[uuid.UUID]) -> list[str]:
        return [str(movie) for movie in forgetting.films_going(file_ids).order_by("sort_title")]

    @transaction()
    def works_forget(self, *, work_ids: Collection[uuid.UUID] | None = None) -> int:
        _lock()
        return forgetting.films_forget(work_ids)


def _lock() -> None:
    """Until the transaction ends: two scans that find the same film must not both make it, nor
    lock the same films in another order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _files_store(
    identified: Sequence[identifying.Identified],
) -> dict[uuid.UUID, uuid.UUID]:
    """Hang the files on their films; answers which film's files went to which other one: if to
    several, then where the first by its path is now."""
    wanted = {
        film_file.file.pk: MovieFile(
            movie=item.movie,
            media_file=film_file.file,
            edition=film_file.edition,
            version_key=film_file.version_key,
            part=film_file.part,
        )
        for item in identified
        for film_file in item.reading.files
    }
    # A file that was an extra before (its name has changed its meaning) is none now.
    MovieExtra.objects.filter(media_file__in=wanted).delete()
    rows = MovieFile.objects.filter(media_file__in=wanted)
    present = {row.media_file_id: row for row in rows.order_by("media_file__path", "pk")}
    moved: dict[uuid.UUID, uuid.UUID] = {}
    changed = []
    for media_file_id, row in present.items():
        new = wanted.pop(media_file_id)
        if row.movie_id != new.movie_id:
            moved.setdefault(row.movie_id, new.movie_id)
        fields = ("movie_id", "edition", "version_key", "part")
        if any(getattr(row, name) != getattr(new, name) for name in fields):
            for name in fields:
                setattr(row, name, getattr(new, name))
            changed.append(row)
    insert(wanted.values())
    MovieFile.objects.bulk_update(changed, ["movie", "edition", "version_key", "part"])
    return moved


def _watch_states_follow(
    moved: Mapping[uuid.UUID, uuid.UUID], identified: Sequence[identifying.Identified]
) -> None:
    """When a film has lost all its files to another one, what people saw of it goes with them.

    Not to a film whose own files have all made room for them, as happens when the names of two
    films are swapped: what was seen stays under the name by which it was seen.
    """
    if not moved:
        return
    files = [film_file.file.pk for item in identified for film_file in item.reading.files]
    own = MovieFile.objects.exclude(media_file__in=files)
    kept = _films_of(MovieFile.objects.filter(movie__in=moved), is_there=True)
    others = own.filter(movie__in=moved.values())
    empty = _films_of(others, is_there=False) - _films_of(others, is_there=True)
    for old, new in moved.items():
        if old not in kept and new not in empty:
            services.watch_states_move(source=old, target=new)


def _films_of(files: QuerySet[MovieFile], *, is_there: bool) -> set[uuid.UUID]:
    missing = Q(media_file__state=FileState.MISSING)
    return set(files.filter(~missing if is_there else missing).values_list("movie_id", flat=True))


def _extras_store(identified: Sequence[identifying.Identified]) -> set[uuid.UUID]:
    """Answers the films that have lost a file, which turned out to be an extra."""
    rows = [
        MovieExtra(
            movie=item.movie,
            media_file=extra.file,
            kind=extra.kind.value,
            title=extra.title[:500],
        )
        for item in identified
        for extra in item.reading.extras
    ]
    if not rows:
        return set()
    upsert(rows, key=["media_file_id"], columns=["movie", "kind", "title", "updated_at"])
    misjudged = MovieFile.objects.filter(media_file__in=[row.media_file_id for row in rows])
    left = set(misjudged.values_list("movie_id", flat=True))
    misjudged.delete()
    return left


def _show(movie_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, publishing.Shown]:
    """Bring up to date in which libraries films are; answers those for which that changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE movies_movie AS movie
            SET library_ids = shown.library_ids
            FROM (
                SELECT m.id, m.library_ids AS before, coalesce(array_agg(DISTINCT f.library_id)
                    FILTER (WHERE f.library_id IS NOT NULL), '{}') AS library_ids
                FROM movies_movie m
                LEFT JOIN movies_moviefile mf ON mf.movie_id = m.id
                LEFT JOIN libraries_mediafile f ON f.id = mf.media_file_id AND f.state <> 'missing'
                WHERE m.id = ANY(%s)
                GROUP BY m.id
            ) AS shown
            WHERE movie.id = shown.id AND movie.library_ids <> shown.library_ids
            RETURNING movie.id, shown.before, movie.library_ids
            """,
            [list(movie_ids)],
        )
        return {
            movie_id: publishing.Shown(frozenset(before), frozenset(after))
            for movie_id, before, after in cursor.fetchall()
        }
