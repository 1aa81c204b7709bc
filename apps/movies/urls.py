from django.urls import path

from apps.movies import views

app_name = "movies"
urlpatterns = [
    path("", views.home, name="home"),
    path("movies/", views.film_list, name="list"),
    path("movies/<uuid:movie_id>/", views.detail, name="detail"),
    path("movies/<uuid:movie_id>/watched/", views.watched, name="watched"),
    path("movies/<uuid:movie_id>/forget/", views.forget, name="forget"),
    path("search/", views.search, name="search"),
    path("search/suggestions/", views.suggestions, name="suggestions"),
]
