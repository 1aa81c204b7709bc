"""Who may call a route. Every route declares it; one that does not is closed to everybody."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from apps.core import context
from apps.core.ratelimit.limits import Tier

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

View = TypeVar("View", bound=Callable[..., Any])


class Access(StrEnum):
    PUBLIC = "public"
    USER = "user"
    ADMIN = "admin"


Policy = Access | Mapping[str, Access]
"""One access for every method, or one for each."""

# Routes of packages: their views cannot carry a declaration of ours.
NAMESPACES: Mapping[str, Access] = {"admin": Access.ADMIN}


def policy(access: Access, tier: Tier = Tier.GLOBAL) -> Callable[[View], View]:
    """Declare who may call a page, and how often. API views have the attributes `policy` and,
    where it is not GLOBAL, `tier` instead."""

    def declare(view: View) -> View:
        view.policy, view.tier = access, tier  # type: ignore[attr-defined]
        return view

    return declare


def declared(view: Callable[..., Any], namespaces: list[str]) -> Policy | None:
    """The policy of a resolved view; None where nobody declared one."""
    for namespace in namespaces:
        if namespace in NAMESPACES:
            return NAMESPACES[namespace]
    return getattr(view, "policy", None) or getattr(getattr(view, "cls", None), "policy", None)


def tier_of(view: Callable[..., Any]) -> Tier:
    """How often a resolved view may be called."""
    tier: Tier | None = getattr(view, "tier", None) or getattr(
        getattr(view, "cls", None), "tier", None
    )
    return tier or Tier.GLOBAL


def access_for(declaration: Policy, method: str) -> Access:
    """The access that a method needs; HEAD counts as GET, what is not listed as the strictest."""
    if isinstance(declaration, Access):
        return declaration
    if method == "OPTIONS":
        return min(declaration.values(), key=list(Access).index)
    return declaration.get("GET" if method == "HEAD" else method, Access.ADMIN)


def allows(access: Access, user: "AbstractBaseUser | AnonymousUser") -> bool:
    if access is Access.PUBLIC:
        return True
    context.user_known(user)
    if not user.is_authenticated or not user.is_active:
        return False
    return access is Access.USER or bool(getattr(user, "is_admin", False))


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
        if allows(access_for(declaration, request.method or "GET"), request.user):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise PermissionDenied
