"""Mail: a template in the reader's language, sent by a job once the transaction has committed.

A template is `mail/NAME.txt`, whose first line is the subject, and `mail/NAME.html`. What a mail
says, links with tokens included, is sealed on its way: no row, message or log shows it.
"""

import hashlib
import json
import logging
import smtplib
from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import translation

from apps.core import crypto, tasks
from apps.core.crypto import SealError
from apps.core.errors import UnavailableError
from apps.core.jobs import outbox

logger = logging.getLogger(__name__)

_PURPOSE: Final = "mail"


def is_configured() -> bool:
    return not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend")


def send(
    template: str, *, to: str, language: str = "", context: Mapping[str, object] | None = None
) -> None:
    """When the open transaction commits. `context` is what JSON can hold; without a `language` it
    is the one at hand."""
    sealed = json.dumps([template, to, language or translation.get_language(), context or {}])
    outbox.enqueue(tasks.mail_send, crypto.seal(sealed, purpose=_PURPOSE))


def deliver(sealed: str) -> None:
    """Hand a mail over to the mail server. Raises UnavailableError where that may work later; what
    the server refuses for good is logged, without its address."""
    try:
        template, to, language, context = json.loads(crypto.unseal(sealed, purpose=_PURPOSE))
    except SealError:
        logger.error("a mail was sealed with another secret key: it is not sent")  # noqa: TRY400
        return
    if not is_configured():
        logger.warning("no mail server is configured: the mail %s is not sent", template)
        return
    # A job may run twice: readers' programs show mails of one id once.
    name = hashlib.sha256(sealed.encode()).hexdigest()[:32]
    message = _message(template, to, language, context)
    message.extra_headers["Message-ID"] = f"<{name}@{settings.EMAIL_DOMAIN}>"
    try:
        with get_connection() as message.connection:  # closed too when it lets nobody in
            message.send()
    except OSError as error:
        if _is_final(error):
            logger.error("the mail server refuses a mail %s: %s", template, _reason(error))  # noqa: TRY400
            return
        raise UnavailableError(f"the mail server: {_reason(error)}") from None


def _message(
    template: str, to: str, language: str, context: Mapping[str, object]
) -> EmailMultiAlternatives:
    with translation.override(_known(language)):
        subject, _, body = render_to_string(f"mail/{template}.txt", context).partition("\n")
        page = render_to_string(f"mail/{template}.html", {**context, "subject": subject.strip()})
    message = EmailMultiAlternatives(
        subject.strip(), body.lstrip(), to=[to], headers={"Auto-Submitted": "auto-generated"}
    )
    message.attach_alternative(page, "text/html")
    return message


def _known(language: str) -> str:
    """The nearest that the server speaks."""
    try:
        return translation.get_supported_language_variant(language)
    except LookupError:
        return settings.LANGUAGE_CODE


def _is_final(error: OSError) -> bool:
    """smtplib's errors are OSErrors; servers say with 5xx that trying again is of no use."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _reason(error: OSError) -> str:
    """Without addresses, which servers like to repeat."""
    code = getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()
