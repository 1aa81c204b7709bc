from django.urls import path

from apps.libraries import views

app_name = "libraries"
urlpatterns = [
    path("libraries/", views.index, name="index"),
    path("libraries/folders/", views.folders, name="folders"),
    path("libraries/<uuid:library_id>/", views.detail, name="detail"),
    path("libraries/<uuid:library_id>/scan/", views.scan_start, name="scan-start"),
    path("libraries/<uuid:library_id>/scans/<uuid:scan_id>/", views.scan, name="scan"),
    path(
        "libraries/<uuid:library_id>/scans/<uuid:scan_id>/cancel/",
        views.scan_cancel,
        name="scan-cancel",
    ),
]
