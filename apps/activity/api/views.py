from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.activity import selectors
from apps.activity.api import serializers
from apps.activity.selectors import Wanted
from apps.core.api.serializers import query
from apps.core.errors import NotFoundError
from apps.core.permissions import Permission
from apps.core.policy import Access, Needs


class _ActivityApi(APIView):
    policy = Needs(Permission.AUDIT_READ, Access.ADMIN)

    def stretch(self, wanted: Wanted, *, limit: int, offset: int) -> dict[str, Any]:
        entries, total = selectors.entry_stretch(wanted, limit=limit, offset=offset)
        paging = {"total": total, "page": offset // limit + 1, "page_size": limit}
        return {"entries": entries, **paging}


class ActivityListApi(_ActivityApi):
    @extend_schema(
        operation_id="activity_list",
        parameters=[serializers.EntryQuery],
        responses=serializers.EntryListOutput,
    )
    def get(self, request: Request) -> Response:
        """What people and the server did, the latest first."""
        wanted = query(serializers.EntryQuery, request.query_params)
        limit, offset = wanted.pop("limit"), wanted.pop("offset")
        found = self.stretch(wanted, limit=limit, offset=offset)
        return Response(serializers.EntryListOutput(found).data)


class UserActivityApi(_ActivityApi):
    @extend_schema(
        operation_id="activity_of_user",
        parameters=[serializers.Stretch],
        responses=serializers.EntryListOutput,
    )
    def get(self, request: Request, user_id: UUID) -> Response:
        """What one user did, also one whose account is gone."""
        found = self.stretch(
            {"user_id": user_id}, **query(serializers.Stretch, request.query_params)
        )
        accounts = get_user_model()._default_manager  # noqa: SLF001  (public API)
        if not found["total"] and not accounts.filter(pk=user_id).exists():
            raise NotFoundError(_("There is no such user."))
        return Response(serializers.EntryListOutput(found).data)


class ResourceActivityApi(_ActivityApi):
    @extend_schema(
        operation_id="activity_of_resource",
        parameters=[serializers.Stretch],
        responses=serializers.EntryListOutput,
    )
    def get(self, request: Request, resource_type: str, resource_id: UUID) -> Response:
        """What was done to one object; 404 where the log knows nothing of it."""
        wanted = {"resource_type": resource_type, "resource_id": resource_id}
        found = self.stretch(wanted, **query(serializers.Stretch, request.query_params))
        if not found["total"]:
            raise NotFoundError(_("There is no such object."))
        return Response(serializers.EntryListOutput(found).data)


class ActivityStatisticsApi(_ActivityApi):
    @extend_schema(operation_id="activity_stats", responses=serializers.StatisticsOutput)
    def get(self, _request: Request) -> Response:
        """How much is in the log."""
        return Response(serializers.StatisticsOutput(selectors.statistics()).data)


class ActionCountApi(_ActivityApi):
    @extend_schema(
        operation_id="activity_actions",
        parameters=[serializers.CountQuery],
        responses=serializers.ActionCountListOutput,
    )
    def get(self, request: Request) -> Response:
        """How often each action was recorded, the most frequent first."""
        counts = selectors.action_counts(**query(serializers.CountQuery, request.query_params))
        actions = [{"action": action, "count": count} for action, count in counts]
        return Response(serializers.ActionCountListOutput({"actions": actions}).data)
