from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class CoreConfig(AppConfig):
    name = "apps.core"
    default = True

    def ready(self) -> None:
        # Tasks are declared with `shared_task`; they need the application wherever they are sent.
        import revenge.celery  # noqa: F401, PLC0415


class ConsoleConfig(SimpleAdminConfig):
    default_site = "apps.core.console.ConsoleSite"
