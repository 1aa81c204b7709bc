"""Routes behind which PostgreSQL refuses something."""

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.policy import Access, policy
from revenge import urls

STATUSES = {
    "23505": 409,
    "23503": 409,
    "23514": 400,
    "23502": 400,
    "08006": 503,
    "53100": 503,
    "57014": 503,
    "40001": 503,
    "40P01": 503,
}


def _fail(sqlstate: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN RAISE 'movies_movie' USING ERRCODE = '{sqlstate}', "
            "TABLE = 'movies_movie'; END $$"
        )


class FailingApi(APIView):
    policy = Access.PUBLIC

    def get(self, _request: Request, sqlstate: str) -> Response:
        _fail(sqlstate)
        return Response()


@policy(Access.PUBLIC)
def failing_page(_request: HttpRequest, sqlstate: str) -> HttpResponse:
    _fail(sqlstate)
    return HttpResponse()


urlpatterns = [
    path("api/v1/failing/<str:sqlstate>", FailingApi.as_view()),
    path("failing/<str:sqlstate>", failing_page),
    *urls.urlpatterns,
]
handler500 = urls.handler500
