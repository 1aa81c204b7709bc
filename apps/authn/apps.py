from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuthnConfig(AppConfig):
    name = "apps.authn"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from apps.authn import figures, own_data, sessions  # noqa: PLC0415  (models are loaded now)
        from apps.core.monitoring.sources import sources  # noqa: PLC0415
        from apps.users import exporting, hooks  # noqa: PLC0415

        hooks.access_ended.register(lambda user: sessions.sessions_end_all(user=user))
        exporting.register("sessions", own_data.sessions)
        sources.register("sessions", figures.figures)
