"""Signing in and out on the web, and showing again who one is."""

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.authn import registration, services, stepup, web
from apps.authn.forms import SignInForm, StepUpForm
from apps.core.errors import DomainError, SignInError
from apps.core.forms import show_error
from apps.core.links import next_page
from apps.core.policy import Access, policy
from apps.core.ratelimit.limits import Tier
from apps.core.requests import AuthenticatedRequest
from apps.users.models import User


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@policy(Access.PUBLIC, Tier.AUTH)
def sign_in(request: HttpRequest) -> HttpResponse:
    target = next_page(request, fallback=settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated:
        return redirect(target)
    if not User.objects.exists():
        return redirect("setup:account")
    form = SignInForm(request.POST or None)
    if form.is_valid():
        try:
            user = services.sign_in(**form.cleaned_data, device=web.device_of(request))
        except SignInError as error:
            show_error(form, error)
        else:
            web.session_begin(request, user)
            response = redirect(target)
            web.device_remember(request, response, user)
            return response
    may_register = registration.registration_is_open()
    context = {"form": form, "next": target, "may_register": may_register}
    return render(request, "authn/sign_in.html", context)


@require_POST
@policy(Access.PUBLIC)
def sign_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("authn:sign-in")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@policy(Access.SESSION, Tier.AUTH)
def step_up(request: AuthenticatedRequest) -> HttpResponse:
    """Asked for by a page that changes something sensitive, which is come back to."""
    target = next_page(request, fallback=settings.LOGIN_REDIRECT_URL)
    form = StepUpForm(request.POST or None)
    if form.is_valid():
        password, device = form.cleaned_data["password"], web.device_of(request)
        try:
            stepup.step_up(request, user=request.user, password=password, device=device)
        except DomainError as error:
            show_error(form, error)
        else:
            return redirect(target)
    return render(request, "authn/step_up.html", {"form": form, "next": target})
