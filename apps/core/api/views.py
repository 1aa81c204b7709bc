"""What several APIs share, and the health of the server."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import diagnosis, health, probes
from apps.core.policy import Access
from apps.core.ratelimit.limits import Tier


@method_decorator(conditional_page, name="dispatch")
class CatalogueApi(APIView):
    """GETs carry an ETag and answer 304 to who has that state already; no proxy keeps them."""

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Cache-Control": "private"}


@extend_schema_serializer(component_name="HealthCheck")
class HealthOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=[state.value for state in probes.Health])
    message = serializers.CharField(required=False)
    details = serializers.DictField(required=False, help_text="The state of each part.")


class _HealthApi(APIView):
    policy = Access.PUBLIC
    tier = Tier.NONE
    authentication_classes = ()

    def answer(self, report: health.Report) -> Response:
        failed = report.status is probes.Health.UNHEALTHY
        body = {"name": report.name, "status": report.status, "details": report.details}
        if report.message:
            body["message"] = report.message
        return Response(HealthOutput(body).data, 503 if failed else 200)


class LiveApi(_HealthApi):
    @extend_schema(operation_id="health_live", responses=HealthOutput)
    def get(self, _request: Request) -> Response:
        """The process answers."""
        return self.answer(health.live())


class ReadyApi(_HealthApi):
    @extend_schema(operation_id="health_ready", responses={200: HealthOutput, 503: HealthOutput})
    def get(self, _request: Request) -> Response:
        """Every engine answers; 503 when one that is needed does not."""
        return self.answer(health.ready())


class StartedApi(_HealthApi):
    @extend_schema(operation_id="health_started", responses={200: HealthOutput, 503: HealthOutput})
    def get(self, _request: Request) -> Response:
        """The database has the tables that this version needs."""
        return self.answer(health.started())


@extend_schema_serializer(component_name="ServerPart")
class ServerPartOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=[state.value for state in probes.Health])
    message = serializers.CharField()
    seconds = serializers.FloatField(help_text="How long the part took to answer.")
    facts = serializers.DictField(help_text="What else is known of it, for people.")


@extend_schema_serializer(component_name="ServerHealth")
class ServerHealthOutput(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=[state.value for state in probes.Health])
    parts = ServerPartOutput(many=True)


class ServerHealthApi(APIView):
    policy = Access.ADMIN

    @extend_schema(operation_id="admin_health", responses=ServerHealthOutput)
    def get(self, _request: Request) -> Response:
        """Every part of the server in detail: engines, jobs, disks, encoders."""
        return Response(ServerHealthOutput(diagnosis.diagnose()).data)
