"""Services of others that the server asks."""

import smtplib

from django.conf import settings
from django.core.mail import get_connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import mail
from apps.core.probes import Check, Health, Probe


def services() -> Check:
    """None yet: films are described from their names and NFO files."""
    return Check(Health.HEALTHY, _("No external service is configured"))


def mail_server() -> Check:
    """Whether it lets the server in."""
    if not mail.is_configured():
        return Check(
            Health.DEGRADED, _("There is none, and no mail is sent: set REVENGE_EMAIL_URL")
        )
    if not settings.EMAIL_URL:
        return Check(Health.HEALTHY, _("Mails are written to the log"))
    try:
        with get_connection(timeout=1):
            return Check(Health.HEALTHY, facts={_("Address"): settings.EMAIL_HOST})
    except smtplib.SMTPAuthenticationError:
        return Check(Health.DEGRADED, _("Refuses the user name or the password"))
    except OSError:
        return Check(Health.DEGRADED, str(_NO_ANSWER))


_AWAY = Check(Health.DEGRADED, gettext_lazy("Do not answer"))
_NO_ANSWER = gettext_lazy("Does not answer")
PROBES = {
    "external_services": Probe(services, _AWAY, gettext_lazy("External services")),
    "mail": Probe(mail_server, Check(Health.DEGRADED, _NO_ANSWER), gettext_lazy("Mail server")),
}
