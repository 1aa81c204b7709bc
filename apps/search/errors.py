from apps.core.errors import UnavailableError


class SearchUnavailableError(UnavailableError):
    """The engine is not configured, does not answer, or has no index yet."""
