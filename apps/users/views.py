"""The pages of one's own account."""

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from apps.core import stepup
from apps.core.accel import accel_response
from apps.core.errors import DomainError
from apps.core.forms import show_error
from apps.core.links import next_page
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs, policy
from apps.core.ratelimit.limits import Tier
from apps.core.requests import AuthenticatedRequest
from apps.siteconfig.declared import DELETED_ACCOUNTS_KEPT_DAYS
from apps.users import avatars, deletion, exports, services
from apps.users import preferences as preference_services
from apps.users.context_processors import THEME_COOKIE
from apps.users.forms import AvatarForm, DeleteAccountForm, PreferencesForm, ProfileForm
from apps.users.models import Theme, User

_COOKIE_SECONDS = 365 * 24 * 3600


@require_POST
@policy(Access.PUBLIC)
def appearance(request: HttpRequest) -> HttpResponse:
    """Choose the theme: kept in the account, and in the browser for the pages before sign-in."""
    theme = request.POST.get("theme", "")
    if theme not in Theme.values:
        return HttpResponseBadRequest()
    response = redirect(next_page(request, fallback="movies:home"))
    _keep_theme(response, theme)
    if isinstance(request.user, User):
        services.user_update(user=request.user, changes={"theme": theme}, actor=request.user)
    return response


@require_POST
@policy(Access.PUBLIC)
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language: kept in the account, and in the browser for the pages before sign-in."""
    response: HttpResponse = set_language(request)
    chosen = request.POST.get("language", "")
    if isinstance(request.user, User) and chosen in dict(settings.LANGUAGES):
        changes = {"display_language": chosen}
        preference_services.preferences_update(user=request.user, changes=changes)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@policy({"GET": Access.USER, "POST": Needs(Permission.PROFILE_UPDATE)})
def profile(request: AuthenticatedRequest) -> HttpResponse:
    user = request.user
    form = ProfileForm(
        request.POST or None,
        initial={name: getattr(user, name) for name in ProfileForm.base_fields},
    )
    if form.is_valid():
        if "email" in form.changed_data:
            stepup.require(request)
        try:
            services.user_update(user=user, changes=form.cleaned_data, actor=user)
        except DomainError as error:
            show_error(form, error)
            user.refresh_from_db()
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("users:profile")
    return _profile_page(request, form, AvatarForm())


@require_POST
@policy(Needs(Permission.PROFILE_UPDATE))
def avatar(request: AuthenticatedRequest) -> HttpResponse:
    """Show the uploaded picture, or with `remove` none."""
    if "remove" in request.POST:
        avatars.avatar_remove(user=request.user, actor=request.user)
        messages.success(request, _("Your picture is removed."))
        return redirect("users:profile")
    form = AvatarForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            avatars.avatar_set(user=request.user, content=form.content(), crop=form.crop())
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Your picture is saved."))
            return redirect("users:profile")
    user = request.user
    initial = {name: getattr(user, name) for name in ProfileForm.base_fields}
    return _profile_page(request, ProfileForm(initial=initial), form)


@require_http_methods(["GET", "HEAD", "POST"])
@policy({"GET": Access.USER, "POST": Needs(Permission.PROFILE_UPDATE)})
def preferences(request: AuthenticatedRequest) -> HttpResponse:
    found = preference_services.preferences_of(request.user)
    form = PreferencesForm(request.POST or None, instance=found)
    if form.is_valid():
        try:
            preference_services.preferences_update(user=request.user, changes=form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            return _preferences_saved(request, form)
    return render(request, "users/preferences.html", {"form": form})


@require_safe
@never_cache
@policy(Access.USER)
def data(request: AuthenticatedRequest) -> HttpResponse:
    return _data_page(request, DeleteAccountForm())


@require_http_methods(["GET", "HEAD", "POST"])
@policy({"GET": Access.USER, "POST": Needs(Permission.PROFILE_UPDATE)})
def export(request: AuthenticatedRequest) -> HttpResponse:
    """Have an export made (POST), and download it."""
    if request.method == "POST":
        stepup.require(request)
        exports.export_start(user=request.user)
        messages.success(request, _("Your data is being put together."))
        return redirect("users:data")
    found = exports.export_of(request.user)
    if found is None:
        messages.error(request, _("There is no export to download."))
        return redirect("users:data")
    response = accel_response(
        found.path, content_type="application/zip", cache_control="private, no-store"
    )
    name = f"{slugify(request.user.username)}-{found.made_at:%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@sensitive_post_parameters("password")
@require_POST
@never_cache
@policy(Needs(Permission.PROFILE_UPDATE), Tier.AUTH)
def delete(request: AuthenticatedRequest) -> HttpResponse:
    """Delete the own account and sign out."""
    form = DeleteAccountForm(request.POST)
    if form.is_valid():
        try:
            stepup.confirm(request, form.cleaned_data["password"])
            deletion.own_account_delete(user=request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            auth.logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("authn:sign-in")
    return _data_page(request, form)


def _profile_page(
    request: AuthenticatedRequest, form: ProfileForm, avatar_form: AvatarForm
) -> HttpResponse:
    return render(request, "users/profile.html", {"form": form, "avatar_form": avatar_form})


def _data_page(request: AuthenticatedRequest, form: DeleteAccountForm) -> HttpResponse:
    context = {
        "export": exports.export_of(request.user),
        "job": exports.export_job(request.user),
        "kept_days": DELETED_ACCOUNTS_KEPT_DAYS.get(),
        "form": form,
    }
    return render(request, "users/data.html", context)


def _preferences_saved(request: AuthenticatedRequest, form: PreferencesForm) -> HttpResponse:
    with translation.override(form.cleaned_data["display_language"]):
        messages.success(request, _("Your preferences are saved."))
    response = redirect("users:preferences")
    _keep_theme(response, form.cleaned_data["theme"])
    return response


def _keep_theme(response: HttpResponse, theme: str) -> None:
    response.set_cookie(THEME_COOKIE, theme, max_age=_COOKIE_SECONDS, httponly=True, samesite="Lax")
