from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity
from apps.movies.models.movies import Movie
from apps.movies.querysets import WatchStateQuerySet


class WatchState(Entity):
    """How far a user has seen a film. Positions are seconds from the film's beginning."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch_states"
    )
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="watch_states")
    progress_seconds = models.PositiveIntegerField(default=0)
    duration_seconds = models.PositiveIntegerField(default=0)
    is_completed = models.BooleanField(default=False)
    watch_count = models.PositiveIntegerField(default=0)
    # The client's time of the report that won; an older one arriving late does not.
    reported_at = models.DateTimeField()
    last_watched_at = models.DateTimeField()

    objects = WatchStateQuerySet.as_manager()

    class Meta(Entity.Meta):
        verbose_name = _("watch state")
        verbose_name_plural = _("watch states")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "movie"], name="watchstate_user_movie")
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-last_watched_at"])]

    def __str__(self) -> str:
        return f"{self.user_id} {self.movie_id} {self.progress_seconds}"

    @property
    def was_begun(self) -> bool:
        """A row whose position was forgotten keeps only how often the film was seen."""
        return self.duration_seconds > 0

    @property
    def progress_percent(self) -> int:
        if not self.duration_seconds:
            return 0
        return min(100, round(100 * self.progress_seconds / self.duration_seconds))
