from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.translation import gettext_lazy as _

# Before any package declares figures of its own.
from apps.core import metrics  # noqa: F401


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = _("Server")
    default = True

    def ready(self) -> None:
        # Tasks are declared with `shared_task`; they need the application wherever they are sent.
        import revenge.celery  # noqa: F401, PLC0415
        from apps.core import monitoring  # noqa: PLC0415  (it reads the settings)

        monitoring.begin()


class ConsoleConfig(SimpleAdminConfig):
    default_site = "apps.core.console.ConsoleSite"
