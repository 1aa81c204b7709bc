from typing import ClassVar

from tests.passwords import CheapArgon2PasswordHasher


class CountingHasher(CheapArgon2PasswordHasher):
    """Counts the runs of Argon2."""

    runs: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        self.runs.append("encode")
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        self.runs.append("verify")
        return super().verify(password, encoded)
