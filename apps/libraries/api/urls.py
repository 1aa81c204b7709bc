from django.urls import path

from apps.libraries.api import views

urlpatterns = [
    path("libraries", views.LibraryListApi.as_view(), name="libraries"),
    path("libraries/<uuid:library_id>", views.LibraryDetailApi.as_view(), name="library"),
    path(
        "libraries/<uuid:library_id>/restore",
        views.LibraryRestoreApi.as_view(),
        name="library-restore",
    ),
    path(
        "libraries/<uuid:library_id>/statistics",
        views.LibraryStatisticsApi.as_view(),
        name="library-statistics",
    ),
    path("libraries/<uuid:library_id>/scan", views.LibraryScanApi.as_view(), name="library-scan"),
    path(
        "libraries/<uuid:library_id>/scans",
        views.LibraryScanListApi.as_view(),
        name="library-scans",
    ),
    path(
        "libraries/<uuid:library_id>/scans/<uuid:scan_id>",
        views.LibraryScanCancelApi.as_view(),
        name="library-scan-cancel",
    ),
    path(
        "libraries/<uuid:library_id>/permissions",
        views.LibraryPermissionListApi.as_view(),
        name="library-permissions",
    ),
    path(
        "libraries/<uuid:library_id>/permissions/<uuid:user_id>",
        views.LibraryPermissionApi.as_view(),
        name="library-permission",
    ),
]
