"""The engines: their versions, and how quickly they answer."""

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.health import database_cursor
from apps.core.probes import Check, Health, Probe
from apps.core.valkey.clients import AWAY, client

_AWAY = gettext_lazy("Does not answer")


def postgresql() -> Check:
    try:
        with database_cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version'),"
                " pg_size_pretty(pg_database_size(current_database())),"
                " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),"
                " current_setting('max_connections')"
            )
            version, size, connections, most = cursor.fetchone() or ("", "", 0, "")
    except DatabaseError:
        return Check(Health.UNHEALTHY, _("Does not answer"))
    facts = {
        _("Version"): str(version),
        _("Size"): str(size),
        _("Connections"): _("%(used)s of %(most)s") % {"used": connections, "most": most},
    }
    return Check(Health.HEALTHY, facts=facts)


def valkey() -> Check:
    try:
        found = client().info()
    except AWAY:
        return Check(Health.DEGRADED, _("Does not answer"))
    facts = {
        # Valkey answers with the version of Redis that it is compatible with, too.
        _("Version"): str(found.get("valkey_version") or found.get("redis_version", "")),
        _("Memory"): str(found.get("used_memory_human", "")),
        _("Connections"): str(found.get("connected_clients", "")),
    }
    return Check(Health.HEALTHY, facts=facts)


def typesense() -> Check:
    import requests  # noqa: PLC0415  (heavy, and only here)

    if not settings.TYPESENSE_URL:
        return Check(Health.DEGRADED, _("There is none: the database answers searches"))
    try:
        answer = requests.get(
            f"{settings.TYPESENSE_URL}/debug",
            headers={"X-TYPESENSE-API-KEY": settings.TYPESENSE_API_KEY},
            timeout=1,
        )
        answer.raise_for_status()
        version = str(answer.json().get("version", ""))
    except (requests.RequestException, ValueError):
        return Check(Health.DEGRADED, _("Does not answer"))
    return Check(Health.HEALTHY, facts={_("Version"): version})


PROBES = {
    "postgresql": Probe(postgresql, Check(Health.UNHEALTHY, _AWAY), "PostgreSQL"),
    "valkey": Probe(valkey, Check(Health.DEGRADED, _AWAY), "Valkey"),
    "typesense": Probe(typesense, Check(Health.DEGRADED, _AWAY), "Typesense"),
}
