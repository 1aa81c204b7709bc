"""Jobs: what waits, and who works."""

import time

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from apps.core.monitoring import jobs
from apps.core.probes import Check, Health, Probe

_AWAY = gettext_lazy("The broker does not answer; jobs wait")
_OLD_SECONDS = 15 * 60


def queues() -> Check:
    """A queue whose next job has waited for long is degraded."""
    try:
        found = jobs.queues()
    except (RedisError, OSError):
        return Check(Health.DEGRADED, str(_AWAY))
    facts = {queue.name: _queue(queue) for queue in found}
    late = [queue.name for queue in found if (queue.oldest_seconds or 0) > _OLD_SECONDS]
    if late:
        message = _("Jobs have waited for long: %(queues)s") % {"queues": ", ".join(late)}
        return Check(Health.DEGRADED, message, facts=facts)
    return Check(Health.HEALTHY, facts=facts)


def _queue(queue: jobs.Queue) -> str:
    if queue.oldest_seconds is None:
        return str(queue.size)
    about = {"size": queue.size, "seconds": round(queue.oldest_seconds)}
    return _("%(size)s; the next has waited for %(seconds)s s") % about


def processes() -> Check:
    """Workers and beat by when they were last heard."""
    try:
        heard = jobs.last_heard()
    except (RedisError, OSError):
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
    "queues": Probe(queues, Check(Health.DEGRADED, _AWAY), gettext_lazy("Queues")),
    "workers": Probe(processes, Check(Health.DEGRADED, _AWAY), gettext_lazy("Workers and beat")),
}
