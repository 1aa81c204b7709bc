from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.utils.translation import gettext_lazy as _


class AuthnConfig(AppConfig):
    name = "apps.authn"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from apps.authn import (  # noqa: PLC0415  (models are loaded now)
            browsers,
            figures,
            mailed,
            own_data,
            sessions,
            stepup,
            verification,
        )
        from apps.core import stepup as asking  # noqa: PLC0415
        from apps.core.monitoring.sources import sources  # noqa: PLC0415
        from apps.users import exporting, hooks  # noqa: PLC0415

        hooks.email_changed.register(mailed.resets_void)
        hooks.access_ended.register(mailed.resets_void)
        hooks.address_left.register(mailed.address_left)
        hooks.email_changed.register(lambda user: verification.verification_send(user=user))
        asking.register(stepup.require, stepup.confirm)
        hooks.access_ended.register(lambda user: sessions.sessions_end_all(user=user))
        exporting.register("sessions", own_data.sessions)
        sources.register("sessions", figures.figures)
        user_logged_in.connect(browsers.begin, dispatch_uid="authn.browsers")
        user_logged_out.connect(browsers.end, dispatch_uid="authn.browsers")
