"""Where what is known of films may come from, to choose from for a library."""

from django.utils.functional import Promise

_providers: dict[str, str | Promise] = {}


def register(name: str, label: str | Promise) -> None:
    """`name` is what `Library.metadata_provider` says."""
    _providers[name] = label


def choices() -> list[tuple[str, str | Promise]]:
    return list(_providers.items())
