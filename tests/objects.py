"""Rows as a scan would have left them, for tests that are not about scans."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from apps.authn import invitations
from apps.core.jobs import schedules
from apps.libraries.models import Library, MediaFile, MediaFolder, SideFile, SideFileKind
from apps.metadata.models import ImageKind
from apps.movies import services as movies
from apps.movies.models import Movie, MovieExtra, MovieFile
from apps.setup import preparing
from apps.users.models import User
from tests.metadata.pictures import make_image


def make_media_file(
    library: Library, path: str = "Film (2020)/Film.mkv", **fields: Any
) -> MediaFile:
    """A row and a small file on disk, in the library's first root."""
    root = library.roots.all()[0]
    on_disk = Path(root.path) / path
    on_disk.parent.mkdir(parents=True, exist_ok=True)
    on_disk.write_bytes(b"film")
    parent = str(Path(path).parent)
    folder, _ = MediaFolder.objects.get_or_create(
        root=root, path="" if parent == "." else parent, defaults={"mtime_ns": 0}
    )
    defaults = {"size": 4, "mtime_ns": 0, "inode": 1, "container": "matroska"}
    return MediaFile.objects.create(
        library=library, root=root, folder=folder, path=path, **{**defaults, **fields}
    )


def make_movie(library: Library, title: str = "The Film", **fields: Any) -> Movie:
    defaults = {
        "sort_title": title.lower(),
        "library_ids": [library.pk],
        "library_added_at": timezone.now(),
    }
    movie = Movie(title=title, **{**defaults, **fields})
    movies.movie_derive(movie)
    movie.save()
    return movie


def make_movie_file(movie: Movie, file: MediaFile, **fields: Any) -> MovieFile:
    return MovieFile.objects.create(
        movie=movie, media_file=file, **{"version_key": file.path, **fields}
    )


def make_extra(movie: Movie, file: MediaFile, title: str = "Trailer") -> MovieExtra:
    return MovieExtra.objects.create(movie=movie, media_file=file, kind="trailer", title=title)


def make_subtitle(file: MediaFile, text: str | bytes, path: str = "", **fields: Any) -> SideFile:
    """A subtitle beside a film, on disk too; its format is its extension."""
    path = path or f"{Path(file.path).with_suffix('')}.en.srt"
    content = text if isinstance(text, bytes) else text.encode()
    (Path(file.root.path) / path).write_bytes(content)
    return SideFile.objects.create(
        media_file=file,
        kind=SideFileKind.SUBTITLE,
        path=path,
        format=Path(path).suffix.removeprefix("."),
        **fields,
    )


def make_rich_movie(library: Library, title: str = "Rich Film") -> Movie:
    """A film with a value in every field that the API shows."""
    return make_movie(
        library,
        title,
        original_title='Ein "reicher" Film \\ 日本 <b>',
        year=2020,
        release_date="2020-02-29",
        runtime=101,
        overview="Line one\nline two\t\u2028 and \U0001f3ac",
        tagline="'quoted'",
        status="Released",
        original_language="de",
        tmdb_id=603,
        imdb_id="tt0133093",
        poster=make_image(library, name="poster.jpg"),
        backdrop=make_image(library, name="fanart.jpg", kind=ImageKind.BACKDROP),
        trailer_url="https://example.org/trailer?a=1&b=2",
        vote_average=8.2,
        vote_count=24000,
        popularity=0.1 + 0.2,
        budget=63_000_000,
        revenue=2**40,
        external_ratings=[{"source": "imdb", "value": "8.7/10", "score": 87.0}],
        metadata_updated_at=datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC),
        library_added_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def make_invitation(actor: User, *, uses: int = 1, **fields: Any) -> str:
    """The secret of its link."""
    defaults = {
        "role": Group.objects.get(name="user"),
        "grants": {},
        "expires_at": timezone.now() + timedelta(days=1),
    }
    return invitations.invitation_create(actor=actor, uses=uses, **{**defaults, **fields})[1]


def make_schedule() -> PeriodicTask:
    """One of those that every server has."""
    name, seed = next(iter(preparing.SCHEDULES.items()))
    schedules.seed({name: seed})
    return PeriodicTask.objects.get()
