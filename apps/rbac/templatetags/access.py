from typing import TYPE_CHECKING

from django import template

from apps.core.permissions import Permission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.users.models import User

register = template.Library()


@register.filter
def may(user: "User | AnonymousUser", permission: str) -> bool:
    """`{% if user|may:"playback:stream" %}`. Raises ValueError for what the server never checks."""
    return user.has_perm(Permission(permission))
