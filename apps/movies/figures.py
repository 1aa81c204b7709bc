"""What Prometheus is told of films when it asks."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.movies.models import Movie


def figures() -> Iterable[Metric]:
    """Films that a library shows, and those whose files are all gone."""
    films = GaugeMetricFamily("revenge_library_films", "Films", labels=["state"])
    shown = Movie.objects.exclude(library_ids=[]).count()
    films.add_metric(["available"], shown)
    films.add_metric(["unavailable"], Movie.objects.count() - shown)
    yield films
