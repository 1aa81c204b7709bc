"""The server's settings with the benchmark's routes."""

from revenge.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
CELERY_IMPORTS = ["bench.note"]
