"""What a list may be ordered and narrowed by: declared beside the list, never taken from text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from apps.core.errors import InvalidInputError

S = TypeVar("S", bound=QuerySet[Any])


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the list's own model. Rows without a value come last in both directions."""

    name: str
    descending: bool = False
    nullable: bool = False

    @property
    def expression(self) -> OrderBy:
        nulls_last = True if self.nullable else None
        field = F(self.name)
        return field.desc(nulls_last=nulls_last) if self.descending else field.asc()

    def same(self, value: object) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def beyond(self, value: object) -> Iterator[Q]:
        """The ranges that come after a value, in order."""
        if value is None:
            return
        yield Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value})
        if self.nullable:
            yield Q(**{f"{self.name}__isnull": True})


@dataclass(frozen=True)
class Ordering:
    """`name` tells it from all other orderings. The last column is unique, so that no two rows are
    in the same place; an index of these columns and directions makes the list cheap."""

    name: str
    columns: tuple[Column, ...]

    def apply(self, queryset: S) -> S:
        return queryset.order_by(*(column.expression for column in self.columns))

    @property
    def fields(self) -> list[str]:
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Filters:
    """By name, the condition that a value makes."""

    conditions: Mapping[str, Callable[[Any], Q]]

    def condition(self, wanted: Mapping[str, object]) -> Q:
        """All conditions together; None is none. Raises InvalidInputError for another name."""
        chosen = Q()
        for name, value in wanted.items():
            if name not in self.conditions:
                raise InvalidInputError("The list has no such filter", {name: ["Unknown."]})
            if value is not None:
                chosen &= self.conditions[name](value)
        return chosen
