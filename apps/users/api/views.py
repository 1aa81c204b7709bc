from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import stepup
from apps.core.api.serializers import ErrorOutput
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs
from apps.core.requests import UserRequest
from apps.users import deletion, preferences, selectors, services
from apps.users.api import serializers
from apps.users.api.serializers import UserOutput


class CurrentUserApi(APIView):
    policy = {"GET": Access.USER, "PUT": Needs(Permission.PROFILE_UPDATE)}  # noqa: RUF012

    @extend_schema(operation_id="users_me", responses=UserOutput)
    def get(self, request: UserRequest) -> Response:
        """The account of the caller."""
        return Response(UserOutput(request.user).data)

    @extend_schema(
        operation_id="users_me_update",
        request=serializers.UserUpdateInput,
        responses={200: UserOutput, 409: ErrorOutput},
    )
    def put(self, request: UserRequest) -> Response:
        """Change one's own account. A new e-mail address is unverified until it is confirmed."""
        body = serializers.UserUpdateInput(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data.get("email", request.user.email) != request.user.email:
            stepup.require(request)
        user = services.user_update(
            user=request.user, changes=body.validated_data, actor=request.user
        )
        return Response(UserOutput(user).data)


class PreferencesApi(APIView):
    policy = {"GET": Access.USER, "PUT": Needs(Permission.PROFILE_UPDATE)}  # noqa: RUF012

    @extend_schema(operation_id="users_me_preferences", responses=serializers.PreferencesOutput)
    def get(self, request: UserRequest) -> Response:
        """What the caller likes."""
        found = preferences.preferences_of(request.user)
        return Response(serializers.PreferencesOutput(found).data)

    @extend_schema(
        operation_id="users_me_preferences_update",
        request=serializers.PreferencesInput,
        responses=serializers.PreferencesOutput,
    )
    def put(self, request: UserRequest) -> Response:
        """Change what is given; the rest stays as it was."""
        body = serializers.PreferencesInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = preferences.preferences_update(user=request.user, changes=body.validated_data)
        return Response(serializers.PreferencesOutput(changed).data)


class UserDetailApi(APIView):
    policy = Access.USER

    @extend_schema(operation_id="users_get", responses=UserOutput)
    def get(self, request: UserRequest, user_id: UUID) -> Response:
        """Somebody, as far as they show themselves."""
        user = selectors.user_seen_by(request.user, user_id=user_id)
        if selectors.sees_everything_of(request.user, user):
            return Response(UserOutput(user).data)
        return Response(serializers.public_profile(user, preferences.preferences_of(user)))


class AdminUserListApi(APIView):
    policy = Needs(Permission.USERS_LIST, Access.ADMIN)

    @extend_schema(
        operation_id="admin_users_list",
        parameters=[serializers.AdminUserQuery],
        responses=serializers.AdminUserListOutput,
    )
    def get(self, request: UserRequest) -> Response:
        """All accounts by name; `query` looks in names and e-mail addresses."""
        wanted = serializers.AdminUserQuery(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        users, total = selectors.user_page(**wanted.validated_data)
        return Response(serializers.AdminUserListOutput({"users": users, "total": total}).data)


class AdminUserApi(APIView):
    policy = {  # noqa: RUF012
        "GET": Needs(Permission.USERS_GET, Access.ADMIN),
        "PUT": Needs(Permission.USERS_UPDATE, Access.ADMIN),
        "DELETE": Needs(Permission.USERS_DELETE, Access.ADMIN),
    }

    @extend_schema(operation_id="admin_users_get", responses=UserOutput)
    def get(self, _request: UserRequest, user_id: UUID) -> Response:
        """An account."""
        return Response(UserOutput(selectors.user_find(user_id=user_id)).data)

    @extend_schema(
        operation_id="admin_users_update",
        request=serializers.AdminUserUpdateInput,
        responses={200: UserOutput, 409: ErrorOutput},
    )
    def put(self, request: UserRequest, user_id: UUID) -> Response:
        """Change an account. Only administrators change administrators, and make them."""
        user = selectors.user_find(user_id=user_id)
        body = serializers.AdminUserUpdateInput(data=request.data)
        body.is_valid(raise_exception=True)
        stepup.require(request)
        changed = services.user_administer(
            actor=request.user, user=user, changes=body.validated_data
        )
        return Response(UserOutput(changed).data)

    @extend_schema(operation_id="admin_users_delete", responses={204: None, 409: ErrorOutput})
    def delete(self, request: UserRequest, user_id: UUID) -> Response:
        """Delete an account softly; 409 for one's own and for the last administrator."""
        user = selectors.user_find(user_id=user_id)
        stepup.require(request)
        deletion.user_delete(actor=request.user, user=user)
        return Response(status=status.HTTP_204_NO_CONTENT)
