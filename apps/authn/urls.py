from django.urls import path

from apps.authn import account_views, security, views

app_name = "authn"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("step-up/", views.step_up, name="step-up"),
    path("register/", account_views.register, name="register"),
    path("invitation/<str:token>", account_views.invitation, name="invitation"),
    path("verify-email/", account_views.verify, name="verify"),
    path("verify-email/again", account_views.verification_again, name="verify-again"),
    path("forgotten/", account_views.forgotten, name="forgotten"),
    path("new-password/", account_views.new_password, name="new-password"),
    path("account/password", account_views.password, name="password"),
    path("account/security", security.overview, name="security"),
    path(
        "account/security/sessions/end-others",
        security.sessions_end_others,
        name="sessions-end-others",
    ),
    path(
        "account/security/sessions/<uuid:session_id>/end",
        security.session_end,
        name="session-end",
    ),
]
