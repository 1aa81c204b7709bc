"""The people who use the server."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Entity
from apps.core.permissions import CONSOLE_APP
from apps.users.display_names import validate_display_name
from apps.users.names import not_deceptive, skeleton
from apps.users.places import (
    validate_language_tag,
    validate_page_language,
    validate_time_zone,
)

USERNAME_PATTERN = r"[a-zA-Z0-9_-]{3,30}"


class Theme(models.TextChoices):
    DARK = "dark", _("Dark")
    LIGHT = "light", _("Light")
    SYSTEM = "system", _("As the system")


class Frequency(models.TextChoices):
    INSTANT = "instant", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")


class DigestFrequency(models.TextChoices):
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")
    MONTHLY = "monthly", _("Once a month")


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Everybody on this server")
    FRIENDS = "friends", _("Friends")
    PRIVATE = "private", _("Nobody but administrators")


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
    display_name = models.CharField(
        _("display name"),
        max_length=100,
        blank=True,
        validators=[validate_display_name, not_deceptive],
    )
    # Of the pages and mails; without one the browser decides.
    locale = models.CharField(
        _("language"), max_length=10, blank=True, validators=[validate_page_language]
    )
    timezone = models.CharField(
        _("time zone"), max_length=64, blank=True, validators=[validate_time_zone]
    )
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.DARK)
    email_verified = models.BooleanField(_("e-mail verified"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_superuser = models.BooleanField(_("administrator"), default=False)
    # Of the picture shown, 0 for none.
    avatar_version = models.PositiveIntegerField(default=0, editable=False)
    # A deleted account keeps its row: first switched off, later without the person's name.
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    anonymised_at = models.DateTimeField(_("anonymised"), null=True, editable=False)

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
                skeleton("username"),
                name="user_username_no_lookalike",
                violation_error_message=_("This user name looks like another one."),
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
        """May enter the admin console, whose pages ask for more (the name is Django's)."""
        return self.has_module_perms(CONSOLE_APP)

    @property
    def avatar_url(self) -> str:
        """It changes with the picture."""
        return f"{reverse('users-avatar', args=[self.pk])}?v={self.avatar_version}"

    @property
    def tint(self) -> int:
        """Which of the eight colours stands behind the initials."""
        return int(self.pk.int % 8) + 1


class UserPreferences(models.Model):
    """What somebody likes, beside the theme and the language, which every page needs and which the
    user's own row has. Who has none has the defaults."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    updated_at = models.DateTimeField(auto_now=True)
    email_enabled = models.BooleanField(_("Notify me by e-mail"), default=True)
    email_frequency = models.CharField(
        _("How often"), max_length=7, choices=Frequency, default=Frequency.INSTANT
    )
    push_enabled = models.BooleanField(_("Notify me in the browser"), default=False)
    digest_enabled = models.BooleanField(_("Send me a digest of what is new"), default=False)
    digest_frequency = models.CharField(
        _("How often"), max_length=7, choices=DigestFrequency, default=DigestFrequency.WEEKLY
    )
    profile_visibility = models.CharField(
        _("Who sees my profile"), max_length=7, choices=Visibility, default=Visibility.PRIVATE
    )
    show_email = models.BooleanField(_("Show my e-mail address"), default=False)
    show_activity = models.BooleanField(_("Show when I was here last"), default=False)
    # BCP 47 tags; "" follows the language of the pages.
    content_language = models.CharField(
        _("Language of films"), max_length=35, blank=True, validators=[validate_language_tag]
    )
    metadata_language = models.CharField(
        _("Language of descriptions"), max_length=35, blank=True, validators=[validate_language_tag]
    )
    show_adult_content = models.BooleanField(_("Show adult content"), default=False)
    show_spoilers = models.BooleanField(_("Show spoilers"), default=False)
    auto_play_videos = models.BooleanField(_("Play trailers by themselves"), default=True)

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.user_id)

    @property
    def theme(self) -> str:
        return self.user.theme

    @property
    def display_language(self) -> str:
        return self.user.locale or settings.LANGUAGE_CODE


class Avatar(Entity):
    """The picture of a user: its files are in AVATAR_DIR, see `avatars`. The row stays when the
    picture goes, so that no version comes twice."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="avatar")
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    file_size_bytes = models.PositiveIntegerField()
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.version}"
