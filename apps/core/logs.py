import logging

from apps.core.middleware import current_request_id


class RequestIdFilter(logging.Filter):
    """Gives every record the id that the client of its request was told."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get() or "-"
        return True
