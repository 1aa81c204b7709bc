"""What a library's `scanner_config` may say, in the API and in the console."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from celery.schedules import ParseException, crontab
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInputError

MAX_GLOBS: Final = 100
MAX_GLOB_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class ScannerConfig:
    """`exclude` are globs of names or paths below a root. `schedule` is a crontab line of five
    fields, in the server's time zone; "" for none. `trusts_folder_times`: a folder whose time of
    change is the same is not listed again, which some network file systems do not deserve."""

    exclude: tuple[str, ...] = ()
    schedule: str = ""
    trusts_folder_times: bool = True

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Of a library's row; what does not fit counts as not said."""
        try:
            return cls.checked(stored)
        except InvalidInputError:
            return cls()

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Self:
        """Of what a person or a program gave. Raises InvalidInputError, at `scanner_config`."""
        unknown = sorted(given.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise _refused(_("There is no setting %(name)s.") % {"name": unknown[0]})
        return cls(
            exclude=_globs(given.get("exclude", [])),
            schedule=_schedule(given.get("schedule", "")),
            trusts_folder_times=_flag(given.get("trusts_folder_times", True)),
        )

    def to_json(self) -> dict[str, Any]:
        """What differs from the defaults."""
        said: dict[str, Any] = {}
        if self.exclude:
            said["exclude"] = list(self.exclude)
        if self.schedule:
            said["schedule"] = self.schedule
        if not self.trusts_folder_times:
            said["trusts_folder_times"] = False
        return said

    @property
    def crontab(self) -> crontab | None:
        return _crontab(self.schedule) if self.schedule else None


def _globs(given: object) -> tuple[str, ...]:
    are_texts = isinstance(given, list) and all(isinstance(glob, str) for glob in given)
    if not isinstance(given, list) or not are_texts or len(given) > MAX_GLOBS:
        raise _refused(_("At most %(most)s lines may be left out.") % {"most": MAX_GLOBS})
    globs = tuple(dict.fromkeys(glob.strip() for glob in given if glob.strip()))
    if any(len(glob) > MAX_GLOB_LENGTH or "\0" in glob for glob in globs):
        text = _("A line has at most %(most)s characters.")
        raise _refused(text % {"most": MAX_GLOB_LENGTH})
    return globs


def _schedule(given: object) -> str:
    text = " ".join(given.split()) if isinstance(given, str) else None
    if text is None or (text and not _is_crontab(text)):
        raise _refused(
            _("This is no crontab line: write one like 0 3 * * * (every day at 3 o'clock).")
        )
    return text


def _is_crontab(text: str) -> bool:
    try:
        _crontab(text)
    except (ParseException, ValueError, TypeError):
        return False
    return True


def _crontab(text: str) -> crontab:
    minute, hour, day_of_month, month_of_year, day_of_week = text.split()
    return crontab(
        minute=minute,
        hour=hour,
        day_of_month=day_of_month,
        month_of_year=month_of_year,
        day_of_week=day_of_week,
    )


def _flag(given: object) -> bool:
    if not isinstance(given, bool):
        raise _refused(_("trusts_folder_times is true or false."))
    return given


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message, {"scanner_config": [message]})
