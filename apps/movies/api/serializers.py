import math
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.core.api.serializers import MAX_INT, Page, RowOutput
from apps.movies.models import Movie, MovieFile, WatchState
from apps.movies.selectors import MovieOrder


class MovieListQuery(Page):
    cursor = serializers.CharField(
        max_length=2000,
        required=False,
        help_text="Of the page before, in the same order: goes on behind it, whatever the offset.",
    )
    order_by = serializers.ChoiceField(
        choices=[order.value for order in MovieOrder], default=MovieOrder.ADDED.value
    )
    genre = serializers.CharField(max_length=100, required=False, help_text="A genre's slug.")
    year = serializers.IntegerField(min_value=1870, max_value=2200, required=False)
    year_from = serializers.IntegerField(min_value=1870, max_value=2200, required=False)
    year_to = serializers.IntegerField(min_value=1870, max_value=2200, required=False)
    library_id = serializers.UUIDField(required=False)


class MovieSearchQuery(Page):
    query = serializers.CharField(max_length=200)


@extend_schema_serializer(component_name="ExternalRating")
class ExternalRatingOutput(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]  # the API's name for it
    value = serializers.CharField()
    score = serializers.FloatField()


@extend_schema_serializer(component_name="Movie")
class MovieOutput(RowOutput[Movie]):
    poster_path = serializers.SerializerMethodField()
    backdrop_path = serializers.SerializerMethodField()
    trailer_url = serializers.CharField(read_only=True)
    external_ratings = ExternalRatingOutput(many=True, read_only=True)

    nullable = (
        "original_title", "year", "release_date", "runtime", "overview", "tagline", "status",
        "original_language", "tmdb_id", "imdb_id", "poster_path", "backdrop_path",
        "trailer_url", "vote_average", "vote_count", "popularity", "budget", "revenue",
        "metadata_updated_at",
    )  # fmt: skip

    class Meta:
        model = Movie
        fields = (
            "id", "title", "original_title", "year", "release_date", "runtime", "overview",
            "tagline", "status", "original_language", "tmdb_id", "imdb_id", "poster_path",
            "backdrop_path", "trailer_url", "vote_average", "vote_count", "popularity", "budget",
            "revenue", "external_ratings", "library_added_at", "metadata_updated_at",
            "created_at", "updated_at",
        )  # fmt: skip

    def get_poster_path(self, movie: Movie) -> str | None:
        return f"/{movie.poster.file_name}" if movie.poster else None

    def get_backdrop_path(self, movie: Movie) -> str | None:
        return f"/{movie.backdrop.file_name}" if movie.backdrop else None


@extend_schema_serializer(component_name="MovieListResponse")
class MovieListOutput(serializers.Serializer[Any]):
    items = MovieOutput(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField(required=False, help_text="Of a page that an offset named.")
    page_size = serializers.IntegerField()
    cursor = serializers.CharField(required=False, help_text="When there is a next page.")


@extend_schema_serializer(component_name="MovieFile")
class MovieFileOutput(RowOutput[MovieFile]):
    file_path = serializers.CharField(source="media_file.absolute_path", read_only=True)
    file_size = serializers.IntegerField(source="media_file.size", read_only=True)
    file_name = serializers.CharField(source="media_file.file_name", read_only=True)
    resolution = serializers.CharField(source="media_file.resolution", read_only=True)
    video_codec = serializers.CharField(source="media_file.video_codec", read_only=True)
    audio_codec = serializers.CharField(source="media_file.audio_codec", read_only=True)
    container = serializers.CharField(source="media_file.container", read_only=True)
    duration_seconds = serializers.SerializerMethodField()
    bitrate_kbps = serializers.SerializerMethodField()
    framerate = serializers.FloatField(source="media_file.frame_rate", read_only=True)
    dynamic_range = serializers.CharField(source="media_file.dynamic_range", read_only=True)
    color_space = serializers.CharField(source="media_file.color_space", read_only=True)
    audio_channels = serializers.SerializerMethodField()
    audio_languages = serializers.ListField(
        child=serializers.CharField(), source="media_file.audio_languages", read_only=True
    )
    subtitle_languages = serializers.ListField(
        child=serializers.CharField(), source="media_file.subtitle_languages", read_only=True
    )
    last_scanned_at = serializers.DateTimeField(source="media_file.probed_at", read_only=True)

    nullable = (
        "resolution", "video_codec", "audio_codec", "container", "duration_seconds",
        "bitrate_kbps", "framerate", "dynamic_range", "color_space", "audio_channels",
        "last_scanned_at",
    )  # fmt: skip

    class Meta:
        model = MovieFile
        fields = (
            "id", "movie_id", "file_path", "file_size", "file_name", "resolution", "video_codec",
            "audio_codec", "container", "duration_seconds", "bitrate_kbps", "framerate",
            "dynamic_range", "color_space", "audio_channels", "audio_languages",
            "subtitle_languages", "last_scanned_at", "created_at", "updated_at",
        )  # fmt: skip

    def get_duration_seconds(self, file: MovieFile) -> int | None:
        seconds = file.media_file.duration_seconds
        return None if seconds is None else round(seconds)

    def get_bitrate_kbps(self, file: MovieFile) -> int | None:
        rate = file.media_file.bit_rate
        return None if rate is None else round(rate / 1000)

    def get_audio_channels(self, file: MovieFile) -> str | None:
        """`2.0`, `5.1`, `7.1`: the last channel of six and more is the subwoofer."""
        channels = file.media_file.audio_channels
        if not channels:
            return None
        return f"{channels - 1}.1" if channels >= 6 else f"{channels}.0"


def _finite(value: float) -> None:
    if not math.isfinite(value):
        raise serializers.ValidationError("A valid number is required.")


class ProgressInput(serializers.Serializer[Any]):
    """Seconds; fractions are welcome."""

    progress_seconds = serializers.FloatField(min_value=0, max_value=MAX_INT, validators=[_finite])
    duration_seconds = serializers.FloatField(min_value=1, max_value=MAX_INT, validators=[_finite])
    reported_at = serializers.DateTimeField(required=False)


@extend_schema_serializer(component_name="MovieWatched")
class ProgressOutput(RowOutput[WatchState]):
    progress_percent = serializers.IntegerField(read_only=True)

    nullable = ("progress_percent",)

    class Meta:
        model = WatchState
        fields = (
            "id", "user_id", "movie_id", "progress_seconds", "duration_seconds",
            "progress_percent", "is_completed", "watch_count", "last_watched_at", "created_at",
            "updated_at",
        )  # fmt: skip
