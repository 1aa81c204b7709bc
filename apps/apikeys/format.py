"""What a key looks like: `rv_` and 64 hexadecimal digits, 256 random bits."""

import hashlib
import re
import secrets
from typing import Final

PREFIX_LENGTH: Final = 15
"""Of the beginning that is stored and shown; 208 bits stay secret."""

_FORM: Final = re.compile(r"rv_[0-9a-f]{64}")


def key_new() -> str:
    return f"rv_{secrets.token_hex(32)}"


def is_key(text: str) -> bool:
    return _FORM.fullmatch(text) is not None


def prefix_of(key: str) -> str:
    return key[:PREFIX_LENGTH]


def hash_of(key: str) -> str:
    """SHA-256: a secret of that many random bits needs no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()
