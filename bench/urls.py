"""The server's routes, and a list of films without any of what makes it a list for somebody."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

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


urlpatterns = [path("bench/bare-list", bare_list), path("bench/empty", empty), *routes]
