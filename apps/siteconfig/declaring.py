"""What a server setting is: declared in code, with its type, bounds and default."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidInputError
from revenge import env

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

T = TypeVar("T", bool, int, float, str)


class DataType(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    FLOAT = "float"
    JSON = "json"


class Category(models.TextChoices):
    GENERAL = "general", gettext_lazy("General")
    ACCOUNTS = "accounts", gettext_lazy("Accounts")
    SECURITY = "security", gettext_lazy("Security")
    LIBRARIES = "libraries", gettext_lazy("Libraries")
    IMAGES = "images", gettext_lazy("Images")
    PLAYBACK = "playback", gettext_lazy("Playback")
    RETENTION = "retention", gettext_lazy("Retention")


class Source(models.TextChoices):
    """Where a value comes from; the first that has one counts."""

    ENVIRONMENT = "environment", gettext_lazy("environment")
    DATABASE = "database", gettext_lazy("set here")
    DEFAULT = "default", gettext_lazy("default")


_TYPES: Final[dict[type, DataType]] = {
    bool: DataType.BOOLEAN,
    int: DataType.INTEGER,
    float: DataType.FLOAT,
    str: DataType.STRING,
}


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    key: str
    default: T
    category: Category
    label: "_StrPromise"
    help: "_StrPromise | str" = ""
    minimum: float | None = None
    maximum: float | None = None
    """Of a number; of a text, its length without blanks around it."""
    choices: tuple[str, ...] = ()
    is_secret: bool = False
    is_public: bool = False

    def __post_init__(self) -> None:
        if self.key in DECLARED:
            raise ValueError(f"the setting {self.key} is declared twice")
        DECLARED[self.key] = self

    @property
    def data_type(self) -> DataType:
        return _TYPES[type(self.default)]

    @property
    def variable(self) -> str:
        """The environment's variable that overrides what is stored."""
        return f"REVENGE_SETTING_{self.key.replace('.', '_').upper()}"

    def get(self) -> T:
        """The value that counts. It is asked for at each use: nobody keeps it."""
        from apps.siteconfig import selectors  # noqa: PLC0415  (it needs the declarations)

        value: T = selectors.value_of(self)
        return value

    def checked(self, value: object) -> T:
        """The value, if it is one of this setting's. Raises InvalidInputError."""
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise _invalid(_("The value must be of type %(type)s.") % {"type": self.data_type})
        if kind is str:
            self._check_text(str(value))
        elif kind is not bool:
            self._check_bounds(value)
        return value

    def from_environment(self) -> T | None:
        """None where the variable is not set. Raises EnvError for a value that it may not have."""
        name, bounds = self.variable, {"minimum": self.minimum, "maximum": self.maximum}
        found: Any
        match self.data_type:
            case DataType.BOOLEAN:
                found = env.boolean(name, None)
            case DataType.INTEGER:
                found = env.integer(name, None, **bounds)  # type: ignore[arg-type]
            case DataType.FLOAT:
                found = env.number(name, None, **bounds)
            case _:
                found = self._text_from_environment()
        value: T | None = found
        return value

    def _text_from_environment(self) -> str | None:
        text = env.text(self.variable, None)
        try:
            if text is not None:
                self._check_text(text)
        except InvalidInputError as error:
            raise env.EnvError(f"{self.variable}: {error.details['value'][0]}") from None
        return text

    def _check_text(self, text: str) -> None:
        if "\0" in text:
            raise _invalid(_("The text must not contain null characters."))
        if len(text.strip()) < (self.minimum or 0):
            raise _invalid(_("At least %(least)d characters.") % {"least": self.minimum or 0})
        if self.choices and text not in self.choices:
            raise _invalid(_("Choose one of: %(choices)s.") % {"choices": ", ".join(self.choices)})
        if len(text) > (self.maximum or 255):
            raise _invalid(_("At most %(most)d characters.") % {"most": self.maximum or 255})

    def _check_bounds(self, value: Any) -> None:  # noqa: ANN401  (a number)
        least = float("-inf") if self.minimum is None else self.minimum
        most = float("inf") if self.maximum is None else self.maximum
        if not least <= value <= most:
            bounds = {"least": self.minimum, "most": self.maximum}
            raise _invalid(_("The value must lie between %(least)s and %(most)s.") % bounds)


DECLARED: Final[dict[str, Setting[Any]]] = {}
"""Every setting by its key, in the order of declaration."""


def _invalid(reason: str) -> InvalidInputError:
    return InvalidInputError(_("The setting's value is not valid."), {"value": [reason]})
