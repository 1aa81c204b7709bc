from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity
from apps.libraries.models import MediaFile
from apps.movies.models.movies import Movie
from apps.movies.querysets import MovieExtraQuerySet, MovieFileQuerySet


class MovieFile(Entity):
    """A file of a film. Files with one `version_key` are the parts of one version, in order."""

    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="movie_files")
    media_file = models.OneToOneField(
        MediaFile, on_delete=models.CASCADE, related_name="movie_file"
    )
    edition = models.CharField(max_length=100, blank=True)
    version_key = models.CharField(max_length=4600)
    part = models.PositiveSmallIntegerField(null=True)

    objects = MovieFileQuerySet.as_manager()

    class Meta(Entity.Meta):
        verbose_name = _("file of a film")
        verbose_name_plural = _("files of films")
        ordering: ClassVar = ["version_key", "part", "id"]

    def __str__(self) -> str:
        return f"{self.movie_id} {self.version_key}"


class MovieExtra(Entity):
    """A trailer, an interview or the like."""

    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="extras")
    media_file = models.OneToOneField(
        MediaFile, on_delete=models.CASCADE, related_name="movie_extra"
    )
    kind = models.CharField(max_length=32)
    title = models.CharField(max_length=500)

    objects = MovieExtraQuerySet.as_manager()

    class Meta(Entity.Meta):
        verbose_name = _("extra")
        verbose_name_plural = _("extras")
        ordering: ClassVar = ["kind", "title", "id"]

    def __str__(self) -> str:
        return self.title
