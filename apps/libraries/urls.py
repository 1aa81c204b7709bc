from django.urls import path

from apps.libraries import views

app_name = "libraries"
urlpatterns = [
    path("libraries/folders/", views.folders, name="folders"),
]
