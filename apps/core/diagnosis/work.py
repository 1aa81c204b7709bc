"""Jobs: what waits, and who works."""

import time
from datetime import timedelta

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.jobs import queues as job_queues
from apps.core.jobs.queues import Waiting
from apps.core.monitoring import jobs
from apps.core.probes import Check, Health, Probe
from apps.core.valkey.clients import AWAY

_AWAY = gettext_lazy("The broker does not answer; jobs wait")
_UNKNOWN = gettext_lazy("The database does not answer")
_OLD = timedelta(minutes=15)


def queues() -> Check:
    """A queue whose first job has waited for long is degraded."""
    try:
        found = job_queues.waiting()
    except DatabaseError:
        return Check(Health.DEGRADED, str(_UNKNOWN))
    facts = {queue.value: _queue(waiting) for queue, waiting in found.items()}
    late = [str(queue) for queue, waiting in found.items() if waiting.oldest > _OLD]
    if late:
        message = _("Jobs have waited for long: %(queues)s") % {"queues": ", ".join(late)}
        return Check(Health.DEGRADED, message, facts=facts)
    return Check(Health.HEALTHY, facts=facts)


def _queue(waiting: Waiting) -> str:
    if not waiting.jobs:
        return "0"
    about = {"size": waiting.jobs, "seconds": round(waiting.oldest.total_seconds())}
    return _("%(size)s; the first has waited for %(seconds)s s") % about


def processes() -> Check:
    """Workers and beat by when they were last heard."""
    try:
        heard = jobs.last_heard()
    except AWAY:
        return Check(Health.DEGRADED, str(_AWAY))
    now = time.time()
    facts = {
        name: _("%(seconds)s s ago") % {"seconds": max(0, round(now - when))}
        for name, when in sorted(heard.items())
    }
    living = {name for name, when in heard.items() if now - when < jobs.LOST_AFTER_SECONDS}
    if not living - {jobs.BEAT}:
        return Check(Health.DEGRADED, _("No worker is heard; jobs wait"), facts=facts)
    if jobs.BEAT not in living:
        return Check(Health.DEGRADED, _("Beat is not heard; nothing is scheduled"), facts=facts)
    if silent := sorted(heard.keys() - living):
        message = _("Not heard any more: %(names)s") % {"names": ", ".join(silent)}
        return Check(Health.DEGRADED, message, facts=facts)
    return Check(Health.HEALTHY, facts=facts)


PROBES = {
    "queues": Probe(queues, Check(Health.DEGRADED, _UNKNOWN), gettext_lazy("Queues")),
    "workers": Probe(processes, Check(Health.DEGRADED, _AWAY), gettext_lazy("Workers and beat")),
}
