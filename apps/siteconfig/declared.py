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
    minimum=1,
    maximum=60,
    is_public=True,
)
SERVER_URL: Final = Setting(
    "server.url",
    "",
    Category.GENERAL,
    _("Address of the server"),
    _("As people reach it, such as https://films.example.org: links in mails begin with it."),
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
DELETED_ACCOUNTS_KEPT_DAYS: Final = Setting(
    "retention.deleted_accounts_days",
    30,
    Category.RETENTION,
    _("Deleted accounts are kept (days)"),
    _("Until then they can be restored; afterwards name and e-mail address are forgotten."),
    minimum=0,
    maximum=3650,
)
EXPORTS_KEPT_HOURS: Final = Setting(
    "retention.exports_hours",
    48,
    Category.RETENTION,
    _("Exports of people's data are kept (hours)"),
    minimum=1,
    maximum=720,
)
SESSION_DAYS: Final = Setting(
    "sessions.days",
    30,
    Category.SECURITY,
    _("Days that a session lasts"),
    _("Whoever has not been here for so long signs in again."),
    minimum=1,
    maximum=365,
)
PASSWORD_MIN_LENGTH: Final = Setting(
    "passwords.minimum_length",
    8,
    Category.SECURITY,
    _("Shortest password"),
    _("In characters, for passwords from now on."),
    minimum=8,
    maximum=64,
)
IMAGES_REQUIRE_AUTH: Final = Setting(
    "images.require_auth",
    False,  # noqa: FBT003  (the default)
    Category.IMAGES,
    _("Pictures only for who has signed in"),
    _("Clients that send no token for posters then show none."),
)
ACTIVITY_DAYS: Final = Setting(
    "retention.activity_days",
    365,
    Category.RETENTION,
    _("Days that activity is kept"),
    _("Older entries of the log are deleted once a day."),
    minimum=30,
    maximum=3650,
)
LOSS_PERCENT: Final = Setting(
    "libraries.loss_percent",
    50,
    Category.LIBRARIES,
    _("Ask when more than this share of a folder is gone at once (percent)"),
    _("Until somebody has confirmed it, the folder counts as away and its films are kept."),
    minimum=1,
    maximum=100,
)
LOSS_FILES: Final = Setting(
    "libraries.loss_files",
    10,
    Category.LIBRARIES,
    _("Ask only when at least this many files are gone at once"),
    _("When none are left, it always asks."),
    minimum=1,
    maximum=1_000_000,
)
LOSS_HOURS: Final = Setting(
    "libraries.loss_hours",
    24,
    Category.LIBRARIES,
    _("Files that go missing within so many hours count as gone at once"),
    _("With 0 each scan counts alone."),
    minimum=0,
    maximum=168,
)
MISSING_FILES_DAYS: Final = Setting(
    "retention.missing_files_days",
    30,
    Category.RETENTION,
    _("Missing files are remembered (days)"),
    _(
        "So long a deleted library can be restored, and a file that comes back is known. What"
        " people have seen and corrected stays with its film in any case."
    ),
    minimum=1,
    maximum=3650,
)
