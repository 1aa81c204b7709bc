"""What the server tells of itself: figures, traces, profiles."""


def begin() -> None:
    """Connect to the signals of Django and Celery; once, in every process."""
    from apps.core.monitoring import database, jobs, tracing  # noqa: PLC0415  (they read settings)
    from apps.core.monitoring.sources import sources  # noqa: PLC0415

    database.begin()
    jobs.begin()
    tracing.instrument()
    sources.register("jobs", jobs.figures)
