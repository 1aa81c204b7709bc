from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SetupConfig(AppConfig):
    name = "apps.setup"

    def ready(self) -> None:
        from apps.core.jobs import tracking  # noqa: PLC0415  (models are loaded now)
        from apps.setup import tasks  # noqa: PLC0415

        tracking.register(tasks.DEMO_JOB, tracking.JobKind(_("Demo films")))
