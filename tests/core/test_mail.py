"""Mails go by a job to a real mail server, in the reader's language."""

import email
import email.policy
import logging
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from django.conf import LazySettings

from apps.core import diagnosis, mail, tasks
from apps.core.diagnosis import external
from apps.core.errors import UnavailableError
from apps.core.jobs.models import JobMessage, Queue
from apps.core.probes import Health
from bench.server import free_port
from revenge import smtp
from tests.core.tls import self_signed

CONTEXT = {
    "name": "member",
    "server": "revenge",
    "url": "https://films.example.org",
    "code": "the-code",
    "link": "https://films.example.org/new-password/#the-code",
}


class Mailbox:
    """What the server has taken; `answer` is what it says to a mail."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            content: Any = envelope.content
            parsed = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.taken.append(parsed)
        return self.answer


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox, settings: LazySettings) -> Iterator[Controller]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    use(settings, f"smtp://127.0.0.1:{controller.port}")
    yield controller
    if controller.loop.is_running():
        controller.stop()


def use(settings: LazySettings, address: str) -> None:
    """As the settings read it from the environment."""
    parsed = smtp.parse(address)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_URL = address
    settings.EMAIL_HOST, settings.EMAIL_PORT = parsed.host, parsed.port
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = parsed.user, parsed.password
    settings.EMAIL_USE_TLS = parsed.encryption is smtp.Encryption.STARTTLS
    settings.EMAIL_USE_SSL = parsed.encryption is smtp.Encryption.TLS


def send(language: str = "en", template: str = "reset") -> JobMessage:
    mail.send(template, to="member@example.org", language=language, context=CONTEXT)
    return JobMessage.objects.latest("created_at")


def run(job: JobMessage) -> None:
    tasks.mail_send(*job.args)


pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("server")
def test_text_and_html_reach_the_server(mailbox: Mailbox) -> None:
    job = send()
    assert job.queue == Queue.CRITICAL
    run(job)
    (message,) = mailbox.taken
    assert message["To"] == "member@example.org"
    assert message["From"] == "revenge@localhost"
    assert message["Subject"] == "A new password for revenge"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert CONTEXT["code"] in text
        assert CONTEXT["link"] in text
        assert "{%" not in text


@pytest.mark.parametrize("template", ["verify", "reset", "password_changed", "email_changed"])
@pytest.mark.usefixtures("server")
def test_every_mail_has_a_subject_and_both_bodies(mailbox: Mailbox, template: str) -> None:
    run(send(template=template))
    (message,) = mailbox.taken
    assert message["Subject"]
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    assert all(body is not None and "member" in body.get_content() for body in bodies)


@pytest.mark.usefixtures("server")
def test_in_the_reader_s_language(mailbox: Mailbox) -> None:
    for language in ("en", "de", "de-at", "no-such", ""):
        run(send(language))
    pages = [message.get_body(("html",)) for message in mailbox.taken]
    tags = [page.get_content().split('<html lang="')[1][:2] for page in pages if page]
    assert tags == ["en", "de", "de", "en", "en"]


@pytest.mark.usefixtures("server")
def test_what_a_name_holds_is_shown_as_it_is(mailbox: Mailbox) -> None:
    mail.send("reset", to="a@example.org", context={**CONTEXT, "name": "<b>&", "server": "A & B"})
    run(JobMessage.objects.latest("created_at"))
    (message,) = mailbox.taken
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert message["Subject"] == "A new password for A & B"
    assert "Hello <b>&," in plain.get_content()
    assert "&lt;b&gt;&amp;" in page.get_content()


def test_no_row_shows_what_it_says() -> None:
    job = send()
    stored = str(JobMessage.objects.filter(pk=job.pk).values())
    assert "the-code" not in stored
    assert "member@example.org" not in stored


def test_an_error_shows_no_address(
    server: Controller,  # noqa: ARG001
    mailbox: Mailbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mailbox.answer = "550 member@example.org does not like the-code"
    with caplog.at_level(logging.DEBUG):
        run(send())
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("apps.")]
    assert "the mail server refuses a mail reset: SMTPDataError 550" in ours
    assert "member@example.org" not in str(ours)
    assert "the-code" not in str(ours)


def test_a_server_that_is_busy_or_away_is_asked_again(server: Controller, mailbox: Mailbox) -> None:
    job = send()
    mailbox.answer = "451 Later"
    with pytest.raises(UnavailableError, match="451"):
        run(job)
    server.stop()
    with pytest.raises(UnavailableError, match="Connection"):
        run(job)
    error = UnavailableError("")
    assert tasks.mail_send.retry_rule.value.delay(error, tried=1) is not None


def test_sent_twice_it_is_one_mail_to_readers(server: Controller, mailbox: Mailbox) -> None:  # noqa: ARG001
    job = send()
    run(job)
    run(job)
    first, second = mailbox.taken
    assert first["Message-ID"] == second["Message-ID"]
    run(send())
    assert mailbox.taken[2]["Message-ID"] != first["Message-ID"]


def test_sealed_with_a_key_that_is_gone(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    job = send()
    settings.SECRET_KEY = "another key of at least thirty-two characters"
    run(job)
    assert "another secret key" in caplog.text


def test_by_tls_and_password(
    mailbox: Mailbox, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(self_signed("127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    def login(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> Any:
        is_right = (data.login, data.password) == (b"films", b"p@ss/word")
        return AuthResult(success=is_right, handled=False)

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=login,
        auth_required=True,
    )
    controller.start()
    try:
        address = f"smtp+starttls://films:{{}}@127.0.0.1:{controller.port}"
        use(settings, address.format("p%40ss%2Fword"))
        run(send())
        assert len(mailbox.taken) == 1
        assert external.mail_server().status is Health.HEALTHY
        use(settings, address.format("wrong"))
        run(send())
        assert len(mailbox.taken) == 1
        assert external.mail_server().message == "Refuses the user name or the password"
    finally:
        controller.stop()


class TestHealth:
    def test_a_server_that_answers(self, server: Controller) -> None:  # noqa: ARG002
        check = external.mail_server()
        assert check.status is Health.HEALTHY
        assert check.facts == {"Address": "127.0.0.1"}

    def test_one_that_does_not(self, server: Controller) -> None:
        server.stop()
        assert external.mail_server().status is Health.DEGRADED

    def test_none(self, settings: LazySettings, caplog: pytest.LogCaptureFixture) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        settings.EMAIL_URL = ""
        check = external.mail_server()
        assert check.status is Health.DEGRADED
        assert "REVENGE_EMAIL_URL" in str(check.message)
        assert "mail" in diagnosis._probes
        run(send())
        assert "no mail server is configured" in caplog.text
        assert "the-code" not in caplog.text
