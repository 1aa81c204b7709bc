from django.urls import path

from apps.authn.api import account_views, schema, sessions, views

__all__ = ["schema", "urlpatterns"]  # the schema registers itself

urlpatterns = [
    path("auth/login", views.LoginApi.as_view(), name="auth-login"),
    path("auth/refresh", views.RefreshApi.as_view(), name="auth-refresh"),
    path("auth/logout", views.LogoutApi.as_view(), name="auth-logout"),
    path("auth/register", account_views.RegisterApi.as_view(), name="auth-register"),
    path("auth/verify-email", account_views.VerifyEmailApi.as_view(), name="auth-verify-email"),
    path(
        "auth/resend-verification",
        account_views.ResendVerificationApi.as_view(),
        name="auth-resend-verification",
    ),
    path(
        "auth/forgot-password",
        account_views.ForgotPasswordApi.as_view(),
        name="auth-forgot-password",
    ),
    path(
        "auth/reset-password", account_views.ResetPasswordApi.as_view(), name="auth-reset-password"
    ),
    path(
        "auth/change-password",
        account_views.ChangePasswordApi.as_view(),
        name="auth-change-password",
    ),
    path("auth/step-up", account_views.StepUpApi.as_view(), name="auth-step-up"),
    path("sessions", sessions.SessionListApi.as_view(), name="sessions"),
    path("sessions/current", sessions.SessionCurrentApi.as_view(), name="sessions-current"),
    path("sessions/refresh", sessions.SessionRefreshApi.as_view(), name="sessions-refresh"),
    path("sessions/<uuid:session_id>", sessions.SessionDetailApi.as_view(), name="sessions-one"),
]
