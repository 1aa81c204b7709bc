from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.authn import services, sessions, web
from apps.authn.api import serializers
from apps.authn.api.authentication import SessionRequest
from apps.core.address import client_address
from apps.core.api.serializers import ErrorOutput
from apps.core.policy import Access
from apps.core.ratelimit.limits import Tier


class LoginApi(APIView):
    policy = Access.PUBLIC
    tier = Tier.AUTH
    authentication_classes = ()

    @extend_schema(
        operation_id="auth_login",
        request=serializers.LoginInput,
        responses={200: serializers.LoginOutput, 401: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        """Sign in by name or e-mail address; 401 says no more than that it failed."""
        body = serializers.LoginInput(data=request.data)
        body.is_valid(raise_exception=True)
        user = services.sign_in(
            username=body.validated_data["username"],
            password=body.validated_data["password"],
            device=web.device_of(request),
        )
        pair = sessions.session_start(
            user=user, device=_device(request, body.validated_data["device_name"])
        )
        user.refresh_from_db(fields=["last_login"])
        return Response(
            serializers.LoginOutput(
                {
                    "user": user,
                    "access_token": pair.access_token,
                    "refresh_token": pair.refresh_token,
                    "expires_in": pair.expires_in,
                }
            ).data
        )


class RefreshApi(APIView):
    policy = Access.PUBLIC
    tier = Tier.AUTH
    authentication_classes = ()

    @extend_schema(
        operation_id="auth_refresh",
        request=serializers.RefreshInput,
        responses={200: serializers.TokenPairOutput, 401: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        """Rotate the refresh token; using an old one again ends the session."""
        body = serializers.RefreshInput(data=request.data)
        body.is_valid(raise_exception=True)
        pair = sessions.session_refresh(refresh_token=body.validated_data["refresh_token"])
        return Response(serializers.TokenPairOutput(pair).data)


class LogoutApi(APIView):
    policy = Access.SESSION

    @extend_schema(
        operation_id="auth_logout", request=serializers.LogoutInput, responses={204: None}
    )
    def post(self, request: SessionRequest) -> Response:
        """End the session of the refresh token, of the caller, or all."""
        body = serializers.LogoutInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        if body.validated_data["logout_all"]:
            sessions.sessions_end_all(user=request.user, reason=sessions.EndReason.SIGNED_OUT)
        elif token := body.validated_data.get("refresh_token"):
            sessions.session_end_by_token(user=request.user, refresh_token=token)
        else:
            reason = sessions.EndReason.SIGNED_OUT
            sessions.session_end(session_id=request.auth.id, reason=reason)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _device(request: Request, name: str) -> sessions.Device:
    return sessions.Device(
        name=name,
        ip_address=client_address(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
