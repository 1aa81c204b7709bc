"""What a display name may be made of."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Control characters and line breaks, and what turns the text beside the name around.
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def validate_display_name(name: str) -> None:
    """Raises ValidationError."""
    if _REFUSED.search(name):
        raise ValidationError(_("The name has characters that cannot be shown."))
