from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import ErrorOutput, Page, query
from apps.core.api.views import CatalogueApi
from apps.core.db.rows import get_or_not_found
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs, Policy
from apps.core.requests import UserRequest
from apps.libraries import grants, scanning, selectors, services
from apps.libraries.access import GrantLevel
from apps.libraries.api import serializers
from apps.libraries.models import Library, LibraryType, ScanType
from apps.libraries.statistics import library_statistics
from apps.users import selectors as users
from apps.users.models import User

_SCAN = Needs(Permission.LIBRARIES_SCAN, Access.ADMIN, or_grant=True)


class LibraryListApi(CatalogueApi):
    policy: ClassVar[Policy] = {"GET": Needs(Permission.LIBRARIES_LIST), "POST": Access.ADMIN}

    @extend_schema(operation_id="libraries_list", responses=serializers.LibraryListOutput)
    def get(self, request: UserRequest) -> Response:
        """The libraries that the caller may view."""
        libraries = selectors.library_list(user=request.user)
        body = {"libraries": libraries, "total": len(libraries)}
        return Response(serializers.LibraryListOutput(body).data)

    @extend_schema(
        operation_id="libraries_create",
        request=serializers.LibraryCreateInput,
        responses={201: serializers.LibraryOutput, 409: ErrorOutput},
    )
    def post(self, request: UserRequest) -> Response:
        """Make a library; it is not scanned yet.

        409 for a name that is taken, and for a folder that overlaps with another library's.
        """
        body = serializers.LibraryCreateInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = dict(body.validated_data)
        library = services.library_create(
            name=wanted.pop("name"),
            roots=wanted.pop("paths"),
            library_type=LibraryType(wanted.pop("type")),
            actor=request.user,
            **wanted,
        )
        return Response(serializers.LibraryOutput(library).data, status=status.HTTP_201_CREATED)


class LibraryDetailApi(CatalogueApi):
    policy: ClassVar[Policy] = {
        "GET": Needs(Permission.LIBRARIES_GET),
        "PUT": Needs(Permission.LIBRARIES_UPDATE, Access.ADMIN, or_grant=True),
        "DELETE": Access.ADMIN,
    }

    @extend_schema(operation_id="libraries_get", responses=serializers.LibraryOutput)
    def get(self, request: UserRequest, library_id: UUID) -> Response:
        """One library."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        return Response(serializers.LibraryOutput(library).data)

    @extend_schema(
        operation_id="libraries_update",
        request=serializers.LibraryUpdateInput,
        responses={200: serializers.LibraryOutput, 409: ErrorOutput},
    )
    def put(self, request: UserRequest, library_id: UUID) -> Response:
        """Change what is named; the rest stays.

        Whoever could choose the folders could show what no library does: `paths` are for
        administrators. The files of a folder that is left out are kept for a while.
        """
        library = selectors.library_get_as(
            user=request.user, permission=Permission.LIBRARIES_UPDATE, library_id=library_id
        )
        body = serializers.LibraryUpdateInput(data=request.data)
        body.is_valid(raise_exception=True)
        services.library_edit(library=library, changes=body.validated_data, actor=request.user)
        changed = selectors.library_get(user=request.user, library_id=library_id)
        return Response(serializers.LibraryOutput(changed).data)

    @extend_schema(operation_id="libraries_delete", responses={204: None})
    def delete(self, request: UserRequest, library_id: UUID) -> Response:
        """Take a library away. Its files stay on disk; it can be restored for a while."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        services.library_delete(library=library, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LibraryRestoreApi(APIView):
    policy: ClassVar[Policy] = {"POST": Access.ADMIN}

    @extend_schema(
        operation_id="libraries_restore",
        request=None,
        responses={200: serializers.LibraryOutput, 409: ErrorOutput},
    )
    def post(self, request: UserRequest, library_id: UUID) -> Response:
        """Have a deleted library as it was, and scan it.

        409 when it was not deleted, or another has its name or a folder of it meanwhile.
        """
        library = get_or_not_found(Library.objects.all(), "There is no such library", pk=library_id)
        services.library_restore(library=library, actor=request.user)
        restored = selectors.library_get(user=request.user, library_id=library_id)
        return Response(serializers.LibraryOutput(restored).data)


class LibraryStatisticsApi(CatalogueApi):
    policy = Needs(Permission.LIBRARIES_GET)

    @extend_schema(
        operation_id="libraries_statistics", responses=serializers.LibraryStatisticsOutput
    )
    def get(self, request: UserRequest, library_id: UUID) -> Response:
        """What the caller may see of the library, in figures."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        found = library_statistics(user=request.user, library=library)
        return Response(serializers.LibraryStatisticsOutput(found).data)


class LibraryScanApi(APIView):
    policy: ClassVar[Policy] = {"POST": _SCAN}

    @extend_schema(
        operation_id="libraries_scan",
        request=serializers.ScanInput,
        responses={202: serializers.ScanOutput, 409: ErrorOutput},
    )
    def post(self, request: UserRequest, library_id: UUID) -> Response:
        """Queue a scan; 409 while one is waiting or running.

        With `path` or `paths`, the whole paths of folders or files as the server sees them, these
        alone are looked at, whatever the type. That is never refused for another scan: one that
        runs takes them up.
        """
        library = _to_scan(request, library_id)
        body = serializers.ScanInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        if wanted["paths"]:
            scan = scanning.scan_request(
                library=library, paths=wanted["paths"], requested_by=request.user
            )
        else:
            scan = scanning.scan_start(
                library=library,
                scan_type=ScanType(wanted["scan_type"]),
                requested_by=request.user,
            )
        shown = selectors.scan_get(user=request.user, library_id=library_id, scan_id=scan.pk)
        return Response(serializers.ScanOutput(shown).data, status=status.HTTP_202_ACCEPTED)


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
    policy: ClassVar[Policy] = {"DELETE": _SCAN}

    @extend_schema(
        operation_id="libraries_scan_cancel",
        responses={202: serializers.ScanOutput, 409: ErrorOutput},
    )
    def delete(self, request: UserRequest, library_id: UUID, scan_id: UUID) -> Response:
        """Ask a scan to stop; what it has stored stays."""
        _to_scan(request, library_id)
        scan = selectors.scan_get(user=request.user, library_id=library_id, scan_id=scan_id)
        scanning.scan_cancel(scan=scan, actor=request.user)
        scan.refresh_from_db()
        return Response(serializers.ScanOutput(scan).data, status=status.HTTP_202_ACCEPTED)


class LibraryPermissionListApi(APIView):
    policy = Access.ADMIN

    @extend_schema(
        operation_id="libraries_permissions_list", responses=serializers.LibraryPermissionListOutput
    )
    def get(self, request: UserRequest, library_id: UUID) -> Response:
        """The grants to users; roles may have some too."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        permissions = selectors.grant_list(library=library)
        body = {"permissions": permissions, "total": len(permissions)}
        return Response(serializers.LibraryPermissionListOutput(body).data)

    @extend_schema(
        operation_id="libraries_permissions_add",
        request=serializers.LibraryPermissionInput,
        responses={201: serializers.LibraryPermissionOutput},
    )
    def post(self, request: UserRequest, library_id: UUID) -> Response:
        """Let a user view, download from or manage the library; each includes those before it."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        body = serializers.LibraryPermissionInput(data=request.data)
        body.is_valid(raise_exception=True)
        grant = grants.grant_add(
            actor=request.user,
            library=library,
            grantee=users.user_find(user_id=body.validated_data["user_id"]),
            level=GrantLevel(body.validated_data["permission"]),
        )
        shown = serializers.LibraryPermissionOutput(grant)
        return Response(shown.data, status=status.HTTP_201_CREATED)


class LibraryPermissionApi(APIView):
    policy = Access.ADMIN

    @extend_schema(
        operation_id="libraries_permissions_remove",
        parameters=[serializers.LibraryPermissionQuery],
        responses={204: None},
    )
    def delete(self, request: UserRequest, library_id: UUID, user_id: UUID) -> Response:
        """Take one grant from a user; 404 where there is none."""
        library = selectors.library_get(user=request.user, library_id=library_id)
        wanted = query(serializers.LibraryPermissionQuery, request.query_params)
        grants.grant_remove(
            actor=request.user,
            library=library,
            grantee=get_or_not_found(User.objects.all(), "There is no such user", pk=user_id),
            level=GrantLevel(wanted["permission"]),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _to_scan(request: UserRequest, library_id: UUID) -> Library:
    return selectors.library_get_as(
        user=request.user, permission=Permission.LIBRARIES_SCAN, library_id=library_id
    )
