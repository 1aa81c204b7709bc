"""The realtime process: long-lived connections (`/api/v1/events`, `/ws/`), and the figures."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenge.settings")
django_application = get_asgi_application()

from apps.core import doors  # noqa: E402  (the settings are read now)
from apps.core.events.streams import with_events  # noqa: E402
from apps.core.monitoring.exposition import with_metrics  # noqa: E402

application = with_metrics(doors.asgi(with_events(django_application)))
