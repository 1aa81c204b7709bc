"""The realtime process: long-lived connections (`/api/v1/events`, `/ws/`)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenge.settings")
application = get_asgi_application()
