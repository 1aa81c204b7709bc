import copy
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

T = TypeVar("T")
M = TypeVar("M", bound=Model)

MAX_INT = 2**31 - 1
"""The API's `int` has 32 bits; larger numbers are refused, not handed to the database."""


class Page(serializers.Serializer[Any]):
    """The query of a list: `limit` and `offset`; a value beyond its range is refused."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    offset = serializers.IntegerField(min_value=0, max_value=MAX_INT, default=0)


class RowOutput(serializers.ModelSerializer[M]):
    """What clients see of a row.

    Its `optional` and `nullable` fields are left out when they are absent; of the latter, clients
    expect null too.
    """

    optional: ClassVar[tuple[str, ...]] = ()
    nullable: ClassVar[tuple[str, ...]] = ()
    _made: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._made = {}

    def get_fields(self) -> dict[str, Any]:
        """Worked out once a class, since they hang on the model alone and cost more than a row; an
        instance binds copies of its own."""
        if not self._made:
            self._made.update(super().get_fields())
        return {name: _copied(field) for name, field in self._made.items()}

    def to_representation(self, instance: M) -> dict[str, Any]:
        row = super().to_representation(instance)
        for name in (*self.optional, *self.nullable):
            if row[name] is None or row[name] == "":
                del row[name]
        return row


def _copied(field: Any) -> Any:  # noqa: ANN401  (a field of any kind)
    has_inner = isinstance(field, serializers.BaseSerializer) or hasattr(field, "child")
    return copy.deepcopy(field) if has_inner else copy.copy(field)


def query(serializer: type[serializers.Serializer[T]], data: Any) -> dict[str, Any]:  # noqa: ANN401
    """The validated query of a request. Raises ValidationError (400)."""
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


@extend_schema_serializer(component_name="Error")
class ErrorOutput(serializers.Serializer[Any]):
    code = serializers.IntegerField(help_text="The HTTP status.")
    message = serializers.CharField()
    details = serializers.DictField(required=False, help_text="On 400: messages by field.")
