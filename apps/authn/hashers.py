"""How passwords are hashed, and how much memory that may take at once."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.contrib.auth import hashers

# What OWASP names first. Of its other choices, all as strong, those with more memory take twice the
# time here, and those with less serve an attacker's graphics cards better.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_MEMORY_KIB: Final = 19 * 1024
_BUDGET_KIB: Final = 288 * 1024
"""Of all web processes together, so that a flood of sign-ins takes less than 400 MiB with all that
waits beside."""
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

    time_cost = 2
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


def _share() -> int:
    """This process's, in KiB; more hashes at once than there are cores take memory alone."""
    cores = (os.cpu_count() or 1) * _MEMORY_KIB
    return max(_MEMORY_KIB, min(cores, _BUDGET_KIB // settings.WEB_WORKERS))


gate: Final = MemoryGate(_share())


def memory_of(encoded: str) -> int:
    """What checking a password against a hash takes, in KiB. An unknown account's is like a new
    hash's."""
    if not encoded.startswith("argon2$"):
        return _MEMORY_KIB
    cost: int = hashers.Argon2PasswordHasher().decode(encoded)["memory_cost"]
    return cost
