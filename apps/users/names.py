"""Names that look like other names: Unicode's TR39, https://www.unicode.org/reports/tr39/."""

from django.core.exceptions import ValidationError
from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Lower, Replace
from django.utils.translation import gettext as _


def skeleton(field: str) -> Lower:
    """What user names that look alike have in common: TR39's confusables of the characters that a
    user name may have (1, I and l; 0 and O; m and rn), whatever the case."""
    alike = Func(
        F(field),
        Value("I10"),
        Value("llO"),
        function="translate",
        output_field=CharField(),
    )
    return Lower(Replace(alike, Value("rn"), Value("m")))


def not_deceptive(name: str) -> None:
    """Raises ValidationError for letters of several scripts of which some look like others,
    such as a Cyrillic one among Latin letters."""
    if name.isascii():
        return
    from confusable_homoglyphs import confusables  # noqa: PLC0415  (megabytes, and seldom asked)

    if confusables.is_dangerous(name):
        raise ValidationError(_("This name mixes letters that look alike."), code="deceptive")
