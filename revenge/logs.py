"""Logging of every process: one line of JSON, or of text, a record.

Records of the standard library, and so of every package, go through structlog's processors. Each
carries what it belongs to (`apps.core.context`: request, user, job), and no secret.
"""

import functools
import logging
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from revenge.masking import HIDDEN, SECRET_NAME, Mask, masker


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


ACCESS_LOGGER = "revenge.access"
# The stack waits for a line of theirs, whatever the level.
_ANNOUNCING = ("celery.apps.worker", "celery.beat")


def configuration(log_format: LogFormat, level: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Django's LOGGING; hides the `secrets` that the server itself knows wherever they stand."""
    handler = {"class": "logging.StreamHandler", "formatter": "line"}
    formatter = {"()": "revenge.logs.formatter", "log_format": log_format, "mask": masker(secrets)}
    quiet = {"level": max(level, "INFO", key=_number)}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": handler},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # What people search for stays out of the logs.
            "httpx": {"level": "WARNING"},
            # It tells of every attempt to connect; apps.core.db.pool tells once.
            "psycopg.pool": {"level": "ERROR"},
            # With DEBUG Django would write its lines a second time, by a handler of its own.
            "django": {"handlers": []},
            # Every answer leaves a line of its own in the access log, with its request.
            "django.request": {"level": max(level, "ERROR", key=_number)},
            # `apps.core.jobs.running` says how a job ended, and what it belongs to.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            # Statements hold their parameters.
            "django.db.backends": quiet,
            **{name: {"level": min(level, "INFO", key=_number)} for name in _ANNOUNCING},
        },
    }


def formatter(log_format: LogFormat, mask: Mask) -> logging.Formatter:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_objects,
    ]
    render: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if log_format is LogFormat.JSON:
        render += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        render += [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]

    def hide(_logger: WrappedLogger, _name: str, line: EventDict) -> str:
        return mask(str(line))

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[_hide_values, *render, hide]
    )


def _without_objects(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Django hands over the request and its server's time; neither is for a log."""
    for name in ("request", "server_time"):
        event.pop(name, None)
    return event


def _hide_values(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    for name in event:
        if _names_a_secret(name):
            event[name] = HIDDEN
    return event


@functools.lru_cache(maxsize=512)
def _names_a_secret(name: str) -> bool:
    return SECRET_NAME.search(name) is not None


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level]
