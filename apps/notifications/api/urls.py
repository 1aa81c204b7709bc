from django.urls import path

from apps.notifications.api import schema, views

__all__ = ["schema", "urlpatterns"]  # the schema registers itself

urlpatterns = [
    path("events", views.EventsApi.as_view(), name="events"),
    path("events/token", views.EventsTokenApi.as_view(), name="events-token"),
]
