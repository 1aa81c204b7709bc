"""Files sent by the edge: Django decides, the edge carries the bytes."""

import os
from pathlib import Path
from urllib.parse import quote

from django.http import HttpResponse

INTERNAL_PREFIX = "/_media"


def accel_response(path: Path, *, content_type: str, cache_control: str) -> HttpResponse:
    """Have the edge send this file, with ranges, HEAD and 304.

    The path must have been checked by the caller. `X-Accel-Redirect` is never seen by clients.
    """
    response = HttpResponse(content_type=content_type)
    response.headers["X-Accel-Redirect"] = INTERNAL_PREFIX + quote(os.fsencode(path))
    response.headers["Cache-Control"] = cache_control
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
