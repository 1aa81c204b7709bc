from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.accel import accel_response
from apps.core.policy import Access
from apps.core.ratelimit.limits import Tier
from apps.metadata import images

_CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


class ImageApi(APIView):
    # Existing clients send no token for pictures; the key cannot be guessed.
    policy = Access.PUBLIC
    tier = Tier.MEDIA
    authentication_classes = ()

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
        response = accel_response(
            path,
            content_type=_CONTENT_TYPES[path.suffix],
            cache_control="public, max-age=31536000, immutable",
        )
        response.headers["ETag"] = f'"{size}-{path.stem}"'
        return response
