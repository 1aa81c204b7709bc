"""How the OpenAPI document is drawn from the code: errors, and what is left out of an answer."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction

from apps.core import policy
from apps.core.api.serializers import ErrorOutput
from apps.core.policy import Access
from apps.core.ratelimit.limits import Tier

Schema = dict[str, Any]


class PolicyAutoSchema(AutoSchema):
    """Adds the errors that follow from a route's policy, parameters and body."""

    def _get_response_bodies(self, direction: Direction = "response") -> Schema:
        bodies: Schema = super()._get_response_bodies(direction)
        for status in self._error_statuses():
            body = self._get_response_for_code(ErrorOutput, status)  # type: ignore[no-untyped-call]
            bodies.setdefault(status, body)
        return bodies

    def _get_request_body(self, direction: Direction = "request") -> Schema | None:
        """Of a DELETE too, where the view says that it reads one: the package documents none."""
        if self.method != "DELETE" or not getattr(self.view, "delete_has_body", False):
            body: Schema | None = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
            return body
        self.method = "POST"
        try:
            return self._get_request_body(direction)
        finally:
            self.method = "DELETE"

    def _error_statuses(self) -> list[str]:
        rule = policy.rule_for(getattr(self.view, "policy", Access.ADMIN), self.method)
        access = policy.access_of(rule)
        parameters = {parameter["in"] for parameter in self._get_parameters()}
        causes = {
            "400": "query" in parameters or self.method in ("POST", "PUT", "PATCH"),
            "401": access is not Access.PUBLIC,
            "403": access is Access.ADMIN,
            "404": "path" in parameters,
            "429": getattr(self.view, "tier", Tier.GLOBAL) is not Tier.NONE,
        }
        return [status for status, applies in causes.items() if applies]


class RowOutputExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.core.api.serializers.RowOutput"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        schema: Schema = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # noqa: SLF001
            self.target, direction, bypass_extensions=True
        )
        if "__doc__" not in vars(type(self.target)) or not type(self.target).__doc__:
            schema.pop("description", None)  # it would be the base class's
        for name, field in schema["properties"].items():
            field.pop("readOnly", None)
            field.pop("nullable", None)
            if name in self.target.nullable:
                field["nullable"] = True
        left_out = {*self.target.optional, *self.target.nullable}
        schema["required"] = [name for name in schema["properties"] if name not in left_out]
        return schema
