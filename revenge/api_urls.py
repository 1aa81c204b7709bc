"""The REST API, version 1."""

from django.urls import include, path

from apps.core.api.views import LiveApi, ServerHealthApi

urlpatterns = [
    path("", include("apps.authn.api.urls")),
    path("", include("apps.apikeys.api.urls")),
    path("", include("apps.users.api.urls")),
    path("", include("apps.siteconfig.api.urls")),
    path("", include("apps.activity.api.urls")),
    path("", include("apps.rbac.api.urls")),
    path("", include("apps.libraries.api.urls")),
    path("", include("apps.metadata.api.urls")),
    path("", include("apps.search.api.urls")),
    path("", include("apps.movies.api.urls")),
    path("", include("apps.notifications.api.urls")),
    path("admin/health", ServerHealthApi.as_view(), name="admin-health"),
    path("events/health", LiveApi.as_view(schema=None), name="realtime-health"),
]
