"""The OpenAPI document of the API."""

import functools

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.policy import Access


@method_decorator(conditional_page, name="dispatch")
class OpenApiView(APIView):
    """As YAML, in the language of `lang` or of the request."""

    policy = Access.PUBLIC
    authentication_classes = ()
    renderer_classes = (OpenApiYamlRenderer2,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        asked = request.query_params.get("lang")
        known = dict(settings.LANGUAGES)
        language = asked if asked in known else translation.get_language() or settings.LANGUAGE_CODE
        return HttpResponse(
            _document(language),
            content_type=OpenApiYamlRenderer2.media_type,
            headers={"Content-Disposition": 'inline; filename="revenge.yaml"'},
        )


@functools.cache
def _document(language: str) -> bytes:
    """Made once in a process: it takes half a second, and anybody may ask for it."""
    with translation.override(language):
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        document: bytes = OpenApiYamlRenderer2().render(schema)  # type: ignore[no-untyped-call]
        return document
