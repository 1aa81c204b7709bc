"""What somebody sees of which libraries: the union of the grants, each with its own limits."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from apps.libraries.cache import ACCESS_OF
from apps.libraries.scan.titles import fold

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from apps.users.models import User


class GrantLevel(TextChoices):
    """Each includes those before it."""

    VIEW = "view", _("view")
    DOWNLOAD = "download", _("download")
    MANAGE = "manage", _("manage")

    @classmethod
    def of(cls, codename: str) -> "GrantLevel":
        return cls(codename.removesuffix("_library"))

    @property
    def codename(self) -> str:
        """Of django-guardian's permission."""
        return f"{self.value}_library"

    @property
    def codenames(self) -> list[str]:
        """Of the permissions that include this one."""
        levels = list(GrantLevel)
        return [level.codename for level in levels[levels.index(self) :]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a grant leaves out. `blocked_tags` are folded and sorted."""

    max_age: int | None = None
    """In years; None: films of every rating."""
    shows_unrated: bool = True
    """Whether, below a highest age, films without a known rating are shown."""
    blocked_tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, max_age: int | None, tags: Iterable[str], *, shows_unrated: bool) -> "Limits":
        keys = tuple(sorted(tag_keys(tags)))
        return cls(max_age, max_age is None or shows_unrated, keys)

    def condition(self, work: str) -> Q:
        """For rows whose film (or the like) is found along the lookup `work`, `""` for itself."""
        prefix = f"{work}__" if work else ""
        condition = Q(**{f"{work}__isnull": False}) if work else Q()
        if self.max_age is not None:
            rated = Q(**{f"{prefix}minimum_age__lte": self.max_age})
            unrated = Q(**{f"{prefix}minimum_age": None})
            condition &= rated | unrated if self.shows_unrated else rated
        if self.blocked_tags:
            condition &= ~Q(**{f"{prefix}tag_keys__overlap": list(self.blocked_tags)})
        return condition


NO_LIMITS: Final = Limits()
Libraries = tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """The libraries of which somebody sees all, and those of which some: sorted, so that two who
    see the same are equal."""

    whole: Libraries = ()
    limited: tuple[tuple[Limits, Libraries], ...] = ()

    @classmethod
    def of(cls, grants: Iterable[tuple[uuid.UUID, Limits]]) -> "Access":
        by_limits: dict[Limits, set[uuid.UUID]] = {}
        for library, limits in grants:
            by_limits.setdefault(limits, set()).add(library)
        whole = by_limits.pop(NO_LIMITS, set())
        limited = [(limits, tuple(sorted(ids - whole))) for limits, ids in by_limits.items()]
        return cls(tuple(sorted(whole)), tuple(sorted(filter(_libraries, limited), key=repr)))

    def __bool__(self) -> bool:
        return bool(self.whole or self.limited)

    @property
    def libraries(self) -> Libraries:
        """All of which somebody sees anything, sorted."""
        return tuple(sorted({pk for pk, _limits in self._grants()}))

    def only(self, library: uuid.UUID) -> "Access":
        """The same of a single library."""
        return Access.of((pk, limits) for pk, limits in self._grants() if pk == library)

    def condition(self, libraries: str, *works: str) -> Q:
        """For rows whose libraries are found by the lookup `libraries`, and whose film along one
        of the lookups `works`."""
        parts = [Q(**{libraries: list(self.whole)})] if self.whole or not self.limited else []
        for limits, ids in self.limited:
            admitted = reduce(or_, map(limits.condition, works))
            parts.append(Q(**{libraries: list(ids)}) & admitted)
        return reduce(or_, parts)

    def _grants(self) -> Iterator[tuple[uuid.UUID, Limits]]:
        yield from ((pk, NO_LIMITS) for pk in self.whole)
        yield from ((pk, limits) for limits, ids in self.limited for pk in ids)


def _libraries(limited: tuple[Limits, Libraries]) -> Libraries:
    return limited[1]


NOTHING: Final = Access()
_works: list[str] = []


def register_works(*lookups: str) -> None:
    """The ways from a media file to what people watch, which has `minimum_age` and `tag_keys`."""
    _works.extend(lookups)


def works() -> tuple[str, ...]:
    return tuple(_works)


def tag_keys(tags: Iterable[str]) -> list[str]:
    """Tags for comparing: case, accents and blanks do not matter."""
    keys = (" ".join(fold(tag).replace("`", " ").split())[:200] for tag in tags)
    return list(dict.fromkeys(filter(None, keys)))


def access_of(user: "User | AnonymousUser", level: GrantLevel = GrantLevel.VIEW) -> Access:
    """Of the libraries that are switched on: an administrator's all, others' with grants."""
    if not user.is_authenticated or not user.is_active:
        return NOTHING
    who = "admin" if user.is_admin else "user"
    return ACCESS_OF.get_or_set(f"{user.pk.hex}:{who}:{level}", lambda: _read(user, level))


def sees_all(user: "User | AnonymousUser", library_id: uuid.UUID) -> bool:
    """Whether no grant keeps a film of the library from the user: only then may paths be told, and
    what an error says, since they name films."""
    is_admin = user.is_authenticated and user.is_admin
    return is_admin or library_id in access_of(user).whole


def _read(user: "User", level: GrantLevel) -> Access:
    from apps.libraries.models import Library, LibraryGrant, LibraryRoleGrant  # noqa: PLC0415

    if user.is_admin:
        enabled = Library.objects.in_use().filter(enabled=True).order_by()
        return Access(tuple(sorted(enabled.values_list("pk", flat=True))))
    granting = {
        "permission__codename__in": level.codenames,
        "content_object__enabled": True,
        "content_object__deleted_at": None,
    }
    columns = ("content_object_id", "max_age", "shows_unrated", "blocked_tags")
    own = LibraryGrant.objects.filter(user=user, **granting).values_list(*columns)
    by_role = LibraryRoleGrant.objects.filter(group__user=user, **granting).values_list(*columns)
    return Access.of(
        (library, Limits.of(age, tags, shows_unrated=unrated))
        for library, age, unrated, tags in own.union(by_role, all=True)
    )
