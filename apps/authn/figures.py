"""What Prometheus is told of sessions when it asks."""

from collections.abc import Iterable

from django.contrib.sessions.models import Session
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.authn.models import DeviceSession


def figures() -> Iterable[Metric]:
    now = timezone.now()
    active = GaugeMetricFamily(
        "revenge_sessions_active_total", "Sessions that have not ended", labels=["client"]
    )
    devices = DeviceSession.objects.filter(ended_at=None, expires_at__gt=now)
    active.add_metric(["api"], devices.count())
    active.add_metric(["web"], Session.objects.filter(expire_date__gt=now).count())
    yield active
