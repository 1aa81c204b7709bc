from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import stepup
from apps.core.api.serializers import ErrorOutput
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs
from apps.core.requests import UserRequest
from apps.siteconfig import selectors, services
from apps.siteconfig.api.serializers import ServerSettingOutput, SettingInput, UserSettingOutput
from apps.siteconfig.declaring import DECLARED

_READ = Needs(Permission.SETTINGS_READ, Access.ADMIN)


class ServerSettingListApi(APIView):
    policy = _READ

    @extend_schema(operation_id="server_settings_list", responses=ServerSettingOutput(many=True))
    def get(self, _request: Request) -> Response:
        """Every setting of the server; secrets are masked."""
        return Response(ServerSettingOutput(selectors.server_settings(), many=True).data)


class ServerSettingApi(APIView):
    policy = {"GET": _READ, "PUT": Needs(Permission.SETTINGS_UPDATE, Access.ADMIN)}  # noqa: RUF012

    @extend_schema(operation_id="server_settings_get", responses=ServerSettingOutput)
    def get(self, _request: Request, key: str) -> Response:
        """One setting of the server."""
        return Response(ServerSettingOutput(selectors.server_setting_get(key=key)).data)

    @extend_schema(
        operation_id="server_settings_put",
        request=SettingInput,
        responses={200: ServerSettingOutput, 409: ErrorOutput},
    )
    def put(self, request: UserRequest, key: str) -> Response:
        """Change a setting of the server. A key that it does not know is stored as `custom.*`; 409
        where the environment sets it, or too many are stored."""
        if key in DECLARED:
            stepup.require(request)
        services.server_setting_put(key=key, value=_value(request), actor=request.user)
        return Response(ServerSettingOutput(selectors.server_setting_get(key=key)).data)


class UserSettingListApi(APIView):
    policy = Access.USER

    @extend_schema(operation_id="user_settings_list", responses=UserSettingOutput(many=True))
    def get(self, request: UserRequest) -> Response:
        """What clients have stored for the caller."""
        own = selectors.user_settings(user=request.user)
        return Response(UserSettingOutput(own, many=True).data)


class UserSettingApi(APIView):
    policy = Access.USER

    @extend_schema(operation_id="user_settings_get", responses=UserSettingOutput)
    def get(self, request: UserRequest, key: str) -> Response:
        """One of them."""
        found = selectors.user_setting_get(user=request.user, key=key)
        return Response(UserSettingOutput(found).data)

    @extend_schema(
        operation_id="user_settings_put",
        request=SettingInput,
        responses={200: UserSettingOutput, 409: ErrorOutput},
    )
    def put(self, request: UserRequest, key: str) -> Response:
        """Store a value; 409 when there are too many others."""
        stored = services.user_setting_put(user=request.user, key=key, value=_value(request))
        return Response(UserSettingOutput(stored).data)

    @extend_schema(operation_id="user_settings_delete", responses={204: None})
    def delete(self, request: UserRequest, key: str) -> Response:
        """Forget one of them."""
        services.user_setting_delete(user=request.user, key=key)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _value(request: UserRequest) -> Any:  # noqa: ANN401  (the service checks it)
    body = SettingInput(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data["value"]
