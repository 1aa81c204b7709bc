"""The web process: pages and API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenge.settings")
django_application = get_wsgi_application()

from apps.core import doors  # noqa: E402  (the settings are read now)

application = doors.wsgi(django_application)
