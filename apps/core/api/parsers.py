from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils import json


class JsonParser(BaseParser):
    """JSON bodies of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes.

    They are UTF-8 (RFC 8259), whatever charset the client names. Raises ParseError (400) and
    RequestDataTooBig (413).
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  (the interface's)
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:  # noqa: ANN401  (any JSON value)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig
        try:
            text = body.decode()
            value = json.loads(text, parse_constant=json.strict_constant, object_pairs_hook=_unique)
            if "\\u" in text:  # half of a surrogate pair is no text
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}") from error
        return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that comes twice means one thing to one program and another to the next."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has one name twice")
    return found
