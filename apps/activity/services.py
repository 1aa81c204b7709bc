"""Recording what was done, in the transaction of the change."""

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
        username=(actor.username if actor else username)[:254],
        action=action,
        resource_type=resource_type,
        resource_id=resource_id,
        changes={
            name: {"old": _shown(name, old), "new": _shown(name, new)}
            for name, (old, new) in (changes or {}).items()
        },
        metadata={name: _shown(name, value) for name, value in (metadata or {}).items()},
        ip_address=origin.address,
        user_agent=origin.agent,
        success=success,
        error_message=error[:500],
    )


def _shown(name: str, value: object) -> Any:  # noqa: ANN401  (what JSON can hold)
    if value is None or isinstance(value, bool | int | float):
        return value
    if any(part in name for part in _SECRETS):
        return _MASKED
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(name, each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _shown(str(key), each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, date) else str(value)
