"""The server's routes, and a list of films without any of what makes it a list for somebody."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.policy import Access, policy
from apps.movies import json
from apps.movies.models import Movie
from revenge.urls import handler400, handler403, handler404, handler500
from revenge.urls import urlpatterns as routes

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@policy(Access.PUBLIC)
def bare_list(_request: HttpRequest) -> HttpResponse:
    movies = Movie.objects.order_by("-library_added_at", "-id")[:50]
    items = json.movies_json(movies)
    body = f'{{"items":{items},"total":{len(items)},"page":1,"page_size":50}}'
    return HttpResponse(body, content_type="application/json")


@policy(Access.PUBLIC)
def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"")


class BareMeApi(APIView):
    """As many bytes as `users/me` has, for anybody."""

    policy = Access.PUBLIC
    authentication_classes = ()

    def get(self, _request: Request) -> Response:
        now = timezone.now().isoformat()
        return Response(
            {
                "id": "01a1ff6f-2400-71bc-8d78-3c4f7ccb0b8f",
                "username": "bench",
                "email": "bench@localhost.localdomain",
                "is_active": True,
                "is_admin": True,
                "email_verified": False,
                "created_at": now,
                "last_login_at": now,
            }
        )


urlpatterns = [
    path("bench/bare-list", bare_list),
    path("bench/bare-me", BareMeApi.as_view()),
    path("bench/empty", empty),
    *routes,
]
