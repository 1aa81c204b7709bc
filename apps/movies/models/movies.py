"""Films and what describes them."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity
from apps.metadata.models import Image
from apps.movies.querysets import MovieQuerySet


class Genre(Entity):
    slug = models.SlugField(_("in addresses"), max_length=100, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta(Entity.Meta):
        ordering: ClassVar = ["name"]
        verbose_name = _("genre")
        verbose_name_plural = _("genres")

    def __str__(self) -> str:
        return self.name


class Collection(Entity):
    """Films that belong together, such as a trilogy."""

    name = models.CharField(_("name"), max_length=255, unique=True)
    overview = models.TextField(_("overview"), blank=True)

    class Meta(Entity.Meta):
        verbose_name = _("collection")
        verbose_name_plural = _("collections")

    def __str__(self) -> str:
        return self.name


class Movie(Entity):
    title = models.CharField(_("title"), max_length=500)
    original_title = models.CharField(_("original title"), max_length=500, blank=True)
    sort_title = models.CharField(_("sort title"), max_length=500)
    # Folded title and original title: what the database search looks at.
    search_text = models.CharField(max_length=1100, editable=False)
    # Folded title and year: how files of a film without ids find each other.
    match_key = models.CharField(max_length=520, editable=False, db_index=True)
    year = models.PositiveSmallIntegerField(
        _("year"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1870), MaxValueValidator(2200)],
    )
    release_date = models.DateField(_("release date"), null=True, blank=True)
    runtime = models.PositiveIntegerField(_("runtime (minutes)"), null=True, blank=True)
    overview = models.TextField(_("overview"), blank=True)
    tagline = models.CharField(_("tagline"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=32, blank=True)
    certification = models.CharField(_("age rating"), max_length=64, blank=True)
    original_language = models.CharField(_("original language"), max_length=16, blank=True)
    countries = ArrayField(
        models.CharField(max_length=100), verbose_name=_("countries"), default=list, blank=True
    )
    studios = ArrayField(
        models.CharField(max_length=200), verbose_name=_("studios"), default=list, blank=True
    )
    tags = ArrayField(
        models.CharField(max_length=200), verbose_name=_("tags"), default=list, blank=True
    )
    trailer_url = models.URLField(_("trailer"), max_length=500, blank=True)
    tmdb_id = models.PositiveIntegerField("TMDb", null=True, blank=True, unique=True)
    imdb_id = models.CharField("IMDb", max_length=16, null=True, blank=True, unique=True)
    vote_average = models.FloatField(_("rating"), null=True, blank=True)
    vote_count = models.PositiveIntegerField(_("votes"), null=True, blank=True)
    popularity = models.FloatField(_("popularity"), null=True, blank=True)
    budget = models.BigIntegerField(_("budget"), null=True, blank=True)
    revenue = models.BigIntegerField(_("revenue"), null=True, blank=True)
    external_ratings = models.JSONField(_("ratings elsewhere"), default=list, blank=True)
    genres = models.ManyToManyField(
        Genre, verbose_name=_("genres"), related_name="movies", blank=True
    )
    collection = models.ForeignKey(
        Collection,
        verbose_name=_("collection"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="movies",
    )
    poster = models.ForeignKey(
        Image,
        verbose_name=_("poster"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    backdrop = models.ForeignKey(
        Image,
        verbose_name=_("backdrop"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    logo = models.ForeignKey(
        Image,
        verbose_name=_("logo"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # From certification and tags, for the limits of grants.
    minimum_age = models.PositiveSmallIntegerField(_("from the age of"), null=True, editable=False)
    tag_keys = ArrayField(models.CharField(max_length=200), default=list, editable=False)
    # Which source each field's value is from: "user", "nfo" or "file". A machine never
    # overwrites a user's value.
    sources = models.JSONField(default=dict, editable=False)
    # The libraries with a file of the film that is not missing. Kept by the catalogue, so that
    # lists filter without a join; empty means: not shown, but its watch state is kept.
    library_ids = ArrayField(models.UUIDField(), default=list, editable=False)
    library_added_at = models.DateTimeField(_("added"), editable=False)
    metadata_updated_at = models.DateTimeField(_("described"), null=True, editable=False)

    objects = MovieQuerySet.as_manager()

    class Meta(Entity.Meta):
        verbose_name = _("film")
        verbose_name_plural = _("films")
        indexes: ClassVar = [
            models.Index(fields=["-library_added_at", "-id"], name="movie_added"),
            models.Index(fields=["sort_title", "id"], name="movie_title"),
            models.Index(
                models.F("year").desc(nulls_last=True), "sort_title", "id", name="movie_year"
            ),
            models.Index(
                models.F("vote_average").desc(nulls_last=True),
                "sort_title",
                "id",
                name="movie_rating",
            ),
            GinIndex(fields=["library_ids"], name="movie_libraries"),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="movie_trigrams"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title
