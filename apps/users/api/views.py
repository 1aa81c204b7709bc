from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.policy import Access
from apps.core.requests import UserRequest
from apps.users.api.serializers import UserOutput


class CurrentUserApi(APIView):
    policy = Access.USER

    @extend_schema(operation_id="users_me", responses=UserOutput)
    def get(self, request: UserRequest) -> Response:
        """The account of the caller."""
        return Response(UserOutput(request.user).data)
