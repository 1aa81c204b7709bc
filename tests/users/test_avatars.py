"""The pictures of accounts: kept, replaced, delivered to those who may see them."""

import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.core.errors import InvalidInputError
from apps.users import avatars, preferences
from apps.users.models import Avatar, User
from tests.metadata.pictures import picture_bytes

Api = Callable[[User | None], APIClient]
OWN = "/api/v1/users/me/avatar"

pytestmark = pytest.mark.django_db


def upload(client: Client, content: bytes | None = None, **fields: int) -> HttpResponse:
    file = SimpleUploadedFile("me.jpg", picture_bytes() if content is None else content)
    return client.post(OWN, {"file": file, **fields})


def of(user: User, query: str = "") -> str:
    return f"/api/v1/users/{user.pk}/avatar{query}"


def stored(user: User, folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "avatars" / str(user.pk)).glob("*"))


def test_a_picture_replaces_the_one_before(
    api: Api, member: User, people_files: Path, django_capture_on_commit_callbacks: Callable
) -> None:
    client = api(member)
    for version in (1, 2):
        with django_capture_on_commit_callbacks(execute=True):
            answer = upload(client).json()
        assert (answer["version"], answer["is_current"]) == (version, True)
        assert answer["file_path"] == of(member, f"?v={version}")
        assert stored(member, people_files) == [f"{version}-256.webp", f"{version}-64.webp"]
    assert Avatar.objects.count() == 1
    assert client.get("/api/v1/users/me").json()["avatar_url"] == of(member, "?v=2")
    assert list(ActivityEntry.objects.values_list("action", "changes")) == [
        ("user.avatar_change", {"avatar_version": {"old": old, "new": old + 1}}) for old in (1, 0)
    ]


def test_a_removed_one_goes_and_no_version_comes_twice(
    api: Api, member: User, people_files: Path, django_capture_on_commit_callbacks: Callable
) -> None:
    client = api(member)
    with django_capture_on_commit_callbacks(execute=True):
        upload(client)
        assert client.delete(OWN).status_code == 204
    assert stored(member, people_files) == []
    assert client.get("/api/v1/users/me").json()["avatar_url"] == of(member, "?v=0")
    assert client.delete(OWN).status_code == 204
    assert upload(client).json()["version"] == 2


def test_it_is_delivered_in_two_sizes_with_an_etag(
    api: Api,
    member: User,
    people_files: Path,  # noqa: ARG001
) -> None:
    client = api(member)
    upload(client)
    for query, side in (("", 256), ("?size=64", 64), ("?size=256&v=1", 256)):
        response = client.get(of(member, query))
        assert response.headers["Content-Type"] == "image/webp"
        assert PIL.Image.open(BytesIO(response.content)).size == (side, side)
    assert response.headers["Cache-Control"] == "private, max-age=86400"
    tag = response.headers["ETag"]
    assert client.get(of(member), headers={"If-None-Match": tag}).status_code == 304
    upload(client)
    assert client.get(of(member), headers={"If-None-Match": tag}).status_code == 200
    assert client.get(of(member, "?size=65")).status_code == 400


def test_initials_stand_in_for_it(api: Api, member: User, people_files: Path) -> None:
    client = api(member)
    response = client.get(of(member))
    assert response.headers["Cache-Control"] == "private, no-cache"
    tag = response.headers["ETag"]
    assert client.get(of(member), headers={"If-None-Match": tag}).status_code == 304
    client.put("/api/v1/users/me", {"display_name": "Zoe"}, format="json")
    assert client.get(of(member), headers={"If-None-Match": tag}).status_code == 200
    upload(client)
    for file in (people_files / "avatars" / str(member.pk)).iterdir():
        file.unlink()  # the disk was not restored with the database
    assert client.get(of(member)).status_code == 200


def test_who_may_not_see_somebody_sees_no_picture(
    api: Api,
    member: User,
    outsider: User,
    admin: User,
    people_files: Path,  # noqa: ARG001
) -> None:
    upload(api(member))
    assert api(outsider).get(of(member)).status_code == 404
    assert api(admin).get(of(member)).status_code == 200
    preferences.preferences_update(user=member, changes={"profile_visibility": "public"})
    assert api(outsider).get(of(member)).status_code == 200
    assert Client().get(of(member)).status_code == 401


@pytest.mark.parametrize(
    "content", [b"", b"no picture", picture_bytes((15, 15)), bytes(2 * 1024 * 1024 + 1)]
)
def test_a_bad_one_changes_nothing(
    api: Api, member: User, people_files: Path, content: bytes
) -> None:
    response = upload(api(member), content)
    assert response.status_code == 400
    assert response.json()["details"].keys() == {"file"}
    assert stored(member, people_files) == []
    assert not Avatar.objects.exists()
    assert api(member).post(OWN, {}).status_code == 400
    assert api(member).post(OWN, {"file": "text"}).status_code == 400
    assert api(member).post(OWN, {"file": 1}, format="json").status_code == 415


def test_a_part_may_be_chosen(api: Api, member: User, people_files: Path) -> None:  # noqa: ARG001
    assert upload(api(member), crop_x=10, crop_y=20, crop_size=100).status_code == 200
    refused = upload(api(member), crop_x=590, crop_y=0, crop_size=100)
    assert refused.status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_shown_whole(member: User, people_files: Path) -> None:
    start = threading.Barrier(2)

    def put(size: tuple[int, int]) -> None:
        user = User.objects.get(pk=member.pk)
        start.wait()
        try:
            avatars.avatar_set(user=user, content=picture_bytes(size))
        finally:
            connection.close()

    threads = [threading.Thread(target=put, args=[size]) for size in ((40, 40), (50, 50))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Avatar.objects.get().version == 2
    assert User.objects.get(pk=member.pk).avatar_version == 2
    assert stored(member, people_files) == ["2-256.webp", "2-64.webp"]


def test_a_failure_leaves_the_old_one(member: User, people_files: Path) -> None:
    avatars.avatar_set(user=member, content=picture_bytes())
    with pytest.raises(InvalidInputError):
        avatars.avatar_set(user=member, content=b"no picture")
    assert "1-256.webp" in stored(member, people_files)
    assert not avatars.avatar_shown(user=member, side=avatars.Side.SMALL).is_drawn


class TestOnThePage:
    def test_it_is_uploaded_shown_and_removed(
        self, browser_of: Callable[[User], Client], member: User, people_files: Path
    ) -> None:
        browser = browser_of(member)
        file = SimpleUploadedFile("me.png", picture_bytes())
        response = browser.post("/account/picture", {"file": file}, follow=True)
        assert "Your picture is saved." in response.content.decode()
        assert f"{of(member)}?v=1&amp;size=64" in response.content.decode()
        response = browser.post("/account/picture", {"remove": "1"}, follow=True)
        assert "?v=1" not in response.content.decode()
        assert people_files.exists()

    def test_what_is_wrong_is_said_at_the_field(
        self,
        browser_of: Callable[[User], Client],
        member: User,
        people_files: Path,  # noqa: ARG002
    ) -> None:
        file = SimpleUploadedFile("me.png", b"no picture")
        response = browser_of(member).post("/account/picture", {"file": file})
        assert response.context["avatar_form"].errors.keys() == {"file"}
        assert "This is no JPEG, PNG or WebP picture." in response.content.decode()
