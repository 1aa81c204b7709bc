from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers


class PolicyInput(serializers.Serializer[Any]):
    """`subject` is a role, `object` a resource."""

    subject = serializers.CharField(max_length=64)
    object = serializers.CharField(max_length=64)
    action = serializers.CharField(max_length=32)


@extend_schema_serializer(component_name="Policy")
class PolicyOutput(serializers.Serializer[Any]):
    subject = serializers.CharField()
    object = serializers.CharField()
    action = serializers.CharField()


@extend_schema_serializer(component_name="PolicyListResponse")
class PolicyListOutput(serializers.Serializer[Any]):
    policies = PolicyOutput(many=True)
    total = serializers.IntegerField()


@extend_schema_serializer(component_name="Permission")
class PermissionField(serializers.Serializer[Any]):
    resource = serializers.CharField(max_length=64)
    action = serializers.CharField(max_length=32)


@extend_schema_serializer(component_name="PermissionsResponse")
class PermissionListOutput(serializers.Serializer[Any]):
    permissions = PermissionField(many=True)
    total = serializers.IntegerField()


@extend_schema_serializer(component_name="RoleDetail")
class RoleOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    permissions = PermissionField(many=True)
    is_built_in = serializers.BooleanField()
    user_count = serializers.IntegerField()


@extend_schema_serializer(component_name="RolesResponse")
class RolesOutput(serializers.Serializer[Any]):
    roles = RoleOutput(many=True)
    total = serializers.IntegerField()


class RoleCreateInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=64, trim_whitespace=False)
    description = serializers.CharField(max_length=256, required=False, allow_blank=True)
    permissions = serializers.ListField(child=PermissionField(), required=False, max_length=200)


class RolePermissionsInput(serializers.Serializer[Any]):
    permissions = serializers.ListField(child=PermissionField(), max_length=200)


class RoleAssignInput(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=64)


@extend_schema_serializer(component_name="RoleListResponse")
class UserRolesOutput(serializers.Serializer[Any]):
    roles = serializers.ListField(child=serializers.CharField())
    total = serializers.IntegerField()
