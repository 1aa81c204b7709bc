from django.urls import path

from apps.apikeys.api import schema, views

__all__ = ["schema", "urlpatterns"]  # the schema registers itself

urlpatterns = [
    path("apikeys", views.KeyListApi.as_view(), name="apikeys"),
    path("apikeys/<uuid:key_id>", views.KeyDetailApi.as_view(), name="apikeys-one"),
]
