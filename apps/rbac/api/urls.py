from django.urls import path

from apps.rbac.api import views

urlpatterns = [
    path("rbac/policies", views.PolicyListApi.as_view(), name="rbac-policies"),
    path("rbac/permissions", views.PermissionListApi.as_view(), name="rbac-permissions"),
    path("rbac/roles", views.RoleListApi.as_view(), name="rbac-roles"),
    path("rbac/roles/<str:role_name>", views.RoleDetailApi.as_view(), name="rbac-role"),
    path(
        "rbac/roles/<str:role_name>/permissions",
        views.RolePermissionsApi.as_view(),
        name="rbac-role-permissions",
    ),
    path(
        "rbac/users/<uuid:user_id>/roles", views.UserRoleListApi.as_view(), name="rbac-user-roles"
    ),
    path(
        "rbac/users/<uuid:user_id>/roles/<str:role_name>",
        views.UserRoleApi.as_view(),
        name="rbac-user-role",
    ),
]
