"""Secrets at rest: AES-256-GCM, with keys made from SECRET_KEY.

What is sealed names its key, so that SECRET_KEY_FALLBACKS opens what an earlier one has sealed.
"""

import base64
import os
from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.crypto import salted_hmac

_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12


class SealError(ValueError):
    """It was sealed with a key that is gone, for another purpose, or was changed."""


def seal(text: str, *, purpose: str) -> str:
    """URL-safe text that only `unseal` with the same purpose opens."""
    key_id, key = next(_keys(purpose))
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())
    return base64.urlsafe_b64encode(key_id + nonce + sealed).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Raises SealError."""
    try:
        data = base64.urlsafe_b64decode(sealed.encode())
        key = dict(_keys(purpose))[data[:_KEY_ID_BYTES]]
        nonce = data[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        body = data[_KEY_ID_BYTES + _NONCE_BYTES :]
        return AESGCM(key).decrypt(nonce, body, purpose.encode()).decode()
    except (InvalidTag, KeyError, ValueError) as error:
        raise SealError("it cannot be opened") from error


def _keys(purpose: str) -> Iterator[tuple[bytes, bytes]]:
    """Id and key, of the present SECRET_KEY first."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        key = salted_hmac("apps.core.crypto", purpose, secret=secret, algorithm="sha256").digest()
        name = salted_hmac("apps.core.crypto.id", "", secret=secret, algorithm="sha256").digest()
        yield name[:_KEY_ID_BYTES], key
