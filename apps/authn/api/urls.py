from django.urls import path

from apps.authn.api import schema, views

__all__ = ["schema", "urlpatterns"]  # the schema registers itself

urlpatterns = [
    path("auth/login", views.LoginApi.as_view(), name="auth-login"),
    path("auth/refresh", views.RefreshApi.as_view(), name="auth-refresh"),
    path("auth/logout", views.LogoutApi.as_view(), name="auth-logout"),
]
