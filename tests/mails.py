"""What the server has mailed, once the jobs that wait for it have run."""

import re

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from apps.core.jobs import task
from apps.core.jobs.models import JobMessage

_TASKS = ("core.mail_send", "authn.password_reset_mail")


def mailed() -> list[EmailMultiAlternatives]:
    """Oldest first."""
    while message := JobMessage.objects.filter(task__in=_TASKS).order_by("created_at").first():
        message.delete()
        task.by_name(message.task)(*message.args)
    return [each for each in mail.outbox if isinstance(each, EmailMultiAlternatives)]


def code_in(message: EmailMultiAlternatives) -> str:
    """The secret stands on a line of its own."""
    found = re.search(r"^[\w-]{43}$", str(message.body), re.MULTILINE)
    assert found, message.body
    return found[0]
