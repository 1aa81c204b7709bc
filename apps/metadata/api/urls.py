from django.urls import path

from apps.metadata.api import views

urlpatterns = [
    path("images/<slug:kind>/<slug:size>/<str:name>", views.ImageApi.as_view(), name="image")
]
