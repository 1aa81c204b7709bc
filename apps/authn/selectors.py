"""Reads of sessions."""

import uuid
from dataclasses import dataclass

from django.db import connection

from apps.authn.tokens import AccessClaims
from apps.users.models import User


@dataclass(frozen=True)
class LiveSession:
    """A session that was live when the request came."""

    id: uuid.UUID
    user: User


_FIELDS = [field.attname for field in User._meta.concrete_fields]  # noqa: SLF001  (public API)
_COLUMNS = ", ".join(f'u."{field.column}"' for field in User._meta.concrete_fields)  # noqa: SLF001
# Every API request asks this. Written out, because making this SQL from a query set anew each
# time took twice as long as asking the database.
_LIVE = f"""
    SELECT {_COLUMNS}
    FROM authn_devicesession s JOIN users_user u ON u.id = s.user_id
    WHERE s.id = %s AND u.id = %s AND u.is_active
        AND s.ended_at IS NULL AND s.expires_at > now()
"""  # noqa: S608  (the columns are the model's)


def live_session(claims: AccessClaims) -> LiveSession | None:
    """The session of an access token, unless it has ended or its user was disabled."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, [claims.session_id, claims.user_id])
        row = cursor.fetchone()
    if row is None:
        return None
    return LiveSession(claims.session_id, User.from_db(connection.alias, _FIELDS, row))
