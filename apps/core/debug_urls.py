"""Routes of development: `revenge.urls` has them with REVENGE_DEBUG only."""

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.api.errors import error_body
from apps.core.errors import ConflictError
from apps.core.monitoring import profiling
from apps.core.policy import Access, policy


class _ProfileForm(forms.Form):
    seconds = forms.FloatField(min_value=0.1, max_value=profiling.MAX_SECONDS)
    format = forms.ChoiceField(choices=[(name, name) for name in profiling.RENDERERS])


@never_cache
@require_GET
@policy(Access.ADMIN)
def profile(request: HttpRequest) -> HttpResponse:
    """`?seconds=5&format=html|speedscope`: a file, because its page has scripts of its own."""
    form = _ProfileForm({"seconds": "5", "format": "html", **request.GET.dict()})
    if not form.is_valid():
        return JsonResponse(error_body(400, "The request is not valid", form.errors), status=400)
    wanted = form.cleaned_data["format"]
    try:
        session = profiling.profile(form.cleaned_data["seconds"])
    except ConflictError as error:
        return JsonResponse(error_body(409, error.message), status=409)
    name, kind = {
        "html": ("profile.html", "text/html"),
        "speedscope": ("profile.speedscope.json", "application/json"),
    }[wanted]
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = profiling.RENDERERS[wanted]().render(session)
    return HttpResponse(body, content_type=kind, headers=disposition)


urlpatterns = [path("debug/profile", profile, name="profile")]
