"""What Prometheus is told of sessions when it asks."""

from collections.abc import Iterable

from django.db.models import Count, Q
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.authn.models import DeviceSession, SessionKind


def figures() -> Iterable[Metric]:
    active = GaugeMetricFamily(
        "revenge_sessions_active_total", "Sessions that have not ended", labels=["client"]
    )
    live = DeviceSession.objects.filter(ended_at=None, expires_at__gt=timezone.now())
    counts = live.aggregate(**{kind: Count("pk", Q(kind=kind)) for kind in SessionKind.values})
    for kind, count in counts.items():
        active.add_metric([kind], count)
    yield active
