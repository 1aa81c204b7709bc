from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.policy import Access
from apps.core.requests import UserRequest
from apps.search import services


@extend_schema_serializer(component_name="ReindexResponse")
class ReindexOutput(serializers.Serializer[Any]):
    message = serializers.CharField()
    job_id = serializers.UUIDField()


class ReindexApi(APIView):
    policy = Access.ADMIN

    @extend_schema(operation_id="search_reindex", request=None, responses={202: ReindexOutput})
    def post(self, request: UserRequest) -> Response:
        """Write every document of the search index anew; while that is under way, its job."""
        job_id = services.reindex_request(requested_by=request.user)
        body = {"message": _("The search index is being made anew."), "job_id": job_id}
        return Response(ReindexOutput(body).data, status=status.HTTP_202_ACCEPTED)
