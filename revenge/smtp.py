"""What `REVENGE_EMAIL_URL` may say: `smtp://user:password@host:587`."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit


class Encryption(StrEnum):
    """The scheme of the address."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_PORTS = {Encryption.NONE: 25, Encryption.STARTTLS: 587, Encryption.TLS: 465}


@dataclass(frozen=True)
class SmtpServer:
    host: str
    port: int
    user: str
    password: str
    encryption: Encryption


def parse(address: str) -> SmtpServer:
    """Raises ValueError."""
    parts = urlsplit(address)
    encryption = Encryption(parts.scheme)
    if not parts.hostname:
        raise ValueError("it names no host")
    return SmtpServer(
        parts.hostname,
        parts.port or _PORTS[encryption],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        encryption,
    )
