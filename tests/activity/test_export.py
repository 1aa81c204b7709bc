"""The log as CSV."""

import csv
import gc
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activity import exporting, services
from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(browser_of: Callable[[User], Client], admin: User) -> Client:
    return browser_of(admin)


def _exported(console: Client, query: str = "") -> list[dict[str, str]]:
    response = console.post(reverse("admin:activity_export") + query)
    assert response.status_code == 200
    assert isinstance(response, StreamingHttpResponse)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="activity-')
    text = b"".join(response).decode()  # type: ignore[arg-type]
    assert text[0] == "\ufeff"
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_it_holds_what_the_filters_choose_and_is_recorded(console: Client, admin: User) -> None:
    services.record(Action.LOGIN, actor=admin)
    services.record(
        Action.USER_UPDATE, actor=admin, resource=admin, changes={"display_name": ("", 'a"b,\n"ü')}
    )
    (row,) = _exported(console, "?action=user.update&who=ADMIN")
    assert (row["username"], row["resource_id"]) == ("admin", str(admin.pk))
    assert json.loads(row["changes"]) == {"display_name": {"old": "", "new": 'a"b,\n"ü'}}
    assert "ü" in row["changes"]
    assert row["success"] == "True"
    entry = ActivityEntry.objects.get(action="activity.export")
    assert entry.username == "admin"
    assert entry.metadata == {"action": "user.update", "username": "ADMIN"}
    assert len(_exported(console)) == ActivityEntry.objects.count() - 1


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "=cmd|' /C calc'!A0"],  # noqa: RUF001
)
def test_a_formula_stays_text(console: Client, name: str) -> None:
    services.record(Action.LOGIN_FAILED, username=name, success=False, error=name)
    (row,) = _exported(console, "?action=user.login_failed")
    assert row["username"] == f"'{name}"
    assert row["error_message"] == f"'{name}"


def test_a_filter_that_is_none_exports_nothing(console: Client) -> None:
    address = reverse("admin:activity_export")
    assert console.post(f"{address}?first_day=x").status_code == 400
    assert console.get(address).status_code == 405
    assert not ActivityEntry.objects.exists()


def test_members_export_nothing(browser_of: Callable[[User], Client], member: User) -> None:
    assert browser_of(member).post(reverse("admin:activity_export")).status_code == 403
    assert not ActivityEntry.objects.exists()


def test_a_large_log_is_never_in_memory_as_a_whole(admin: User) -> None:
    """Of 10,000 entries no more than a batch and the one before it."""
    now = timezone.now()
    for begin in range(0, 10_000, 5000):
        ActivityEntry.objects.bulk_create(
            ActivityEntry(
                action=Action.LOGIN,
                username="member",
                created_at=now - timedelta(seconds=number // 3),
                user_agent="x" * 200,
            )
            for number in range(begin, begin + 5000)
        )
    pieces = exporting.export(wanted={}, actor=admin)
    lines, sizes, alive = 0, [], []
    for number, piece in enumerate(pieces):
        lines += piece.count("\r\n")
        sizes.append(len(piece))
        if number % 2:
            alive.append(sum(type(each) is ActivityEntry for each in gc.get_objects()))
    assert lines == 10_001
    assert sum(sizes) > 2_400_000
    assert max(sizes) < 500_000
    assert 0 < max(alive) <= 2001
