"""What is sealed is opened by its key and for its purpose alone."""

import base64

import pytest
from django.conf import LazySettings

from apps.core import crypto
from apps.core.crypto import SealError


@pytest.mark.parametrize("text", ["", "secret", "Grüße 🎬", "x" * 100_000])
def test_back_and_forth(text: str) -> None:
    sealed = crypto.seal(text, purpose="test")
    assert crypto.unseal(sealed, purpose="test") == text
    assert not text or text not in sealed


def test_twice_is_not_the_same() -> None:
    assert crypto.seal("a", purpose="test") != crypto.seal("a", purpose="test")


def test_not_for_another_purpose() -> None:
    sealed = crypto.seal("secret", purpose="test")
    with pytest.raises(SealError):
        crypto.unseal(sealed, purpose="other")


def test_every_changed_byte_is_noticed() -> None:
    data = base64.urlsafe_b64decode(crypto.seal("secret", purpose="test"))
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(SealError):
            crypto.unseal(base64.urlsafe_b64encode(changed).decode(), purpose="test")


@pytest.mark.parametrize("sealed", ["", "x", "AAAA", "ä", "A" * 400])
def test_what_was_never_sealed(sealed: str) -> None:
    with pytest.raises(SealError):
        crypto.unseal(sealed, purpose="test")


def test_an_earlier_key_opens_as_long_as_it_is_named(settings: LazySettings) -> None:
    sealed, earlier = crypto.seal("secret", purpose="test"), settings.SECRET_KEY
    settings.SECRET_KEY = "another key of at least thirty-two characters"
    with pytest.raises(SealError):
        crypto.unseal(sealed, purpose="test")
    settings.SECRET_KEY_FALLBACKS = [earlier]
    assert crypto.unseal(sealed, purpose="test") == "secret"
