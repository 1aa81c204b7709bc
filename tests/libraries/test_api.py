"""Libraries and their scans over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.libraries import grants, scanning, services
from apps.libraries.access import GrantLevel
from apps.libraries.grants import GrantLimits
from apps.libraries.models import Library, LibraryScan, ScanStatus, ScanType
from apps.users.models import User

LIBRARIES = "/api/v1/libraries"
Api = Callable[[User | None], APIClient]


def scan_path(library: Library) -> str:
    return f"{LIBRARIES}/{library.pk}/scan"


def test_everybody_sees_the_libraries_of_a_grant(
    api: Api, films: Library, member: User, outsider: User, admin: User
) -> None:
    for user, total in ((member, 1), (admin, 1), (outsider, 0)):
        assert api(user).get(LIBRARIES).json()["total"] == total
    assert api(outsider).get(f"{LIBRARIES}/{films.pk}").status_code == 404
    assert api(outsider).get(f"{LIBRARIES}/{films.pk}/scans").status_code == 404


def test_a_library_that_is_off_is_the_administrators_alone(
    api: Api, films: Library, member: User, admin: User
) -> None:
    services.library_update(library=films, changes={"enabled": False})
    assert api(member).get(f"{LIBRARIES}/{films.pk}").status_code == 404
    assert api(admin).get(f"{LIBRARIES}/{films.pk}").json()["enabled"] is False
    response = api(admin).post(scan_path(films), {"scan_type": "full"}, format="json")
    assert response.status_code == 409


@pytest.mark.parametrize("scan_type", ["full", "incremental", "metadata"])
def test_a_scan_is_queued_and_begun_by_its_asker(
    api: Api, films: Library, admin: User, scan_type: str
) -> None:
    response = api(admin).post(scan_path(films), {"scan_type": scan_type}, format="json")
    assert response.status_code == 202
    scan = LibraryScan.objects.get()
    assert response.json()["id"] == str(scan.pk)
    assert (scan.scan_type, scan.status, scan.requested_by) == (scan_type, "pending", admin)


def test_a_second_scan_is_409_until_the_first_ends(api: Api, films: Library, admin: User) -> None:
    client = api(admin)
    first = client.post(scan_path(films), {"scan_type": "full"}, format="json").json()
    assert client.post(scan_path(films), {"scan_type": "full"}, format="json").status_code == 409
    cancel = f"{LIBRARIES}/{films.pk}/scans/{first['id']}"
    assert client.delete(cancel).json()["status"] == "cancelled"
    assert client.delete(cancel).status_code == 409
    assert client.post(scan_path(films), {"scan_type": "full"}, format="json").status_code == 202


@pytest.mark.parametrize("body", [{}, {"scan_type": "quick"}, {"scan_type": None}, []])
def test_another_type_of_scan_is_400(api: Api, films: Library, admin: User, body: object) -> None:
    response = api(admin).post(scan_path(films), body, format="json")
    assert response.status_code == 400
    assert not LibraryScan.objects.exists()


def test_a_scan_is_cancelled_under_its_own_library_alone(
    api: Api, films: Library, admin: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = services.library_create(name="Other", roots=[str(tmp_path_factory.mktemp("other"))])
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)
    assert api(admin).delete(f"{LIBRARIES}/{other.pk}/scans/{scan.pk}").status_code == 404
    scan.refresh_from_db()
    assert scan.status == ScanStatus.PENDING


def test_scans_are_listed_latest_first_in_pages(api: Api, films: Library, member: User) -> None:
    for _ in range(5):
        scan = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
        scanning.scan_cancel(scan=scan)
    ids = [
        str(pk) for pk in LibraryScan.objects.order_by("-created_at").values_list("pk", flat=True)
    ]
    body = api(member).get(f"{LIBRARIES}/{films.pk}/scans?limit=2&offset=1").json()
    assert [row["id"] for row in body["scans"]] == ids[1:3]
    assert body["total"] == 5


def test_who_does_not_look_after_a_library_is_told_no_counts_of_it(
    api: Api, admin: User, member: User, guest: User, films: Library
) -> None:
    """They are of all its films, of those too that a grant keeps from somebody; an error may name
    one."""
    managing: dict[str, Any] = {"actor": None, "library": films, "level": GrantLevel.MANAGE}
    grants.grant_add(**managing, grantee=guest)
    LibraryScan.objects.create(
        library=films, scan_type=ScanType.FULL, status="failed", items_added=3, error_message="?"
    )
    counts = {"items_scanned", "items_added", "items_updated", "items_removed", "error_count"}

    def told(user: User) -> list[set[str]]:
        client, path = api(user), f"{LIBRARIES}/{films.pk}"
        (listed,) = client.get(LIBRARIES).json()["libraries"]
        (scan,) = client.get(f"{path}/scans").json()["scans"]
        return [set(listed["latest_scan"]), set(client.get(path).json()["latest_scan"]), set(scan)]

    by_viewer = {"id", "library_id", "scan_type", "status", "created_at"}
    assert told(member) == 3 * [by_viewer]
    for user in (admin, guest):
        assert told(user) == 3 * [by_viewer | counts | {"error_message"}]
    grants.grant_add(**managing, grantee=guest, limits=GrantLimits(max_age=6))
    assert told(guest) == 3 * [by_viewer | counts]
    started = api(guest).post(f"{LIBRARIES}/{films.pk}/scan", {"scan_type": "full"}, format="json")
    assert counts <= set(started.json())


def test_many_libraries_need_no_more_queries_than_one(
    api: Api, admin: User, films: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    counts = []
    client = api(admin)
    client.get("/api/v1/users/me")  # from here on the session is known
    for number in range(8):
        if number in {0, 7}:
            with CaptureQueriesContext(connection) as queries:
                body = client.get(LIBRARIES).json()
            assert body["total"] == number + 1
            assert all(row["paths"] for row in body["libraries"])
            counts.append(len(queries))
        folder = tmp_path_factory.mktemp("films")
        made = services.library_create(name=f"Library {number}", roots=[str(folder)])
        scanning.scan_start(library=made, scan_type=ScanType.FULL)
    assert counts[0] == counts[1]
    latest = [row.get("latest_scan", {}).get("status") for row in body["libraries"]]
    assert latest.count("pending") == 7
    assert films.name in {row["name"] for row in body["libraries"]}
