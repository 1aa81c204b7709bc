"""The log in words."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.apps import apps
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.core.agents import device_name

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ACTIONS: Final[dict[str, "_StrPromise"]] = {
    Action.LOGIN: _("Signed in"),
    Action.LOGIN_FAILED: _("Sign-in failed"),
    Action.LOGIN_LOCKED: _("Sign-in locked after too many failures"),
    Action.LOGOUT: _("Signed out"),
    Action.STEP_UP: _("Password confirmed"),
    Action.STEP_UP_FAILED: _("Password not confirmed"),
    Action.REGISTER: _("Account registered"),
    Action.USER_CREATE: _("Account created"),
    Action.USER_UPDATE: _("Account changed"),
    Action.USER_DELETE: _("Account deleted"),
    Action.USER_RESTORE: _("Account restored"),
    Action.USER_ANONYMISE: _("Account anonymised"),
    Action.USER_EXPORT: _("Data exported"),
    Action.AVATAR_CHANGE: _("Picture changed"),
    Action.EMAIL_VERIFY: _("E-mail address confirmed"),
    Action.PASSWORD_CHANGE: _("Password changed"),
    Action.PASSWORD_RESET_REQUEST: _("New password asked for"),
    Action.PASSWORD_RESET: _("New password set"),
    Action.SESSION_END: _("Session ended"),
    Action.SESSION_REUSE: _("Session ended: an old token was used"),
    Action.INVITATION_CREATE: _("Invitation made"),
    Action.INVITATION_REVOKE: _("Invitation revoked"),
    Action.API_KEY_CREATE: _("API key made"),
    Action.API_KEY_REVOKE: _("API key revoked"),
    Action.ROLE_CREATE: _("Role made"),
    Action.ROLE_UPDATE: _("Role changed"),
    Action.ROLE_DELETE: _("Role deleted"),
    Action.ROLE_ASSIGN: _("Role given"),
    Action.ROLE_REMOVE: _("Role taken away"),
    Action.GRANT_ADD: _("Access to a library given"),
    Action.GRANT_REMOVE: _("Access to a library taken away"),
    Action.GRANT_UPDATE: _("Access to a library changed"),
    Action.SETTING_UPDATE: _("Setting changed"),
    Action.LIBRARY_CREATE: _("Library made"),
    Action.LIBRARY_UPDATE: _("Library changed"),
    Action.LIBRARY_DELETE: _("Library deleted"),
    Action.LIBRARY_RESTORE: _("Library restored"),
    Action.LIBRARY_LOSS: _("Many files gone at once"),
    Action.LIBRARY_LOSS_ACCEPT: _("Files confirmed to be gone"),
    Action.LIBRARY_ROOT_ACCEPT: _("Folder confirmed to be the right one"),
    Action.LIBRARY_FORGET: _("Missing files forgotten"),
    Action.LIBRARY_SCAN: _("Scan asked for"),
    Action.LIBRARY_SCAN_CANCEL: _("Scan cancelled"),
    Action.SETUP_FINISH: _("Server set up"),
    Action.SEARCH_REINDEX: _("Search index made anew"),
    Action.JOB_CANCEL: _("Job cancelled"),
    Action.JOB_RETRY: _("Job repeated"),
    Action.SCHEDULE_RUN: _("Schedule run at once"),
    Action.SCHEDULE_UPDATE: _("Schedule changed"),
    Action.ACTIVITY_PURGE: _("Old activity deleted"),
    Action.ACTIVITY_EXPORT: _("Activity exported"),
}


_FAILURES: Final = frozenset({Action.LOGIN_FAILED, Action.LOGIN_LOCKED, Action.STEP_UP_FAILED})
"""Their names say already that something failed."""

NAMES: Final[dict[str, "_StrPromise"]] = {
    "address": _("Address"),
    "address_ranges": _("Works from"),
    "before": _("there before"),
    "blocked_tags": _("blocked tags"),
    "by": _("By"),
    "device": _("Device"),
    "display_name": _("Display name"),
    "email": _("E-mail address"),
    "email_verified": _("E-mail address confirmed"),
    "enabled": _("switched on"),
    "exclude": _("Leave out"),
    "expires_at": _("expires"),
    "files": _("files"),
    "gone": _("gone"),
    "is_active": _("active"),
    "is_superuser": _("administrator"),
    "libraries": _("Libraries"),
    "library": _("Library"),
    "locale": _("Language"),
    "marker": _("marker"),
    "max_age": _("highest age rating"),
    "metadata_provider": _("metadata provider"),
    "name": _("Name"),
    "path": _("path"),
    "paths": _("paths"),
    "permission": _("Level"),
    "permissions": _("Permissions"),
    "preferred_language": _("preferred language"),
    "prefix": _("begins with"),
    "realtime_monitoring": _("watch for changes"),
    "reason": _("Reason"),
    "role": _("Role"),
    "roots": _("root folders"),
    "scan": _("scan"),
    "scan_on_startup": _("scan on start"),
    "scan_type": _("type"),
    "scanner_config": _("scanner settings"),
    "schedule": _("Schedule"),
    "scopes": _("What it may do"),
    "shows_unrated": _("unrated films too"),
    "theme": _("Appearance"),
    "timezone": _("Time zone"),
    "trusts_folder_times": _("Trust folders' modification times"),
    "type": _("type"),
    "user": _("user"),
    "username": _("User name"),
    "uses": _("Uses"),
    "works": _("films"),
}
"""What people call a field of a change; others are shown as they were recorded."""

_VALUES: Final[dict[tuple[str, Any], "_StrPromise"]] = {
    ("permission", "view"): _("view"),
    ("permission", "download"): _("download"),
    ("permission", "manage"): _("manage"),
    ("scan_type", "full"): _("Full"),
    ("scan_type", "incremental"): _("Incremental"),
    ("scan_type", "metadata"): _("Metadata"),
}
_SHORT: Final = 160


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as people read it; `reader_id` is who may see no more than an account's own log."""

    entry: ActivityEntry
    reader_id: UUID | None = None

    @property
    def by_another(self) -> bool:
        """Done by somebody else, whose device and address the reader is not told."""
        return self.reader_id is not None and self.entry.user_id not in {None, self.reader_id}

    @property
    def label(self) -> str:
        return action_label(self.entry.action)

    @property
    def device(self) -> str:
        agent = "" if self.by_another else self.entry.user_agent
        return device_name("", agent) if agent else ""

    @property
    def address(self) -> str:
        return "" if self.by_another else self.entry.ip_address or ""

    @property
    def has_failed(self) -> bool:
        """What the label does not say by itself."""
        return not self.entry.success and self.entry.action not in _FAILURES

    @property
    def differences(self) -> list[Difference]:
        changes = self.entry.changes.items()
        return [
            Difference(name_label(name), _shown(each["old"]), _shown(each["new"]))
            for name, each in changes
        ]

    @property
    def kind(self) -> str:
        return kind_label(self.entry.resource_type)

    @property
    def is_short(self) -> bool:
        """Its details need no more than a few lines."""
        texts = [d.name + d.old + d.new for d in self.differences]
        return sum(map(len, texts)) + sum(len(n) + len(v) for n, v in self.details) <= _SHORT

    @property
    def details(self) -> list[tuple[str, str]]:
        held = self.entry.metadata.items()
        return [(name_label(name), _said(name, value)) for name, value in held if name != "user_id"]


def name_label(name: str) -> str:
    return capfirst(str(NAMES[name])) if name in NAMES else name


def kind_label(kind: str) -> str:
    """What people call a kind of object."""
    return str(_model_names().get(kind, kind))


@lru_cache(maxsize=1)
def _model_names() -> "dict[str, str | _StrPromise]":
    names = [model._meta for model in apps.get_models()]  # noqa: SLF001  (public API)
    return {meta.model_name or "": meta.verbose_name or "" for meta in names}


def action_label(action: str) -> str:
    """Its own name for one that an older or newer version has recorded."""
    return str(ACTIONS.get(action, action))


def _said(name: str, value: Any) -> str:  # noqa: ANN401  (what JSON can hold)
    match name, value:
        case "device", str() if "/" in value:  # a program, not a name that it gave itself
            return device_name("", value)
        case "expires_at", str() if moment := parse_datetime(value):
            return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
        case _, str() if (name, value) in _VALUES:
            return str(_VALUES[name, value])
        case _:
            return _shown(value)


def _shown(value: Any) -> str:  # noqa: ANN401  (what JSON can hold)
    match value:
        case dict() if value:
            return ", ".join(f"{name_label(name)}: {_shown(each)}" for name, each in value.items())
        case None | "" | [] | {}:
            return "–"  # noqa: RUF001
        case True:
            return gettext("yes")
        case False:
            return gettext("no")
        case list():
            return ", ".join(_shown(each) for each in value)
        case _:
            return str(value)
