"""How passwords are hashed: with how much memory at once, and those of other servers."""

import threading
from typing import Any

import bcrypt
import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from apps.authn import hashers, passwords, services
from apps.authn.hashers import MemoryGate
from apps.core.errors import SignInError
from apps.users.models import User
from tests.conftest import PASSWORD
from tests.waiting import until


class TestTheGate:
    def test_lets_in_what_fits(self) -> None:
        gate = MemoryGate(100)
        inside, most = [0], [0]
        lock, over = threading.Lock(), threading.Event()

        def work(kib: int) -> None:
            with gate.hold(kib):
                with lock:
                    inside[0] += kib
                    most[0] = max(most[0], inside[0])
                over.wait()
                with lock:
                    inside[0] -= kib

        threads = [threading.Thread(target=work, args=[kib]) for kib in [40] * 8 + [20] * 4]
        for thread in threads:
            thread.start()
        until(lambda: inside[0] >= 80)
        assert gate._free >= 0
        over.set()
        for thread in threads:
            thread.join()
        assert most[0] <= 100
        assert gate._free == 100

    def test_lets_in_what_is_larger_than_all_alone(self) -> None:
        gate = MemoryGate(100)
        with gate.hold(1000):
            assert gate._free == 0
        assert gate._free == 100

    def test_lets_a_thread_in_again(self) -> None:
        gate = MemoryGate(100)
        with gate.hold(60), gate.hold(60):
            assert gate._free == 40
        assert gate._free == 100

    def test_forgets_who_failed(self) -> None:
        gate = MemoryGate(100)
        with pytest.raises(ValueError, match="x"), gate.hold(60):
            raise ValueError("x")
        assert gate._free == 100

    def test_all_web_processes_stay_below_400_mib(self, settings: LazySettings) -> None:
        assert settings.WEB_WORKERS * hashers.gate._kib <= 400 * 1024
        assert hashers.gate._kib >= hashers.Argon2Hasher.memory_cost


def test_the_parameters_are_owasp_s(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["apps.authn.hashers.Argon2Hasher"]
    encoded = make_password(PASSWORD)
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashers.memory_of(encoded) == 19 * 1024
    assert len(encoded) <= 128


@pytest.fixture
def every_hasher(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = [
        "tests.passwords.CheapArgon2PasswordHasher",
        "apps.authn.hashers.BcryptHasher",
        "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    ]


def _raw(prefix: str) -> str:
    made = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    return prefix + made[4:]


BCRYPT: dict[str, Any] = {
    "2a": lambda: _raw("$2a$"),
    "2b": lambda: _raw("$2b$"),
    "2y": lambda: _raw("$2y$"),
    "Django's": lambda: "bcrypt$" + _raw("$2b$"),
    "Django's with SHA-256": lambda: make_password(PASSWORD, hasher="bcrypt_sha256"),
}


@pytest.mark.usefixtures("every_hasher")
@pytest.mark.parametrize("kind", BCRYPT)
def test_a_hash_of_another_server_is_taken_and_replaced(member: User, kind: str) -> None:
    encoded = BCRYPT[kind]()
    User.objects.filter(pk=member.pk).update(password=encoded)
    with pytest.raises(SignInError):
        services.sign_in(username="member", password="wrong")
    member.refresh_from_db()
    assert member.password == encoded
    services.sign_in(username="member", password=PASSWORD)
    member.refresh_from_db()
    assert member.password.startswith("argon2$argon2id$")
    assert services.sign_in(username="member", password=PASSWORD) == member


@pytest.mark.usefixtures("every_hasher")
def test_a_long_password_of_another_server(member: User) -> None:
    """It was cut to 72 bytes there."""
    long = "ä" * 50
    member.password = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    assert passwords.is_right(member, long)
    member.refresh_from_db()
    assert member.password.startswith("argon2$")
    assert not passwords.is_right(member, long[:36])


@pytest.mark.parametrize("encoded", ["", "!", "x", "$2b$", "$2b$12$short"])
def test_what_is_no_hash_is_nobody_s_password(member: User, encoded: str) -> None:
    User.objects.filter(pk=member.pk).update(password=encoded)
    with pytest.raises(SignInError):
        services.sign_in(username="member", password=PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["short7!", "password1", "12345678901", "x" * 1025, "member-1", "member@example.org"],
)
def test_a_weak_password_is_refused(member: User, password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, member)


@pytest.mark.parametrize("password", [PASSWORD, "8 signs!", "ein Satz, der länger ist", "x9" * 512])
def test_a_good_one_is_not(member: User, password: str) -> None:
    validate_password(password, member)
    member.set_password(password)
    assert passwords.is_right(member, password)
