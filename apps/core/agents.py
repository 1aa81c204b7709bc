"""What a User-Agent header says of a device."""

from functools import lru_cache


@lru_cache(maxsize=256)
def device_name(agent: str) -> str:
    """Such as "Firefox, Windows"; the first word of what is not a known browser; "" for none."""
    if not agent.strip():
        return ""
    import ua_parser  # noqa: PLC0415  (its tables are large, and few pages show devices)

    browser, system = ua_parser.parse_user_agent(agent), ua_parser.parse_os(agent)
    names = [found.family for found in (browser, system) if found and found.family != "Other"]
    return ", ".join(names) or agent.split(maxsplit=1)[0].partition("/")[0][:40]
