from django import template

from apps.libraries import selectors
from apps.users.models import User

register = template.Library()


@register.simple_tag
def scan_is_running(user: User) -> bool:
    return bool(selectors.scans_running(user=user))
