from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response

from apps.core.api.serializers import query
from apps.core.api.views import CatalogueApi
from apps.core.errors import NotFoundError
from apps.core.permissions import Permission
from apps.core.policy import Needs
from apps.core.ratelimit.limits import Limit
from apps.core.ratelimit.throttles import CallerThrottle, UserThrottle
from apps.core.requests import UserRequest
from apps.movies import cached_lists, json, search, selectors, services
from apps.movies.api import serializers
from apps.movies.selectors import MovieFilter, MovieOrder

_JSON = "application/json"


class MovieListApi(CatalogueApi):
    policy = Needs(Permission.MOVIES_LIST)

    @extend_schema(
        operation_id="movies_list",
        parameters=[serializers.MovieListQuery],
        responses=serializers.MovieListOutput,
    )
    def get(self, request: UserRequest) -> HttpResponse:
        """The films that the caller may view."""
        page = query(serializers.MovieListQuery, request.query_params)
        limit, offset = page.pop("limit"), page.pop("offset")
        cursor, order = page.pop("cursor", None), MovieOrder(page.pop("order_by"))
        body = cached_lists.page_json(
            user=request.user,
            order=order,
            chosen=MovieFilter(**page),
            limit=limit,
            offset=offset,
            cursor=cursor,
        )
        return HttpResponse(body, content_type=_JSON)


class MovieSearchApi(CatalogueApi):
    policy = Needs(Permission.MOVIES_LIST)
    throttle_classes = (CallerThrottle, UserThrottle)
    user_limit = Limit(rate=10, burst=30)

    @extend_schema(
        operation_id="movies_search",
        parameters=[serializers.MovieSearchQuery],
        responses=serializers.MovieOutput(many=True),
    )
    def get(self, request: UserRequest) -> HttpResponse:
        """Films by title, from the database: works with the search engine down."""
        page = query(serializers.MovieSearchQuery, request.query_params)
        found = search.movie_search_titles(user=request.user, query=page["query"])
        items = json.movies_json(found[page["offset"] : page["offset"] + page["limit"]])
        return HttpResponse(items, content_type=_JSON)


class MovieDetailApi(CatalogueApi):
    policy = Needs(Permission.MOVIES_GET)

    @extend_schema(operation_id="movies_get", responses=serializers.MovieOutput)
    def get(self, request: UserRequest, movie_id: UUID) -> Response:
        """One film."""
        movie = selectors.movie_get(user=request.user, movie_id=movie_id)
        return Response(serializers.MovieOutput(movie).data)


class MovieFileListApi(CatalogueApi):
    policy = Needs(Permission.MOVIES_GET)

    @extend_schema(operation_id="movies_files", responses=serializers.MovieFileOutput(many=True))
    def get(self, request: UserRequest, movie_id: UUID) -> Response:
        """A film's files; an unknown or invisible film has none."""
        files = selectors.movie_files(user=request.user, movie_id=movie_id)
        return Response(serializers.MovieFileOutput(files, many=True).data)


class MovieProgressApi(CatalogueApi):
    policy = Needs(Permission.PLAYBACK_PROGRESS)

    @extend_schema(operation_id="movies_progress_get", responses=serializers.ProgressOutput)
    def get(self, request: UserRequest, movie_id: UUID) -> Response:
        """How far the caller is."""
        movie = selectors.movie_get(user=request.user, movie_id=movie_id)
        state = selectors.watch_state(user=request.user, movie=movie)
        if state is None or not state.was_begun:
            raise NotFoundError("The film was not begun")
        return Response(serializers.ProgressOutput(state).data)

    @extend_schema(
        operation_id="movies_progress_save",
        request=serializers.ProgressInput,
        responses=serializers.ProgressOutput,
    )
    def post(self, request: UserRequest, movie_id: UUID) -> Response:
        """Save a position; complete at 90 %. A report older than the stored one does not win."""
        movie = selectors.movie_get(user=request.user, movie_id=movie_id)
        data = request.data
        if "X-Reported-At" in request.headers and isinstance(data, dict):
            data = {"reported_at": request.headers["X-Reported-At"], **data}
        body = serializers.ProgressInput(data=data)
        body.is_valid(raise_exception=True)
        state = services.watch_progress_save(user=request.user, movie=movie, **body.validated_data)
        return Response(serializers.ProgressOutput(state).data)

    @extend_schema(
        operation_id="movies_progress_put",
        request=serializers.ProgressInput,
        responses=serializers.ProgressOutput,
    )
    def put(self, request: UserRequest, movie_id: UUID) -> Response:
        """The same as POST."""
        return self.post(request, movie_id)

    @extend_schema(operation_id="movies_progress_clear", responses={204: None})
    def delete(self, request: UserRequest, movie_id: UUID) -> Response:
        """Forget the position."""
        movie = selectors.movie_get(user=request.user, movie_id=movie_id)
        services.watch_progress_clear(user=request.user, movie=movie)
        return Response(status=status.HTTP_204_NO_CONTENT)
