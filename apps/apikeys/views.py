"""The page of one's API keys."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.apikeys import selectors, services
from apps.apikeys.forms import KeyForm
from apps.authn import stepup
from apps.core.errors import DomainError, NotFoundError
from apps.core.forms import show_error
from apps.core.policy import Access, policy
from apps.core.requests import AuthenticatedRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@policy(Access.USER)
def keys(request: AuthenticatedRequest) -> HttpResponse:
    """The list, and the form for one more. A new key is shown in the answer to the form alone."""
    if request.method == "POST":
        stepup.require(request)
    form = KeyForm(request.POST or None)
    made: services.MadeKey | None = None
    if form.is_valid():
        try:
            made = services.key_create(user=request.user, **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            form = KeyForm()
    context = {"form": form, "made": made, "keys": selectors.key_list(user=request.user)}
    return render(request, "apikeys/list.html", context)


@require_POST
@policy(Access.USER)
def revoke(request: AuthenticatedRequest, key_id: UUID) -> HttpResponse:
    stepup.require(request)
    try:
        key = selectors.key_get(user=request.user, key_id=key_id)
    except NotFoundError as error:
        raise Http404 from error
    services.key_revoke(key=key, actor=request.user)
    messages.success(request, _("The key “%(name)s” works no more.") % {"name": key.name})
    return redirect("apikeys:list")
