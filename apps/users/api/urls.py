from django.urls import path

from apps.users.api import avatars, views

urlpatterns = [
    path("users/me", views.CurrentUserApi.as_view(), name="users-me"),
    path("users/me/preferences", views.PreferencesApi.as_view(), name="users-me-preferences"),
    path("users/me/avatar", avatars.OwnAvatarApi.as_view(), name="users-me-avatar"),
    path("users/<uuid:user_id>", views.UserDetailApi.as_view(), name="users-detail"),
    path("users/<uuid:user_id>/avatar", avatars.AvatarApi.as_view(), name="users-avatar"),
    path("admin/users", views.AdminUserListApi.as_view(), name="admin-users"),
    path("admin/users/<uuid:user_id>", views.AdminUserApi.as_view(), name="admin-users-detail"),
]
