"""Every route. Each view declares who may call it (`apps.core.policy`)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from apps.core import views as core
from apps.core.api import views as api
from apps.core.api.document import OpenApiView
from apps.core.policy import Access

admin.autodiscover()

handler400 = core.bad_request
handler403 = core.forbidden
handler404 = core.not_found
handler500 = core.server_error


class SwaggerView(SpectacularSwaggerSplitView):
    policy = Access.PUBLIC
    url_name = "openapi"
    template_name = "core/api_docs.html"  # without the package's inline style
    http_method_names = ["get", "head"]  # noqa: RUF012  (declared so by the base class)


urlpatterns = [
    path("healthz", api.LiveApi.as_view(), name="healthz"),
    path("readyz", api.ReadyApi.as_view(), name="readyz"),
    path("startupz", api.StartedApi.as_view(), name="startupz"),
    path("api/openapi.yaml", OpenApiView.as_view(), name="openapi"),
    path("api/docs", SwaggerView.as_view(), name="api-docs"),
    path("api/v1/", include("revenge.api_urls")),
    path("admin/", admin.site.urls),
    path("", include("apps.authn.urls")),
    path("", include("apps.apikeys.urls")),
    path("", include("apps.setup.urls")),
    path("", include("apps.users.urls")),
    path("", include("apps.activity.urls")),
    path("", include("apps.libraries.urls")),
    path("", include("apps.playback.urls")),
    path("", include("apps.movies.urls")),
]
if settings.DEBUG:
    urlpatterns = [path("", include("apps.core.debug_urls")), *urlpatterns]
