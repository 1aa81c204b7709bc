from django.urls import path

from apps.movies.api import views

urlpatterns = [
    path("movies", views.MovieListApi.as_view(), name="movies"),
    path("movies/search", views.MovieSearchApi.as_view(), name="movies-search"),
    path("movies/<uuid:movie_id>", views.MovieDetailApi.as_view(), name="movie"),
    path("movies/<uuid:movie_id>/files", views.MovieFileListApi.as_view(), name="movie-files"),
    path(
        "movies/<uuid:movie_id>/progress", views.MovieProgressApi.as_view(), name="movie-progress"
    ),
]
