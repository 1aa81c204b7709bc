"""The first run in the browser: the administrator's account, then the first library."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.authn import web
from apps.core.db.transactions import transaction
from apps.core.errors import DomainError
from apps.core.forms import show_error
from apps.core.policy import Access, policy
from apps.core.ratelimit.limits import Tier
from apps.core.requests import AuthenticatedRequest
from apps.libraries import scanning
from apps.libraries import selectors as libraries
from apps.libraries import services as library_services
from apps.libraries.models import ScanType
from apps.setup import services
from apps.setup.forms import AdministratorForm, FirstLibraryForm
from apps.users.models import User


@sensitive_post_parameters("token", "password", "password_again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@policy(Access.PUBLIC, Tier.AUTH)
def account(request: HttpRequest) -> HttpResponse:
    if not services.setup_is_open():
        return redirect("authn:sign-in")
    form = AdministratorForm(request.POST or None)
    if form.is_valid():
        try:
            user = _administrator(form)
        except DomainError as error:
            show_error(form, error)
        else:
            web.session_begin(request, user)
            return redirect("setup:library")
    return render(request, "setup/account.html", {"form": form})


def _administrator(form: AdministratorForm) -> User:
    wanted = form.cleaned_data
    return services.setup_finish(
        token=wanted["token"],
        username=wanted["username"],
        email=wanted["email"],
        password=wanted["password"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@policy(Access.ADMIN)
def library(request: AuthenticatedRequest) -> HttpResponse:
    form = FirstLibraryForm(request.POST or None)
    if form.is_valid():
        try:
            _library_add(form, request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The folder is being scanned. Films appear as they come."))
            return redirect("movies:home")
    present = libraries.library_list(user=request.user)
    return render(request, "setup/library.html", {"form": form, "libraries": present})


@transaction()
def _library_add(form: FirstLibraryForm, user: User) -> None:
    """The library and its first scan, or neither."""
    wanted = form.cleaned_data
    made = library_services.library_create(name=wanted["name"], roots=[wanted["path"]], actor=user)
    scanning.scan_start(library=made, scan_type=ScanType.INCREMENTAL, requested_by=user)
