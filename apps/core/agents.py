"""Names for people of what calls itself `Mozilla/5.0 (X11; Linux x86_64) …`."""

from functools import lru_cache

from django.utils.translation import gettext as _


def device_name(name: str, agent: str) -> str:
    """The client's own name, else that of its program and system, else "Unknown device"."""
    program, system = (name, "") if name else _parsed(agent)
    if program and system and program != system:
        return _("%(program)s on %(system)s") % {"program": program, "system": system}
    return program or system or _("Unknown device")


@lru_cache(maxsize=256)
def _parsed(agent: str) -> tuple[str, str]:
    """Program and system, each "" where it cannot be told."""
    # Some megabytes of expressions, which only few requests need.
    from ua_parser import parse  # noqa: PLC0415

    result = parse(agent)
    program = result.user_agent.family if result.user_agent else ""
    system = result.os.family if result.os else ""
    return program, system
