"""The sessions of the caller."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.authn import sessions
from apps.authn.api import session_serializers as serializers
from apps.authn.api.authentication import SessionRequest
from apps.authn.sessions import LiveSession
from apps.core.api.serializers import ErrorOutput, query
from apps.core.errors import NotFoundError
from apps.core.policy import Access
from apps.core.ratelimit.limits import Tier
from apps.core.requests import UserRequest


class SessionListApi(APIView):
    policy = Access.SESSION

    @extend_schema(operation_id="sessions_list", responses=serializers.SessionListOutput)
    def get(self, request: SessionRequest) -> Response:
        """The caller's live sessions, the last used first."""
        found = list(sessions.session_list(user=request.user))
        body = {"sessions": found, "total": len(found)}
        context = {"current": request.auth.id}
        return Response(serializers.SessionListOutput(body, context=context).data)

    @extend_schema(
        operation_id="sessions_end",
        parameters=[serializers.SessionsEndQuery],
        responses={204: None},
    )
    def delete(self, request: SessionRequest) -> Response:
        """End all other sessions, on request the caller's own too."""
        wanted = query(serializers.SessionsEndQuery, request.query_params)
        keep = None if wanted["include_current"] else request.auth.id
        sessions.sessions_end_others(user=request.user, keep=keep)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionCurrentApi(APIView):
    policy = Access.USER

    @extend_schema(
        operation_id="sessions_current",
        responses={200: serializers.SessionOutput, 404: ErrorOutput},
    )
    def get(self, request: UserRequest) -> Response:
        """The session of the caller; 404 for an API key, which has none."""
        session = sessions.session_get(user=request.user, session_id=_own(request))
        context = {"current": session.pk}
        return Response(serializers.SessionOutput(session, context=context).data)

    @extend_schema(operation_id="sessions_end_current", responses={204: None, 404: ErrorOutput})
    def delete(self, request: UserRequest) -> Response:
        """Sign out."""
        reason = sessions.EndReason.SIGNED_OUT
        sessions.session_end(session_id=_own(request), reason=reason)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionDetailApi(APIView):
    policy = Access.SESSION

    @extend_schema(operation_id="sessions_end_one", responses={204: None, 400: ErrorOutput})
    def delete(self, request: UserRequest, session_id: UUID) -> Response:
        """End one of the caller's sessions."""
        session = sessions.session_get(user=request.user, session_id=session_id)
        sessions.session_end(session_id=session.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionRefreshApi(APIView):
    policy = Access.PUBLIC
    tier = Tier.AUTH
    authentication_classes = ()

    @extend_schema(
        operation_id="sessions_refresh",
        request=serializers.RefreshSessionInput,
        responses={200: serializers.RefreshSessionOutput, 401: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        """Rotate the refresh token, as `/auth/refresh` does."""
        body = serializers.RefreshSessionInput(data=request.data)
        body.is_valid(raise_exception=True)
        pair = sessions.session_refresh(refresh_token=body.validated_data["refresh_token"])
        return Response(serializers.RefreshSessionOutput(pair).data)


def _own(request: UserRequest) -> UUID:
    if not isinstance(request.auth, LiveSession):
        raise NotFoundError("An API key has no session.")
    return request.auth.id
