"""The real routes and two that fail."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.policy import Access, policy
from revenge import urls

handler500 = urls.handler500
SECRET = "hunter2-in-a-local-variable"


class BrokenApi(APIView):
    policy = Access.PUBLIC

    def get(self, _request: Request) -> Response:
        raise RuntimeError(SECRET)


@policy(Access.PUBLIC)
def broken_page(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError(SECRET)


urlpatterns = [
    path("api/v1/broken", BrokenApi.as_view()),
    path("api/v1/broken-page", broken_page),
    path("broken/", broken_page),
    *urls.urlpatterns,
]
