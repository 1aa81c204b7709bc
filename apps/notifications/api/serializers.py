from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.core.events.types import Category


class EventsQuery(serializers.Serializer[Any]):
    categories = serializers.CharField(
        required=False,
        help_text=f"Some of {', '.join(Category)}, with commas between them; all when absent.",
    )

    def validate_categories(self, text: str) -> frozenset[Category]:
        try:
            return frozenset(Category(each.strip()) for each in text.split(","))
        except ValueError:
            known = ", ".join(Category)
            raise serializers.ValidationError(
                _("Choose from %(known)s.") % {"known": known}
            ) from None


@extend_schema_serializer(component_name="EventsToken")
class EventsTokenOutput(serializers.Serializer[Any]):
    token = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
