"""The bytes of films and subtitles, after the right to see them was checked."""

from pathlib import Path
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.core.accel import accel_response
from apps.core.errors import ForbiddenError, NotFoundError
from apps.core.permissions import Permission
from apps.core.policy import Needs, policy
from apps.core.ratelimit.limits import Tier
from apps.core.requests import AuthenticatedRequest
from apps.libraries import paths, selectors
from apps.libraries.models import MediaFile
from apps.playback import subtitles

_CACHE = "private, max-age=3600"
_CONTENT_TYPES = {
    ".3gp": "video/3gpp",
    ".asf": "video/x-ms-asf",
    ".avi": "video/x-msvideo",
    ".divx": "video/x-msvideo",
    ".flv": "video/x-flv",
    ".m2ts": "video/mp2t",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".ogv": "video/ogg",
    ".ts": "video/mp2t",
    ".vob": "video/mpeg",
    ".webm": "video/webm",
    ".wmv": "video/x-ms-wmv",
}
"""By extension; a file with any other is no film and is not sent."""


@require_safe
@policy(Needs(Permission.PLAYBACK_STREAM), Tier.MEDIA)
def stream(request: AuthenticatedRequest, file_id: UUID) -> HttpResponse:
    """A film's file as it is: `Range`, `HEAD` and conditional requests are answered by the edge."""
    try:
        file = selectors.media_file_get(user=request.user, file_id=file_id)
    except NotFoundError as error:
        raise Http404 from error
    return _whole(file)


@require_safe
@policy(Needs(Permission.PLAYBACK_STREAM), Tier.MEDIA)
def download(request: AuthenticatedRequest, file_id: UUID) -> HttpResponse:
    """The same file to keep, for who has a grant to download."""
    try:
        file = selectors.media_file_to_download(user=request.user, file_id=file_id)
    except NotFoundError as error:
        raise Http404 from error
    except ForbiddenError as error:
        raise PermissionDenied from error
    response = _whole(file)
    attached = content_disposition_header(as_attachment=True, filename=file.file_name)
    response.headers["Content-Disposition"] = attached or "attachment"
    return response


def _whole(file: MediaFile) -> HttpResponse:
    path = paths.inside(Path(file.root.path), file.absolute_path)
    if path is None or not path.is_file() or not file.is_playable:
        raise Http404
    content_type = _CONTENT_TYPES.get(path.suffix.lower())
    if content_type is None:
        raise Http404
    return accel_response(path, content_type=content_type, cache_control=_CACHE)


@require_safe
@policy(Needs(Permission.PLAYBACK_STREAM), Tier.MEDIA)
def subtitle(request: AuthenticatedRequest, side_file_id: UUID) -> HttpResponse:
    """A subtitle file beside a film, as WebVTT."""
    try:
        side_file = selectors.side_file_get(user=request.user, side_file_id=side_file_id)
        root = Path(side_file.media_file.root.path)
        path = paths.inside(root, root / side_file.path)
        if path is None or not path.is_file() or path.stat().st_size > subtitles.MAX_BYTES:
            raise Http404
        text = subtitles.to_webvtt(
            path.read_bytes(), format=side_file.format, language=side_file.language or None
        )
    except (NotFoundError, OSError, subtitles.SubtitleError) as error:
        raise Http404 from error
    response = HttpResponse(text, content_type="text/vtt; charset=utf-8")
    response.headers["Cache-Control"] = _CACHE
    return response
