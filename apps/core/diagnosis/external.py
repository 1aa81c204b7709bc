"""Services of others that the server asks."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.probes import Check, Health, Probe


def services() -> Check:
    """None yet: films are described from their names and NFO files."""
    return Check(Health.HEALTHY, _("No external service is configured"))


_AWAY = Check(Health.DEGRADED, gettext_lazy("Do not answer"))
PROBES = {"external_services": Probe(services, _AWAY, gettext_lazy("External services"))}
