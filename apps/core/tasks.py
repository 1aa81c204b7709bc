from apps.core.jobs import tracking
from apps.core.jobs.models import Queue
from apps.core.jobs.retries import Retry
from apps.core.jobs.task import declare


@declare("core.jobs_clean", queue=Queue.LOW)
def jobs_clean() -> None:
    """Forget jobs that ended long ago."""
    tracking.clean()


@declare("core.mail_send", queue=Queue.CRITICAL, retry=Retry.MAIL)
def mail_send(sealed: str) -> None:
    """Hand a mail over to the mail server."""
    from apps.core import mail  # noqa: PLC0415  (it enqueues this)

    mail.deliver(sealed)
