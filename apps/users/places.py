"""Time zones and languages that an account may name."""

import functools
import re
import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

# The shape of a BCP 47 tag: language, then script, region and variants.
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")


@functools.cache
def time_zones() -> list[str]:
    """The names of the IANA database, "Europe/Berlin" among them, in order."""
    return sorted(zoneinfo.available_timezones())


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(time_zones())


def validate_time_zone(name: str) -> None:
    """Raises ValidationError for what the IANA database does not have."""
    if name not in _known():
        raise ValidationError(_("There is no such time zone. Choose one like Europe/Berlin."))


def validate_language_tag(tag: str) -> None:
    """Raises ValidationError for what is no language like "de" or "pt-BR"."""
    if not _TAG.fullmatch(tag):
        raise ValidationError(_("Name a language like de or pt-BR."))


def page_language(tag: str) -> str:
    """The language of LANGUAGES that a tag ("de-AT") means. Raises ValidationError."""
    validate_language_tag(tag)
    try:
        found: str = get_supported_language_variant(tag.lower())
    except LookupError as error:
        known = ", ".join(code for code, _name in settings.LANGUAGES)
        raise ValidationError(
            _("The pages have these languages: %(known)s.") % {"known": known}
        ) from error
    return found


def validate_page_language(tag: str) -> None:
    """Raises ValidationError for what `page_language` does not know."""
    page_language(tag)
