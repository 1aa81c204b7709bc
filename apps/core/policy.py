"""Who may call a route. Every route declares it; one that does not is closed to everybody.

The declaration is what the permission class, the middleware of pages, the OpenAPI document and the
tests of every route go by.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from apps.core import context
from apps.core.errors import StepUpRequiredError
from apps.core.permissions import Permission
from apps.core.ratelimit.limits import Tier

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

View = TypeVar("View", bound=Callable[..., Any])


class Access(StrEnum):
    """From the weakest to the strictest."""

    PUBLIC = "public"
    SIGNED = "signed"
    """Whoever has the link: the view checks its signature."""
    WEBHOOK = "webhook"
    """Another program: the view checks its secret."""
    USER = "user"
    SESSION = "session"
    """A user who has signed in in person: what guards the account is closed to API keys."""
    STAFF = "staff"
    """Who may enter the console: what its pages show and do asks for more."""
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Needs:
    """Somebody who has signed in and has the permission.

    `access` is whom the published API names: ADMIN for what is an administrator's, though a role
    may allow it to others too.
    """

    permission: Permission
    access: Access = Access.USER
    or_grant: bool = False
    """A grant on the object at hand does as well: the view asks for it."""


Rule = Access | Needs
Policy = Rule | Mapping[str, Rule]
"""One rule for every method, or one for each."""

# Routes of packages: their views cannot carry a declaration of ours.
NAMESPACES: Mapping[str, Rule] = {"admin": Access.STAFF}


@runtime_checkable
class Credential(Protocol):
    """What somebody signed in with, where that allows less than who it is."""

    id: UUID

    def permits(self, access: Access, method: str) -> bool: ...


def policy(rule: Policy, tier: Tier = Tier.GLOBAL) -> Callable[[View], View]:
    """Declare who may call a page, and how often. API views have the attributes `policy` and,
    where it is not GLOBAL, `tier` instead."""

    def declare(view: View) -> View:
        view.policy, view.tier = rule, tier  # type: ignore[attr-defined]
        return view

    return declare


def declared(view: Callable[..., Any], namespaces: list[str]) -> Policy | None:
    """The policy of a resolved view; None where nobody declared one."""
    own = getattr(view, "policy", None) or getattr(getattr(view, "cls", None), "policy", None)
    if own is not None:
        return own  # type: ignore[no-any-return]
    return next((NAMESPACES[name] for name in namespaces if name in NAMESPACES), None)


def tier_of(view: Callable[..., Any]) -> Tier:
    """How often a resolved view may be called."""
    tier: Tier | None = getattr(view, "tier", None) or getattr(
        getattr(view, "cls", None), "tier", None
    )
    return tier or Tier.GLOBAL


def rule_for(declaration: Policy, method: str) -> Rule:
    """The rule of a method; HEAD counts as GET, what is not listed as the strictest."""
    if not isinstance(declaration, Mapping):
        return declaration
    if method == "OPTIONS":
        return min(declaration.values(), key=lambda rule: list(Access).index(access_of(rule)))
    return declaration.get("GET" if method == "HEAD" else method, Access.ADMIN)


def access_of(rule: Rule) -> Access:
    """Whom the published API names."""
    return rule.access if isinstance(rule, Needs) else rule


def allows(rule: Rule, user: "AbstractBaseUser | AnonymousUser") -> bool:
    if rule in {Access.PUBLIC, Access.SIGNED, Access.WEBHOOK}:
        return True
    context.user_known(user)
    if not user.is_authenticated or not user.is_active:
        return False
    if isinstance(rule, Needs):
        return rule.or_grant or bool(user.has_perm(rule.permission))  # type: ignore[attr-defined]
    if rule is Access.STAFF:
        return bool(user.is_staff)  # type: ignore[attr-defined]
    return rule in {Access.USER, Access.SESSION} or bool(getattr(user, "is_admin", False))


class PolicyMiddleware:
    """Enforces the policy of pages; API views enforce theirs with `PolicyPermission`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        _args: tuple[Any, ...],
        _kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        declaration = declared(view, match.namespaces if match else [])
        if declaration is None:
            raise ImproperlyConfigured(f"the route {request.path_info} declares no policy")
        if hasattr(view, "cls"):
            return None
        if allows(rule_for(declaration, request.method or "GET"), request.user):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise PermissionDenied

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A page that wants to know again who it is comes back afterwards."""
        if not isinstance(error, StepUpRequiredError):
            return None
        # A form that was sent is shown again, empty: what it held is nobody's business meanwhile.
        again = request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
        return redirect_to_login(again, login_url=settings.STEP_UP_URL)
