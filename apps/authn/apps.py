from django.apps import AppConfig


class AuthnConfig(AppConfig):
    name = "apps.authn"

    def ready(self) -> None:
        from apps.authn import figures  # noqa: PLC0415  (models are loaded now)
        from apps.core.monitoring.sources import sources  # noqa: PLC0415

        sources.register("sessions", figures.figures)
