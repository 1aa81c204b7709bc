from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RbacConfig(AppConfig):
    name = "apps.rbac"
    verbose_name = _("Roles")

    def ready(self) -> None:
        post_migrate.connect(_seed, sender=self)


def _seed(**_: Any) -> None:
    from apps.rbac import seeding  # noqa: PLC0415  (models are loaded now)

    seeding.seed()
