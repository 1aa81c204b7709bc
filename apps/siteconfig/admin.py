from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.transaction import set_rollback
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.core import stepup
from apps.core.admin import Pages, ReadOnlyAdmin, refusal
from apps.core.db.transactions import transaction
from apps.core.errors import DomainError, InvalidInputError
from apps.core.permissions import Permission
from apps.siteconfig import selectors, services
from apps.siteconfig.declaring import DECLARED
from apps.siteconfig.forms import Change, SettingsForm
from apps.siteconfig.models import ServerSetting

if TYPE_CHECKING:
    from apps.users.models import User

_PAGE = "admin:siteconfig_serversetting_changelist"


@admin.register(ServerSetting)
class ServerSettingAdmin(ReadOnlyAdmin):
    """Its list is the page of all settings."""

    pages = Pages(view=Permission.SETTINGS_READ)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST":
            may_change = request.user.has_perm(Permission.SETTINGS_UPDATE)
            return self._page(request, SettingsForm(is_locked=not may_change), extra_context)
        if not request.user.has_perm(Permission.SETTINGS_UPDATE):
            raise PermissionDenied
        stepup.require(request)
        form = SettingsForm(request.POST)
        if _is_done(request, form, cast("User", request.user)):
            return redirect(_PAGE)
        return self._page(request, form, extra_context)

    def _page(
        self, request: HttpRequest, form: SettingsForm, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": _("Settings"),
            "opts": self.opts,
            "form": form,
            "may_change": request.user.has_perm(Permission.SETTINGS_UPDATE),
            "added": selectors.custom_settings(),
        }
        return TemplateResponse(request, "siteconfig/settings.html", context)


def _is_done(request: HttpRequest, form: SettingsForm, actor: "User") -> bool:
    """Whether what the pressed button stands for is done, and nothing that was typed is left."""
    if key := request.POST.get("reset"):
        return _reset(request, form, actor, key)
    if key := request.POST.get("remove"):
        return _remove(request, form, actor, key)
    if not form.is_valid() or not _save(form, actor):
        messages.error(request, _("Nothing was saved: look at the marked fields."))
        return False
    messages.success(request, _("The settings are saved."))
    return True


def _save(form: SettingsForm, actor: "User") -> bool:
    """All changes, or none where one is refused: that stands at its field then."""
    with transaction():
        for change in form.changes():
            _apply(form, change, actor)
        if form.errors:
            set_rollback(True)
    return not form.errors


def _apply(form: SettingsForm, change: Change, actor: "User") -> None:
    try:
        services.server_setting_update(
            setting=change.setting, value=change.value, actor=actor, shown=change.shown
        )
    except InvalidInputError as error:
        form.add_error(change.setting.key, error.details["value"])
    except DomainError as error:
        form.add_error(change.setting.key, error.message)
        form.show_present(change.setting)


def _reset(request: HttpRequest, form: SettingsForm, actor: "User", key: str) -> bool:
    setting = DECLARED.get(key)
    if setting is None:
        return True
    try:
        services.server_setting_reset(setting=setting, actor=actor, shown=form.shown(setting))
    except DomainError as error:
        messages.error(request, f"{setting.label}: {refusal(error)}")
        form.show_present(setting)
        return False
    messages.success(request, _("%(setting)s: the default counts.") % {"setting": setting.label})
    form.show_present(setting, with_value=True)
    return form.is_valid() and not form.changes()


def _remove(request: HttpRequest, form: SettingsForm, actor: "User", key: str) -> bool:
    try:
        services.custom_setting_delete(key=key, actor=actor)
    except DomainError as error:
        messages.error(request, refusal(error))
    else:
        messages.success(request, _("%(key)s is removed.") % {"key": key})
    return form.is_valid() and not form.changes()
