import pytest

from revenge.smtp import Encryption, SmtpServer, parse


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtp://mail", SmtpServer("mail", 25, "", "", Encryption.NONE)),
        ("smtps://u:p@mail", SmtpServer("mail", 465, "u", "p", Encryption.TLS)),
        (
            "smtp+starttls://u%40x:p%2F@mail:2525",
            SmtpServer("mail", 2525, "u@x", "p/", Encryption.STARTTLS),
        ),
    ],
)
def test_what_an_address_says(address: str, server: SmtpServer) -> None:
    assert parse(address) == server


@pytest.mark.parametrize("address", ["http://mail", "smtp://", "smtp://mail:x", "mail"])
def test_what_is_none(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (whatever urllib says)
        parse(address)
