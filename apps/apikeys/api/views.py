from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys import selectors, services
from apps.apikeys.api import serializers
from apps.apikeys.models import Scope
from apps.authn import stepup
from apps.core.policy import Access
from apps.core.requests import UserRequest


class KeyListApi(APIView):
    policy = Access.SESSION

    @extend_schema(operation_id="apikeys_list", responses=serializers.KeyListOutput)
    def get(self, request: UserRequest) -> Response:
        """The caller's keys, the newest first."""
        keys = list(selectors.key_list(user=request.user))
        return Response(serializers.KeyListOutput({"keys": keys, "total": len(keys)}).data)

    @extend_schema(
        operation_id="apikeys_create",
        request=serializers.KeyCreateInput,
        responses={201: serializers.KeyCreateOutput},
    )
    def post(self, request: UserRequest) -> Response:
        """Make a key. It is told in this answer alone."""
        stepup.require(request)
        body = serializers.KeyCreateInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        made = services.key_create(
            user=request.user, **{**wanted, "scopes": [Scope(each) for each in wanted["scopes"]]}
        )
        told = {"row": made.row, "key": made.key, "message": "Keep it: it is not shown again."}
        return Response(serializers.KeyCreateOutput(told).data, status=status.HTTP_201_CREATED)


class KeyDetailApi(APIView):
    policy = Access.SESSION

    @extend_schema(operation_id="apikeys_get", responses=serializers.KeyOutput)
    def get(self, request: UserRequest, key_id: UUID) -> Response:
        """One of the caller's keys."""
        key = selectors.key_get(user=request.user, key_id=key_id)
        return Response(serializers.KeyOutput(key).data)

    @extend_schema(operation_id="apikeys_revoke", responses={204: None})
    def delete(self, request: UserRequest, key_id: UUID) -> Response:
        """Revoke a key; it works no more at once."""
        stepup.require(request)
        key = selectors.key_get(user=request.user, key_id=key_id)
        services.key_revoke(key=key, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
