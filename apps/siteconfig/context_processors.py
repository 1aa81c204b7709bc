from django.db import DatabaseError
from django.http import HttpRequest

from apps.siteconfig.declared import SERVER_NAME


def server(request: HttpRequest) -> dict[str, str]:
    """`server_name`, on every page: also on those that need nothing else of the database."""
    return {"server_name": server_name(request)}


def server_name(_request: HttpRequest) -> str:
    try:
        return SERVER_NAME.get()
    except DatabaseError:
        return SERVER_NAME.default
