"""What can be set of a library beside its name and folders, checked in one place."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInputError
from apps.libraries.scanner_config import ScannerConfig

_PROVIDER: Final = re.compile(r"[a-z0-9_-]{0,32}")
_LANGUAGE: Final = re.compile(r"(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)?")
_LANGUAGE_LENGTH: Final = 10


class LibrarySettings(TypedDict, total=False):
    enabled: bool
    scan_on_startup: bool
    realtime_monitoring: bool
    metadata_provider: str
    """One that is not there (yet) counts as none."""
    preferred_language: str
    """A language tag such as `de` or `pt-BR`; "" for the server's."""
    scanner_config: Mapping[str, Any]
    """See `ScannerConfig`."""


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """As a library's row has them. Raises InvalidInputError at the setting that is wrong."""
    settings = dict(given)
    if "scanner_config" in settings:
        settings["scanner_config"] = ScannerConfig.checked(settings["scanner_config"]).to_json()
    if not _PROVIDER.fullmatch(settings.get("metadata_provider", "")):
        text = _("A provider's name has at most 32 small letters, digits, hyphens or underscores.")
        raise InvalidInputError(text, {"metadata_provider": [text]})
    language = settings.get("preferred_language", "")
    if len(language) > _LANGUAGE_LENGTH or not _LANGUAGE.fullmatch(language):
        text = _("Name a language like de or pt-BR.")
        raise InvalidInputError(text, {"preferred_language": [text]})
    return settings
