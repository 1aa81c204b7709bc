"""What the keeper of the server can do when nobody can sign in."""

import io
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.authn import lockout
from apps.users import services as users
from apps.users.models import User
from tests.conftest import PASSWORD

NEW = "Another-Horse-10"


def run(command: str, name: str) -> str:
    out = io.StringIO()
    call_command(command, name, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.mark.parametrize("name", ["member", "MEMBER@example.org"])
def test_a_new_password(
    member: User,
    api: Callable[[User], APIClient],
    typed: Callable[[str], None],
    name: str,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    client = api(member)
    attempt = lockout.attempt(username="member", user=member)
    for _ in range(6):
        attempt.failed()
    typed(f"{NEW}\n")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert "new password" in run("reset_password", name)
    member.refresh_from_db()
    assert member.check_password(NEW)
    assert client.get("/api/v1/users/me").status_code == 401
    assert attempt.wait() == 0
    entry = ActivityEntry.objects.get(action=Action.PASSWORD_RESET)
    assert (entry.user_id, entry.resource_id) == (None, member.pk)
    assert NEW not in str(ActivityEntry.objects.values())


def test_a_weak_one_is_refused(member: User, typed: Callable[[str], None]) -> None:
    typed("short\n")
    with pytest.raises(CommandError, match="too short"):
        run("reset_password", "member")
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_all_sessions_end(member: User, api: Callable[[User], APIClient]) -> None:
    clients = [api(member), api(member)]
    assert run("end_sessions", "member").endswith("Sessions ended: 2")
    assert {client.get("/api/v1/users/me").status_code for client in clients} == {401}
    recorded = ActivityEntry.objects.filter(action=Action.SESSION_END)
    assert recorded.filter(metadata__by="command line").count() == 1
    assert recorded.count() == 3


def test_an_administrator(admin: User, member: User) -> None:  # noqa: ARG001
    users.user_update(user=member, changes={"is_active": False})
    assert run("make_admin", "member") == "member is an administrator now."
    member.refresh_from_db()
    assert member.is_admin
    assert member.is_active
    assert run("make_admin", "member") == "member is an administrator already."
    entry = ActivityEntry.objects.get(action=Action.ROLE_ASSIGN)
    assert entry.metadata["role"] == "admin"


@pytest.mark.parametrize("command", ["reset_password", "end_sessions", "make_admin"])
def test_nobody(db: None, command: str) -> None:  # noqa: ARG001
    with pytest.raises(CommandError, match="There is no account 'nobody'"):
        run(command, "nobody")
