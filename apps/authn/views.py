"""Signing in and out on the web."""

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.authn import services
from apps.authn.forms import SignInForm
from apps.core.errors import SignInError
from apps.core.forms import show_error
from apps.core.links import next_page
from apps.core.policy import Access, policy
from apps.core.ratelimit.limits import Tier
from apps.users.models import User

BACKEND = "apps.authn.backends.NameOrEmailBackend"


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
            user = services.sign_in(**form.cleaned_data)
        except SignInError as error:
            show_error(form, error)
        else:
            auth.login(request, user, backend=BACKEND)
            return redirect(target)
    return render(request, "authn/sign_in.html", {"form": form, "next": target})


@require_POST
@policy(Access.PUBLIC)
def sign_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("authn:sign-in")
