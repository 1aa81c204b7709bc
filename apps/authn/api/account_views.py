"""Accounts that people make and look after themselves."""

from django.contrib import auth
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from apps.authn import browsers, password_changes, registration, stepup, verification, web
from apps.authn.api import serializers
from apps.authn.sessions import LiveSession
from apps.core.api.serializers import ErrorOutput
from apps.core.policy import Access
from apps.core.ratelimit.limits import Tier
from apps.core.requests import UserRequest
from apps.users.api.serializers import UserOutput


class _PublicApi(APIView):
    policy = Access.PUBLIC
    tier = Tier.AUTH
    authentication_classes = ()


class _UserApi(APIView):
    policy = Access.SESSION
    tier = Tier.AUTH


class RegisterApi(_PublicApi):
    @extend_schema(
        operation_id="auth_register",
        request=serializers.RegisterInput,
        responses={201: UserOutput, 403: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        """Make an account, where the server lets people do that."""
        user = registration.register(**_valid(serializers.RegisterInput, request))
        return Response(UserOutput(user).data, status.HTTP_201_CREATED)


class VerifyEmailApi(_PublicApi):
    @extend_schema(
        operation_id="auth_verify_email",
        request=serializers.VerifyEmailInput,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Verify an e-mail address by the code that was mailed there; it works once."""
        verification.email_verify(**_valid(serializers.VerifyEmailInput, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResendVerificationApi(_UserApi):
    @extend_schema(operation_id="auth_resend_verification", request=None, responses={204: None})
    def post(self, request: UserRequest) -> Response:
        """Mail a new code, unless the address is verified; those before it stop working."""
        verification.verification_send(user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ForgotPasswordApi(_PublicApi):
    @extend_schema(
        operation_id="auth_forgot_password",
        request=serializers.ForgotPasswordInput,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Have a code mailed to the account of an address; 204 also where there is none."""
        password_changes.reset_request(**_valid(serializers.ForgotPasswordInput, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResetPasswordApi(_PublicApi):
    @extend_schema(
        operation_id="auth_reset_password",
        request=serializers.ResetPasswordInput,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Set a new password by the code that was mailed; all sessions end."""
        password_changes.password_reset(**_valid(serializers.ResetPasswordInput, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangePasswordApi(_UserApi):
    @extend_schema(
        operation_id="auth_change_password",
        request=serializers.ChangePasswordInput,
        responses={204: None},
    )
    def post(self, request: UserRequest) -> Response:
        """Set a new password; all other sessions end."""
        session = request.auth
        password_changes.password_change(
            user=request.user,
            keep=session.id if isinstance(session, LiveSession) else None,
            device=web.device_of(request),
            **_valid(serializers.ChangePasswordInput, request),
        )
        if browsers.live_session(request._request):  # noqa: SLF001
            auth.update_session_auth_hash(request, request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class StepUpApi(_UserApi):
    @extend_schema(
        operation_id="auth_step_up", request=serializers.StepUpInput, responses={204: None}
    )
    def post(self, request: UserRequest) -> Response:
        """Show again who one is: sensitive changes ask for that every 15 minutes."""
        wanted = _valid(serializers.StepUpInput, request)
        device = web.device_of(request)
        stepup.step_up(request, user=request.user, device=device, **wanted)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _valid(serializer: type[Serializer[object]], request: Request) -> dict[str, str]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    values: dict[str, str] = body.validated_data
    return values
