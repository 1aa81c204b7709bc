"""How the server is, in detail, for administrators: the API and the console show the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.core import health, probes
from apps.core.diagnosis import engines, external, machine, work
from apps.core.probes import Health, Probe

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LIMIT_SECONDS = 2.0

_probes: dict[str, Probe] = {
    **engines.PROBES,
    **work.PROBES,
    **machine.PROBES,
    **external.PROBES,
}


@dataclass(frozen=True)
class Part:
    name: str
    label: "StrOrPromise"
    status: Health
    message: "StrOrPromise"
    seconds: float
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Diagnosis:
    """`status` is what /readyz says, and not the worst of the details."""

    status: Health
    parts: list[Part]


def register(name: str, probe: Probe) -> None:
    """Feature apps add what they know when they are ready; parts are shown in this order."""
    _probes[name] = probe


def diagnose() -> Diagnosis:
    """Asks every part; takes `LIMIT_SECONDS` at most."""
    readiness = {f"ready {name}": probe for name, probe in health.PROBES.items()}
    checks = probes.ask_all({**readiness, **_probes}, limit=LIMIT_SECONDS)
    status = probes.worst(checks.pop(name).status for name in readiness)
    parts = [
        Part(name, _probes[name].label, check.status, check.message, check.seconds, check.facts)
        for name, check in checks.items()
    ]
    return Diagnosis(status, parts)
