"""The console's page of sessions."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.activity.actions import Action
from apps.activity.models import ActivityEntry
from apps.authn.models import DeviceSession
from apps.users.models import User

pytestmark = pytest.mark.django_db

LIST = "admin:authn_devicesession_changelist"


def test_an_administrator_ends_what_is_somebody_elses(
    api: Callable[[User], APIClient],
    browser_of: Callable[[User], Client],
    admin: User,
    member: User,
) -> None:
    client, console = api(member), browser_of(admin)
    session = DeviceSession.objects.get(user=member)
    assert "member" in console.get(reverse(LIST)).content.decode()
    address = reverse("admin:authn_devicesession_delete", args=[session.pk])
    asked = console.get(address).content.decode()
    assert "member: test" in asked
    assert client.get("/api/v1/users/me").status_code == 200
    assert console.post(address, {"post": "yes"}).status_code == 302
    assert client.get("/api/v1/users/me").status_code == 401
    entry = ActivityEntry.objects.get(action=Action.SESSION_END)
    assert (entry.username, entry.resource_id) == ("admin", session.pk)
    assert console.get(address).status_code == 302  # it is not in the list any more


def test_several_at_once(
    api: Callable[[User], APIClient],
    browser_of: Callable[[User], Client],
    admin: User,
    member: User,
) -> None:
    clients = [api(member), api(member)]
    chosen = DeviceSession.objects.filter(user=member).values_list("pk", flat=True)
    form = {"action": "delete_selected", "_selected_action": [*map(str, chosen)], "post": "yes"}
    assert browser_of(admin).post(reverse(LIST), form).status_code == 302
    assert {client.get("/api/v1/users/me").status_code for client in clients} == {401}


def test_it_is_for_administrators_alone(
    browser_of: Callable[[User], Client], moderator: User
) -> None:
    assert browser_of(moderator).get(reverse(LIST)).status_code == 403
