from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import ErrorOutput, Page, query
from apps.core.api.views import CatalogueApi
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs
from apps.core.requests import UserRequest
from apps.libraries import selectors, services
from apps.libraries.api import serializers
from apps.libraries.models import ScanType


class LibraryListApi(CatalogueApi):
    policy = Needs(Permission.LIBRARIES_LIST)

    @extend_schema(operation_id="libraries_list", responses=serializers.LibraryListOutput)
    def get(self, request: UserRequest) -> Response:
        """The libraries that the caller may view."""
        libraries = selectors.library_list(user=request.user)
        body = {"libraries": libraries, "total": len(libraries)}
        return Response(serializers.LibraryListOutput(body).data)


class LibraryDetailApi(CatalogueApi):
    policy = Needs(Permission.LIBRARIES_GET)

    @extend_schema(operation_id="libraries_get", responses=serializers.LibraryOutput)
    def get(self, request: UserRequest, library_id: UUID) -> Response:
        """One library."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        return Response(serializers.LibraryOutput(library).data)


class LibraryScanApi(APIView):
    policy = Needs(Permission.LIBRARIES_SCAN, Access.ADMIN)

    @extend_schema(
        operation_id="libraries_scan",
        request=serializers.ScanInput,
        responses={202: serializers.ScanOutput, 409: ErrorOutput},
    )
    def post(self, request: UserRequest, library_id: UUID) -> Response:
        """Queue a scan; 409 while one is waiting or running."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        body = serializers.ScanInput(data=request.data)
        body.is_valid(raise_exception=True)
        scan = services.scan_start(
            library=library,
            scan_type=ScanType(body.validated_data["scan_type"]),
            requested_by=request.user,
        )
        return Response(serializers.ScanOutput(scan).data, status=status.HTTP_202_ACCEPTED)


class LibraryScanListApi(CatalogueApi):
    policy = Needs(Permission.LIBRARIES_GET)

    @extend_schema(
        operation_id="libraries_scans", parameters=[Page], responses=serializers.ScanListOutput
    )
    def get(self, request: UserRequest, library_id: UUID) -> Response:
        """A library's scans, the latest first."""
        page = query(Page, request.query_params)
        scans, total = selectors.scan_page(user=request.user, library_id=library_id, **page)
        return Response(serializers.ScanListOutput({"scans": scans, "total": total}).data)


class LibraryScanCancelApi(APIView):
    policy = Needs(Permission.LIBRARIES_SCAN, Access.ADMIN)

    @extend_schema(
        operation_id="libraries_scan_cancel",
        responses={202: serializers.ScanOutput, 409: ErrorOutput},
    )
    def delete(self, request: UserRequest, library_id: UUID, scan_id: UUID) -> Response:
        """Ask a scan to stop; what it has stored stays."""
        scan = selectors.scan_get(user=request.user, library_id=library_id, scan_id=scan_id)
        services.scan_cancel(scan=scan, actor=request.user)
        scan.refresh_from_db()
        return Response(serializers.ScanOutput(scan).data, status=status.HTTP_202_ACCEPTED)
