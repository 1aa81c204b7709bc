"""How passwords are hashed, and how much memory that may take at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.contrib.auth import hashers

# One of the choices that OWASP holds for equal, the one with the most memory, which is what costs
# an attacker's graphics cards most:
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_MEMORY_KIB: Final = 46 * 1024
_BUDGET_KIB: Final = 376 * 1024
"""Of all web processes together: security.md's rule 8 wants them below 400 MiB."""
_BCRYPT_BYTES: Final = 72


class MemoryGate:
    """Lets threads pass as long as what they hold together fits into `kib`; the others wait.

    A thread that holds some passes again without counting twice.
    """

    def __init__(self, kib: int) -> None:
        self._kib = self._free = kib
        self._changed = threading.Condition()
        self._thread = threading.local()

    @contextmanager
    def hold(self, kib: int) -> Iterator[None]:
        if getattr(self._thread, "holds", False):
            yield
            return
        amount = min(kib, self._kib)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        self._thread.holds = True
        try:
            yield
        finally:
            self._thread.holds = False
            with self._changed:
                self._free += amount
                self._changed.notify_all()


class Argon2Hasher(hashers.Argon2PasswordHasher):
    """Argon2id, as many at once as the memory allows."""

    time_cost = 1
    memory_cost = _MEMORY_KIB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with gate.hold(self.memory_cost):
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with gate.hold(memory_of(encoded)):
            return super().verify(password, encoded)


class BcryptHasher(hashers.BCryptPasswordHasher):
    """Of other servers. They cut passwords, as the library did before it refused long ones."""

    def encode(self, password: str, salt: bytes) -> str:  # type: ignore[override]  # the library's
        bcrypt = self._load_library()  # type: ignore[attr-defined]  # the stubs leave it out
        data: bytes = bcrypt.hashpw(password.encode()[:_BCRYPT_BYTES], salt)
        return f"{self.algorithm}${data.decode()}"


gate: Final = MemoryGate(max(_MEMORY_KIB, _BUDGET_KIB // settings.WEB_WORKERS))
"""This process's share."""


def memory_of(encoded: str) -> int:
    """What checking a password against a hash takes, in KiB. An unknown account's is like a new
    hash's."""
    if not encoded.startswith("argon2$"):
        return _MEMORY_KIB
    cost: int = hashers.Argon2PasswordHasher().decode(encoded)["memory_cost"]
    return cost
