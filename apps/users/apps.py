from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    name = "apps.users"
    verbose_name = _("Users")

    def ready(self) -> None:
        from apps.core.jobs import tracking  # noqa: PLC0415  (models are loaded now)
        from apps.users import exports, own_data  # noqa: PLC0415

        own_data.register()
        tracking.register(exports.EXPORT_JOB, tracking.JobKind(_("Export of somebody's data")))
