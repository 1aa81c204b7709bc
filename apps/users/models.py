"""The people who use the server."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity

USERNAME_PATTERN = r"[a-zA-Z0-9_-]{3,30}"


class Theme(models.TextChoices):
    DARK = "dark", _("Dark")
    LIGHT = "light", _("Light")
    SYSTEM = "system", _("As the system")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)

    def create_superuser(self, username: str, email: str, password: str, **_: Any) -> "User":
        """What `createsuperuser` calls; everything else goes through `services.user_create`."""
        from apps.users import services  # noqa: PLC0415  (services import the model)

        return services.user_create(
            username=username, email=email, password=password, is_admin=True
        )


class User(AbstractBaseUser, PermissionsMixin, Entity):
    username = models.CharField(
        _("user name"),
        max_length=30,
        validators=[
            RegexValidator(
                rf"^{USERNAME_PATTERN}\Z",
                _("3 to 30 letters, digits, hyphens or underscores."),
            )
        ],
    )
    email = models.EmailField(_("e-mail address"))
    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.DARK)
    email_verified = models.BooleanField(_("e-mail verified"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_superuser = models.BooleanField(_("administrator"), default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["email"]

    class Meta(Entity.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique",
                violation_error_message=_("This user name is taken."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=_("This e-mail address is taken."),
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def name(self) -> str:
        return self.display_name or self.username

    @property
    def is_admin(self) -> bool:
        return self.is_superuser

    @property
    def is_staff(self) -> bool:
        """May enter the admin console (the name is Django's)."""
        return self.is_superuser
