"""Whether changes are noticed, for the administrators' report."""

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.core.diagnosis import machine
from apps.core.probes import Check, Health, Probe
from apps.libraries.watch import report, targets
from apps.libraries.watch.report import Mode, Reason, RootState

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_POLLED: Final = gettext_lazy("%(detail)s reports no changes: checked every %(minutes)s minutes")
_IN_PART: Final = gettext_lazy("Not all of it can be watched: looked at every %(minutes)s minutes")
_TEXTS: "Final[dict[tuple[Mode, Reason], StrOrPromise]]" = {
    (Mode.STARTING, Reason.NONE): gettext_lazy("Not watched yet"),
    (Mode.AWAY, Reason.NONE): gettext_lazy("Not there; watched again when it comes back"),
    (Mode.WATCHED, Reason.NONE): pgettext_lazy("a folder", "Watched"),
    (Mode.WATCHED, Reason.UNREADABLE): gettext_lazy(
        "Watched, except %(detail)s, which cannot be read"
    ),
    (Mode.POLLED, Reason.FILE_SYSTEM): _POLLED,
    (Mode.PARTLY, Reason.FILE_SYSTEM): _POLLED,
    (Mode.POLLED, Reason.ERROR): gettext_lazy("Cannot be watched: %(detail)s"),
}
_SYSCTL: Final = gettext_lazy(
    "The kernel's limit of watched folders is reached. Raise it: sudo sysctl"
    " fs.inotify.%(name)s=%(number)s; for good: echo fs.inotify.%(name)s=%(number)s |"
    " sudo tee /etc/sysctl.d/60-revenge.conf"
)


def watching() -> Check:
    """Degraded when changes are missed that somebody can do something about: a file system that
    tells of none is polled, and that is all there is to it."""
    try:
        wanted = targets.wanted()
    except DatabaseError:
        return Check(Health.DEGRADED, _("Unknown without the database"))
    if not wanted:
        return Check(Health.HEALTHY, _("No library is watched"))
    heard = report.heard()
    if heard is None or heard[0] > report.LOST_AFTER_SECONDS:
        message = _("The watcher does not report: only the next scan finds changes")
        return Check(Health.DEGRADED, message)
    states = {target.path: heard[1].get(target.root_id, RootState()) for target in wanted}
    kernel = machine.watches()
    facts = {path: _text(state) for path, state in states.items()}
    remedies = dict.fromkeys(map(_remedy, states.values()))
    message = " ".join(filter(None, remedies)) or _warning(kernel)
    status = Health.DEGRADED if message else Health.HEALTHY
    return Check(status, message, facts={**facts, **kernel.facts})


def _warning(kernel: Check) -> str:
    """Before the limit is reached."""
    return "" if kernel.status is Health.HEALTHY else str(kernel.message)


def _text(state: RootState) -> str:
    minutes = round(settings.WATCH_POLL_SECONDS / 60, 1)
    about = {"minutes": f"{minutes:g}", "detail": state.detail}
    return str(_TEXTS.get((state.mode, state.reason), _IN_PART)) % about


def _remedy(state: RootState) -> str:
    """What an administrator is to do; "" when nothing is wrong."""
    match state.reason:
        case Reason.WATCH_LIMIT:
            return str(_SYSCTL) % {"name": "max_user_watches", "number": state.number}
        case Reason.INSTANCE_LIMIT:
            return str(_SYSCTL) % {"name": "max_user_instances", "number": state.number}
        case Reason.ERROR:
            return _("A folder cannot be watched and is looked at now and then instead.")
    return _("A watched folder is away.") if state.mode is Mode.AWAY else ""


PROBE = Probe(
    watching,
    Check(Health.DEGRADED, gettext_lazy("Does not answer")),
    gettext_lazy("Watching for changes"),
)
