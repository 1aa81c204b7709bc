from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibrariesConfig(AppConfig):
    name = "apps.libraries"
    verbose_name = _("Libraries")

    def ready(self) -> None:
        from apps.authn import invitations  # noqa: PLC0415
        from apps.core import diagnosis as server  # noqa: PLC0415  (models are loaded now)
        from apps.core.events import topics  # noqa: PLC0415
        from apps.core.jobs import schedules, tracking  # noqa: PLC0415
        from apps.core.monitoring.sources import sources  # noqa: PLC0415
        from apps.libraries import (  # noqa: PLC0415
            diagnosis,
            events,
            figures,
            invited,
            scanning,
            tasks,
        )
        from apps.libraries.watch import diagnosis as watching  # noqa: PLC0415

        tracking.register(
            scanning.SCAN_JOB,
            tracking.JobKind(
                _("Scan"),
                cancelled=scanning.scan_job_cancelled,
                failed=scanning.scan_job_failed,
                retry=scanning.scan_job_retry,
            ),
        )
        schedules.OWNERS[tasks.scan_scheduled.name] = schedules.OwnerPage(
            "admin:libraries_library_change",
            _("This schedule follows its library: change or delete it there."),
        )
        topics.register(events.topics)
        server.register("media_folders", diagnosis.PROBE)
        server.register("watching", watching.PROBE)
        sources.register("libraries", figures.figures)
        invitations.libraries.names = invited.names
        invitations.libraries.grant = invited.grant
