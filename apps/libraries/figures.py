"""What Prometheus is told of libraries when it asks."""

from collections.abc import Iterable

from django.db.models import Count, Sum
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.libraries.models import FileState, LibraryRoot, MediaFile


def figures() -> Iterable[Metric]:
    files = GaugeMetricFamily("revenge_library_files", "Video files", labels=["state"])
    size = GaugeMetricFamily("revenge_library_bytes", "Size of video files", labels=["state"])
    rows = MediaFile.objects.values_list("state").annotate(Count("id"), Sum("size"))
    found = {state: (count, total) for state, count, total in rows}
    for state in FileState.values:
        count, total = found.get(state, (0, 0))
        files.add_metric([state], count)
        size.add_metric([state], float(total))
    roots = GaugeMetricFamily("revenge_library_roots", "Folders of films", labels=["state"])
    in_use = LibraryRoot.objects.in_use()
    available = in_use.filter(is_available=True).count()
    roots.add_metric(["available"], available)
    roots.add_metric(["unavailable"], in_use.count() - available)
    return [files, size, roots]
