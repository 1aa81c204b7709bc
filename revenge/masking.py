"""Keeping secrets out of logs: what looks like one, and those that are known, become `***`."""

import re
from collections.abc import Callable, Iterable

HIDDEN = "***"
_NAMES = (
    *("pass", "secret", "token", "apikey", "api-key", "api_key", "authorization", "cookie", "csrf"),
    *("session_id", "session_key", "sessionid", "revenge_session", "credential", "private_key"),
    "signature",
)
# Few lines hold any of these; the others need not be searched by the patterns.
_SIGNS = (*_NAMES, "://", "/setup/#", "eyj", "bearer", "basic")

SECRET_NAME = re.compile("|".join(_NAMES), re.IGNORECASE)
# Quotes may be escaped: the text may be JSON, or JSON within JSON.
_QUOTE = r"(?:\\*[\"'])?"
_PATTERNS = (
    # scheme://user:password@host
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"), rf"\g<1>{HIDDEN}"),
    # The token of the first run stands behind the # of its page.
    (re.compile(r"(/setup/#)[\w-]+"), rf"\g<1>{HIDDEN}"),
    # JSON Web Tokens (RFC 7519), wherever they stand.
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\g<1> {HIDDEN}"),
    # name=value, name: value, "name": "value"
    (
        re.compile(
            rf"((?:{SECRET_NAME.pattern})[\w-]*{_QUOTE}\s*[:=]\s*{_QUOTE})"
            rf"(?!\*|bearer |basic )[^\s\"'\\&;,)}}\]]{{4,}}",
            re.IGNORECASE,
        ),
        rf"\g<1>{HIDDEN}",
    ),
)
_SHORTEST_KNOWN = 8

Mask = Callable[[str], str]


def mask(text: str) -> str:
    """`text` without what looks like a secret."""
    lowered = text.lower()
    if not any(sign in lowered for sign in _SIGNS):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def masker(known: Iterable[str]) -> Mask:
    """`mask` that also hides these values, wherever they stand; short ones are no secrets."""
    values = sorted({value for value in known if len(value) >= _SHORTEST_KNOWN}, key=len)

    def mask_all(text: str) -> str:
        for value in reversed(values):
            text = text.replace(value, HIDDEN)
        return mask(text)

    return mask_all
