from datetime import datetime, timedelta

from django import template
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()

_NOW = timedelta(minutes=2)


@register.simple_tag
def moment(time: datetime) -> SafeString:
    """How long ago it was, with the time itself as a title."""
    local = timezone.localtime(time)
    is_now = timezone.now() - time < _NOW
    ago = _("just now") if is_now else _("%(time)s ago") % {"time": timesince(time, depth=1)}
    title = date(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), title, ago)
