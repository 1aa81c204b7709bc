"""The pages of libraries for people."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from apps.core.errors import InvalidInputError
from apps.core.policy import Access, policy
from apps.core.requests import AuthenticatedRequest
from apps.libraries import folders as server


@require_safe
@never_cache
@policy(Access.ADMIN)
@vary_on_headers("HX-Request")
def folders(request: AuthenticatedRequest) -> HttpResponse:
    """The server's folders at `path`; as a part: for the forms in which one is chosen."""
    context: dict[str, object] = {}
    try:
        context["listing"] = server.browse(request.GET.get("path", ""))
    except InvalidInputError as error:
        context["refusal"] = error.message
    template = "libraries/partials/folders.html" if request.htmx else "libraries/folders.html"
    return render(request, template, context, status=400 if "refusal" in context else 200)
