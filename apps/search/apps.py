from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "apps.search"

    def ready(self) -> None:
        from apps.core.jobs import tracking  # noqa: PLC0415  (models are loaded now)
        from apps.search import tasks  # noqa: PLC0415

        tracking.register(tasks.REINDEX_JOB, tracking.JobKind(_("Search index")))
