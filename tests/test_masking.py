import pytest

from revenge.masking import mask, masker


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("unix://:abc-def@/run/x?db=0", "unix://:***@/run/x?db=0"),
        ("postgres://u:p%40w@h/name failed", "postgres://u:***@h/name failed"),
        ("Authorization: Bearer abcdef.ghi", "Authorization: Bearer ***"),
        ("Authorization: Basic dTpwYXNz", "Authorization: Basic ***"),
        ('{"password": "hunter22"}', '{"password": "***"}'),
        (r'{"event": "{\"password\": \"hunter22\"}"}', r'{"event": "{\"password\": \"***\"}"}'),
        ("Cookie: revenge_session=abc123; a=b", "Cookie: ***; a=b"),
        (
            "x; revenge_session=abc123; revenge_csrf=xyz789",
            "x; revenge_session=***; revenge_csrf=***",
        ),
        ("http://localhost:8096/setup/#abc_d-e", "http://localhost:8096/setup/#***"),
        ("X-TYPESENSE-API-KEY: abcdefgh", "X-TYPESENSE-API-KEY: ***"),
        ("GET /x?access_token=abcd.efg&page=2", "GET /x?access_token=***&page=2"),
        ("got eyJhbGciOiJIUzI1.eyJpc3MiOiJy.c2ln in a frame", "got *** in a frame"),
        ("webhook_secret='s3cr3t-s3cr3t'", "webhook_secret='***'"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "request", "route": "/api/v1/auth/login", "status": 200}',
        "The Passenger (1975).mkv: 2 streams",
        "http://user@host/path and https://example.org/a:b",
        "the token is not valid any more",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert mask(text) == text


def test_known_secrets_are_hidden_wherever_they_stand() -> None:
    hide = masker(["correct-horse", "correct-horse-battery", "", "short"])
    assert hide("xcorrect-horse-batteryx correct-horse short") == "x***x *** short"
