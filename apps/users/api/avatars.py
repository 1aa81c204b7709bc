"""Pictures of people."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import query
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs
from apps.core.ratelimit.limits import Tier
from apps.core.requests import UserRequest
from apps.users import avatars, pictures, selectors
from apps.users.api import serializers
from apps.users.pictures import Side

_DAY = 24 * 3600


class OwnAvatarApi(APIView):
    policy = Needs(Permission.PROFILE_UPDATE)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="users_me_avatar_set",
        request={"multipart/form-data": serializers.AvatarInput},
        responses=serializers.AvatarOutput,
    )
    def post(self, request: UserRequest) -> Response:
        """Show a picture: JPEG, PNG or WebP of at most 2 MiB, 16 to 4096 pixels a side."""
        body = serializers.AvatarInput(data=request.data)
        body.is_valid(raise_exception=True)
        avatar = avatars.avatar_set(
            user=request.user,
            content=body.validated_data["file"].read(pictures.MAX_BYTES + 1),
            crop=body.crop(),
        )
        return Response(serializers.AvatarOutput(avatar).data)

    @extend_schema(operation_id="users_me_avatar_remove", responses={204: None})
    def delete(self, request: UserRequest) -> Response:
        """Show initials again."""
        avatars.avatar_remove(user=request.user, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(conditional_page, name="dispatch")
class AvatarApi(APIView):
    policy = Access.USER
    tier = Tier.MEDIA

    @extend_schema(
        operation_id="users_avatar",
        parameters=[serializers.AvatarQuery],
        responses={(200, pictures.CONTENT_TYPE): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: UserRequest, user_id: UUID) -> HttpResponse:
        """The picture of somebody who may be seen, or the initials."""
        size: int = query(serializers.AvatarQuery, request.query_params)["size"]
        user = selectors.user_seen_by(request.user, user_id=user_id)
        shown = avatars.avatar_shown(user=user, side=Side(size))
        response = HttpResponse(shown.content, content_type=pictures.CONTENT_TYPE)
        response.headers["ETag"] = f'"{shown.tag}"'
        # The address of a picture has its version; initials change with the name.
        is_fixed = not shown.is_drawn and request.query_params.get("v")
        fresh = f"max-age={_DAY}" if is_fixed else "no-cache"
        response.headers["Cache-Control"] = f"private, {fresh}"
        return response
