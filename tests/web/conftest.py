"""Films as a scan leaves them, without scanning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from apps.libraries.models import Library, MediaFile, MediaFolder
from apps.libraries.scan.probe import probe_file
from apps.libraries.scan.titles import fold, sort_title
from apps.movies.models import Genre, Movie, MovieFile
from tests.media_files import write_clip

MakeMovie = Callable[..., Movie]


@pytest.fixture(autouse=True)
def _plain_static_files(settings: LazySettings) -> None:
    """Static files by their own names: nothing has been collected."""
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@pytest.fixture(scope="session")
def probe_json(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of a real MP4 with H.264."""
    clip = tmp_path_factory.mktemp("clips") / "clip.mp4"
    write_clip(clip)
    return probe_file(str(clip)).to_json()


@pytest.fixture
def make_file(probe_json: dict[str, Any]) -> Callable[..., MediaFile]:
    def make(library: Library, path: str, **fields: Any) -> MediaFile:
        root = library.roots.get()
        folder, _ = MediaFolder.objects.get_or_create(
            root=root, path=str(Path(path).parent), defaults={"mtime_ns": 1, "signature": "x"}
        )
        values = {
            "size": 1000,
            "mtime_ns": 1,
            "inode": 1,
            "probe": probe_json,
            "container": "mp4",
            "video_codec": "h264",
            "duration_seconds": 60.0,
            "width": 1920,
            "height": 1080,
        }
        return MediaFile.objects.create(
            library=library, root=root, folder=folder, path=path, **(values | fields)
        )

    return make


@pytest.fixture
def make_movie(make_file: Callable[..., MediaFile]) -> MakeMovie:
    """A film with one file for each edition that is named."""

    def make(
        library: Library,
        title: str = "A Film",
        *,
        genre: str = "",
        editions: tuple[str, ...] = ("",),
        **fields: Any,
    ) -> Movie:
        movie = Movie.objects.create(
            title=title,
            sort_title=sort_title(title, "en"),
            search_text=fold(title),
            match_key=fold(title),
            library_ids=[library.pk],
            library_added_at=timezone.now(),
            **fields,
        )
        if genre:
            row, _ = Genre.objects.get_or_create(slug=genre.lower(), defaults={"name": genre})
            movie.genres.add(row)
        for edition in editions:
            file = make_file(library, f"{title}/{title} {edition}.mp4")
            MovieFile.objects.create(
                movie=movie, media_file=file, edition=edition, version_key=f"{title} {edition}"
            )
        return movie

    return make
