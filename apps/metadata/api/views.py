from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.accel import accel_response
from apps.core.errors import SignInError
from apps.core.policy import Access
from apps.core.ratelimit.limits import Tier
from apps.metadata import images
from apps.siteconfig.declared import IMAGES_REQUIRE_AUTH

_CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


class ImageApi(APIView):
    # Existing clients send no token for pictures; the key cannot be guessed. A setting asks for one
    # all the same, and only then does a picture cost the look at who it is.
    policy = Access.PUBLIC
    tier = Tier.MEDIA
    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if IMAGES_REQUIRE_AUTH.get() and not _has_signed_in(request):
            raise SignInError(_("Sign in to see pictures."))
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="images_get",
        responses={
            (200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY),
            (200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY),
        },
    )
    def get(self, request: Request, kind: str, size: str, name: str) -> HttpResponseBase:  # noqa: ARG002
        """A picture in one of the sizes; its address changes with its content."""
        path = images.image_file(kind=kind, size=size, name=name)
        audience = "private" if IMAGES_REQUIRE_AUTH.get() else "public"
        response = accel_response(
            path,
            content_type=_CONTENT_TYPES[path.suffix],
            cache_control=f"{audience}, max-age=31536000, immutable",
        )
        response.headers["ETag"] = f'"{size}-{path.stem}"'
        return response


def _has_signed_in(request: Request) -> bool:
    """By any of the API's ways."""
    ways = [way() for way in APIView.authentication_classes]
    known = Request(request._request, authenticators=ways)  # noqa: SLF001  (DRF's own way to it)
    try:
        return bool(known.user.is_authenticated)
    except AuthenticationFailed:
        return False
