"""Every server setting. `NAME.get()` is its value."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.siteconfig.declaring import Category, Setting

SERVER_NAME: Final = Setting(
    "server.name",
    "revenge",
    Category.GENERAL,
    _("Server name"),
    _("Shown in pages, mails and authenticator apps."),
    maximum=60,
    is_public=True,
)
REGISTRATION_ENABLED: Final = Setting(
    "features.registration_enabled",
    False,  # noqa: FBT003  (the default)
    Category.ACCOUNTS,
    _("Registration"),
    _("Anybody who reaches the server may make an account. Invitations work without."),
    is_public=True,
)
SESSIONS_PER_USER: Final = Setting(
    "sessions.per_user",
    10,
    Category.SECURITY,
    _("Sessions a user"),
    _("Whoever signs in once more ends the oldest one."),
    minimum=1,
    maximum=1000,
)
