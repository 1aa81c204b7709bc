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
        in_use = LibraryRoot.objects.in_use()
        roots = [Path(path) for path in in_use.values_list("path", flat=True)]
    except DatabaseError:
        return Check(Health.DEGRADED, _("Unknown without the database"))
    return machine.disks(roots, is_written=False)


PROBE = Probe(
    media_folders,
    Check(Health.DEGRADED, gettext_lazy("A folder does not answer")),
    gettext_lazy("Folders of films"),
)
