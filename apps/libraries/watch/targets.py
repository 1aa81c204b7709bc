"""Which folders are to be watched, and telling the watcher that this has changed."""

import uuid
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction

from apps.core.valkey.clients import AWAY, client
from apps.libraries.models import LibraryRoot
from apps.libraries.scanner_config import ScannerConfig

CHANNEL: Final = f"{settings.KEY_PREFIX}:libraries-watched"


@dataclass(frozen=True, slots=True)
class Target:
    root_id: uuid.UUID
    library_id: uuid.UUID
    path: str
    exclude: tuple[str, ...]


def wanted() -> list[Target]:
    """The roots of libraries that are to be watched, there or not."""
    rows = LibraryRoot.objects.filter(
        removed_at=None,
        library__deleted_at=None,
        library__enabled=True,
        library__realtime_monitoring=True,
    )
    return [
        Target(pk, library, path, ScannerConfig.of(config).exclude)
        for pk, library, path, config in rows.values_list(
            "pk", "library_id", "path", "library__scanner_config"
        )
    ]


def tell_on_commit() -> None:
    """A library or its roots have changed. Who does not hear of it looks once a minute."""
    transaction.on_commit(_tell, robust=True)


def _tell() -> None:
    try:
        client().publish(CHANNEL, "")
    except AWAY:
        return
