from django.urls import path

from apps.playback import pages, views

app_name = "playback"
urlpatterns = [
    path("movies/<uuid:movie_id>/watch/", pages.watch, name="watch"),
    path("extras/<uuid:extra_id>/watch/", pages.extra, name="extra"),
    path("stream/<uuid:file_id>/", views.stream, name="stream"),
    path("download/<uuid:file_id>/", views.download, name="download"),
    path("subtitles/<uuid:side_file_id>.vtt", views.subtitle, name="subtitle"),
]
