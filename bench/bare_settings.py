"""The server's settings with the benchmark's routes, without figures and access lines."""

from bench.settings import *  # noqa: F403
from bench.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = [name for name in _MIDDLEWARE if not name.startswith("apps.core.monitoring.")]
