from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from apps.core import stepup
from apps.core.api.serializers import ErrorOutput
from apps.core.db.rows import get_or_not_found
from apps.core.errors import ForbiddenError
from apps.core.permissions import Permission
from apps.core.policy import Access, Policy
from apps.core.requests import UserRequest
from apps.rbac import selectors, services
from apps.rbac.api import serializers
from apps.rbac.selectors import Named, Role
from apps.users.models import User


class PolicyListApi(APIView):
    policy = Access.ADMIN
    delete_has_body = True

    @extend_schema(operation_id="rbac_policies_list", responses=serializers.PolicyListOutput)
    def get(self, _request: UserRequest) -> Response:
        """What every role allows, a line each."""
        policies = [
            _policy(role.name, permission)
            for role in selectors.role_list()
            for permission in role.permissions
        ]
        body = {"policies": policies, "total": len(policies)}
        return Response(serializers.PolicyListOutput(body).data)

    @extend_schema(
        operation_id="rbac_policies_add",
        request=serializers.PolicyInput,
        responses={201: serializers.PolicyOutput},
    )
    def post(self, request: UserRequest) -> Response:
        """Let a role do something."""
        role, permission = self._wanted(request)
        services.permission_add(actor=request.user, role_name=role, permission=permission)
        policy = serializers.PolicyOutput(_policy(role, permission))
        return Response(policy.data, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="rbac_policies_remove",
        request=serializers.PolicyInput,
        responses={204: None, 400: ErrorOutput, 404: ErrorOutput},
    )
    def delete(self, request: UserRequest) -> Response:
        """Let a role do something no longer; 404 where it may not do so."""
        role, permission = self._wanted(request)
        services.permission_remove(actor=request.user, role_name=role, permission=permission)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _wanted(self, request: UserRequest) -> tuple[str, Named]:
        body = _change(request, serializers.PolicyInput)
        return body["subject"], Named(body["object"], body["action"])


class RoleListApi(APIView):
    policy = Access.ADMIN

    @extend_schema(operation_id="rbac_roles_list", responses=serializers.RolesOutput)
    def get(self, _request: UserRequest) -> Response:
        """All roles."""
        roles = selectors.role_list()
        return Response(serializers.RolesOutput({"roles": roles, "total": len(roles)}).data)

    @extend_schema(
        operation_id="rbac_roles_create",
        request=serializers.RoleCreateInput,
        responses={201: serializers.RoleOutput, 409: ErrorOutput},
    )
    def post(self, request: UserRequest) -> Response:
        """A role of one's own."""
        body = _change(request, serializers.RoleCreateInput)
        permissions = _named(body.pop("permissions", []))
        role = services.role_create(actor=request.user, permissions=permissions, **body)
        return _role(selectors.role_get(name=role.name), status.HTTP_201_CREATED)


class RoleDetailApi(APIView):
    policy = Access.ADMIN

    @extend_schema(operation_id="rbac_roles_get", responses=serializers.RoleOutput)
    def get(self, _request: UserRequest, role_name: str) -> Response:
        """One role."""
        return _role(selectors.role_get(name=role_name))

    @extend_schema(
        operation_id="rbac_roles_delete",
        responses={204: None, 400: ErrorOutput},
    )
    def delete(self, request: UserRequest, role_name: str) -> Response:
        """Forget a role that nobody has; 400 for one that is built in or that somebody has."""
        _change(request)
        services.role_delete(actor=request.user, name=role_name)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RolePermissionsApi(APIView):
    policy = Access.ADMIN

    @extend_schema(
        operation_id="rbac_roles_set_permissions",
        request=serializers.RolePermissionsInput,
        responses=serializers.RoleOutput,
    )
    def put(self, request: UserRequest, role_name: str) -> Response:
        """Make these all that the role allows; 400 for the role `admin`."""
        body = _change(request, serializers.RolePermissionsInput)
        permissions = _named(body["permissions"])
        services.role_set_permissions(actor=request.user, name=role_name, permissions=permissions)
        return _role(selectors.role_get(name=role_name))


class PermissionListApi(APIView):
    policy = Access.ADMIN

    @extend_schema(operation_id="rbac_permissions_list", responses=serializers.PermissionListOutput)
    def get(self, _request: UserRequest) -> Response:
        """Every permission that the server checks."""
        permissions = sorted(map(Named.parse, Permission))
        body = {"permissions": permissions, "total": len(permissions)}
        return Response(serializers.PermissionListOutput(body).data)


class UserRoleListApi(APIView):
    policy: ClassVar[Policy] = {"GET": Access.USER, "POST": Access.ADMIN}

    @extend_schema(operation_id="rbac_user_roles_list", responses=serializers.UserRolesOutput)
    def get(self, request: UserRequest, user_id: UUID) -> Response:
        """The roles of a user: of oneself, or as an administrator of anybody."""
        if request.user.pk != user_id and not request.user.is_admin:
            raise ForbiddenError("You may not do this")
        return Response(_roles_of(_user(user_id)))

    @extend_schema(
        operation_id="rbac_user_roles_assign",
        request=serializers.RoleAssignInput,
        responses={201: serializers.UserRolesOutput},
    )
    def post(self, request: UserRequest, user_id: UUID) -> Response:
        """Give a user a role."""
        body = _change(request, serializers.RoleAssignInput)
        user = _user(user_id)
        services.role_assign(actor=request.user, user=user, name=body["role"])
        return Response(_roles_of(user), status=status.HTTP_201_CREATED)


class UserRoleApi(APIView):
    policy = Access.ADMIN

    @extend_schema(
        operation_id="rbac_user_roles_remove",
        responses={204: None, 400: ErrorOutput, 409: ErrorOutput},
    )
    def delete(self, request: UserRequest, user_id: UUID, role_name: str) -> Response:
        """Take a role from a user; 409 for that of the last active administrator."""
        _change(request)
        services.role_remove(actor=request.user, user=_user(user_id), name=role_name)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _change(request: UserRequest, serializer: type[Serializer[Any]] | None = None) -> Any:  # noqa: ANN401
    """What every change of roles asks for: a recent sign-in, and a body that is valid."""
    stepup.require(request)
    if serializer is None:
        return None
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _named(permissions: Iterable[dict[str, str]]) -> list[Named]:
    return [Named(each["resource"], each["action"]) for each in permissions]


def _policy(role: str, permission: Named) -> dict[str, str]:
    return {"subject": role, "object": permission.resource, "action": permission.action}


def _role(role: Role, code: int = status.HTTP_200_OK) -> Response:
    return Response(serializers.RoleOutput(role).data, status=code)


def _user(user_id: UUID) -> User:
    return get_or_not_found(User.objects.all(), "There is no such user", pk=user_id)


def _roles_of(user: User) -> dict[str, object]:
    roles = selectors.roles_of(user=user)
    return {"roles": roles, "total": len(roles)}
