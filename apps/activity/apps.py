from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivityConfig(AppConfig):
    name = "apps.activity"
    verbose_name = _("Activity")

    def ready(self) -> None:
        from apps.activity import jobs  # noqa: PLC0415  (models are loaded now)
        from apps.core.jobs import interventions  # noqa: PLC0415

        interventions.listen(jobs.record)
