"""The log as CSV, for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from django.db.models import QuerySet
from django.utils import timezone

from apps.activity import selectors, services
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.activity.selectors import Wanted

if TYPE_CHECKING:
    from apps.users.models import User

_BATCH: Final = 1000
_COLUMNS: Final = (
    "created_at", "user_id", "username", "action", "resource_type", "resource_id", "success",
    "error_message", "ip_address", "user_agent", "changes", "metadata",
)  # fmt: skip
# By OWASP's list (https://owasp.org/www-community/attacks/CSV_Injection), with the wide forms.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
_CONTROLS: Final = ("\t", "\r", "\n")


def export(*, wanted: Wanted, actor: "User") -> Iterator[str]:
    """The entries that there are now, the latest first, in pieces; that it was done is recorded.

    Raises InvalidInputError for a filter that there is not.
    """
    found = selectors.entries({**wanted}).filter(created_at__lte=timezone.now())
    given = {name: value for name, value in wanted.items() if value is not None}
    services.record(Action.ACTIVITY_EXPORT, actor=actor, metadata=given)
    return _pieces(found)


def _pieces(found: QuerySet[ActivityEntry]) -> Iterator[str]:
    # The mark tells spreadsheets that it is UTF-8.
    yield "\ufeff" + _csv([_COLUMNS])
    for batch in selectors.batches(found, size=_BATCH):
        yield _csv(_row(entry) for entry in batch)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _row(entry: ActivityEntry) -> tuple[str, ...]:
    return tuple(_harmless(_text(getattr(entry, name))) for name in _COLUMNS)


def _text(value: object) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _harmless(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula; behind an apostrophe it is text."""
    begins_so = cell.startswith(_CONTROLS) or cell.lstrip().startswith(_FORMULA_STARTS)
    return f"'{cell}" if begins_so else cell
