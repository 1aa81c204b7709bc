from django.urls import path

from apps.search.api import views

urlpatterns = [
    path("search/reindex", views.ReindexApi.as_view(), name="search-reindex"),
]
