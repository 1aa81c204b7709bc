"""Recording what was done, in the transaction of the change."""

import json
import uuid
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.core.context import current_origin

if TYPE_CHECKING:
    from django.db.models import Model

    from apps.users.models import User

Changes = Mapping[str, tuple[object, object]]
"""Old and new value, by field."""

_LONGEST = 2000
_MASKED = "********"
_SECRETS = ("password", "secret", "token", "api_key", "code")


def record(
    action: Action,
    *,
    actor: "User | None" = None,
    resource: "Model | None" = None,
    resource_type: str = "",
    resource_id: uuid.UUID | None = None,
    changes: Changes | None = None,
    metadata: Mapping[str, object] | None = None,
    username: str = "",
    success: bool = True,
    error: str = "",
) -> None:
    """Add a row about what `actor` did to `resource`; the request at hand says from where.

    `resource` gives type and id where these are not given. Values of secret fields are masked.
    `username` is the name that was tried where there is no actor.
    """
    if resource is not None:
        resource_type = resource_type or resource._meta.model_name or ""  # noqa: SLF001  (public API)
        resource_id = resource_id or resource.pk
    origin = current_origin.get()
    ActivityEntry.objects.create(
        user_id=actor.pk if actor else None,
        username=_text(actor.username if actor else username)[:254],
        action=action,
        resource_type=resource_type,
        resource_id=resource_id,
        changes={
            name: {"old": _kept(name, old), "new": _kept(name, new)}
            for name, (old, new) in (changes or {}).items()
        },
        metadata={name: _kept(name, value) for name, value in (metadata or {}).items()},
        ip_address=origin.address,
        user_agent=_text(origin.agent),
        success=success,
        error_message=_text(error)[:500],
    )


def _kept(name: str, value: object) -> Any:  # noqa: ANN401  (what JSON can hold)
    """Of what is long the beginning, as text: nothing leaves the log for a year."""
    shown = _shown(name, value)
    text = json.dumps(shown, ensure_ascii=False)
    return shown if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _shown(name: str, value: object) -> Any:  # noqa: ANN401  (what JSON can hold)
    # Of "passwords.minimum_length" the part after the dot is what it names.
    if value is not None and any(part in name.lower().rpartition(".")[2] for part in _SECRETS):
        return _MASKED
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(name, each) for each in value]
    if isinstance(value, Mapping):
        return {_text(str(key)): _shown(str(key), each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, date) else _text(str(value))


def _text(text: str) -> str:
    """As PostgreSQL can keep it: somebody has sent it, and it may be anything."""
    return text.replace("\0", "").encode(errors="replace").decode()
