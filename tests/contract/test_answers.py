"""What the server really answers is what the published API says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from rest_framework.test import APIClient

from apps.libraries import scanning
from apps.libraries import services as libraries
from apps.libraries.models import Library, ScanType
from apps.movies.models import Movie
from apps.users import services as users
from apps.users.models import User
from tests import objects
from tests.conftest import PASSWORD
from tests.contract import notation
from tests.metadata.pictures import picture_bytes

V1 = "/api/v1"


def assert_is(response: HttpResponse, answer: str, status: int = 200) -> Any:
    """The parsed body, after a check against the schema of that name."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.validate(body, notation.answer_schema(answer), format_checker=checker)
    return body


def test_the_check_finds_what_is_wrong() -> None:
    good = {"code": 404, "message": "Not found"}
    jsonschema.validate(good, notation.answer_schema("Error"))
    for bad in (
        {"code": 404},
        {**good, "code": "404"},
        {**good, "more": 1},
        {**good, "details": []},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, notation.answer_schema("Error"))


@pytest.fixture
def client(api: Callable[[User | None], APIClient], member: User) -> APIClient:
    return api(member)


@pytest.fixture
def rich(films: Library) -> Movie:
    movie = objects.make_rich_movie(films)
    file = objects.make_media_file(
        films,
        duration_seconds=6060.4,
        bit_rate=4_999_700,
        width=1920,
        height=800,
        frame_rate=24000 / 1001,
        video_codec="hevc",
        dynamic_range="hdr10",
        color_space="bt2020nc",
        audio_codec="eac3",
        audio_channels=6,
        audio_languages=["de", "en"],
        subtitle_languages=["en"],
        probed_at=movie.library_added_at,
    )
    objects.make_movie_file(movie, file)
    return movie


@pytest.fixture
def bare(films: Library) -> Movie:
    movie = objects.make_movie(films, "Bare")
    objects.make_movie_file(movie, objects.make_media_file(films, "bare.mkv", container=""))
    return movie


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/startupz", f"{V1}/events/health"])
def test_health(path: str, db: None) -> None:  # noqa: ARG001
    body = assert_is(APIClient().get(path), "HealthCheck")
    assert body["status"] in {"healthy", "degraded"}


def test_sign_in_and_refresh(member: User) -> None:
    users.user_update(
        user=member, changes={"display_name": "M", "locale": "de", "timezone": "Europe/Berlin"}
    )
    body = {"username": "member", "password": PASSWORD}
    answer = assert_is(APIClient().post(f"{V1}/auth/login", body, format="json"), "LoginResponse")
    assert answer["user"].keys() == {
        "id", "username", "email", "display_name", "avatar_url", "locale", "timezone", "is_active",
        "is_admin", "email_verified", "created_at", "last_login_at",
    }  # fmt: skip
    body = {"refresh_token": answer["refresh_token"]}
    assert_is(APIClient().post(f"{V1}/auth/refresh", body, format="json"), "RefreshResponse")


def test_a_user_without_anything_optional(client: APIClient) -> None:
    body = assert_is(client.get(f"{V1}/users/me"), "User")
    assert body.keys() == {
        "id", "username", "email", "avatar_url", "is_active", "is_admin", "email_verified",
        "created_at",
    }  # fmt: skip


def test_preferences(client: APIClient) -> None:
    path = f"{V1}/users/me/preferences"
    body = assert_is(client.get(path), "UserPreferences")
    wanted = {"content_language": "de", "metadata_language": "pt-BR"}
    changed = assert_is(client.put(path, wanted, format="json"), "UserPreferences")
    assert changed == body | wanted
    assert changed.keys() == notation.schemas()["UserPreferences"]["properties"].keys()


def test_an_avatar(client: APIClient, people_files: object) -> None:  # noqa: ARG001
    file = SimpleUploadedFile("me.jpg", picture_bytes((20, 30)))
    body = assert_is(client.post(f"{V1}/users/me/avatar", {"file": file}), "Avatar")
    assert body["file_path"] == assert_is(client.get(f"{V1}/users/me"), "User")["avatar_url"]


def test_user_administration(
    api: Callable[[User | None], APIClient], admin: User, member: User
) -> None:
    body = assert_is(api(admin).get(f"{V1}/admin/users"), "AdminUserListResponse")
    assert [user["username"] for user in body["users"]] == ["admin", "member"]
    path = f"{V1}/admin/users/{member.pk}"
    assert assert_is(api(admin).get(path), "User") == body["users"][1]
    assert_is(api(admin).put(path, {"is_admin": True}, format="json"), "User")


def test_films(client: APIClient, rich: Movie, bare: Movie) -> None:
    body = assert_is(client.get(f"{V1}/movies?order_by=title"), "MovieListResponse")
    assert [item["id"] for item in body["items"]] == [str(bare.pk), str(rich.pk)]
    assert (body["total"], body["page"], body["page_size"]) == (2, 1, 20)
    law = notation.schemas()["Movie"]["properties"].keys()
    assert law - body["items"][1].keys() == {"radarr_id"}
    assert body["items"][0].keys() == {
        "id", "title", "external_ratings", "library_added_at", "created_at", "updated_at",
    }  # fmt: skip
    assert_is(client.get(f"{V1}/movies/search?query=film"), "[Movie]")
    for movie in (rich, bare):
        assert_is(client.get(f"{V1}/movies/{movie.pk}"), "Movie")


def test_files(client: APIClient, rich: Movie, bare: Movie) -> None:
    (file,) = assert_is(client.get(f"{V1}/movies/{rich.pk}/files"), "[MovieFile]")
    law = notation.schemas()["MovieFile"]["properties"].keys()
    assert law - file.keys() == {"quality_profile", "radarr_file_id", "is_monitored"}
    assert file["resolution"] == "1080p"
    assert file["audio_channels"] == "5.1"
    assert file["bitrate_kbps"] == 5000
    assert file["duration_seconds"] == 6060
    assert file["framerate"] == pytest.approx(23.976, abs=0.001)
    (file,) = assert_is(client.get(f"{V1}/movies/{bare.pk}/files"), "[MovieFile]")
    assert file["audio_languages"] == []
    assert "duration_seconds" not in file


def test_progress(client: APIClient, rich: Movie, member: User) -> None:
    path = f"{V1}/movies/{rich.pk}/progress"
    body = {"progress_seconds": 60.5, "duration_seconds": 6060.4}
    saved = assert_is(client.post(path, body, format="json"), "MovieWatched")
    assert saved["user_id"] == str(member.pk)
    assert assert_is(client.get(path), "MovieWatched") == saved
    assert assert_is(client.put(path, body, format="json"), "MovieWatched")["id"] == saved["id"]


def test_libraries_and_scans(
    api: Callable[[User | None], APIClient], client: APIClient, admin: User, films: Library
) -> None:
    body = assert_is(client.get(f"{V1}/libraries"), "LibraryListResponse")
    assert body["total"] == 1
    assert "latest_scan" not in body["libraries"][0]
    path = f"{V1}/libraries/{films.pk}"
    wanted = {"scan_type": "full"}
    scan = assert_is(api(admin).post(f"{path}/scan", wanted, format="json"), "LibraryScan", 202)
    scans = assert_is(api(admin).get(f"{path}/scans"), "LibraryScanListResponse")
    assert scans == {"scans": [scan], "total": 1}
    assert_is(client.get(f"{path}/scans"), "LibraryScanListResponse")
    libraries.library_update(
        library=films,
        changes={
            "metadata_provider": "nfo",
            "preferred_language": "de",
            "scanner_config": {"exclude": ["*.tmp"]},
        },
    )
    assert_is(client.get(path), "Library")
    shown = assert_is(api(admin).get(path), "Library")
    assert shown["latest_scan"] == scan
    objects.make_media_file(films, width=1920, height=1080, audio_languages=["de"])
    assert_is(client.get(f"{path}/statistics"), "LibraryStatistics")
    cancelled = assert_is(api(admin).delete(f"{path}/scans/{scan['id']}"), "LibraryScan", 202)
    assert cancelled["status"] == "cancelled"
    assert cancelled["completed_at"]


def test_a_library_that_is_made_changed_deleted_and_restored(
    api: Callable[[User | None], APIClient], films: Library, admin: User
) -> None:
    client, path = api(admin), f"{V1}/libraries/{films.pk}"
    folder = Path(films.roots.all()[0].path).with_name("new")
    folder.mkdir()
    new = {"name": "New", "type": "movie", "paths": [str(folder)]}
    assert_is(client.post(f"{V1}/libraries", new, format="json"), "Library", 201)
    assert_is(client.post(f"{V1}/libraries", new, format="json"), "Error", 409)
    assert_is(client.put(path, {"name": "Old"}, format="json"), "Library")
    assert client.delete(path).content == b""
    assert_is(client.post(f"{path}/restore"), "Library")


def test_a_scan_that_failed(
    api: Callable[[User | None], APIClient], admin: User, films: Library
) -> None:
    scan = scanning.scan_start(library=films, scan_type=ScanType.INCREMENTAL)
    films.scans.update(
        status="failed",
        error_message="no",
        started_at=scan.created_at,
        completed_at=scan.created_at,
    )
    scans = api(admin).get(f"{V1}/libraries/{films.pk}/scans")
    body = assert_is(scans, "LibraryScanListResponse")
    law = notation.schemas()["LibraryScan"]["properties"].keys()
    assert body["scans"][0].keys() == law
