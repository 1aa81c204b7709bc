"""Making an account on the web, verifying its address, and its password."""

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.authn import browsers, invitations, password_changes, registration, verification, web
from apps.authn.forms import CodeForm, ForgottenForm, NewPasswordForm, PasswordForm, RegisterForm
from apps.authn.models import Invitation
from apps.core import mail
from apps.core.errors import DomainError, NotFoundError
from apps.core.forms import show_error
from apps.core.policy import Access, policy
from apps.core.ratelimit.limits import Tier
from apps.core.requests import AuthenticatedRequest

_METHODS = ["GET", "HEAD", "POST"]


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(_METHODS)
@policy(Access.PUBLIC, Tier.AUTH)
def register(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("movies:home")
    if not registration.registration_is_open():
        return render(request, "authn/closed.html", status=403 if request.method == "POST" else 200)
    return _register(request)


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(_METHODS)
@policy(Access.PUBLIC, Tier.AUTH)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    if request.user.is_authenticated:
        messages.info(request, _("You have an account already: sign out to use an invitation."))
        return redirect("movies:home")
    try:
        found = invitations.invitation_find(token)
    except NotFoundError as error:
        return render(request, "authn/closed.html", {"reason": error.message}, status=404)
    return _register(request, found, token)


def _register(
    request: HttpRequest, invited: Invitation | None = None, token: str = ""
) -> HttpResponse:
    form = RegisterForm(request.POST or None)
    if form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("username", "email", "password")}
        try:
            user = registration.register(**wanted, invitation=token)
        except DomainError as error:
            show_error(form, error)
        else:
            web.session_begin(request, user)
            if mail.is_configured():
                messages.success(request, _("Welcome! A mail is on its way to verify the address."))
            response = redirect("movies:home")
            web.device_remember(request, response, user)
            return response
    return render(request, "authn/register.html", {"form": form, "invitation": invited})


@never_cache
@require_http_methods(_METHODS)
@policy(Access.PUBLIC, Tier.AUTH)
def verify(request: HttpRequest) -> HttpResponse:
    """By a button, not by the link alone: programs that look at mails follow links."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            verification.email_verify(token=form.cleaned_data["token"])
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The e-mail address is verified."))
            return redirect("movies:home")
    return render(request, "authn/verify.html", {"form": form})


@never_cache
@require_http_methods(["POST"])
@policy(Access.SESSION, Tier.AUTH)
def verification_again(request: AuthenticatedRequest) -> HttpResponse:
    try:
        verification.verification_send(user=request.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("A mail is on its way."))
    return redirect("authn:verify")


@never_cache
@require_http_methods(_METHODS)
@policy(Access.PUBLIC, Tier.AUTH)
def forgotten(request: HttpRequest) -> HttpResponse:
    form = ForgottenForm(request.POST or None)
    if form.is_valid():
        password_changes.reset_request(email=form.cleaned_data["email"])
        return render(request, "authn/forgotten_sent.html", {"email": form.cleaned_data["email"]})
    return render(request, "authn/forgotten.html", {"form": form})


@sensitive_post_parameters("token", "new_password", "again")
@never_cache
@require_http_methods(_METHODS)
@policy(Access.PUBLIC, Tier.AUTH)
def new_password(request: HttpRequest) -> HttpResponse:
    form = NewPasswordForm(request.POST or None)
    if form.is_valid():
        token, password = form.cleaned_data["token"], form.cleaned_data["new_password"]
        try:
            password_changes.password_reset(token=token, new_password=password)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The new password is set. Sign in with it."))
            return redirect("authn:sign-in")
    return render(request, "authn/new_password.html", {"form": form})


@sensitive_post_parameters("old_password", "new_password", "again")
@never_cache
@require_http_methods(_METHODS)
@policy(Access.SESSION, Tier.AUTH)
def password(request: AuthenticatedRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("old_password", "new_password")}
        device, session = web.device_of(request), browsers.live_session(request)
        try:
            password_changes.password_change(
                user=request.user, **wanted, keep=session.id if session else None, device=device
            )
        except DomainError as error:
            show_error(form, error)
        else:
            auth.update_session_auth_hash(request, request.user)
            messages.success(request, _("The password is changed. You are signed out elsewhere."))
            return redirect("authn:password")
    return render(request, "authn/password.html", {"form": form})
