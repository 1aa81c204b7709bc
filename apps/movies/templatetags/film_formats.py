"""Durations, names and colours of films in templates."""

import zlib

from django import template
from django.utils.translation import gettext as _

from apps.libraries import labels

register = template.Library()

TINTS = 8


@register.filter
def clock(seconds: float) -> str:
    """`0:42`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def runtime(minutes: float) -> str:
    """`2 h 16 min`, `48 min`."""
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


@register.filter
def duration(seconds: float) -> str:
    """`1 h 2 min`, and `0:42` for what is shorter than two minutes."""
    return clock(seconds) if seconds < 120 else runtime(round(seconds / 60))


@register.filter
def minutes_left(state: object) -> int:
    """Of a watch state, at least 1."""
    left = getattr(state, "duration_seconds", 0) - getattr(state, "progress_seconds", 0)
    return max(1, round(left / 60))


@register.filter
def tint(text: str) -> str:
    """The class of a film's or person's colour; the same text always has the same."""
    return f"tint-{zlib.crc32(text.encode()) % TINTS + 1}"


@register.filter
def initials(name: str) -> str:
    """Of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in dict.fromkeys([*words[:1], *words[1:][-1:]])).upper()


@register.filter
def extra_label(kind: str) -> str:
    return labels.extra_label(kind)


@register.filter
def codec_label(codec: str) -> str:
    return labels.codec_label(codec)


@register.filter
def range_label(dynamic_range: str) -> str:
    """Of the ordinary range too."""
    return labels.dynamic_range_label(dynamic_range) or dynamic_range.upper()


@register.filter
def language_label(tag: str) -> str:
    return labels.language_label(tag)
