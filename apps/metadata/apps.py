from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MetadataConfig(AppConfig):
    name = "apps.metadata"

    def ready(self) -> None:
        from apps.libraries import providers  # noqa: PLC0415  (models are loaded now)

        providers.register("nfo", _("Only what lies beside the films"))
