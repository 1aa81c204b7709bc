"""The folders of films, for the administrators' report."""

from pathlib import Path

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.diagnosis import machine
from apps.core.probes import Check, Health, Probe
from apps.libraries.models import LibraryRoot


def media_folders() -> Check:
    try:
        problems = {root.path: root.reason for root in LibraryRoot.objects.in_use()}
    except DatabaseError:
        return Check(Health.DEGRADED, _("Unknown without the database"))
    disks = machine.disks(map(Path, problems), is_written=False)
    away = {path: problem for path, problem in problems.items() if problem}
    if not away:
        return disks
    message = _("A folder is away, or much of it is gone: see Folders")
    return Check(Health.DEGRADED, message, facts={**disks.facts, **away})


PROBE = Probe(
    media_folders,
    Check(Health.DEGRADED, gettext_lazy("A folder does not answer")),
    gettext_lazy("Folders of films"),
)
