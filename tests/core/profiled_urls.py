"""The server's routes as REVENGE_DEBUG makes them."""

from django.urls import include, path

from revenge.urls import handler400, handler403, handler404, handler500
from revenge.urls import urlpatterns as routes

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("", include("apps.core.debug_urls")), *routes]
