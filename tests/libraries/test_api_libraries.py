"""Libraries are made, changed and taken away over HTTP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from apps.activity.models import ActivityEntry
from apps.libraries import grants, scanning, services
from apps.libraries.access import GrantLevel
from apps.libraries.models import Library, LibraryScan, ScanStatus, ScanType
from apps.libraries.scan import pipeline
from apps.movies import selectors as movies
from apps.movies.search import movie_search
from apps.users.models import User
from tests import objects
from tests.scans import add_film, states

LIBRARIES = "/api/v1/libraries"
Api = Callable[[User | None], APIClient]
EVERYTHING = {
    "enabled": False,
    "scan_on_startup": True,
    "realtime_monitoring": True,
    "metadata_provider": "nfo",
    "preferred_language": "pt-BR",
    "scanner_config": {"exclude": ["*.tmp"], "schedule": "0 3 * * *"},
}


@pytest.fixture
def folder(films_dir: Path) -> Path:
    made = films_dir.parent / "more"
    made.mkdir()
    return made


def path_of(library: Library) -> str:
    return f"{LIBRARIES}/{library.pk}"


def new(folder: Path, **fields: Any) -> dict[str, Any]:
    return {"name": "More", "type": "movie", "paths": [str(folder)], **fields}


def test_a_library_is_made_with_all_that_can_be_said(api: Api, admin: User, folder: Path) -> None:
    response = api(admin).post(LIBRARIES, new(folder, **EVERYTHING), format="json")
    assert response.status_code == 201
    body = response.json()
    assert {name: body[name] for name in EVERYTHING} == EVERYTHING
    assert (body["name"], body["type"], body["paths"]) == ("More", "movie", [str(folder)])
    assert "latest_scan" not in body
    assert api(admin).get(f"{LIBRARIES}/{body['id']}").json() == body
    assert ActivityEntry.objects.get(action="library.create").user_id == admin.pk


def test_what_is_not_said_is_as_published(api: Api, admin: User, folder: Path) -> None:
    body = api(admin).post(LIBRARIES, new(folder, unknown=1), format="json").json()
    assert body["enabled"] is True
    assert (body["scan_on_startup"], body["realtime_monitoring"]) == (False, False)
    assert body["scanner_config"] == {}
    assert not {"metadata_provider", "preferred_language"} & body.keys()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"type": "tvshow"}, "type"),
        ({"type": None}, "type"),
        ({"paths": []}, "paths"),
        ({"paths": "/"}, "paths"),
        ({"paths": ["relative"]}, "paths"),
        ({"paths": ["/no/such/folder"]}, "paths"),
        ({"paths": ["/proc"]}, "paths"),
        ({"paths": ["/etc/passwd"]}, "paths"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"metadata_provider": "The Movies"}, "metadata_provider"),
        ({"preferred_language": "<script>"}, "preferred_language"),
        ({"preferred_language": "de_DE"}, "preferred_language"),
        ({"scanner_config": []}, "scanner_config"),
        ({"scanner_config": {"speed": 9}}, "scanner_config"),
        ({"scanner_config": {"exclude": "*.tmp"}}, "scanner_config"),
        ({"scanner_config": {"schedule": "at noon"}}, "scanner_config"),
        ({"scanner_config": {"trusts_folder_times": "yes"}}, "scanner_config"),
        ({"paths": [f"/{number}" for number in range(101)]}, "paths"),
    ],
    ids=json.dumps,
)
def test_what_does_not_fit_is_400_and_named(
    api: Api, films: Library, admin: User, wrong: dict[str, Any], field: str
) -> None:
    client = api(admin)
    folder = Path(films.roots.all()[0].path)
    before = client.get(path_of(films)).json()
    answers = [client.post(LIBRARIES, {**new(folder), **wrong}, format="json")]
    if field != "type":  # it is not taken there
        answers.append(client.put(path_of(films), wrong, format="json"))
    for response in answers:
        assert response.status_code == 400
        assert field in response.json()["details"]
    assert client.get(path_of(films)).json() == before
    assert Library.objects.count() == 1


def test_a_schedule_that_no_table_holds_is_400_and_named(
    api: Api, films: Library, admin: User
) -> None:
    schedule = "0 3 * * " + ",".join("1" * 100)
    config = {"scanner_config": {"schedule": schedule}}
    response = api(admin).put(path_of(films), config, format="json")
    assert response.status_code == 400
    assert "scanner_config" in response.json()["details"]


def test_a_folder_that_is_away_stays_in_the_library(
    api: Api, films: Library, films_dir: Path, admin: User, folder: Path
) -> None:
    films_dir.rmdir()
    paths = [str(films_dir), str(folder)]
    response = api(admin).put(path_of(films), {"name": "Renamed", "paths": paths}, format="json")
    assert response.status_code == 200
    assert (response.json()["name"], response.json()["paths"]) == ("Renamed", paths)


def test_a_folder_outside_of_the_allowed_ones_is_400(
    api: Api, admin: User, folder: Path, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOTS = [folder]
    (folder / "way-out").symlink_to(tmp_path)
    for path in (tmp_path, folder / "way-out", folder / ".."):
        response = api(admin).post(LIBRARIES, new(path), format="json")
        assert response.status_code == 400
        assert "outside" in response.json()["details"]["paths"][0]
    assert not Library.objects.exists()


def test_a_taken_name_and_an_overlap_are_409(
    api: Api, films: Library, films_dir: Path, admin: User, folder: Path
) -> None:
    client = api(admin)
    other = services.library_create(name="Other", roots=[str(folder)])
    below = films_dir / "below"
    below.mkdir()
    assert client.post(LIBRARIES, new(below), format="json").status_code == 409
    assert client.post(LIBRARIES, new(folder.parent), format="json").status_code == 409
    for change in ({"name": films.name}, {"paths": [str(below)]}):
        response = client.put(path_of(other), {**change, "enabled": False}, format="json")
        assert response.status_code == 409
    other.refresh_from_db()
    assert (other.name, other.enabled) == ("Other", True)
    assert Library.objects.count() == 2


def test_put_changes_what_is_named(api: Api, films: Library, admin: User, folder: Path) -> None:
    client = api(admin)
    before = client.get(path_of(films)).json()
    body = client.put(path_of(films), {"preferred_language": "de"}, format="json").json()
    changed = {"preferred_language": "de", "updated_at": body["updated_at"]}
    assert body == {**before, **changed}
    roots = [*before["paths"], str(folder)]
    wanted = {**EVERYTHING, "name": "New", "paths": roots, "type": "music"}
    body = client.put(path_of(films), wanted, format="json").json()
    assert {name: body[name] for name in EVERYTHING} == EVERYTHING
    assert (body["name"], body["type"], sorted(body["paths"])) == ("New", "movie", sorted(roots))
    assert client.put(path_of(films), {}, format="json").status_code == 200


def test_an_etag_changes_with_the_library(api: Api, films: Library, admin: User) -> None:
    client = api(admin)
    tag = client.get(path_of(films)).headers["ETag"]
    assert client.get(path_of(films), headers={"If-None-Match": tag}).status_code == 304
    client.put(path_of(films), {"name": "New"}, format="json")
    again = client.get(path_of(films), headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["Cache-Control"]) == (200, "private")


def test_films_vanish_while_a_library_is_off(
    api: Api, films: Library, admin: User, member: User
) -> None:
    movie = objects.make_movie(films, "Moonlight")
    scan = scanning.scan_start(library=films, scan_type=ScanType.FULL)

    def seen_by(user: User) -> tuple[bool, bool]:
        found = movie_search(user=user, query="moonlight", limit=5)
        return movie in movies.movie_list(user=user), movie in found.movies

    assert seen_by(admin) == seen_by(member) == (True, True)
    api(admin).put(path_of(films), {"enabled": False}, format="json")
    assert seen_by(admin) == seen_by(member) == (False, False)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.CANCELLED
    api(admin).put(path_of(films), {"enabled": True}, format="json")
    assert seen_by(admin) == seen_by(member) == (True, True)


def test_who_may_change_settings_may_not_choose_folders(
    api: Api, films: Library, moderator: User, member: User, folder: Path
) -> None:
    """By a role, and by a grant."""
    services.library_set_viewers(library=films, users=[moderator])
    grants.grant_add(actor=None, library=films, grantee=member, level=GrantLevel.MANAGE)
    (root,) = films.roots.all()
    for number, user in enumerate((moderator, member)):
        client = api(user)
        named = {"name": f"Name {number}", "paths": [root.path], "enabled": True}
        assert client.put(path_of(films), named, format="json").json()["name"] == f"Name {number}"
        for refused in (
            {"paths": [root.path, str(folder)]},
            {"paths": [str(folder / "none")]},
            {"enabled": False},
        ):
            response = client.put(path_of(films), {"name": "X", **refused}, format="json")
            assert response.status_code == 403
        assert client.post(LIBRARIES, new(folder), format="json").status_code == 403
        assert client.delete(path_of(films)).status_code == 403
    films.refresh_from_db()
    assert (films.name, films.enabled) == ("Name 1", True)
    assert Library.objects.count() == 1


def test_who_only_watches_changes_nothing(
    api: Api, films: Library, member: User, outsider: User
) -> None:
    for user in (member, outsider):
        assert api(user).put(path_of(films), {"name": "X"}, format="json").status_code == 403
    films.refresh_from_db()
    assert films.name == "Films"


def test_a_deleted_library_is_gone_and_its_scan_ends(
    api: Api, films: Library, admin: User, member: User
) -> None:
    client = api(admin)
    scan = client.post(f"{path_of(films)}/scan", {"scan_type": "full"}, format="json")
    assert scan.status_code == 202
    assert client.delete(path_of(films)).status_code == 204
    for user in (admin, member):
        assert api(user).get(path_of(films)).status_code == 404
        assert api(user).get(LIBRARIES).json()["total"] == 0
    assert client.delete(path_of(films)).status_code == 404
    assert not LibraryScan.objects.filter(status=ScanStatus.PENDING).exists()
    assert ActivityEntry.objects.get(action="library.delete").user_id == admin.pk


def test_a_deleted_library_is_restored(
    api: Api, films: Library, admin: User, member: User, moderator: User
) -> None:
    client, restore = api(admin), f"{path_of(films)}/restore"
    before = client.get(path_of(films)).json()
    assert client.post(restore).status_code == 409
    client.delete(path_of(films))
    assert api(moderator).post(restore).status_code == 403
    response = client.post(restore)
    assert response.status_code == 200
    body = response.json()
    assert body.pop("latest_scan")["status"] == "pending"
    assert body == {**before, "updated_at": body["updated_at"]}
    assert api(member).get(path_of(films)).status_code == 200
    assert client.post(restore).status_code == 409
    assert client.post(f"{LIBRARIES}/{admin.pk}/restore").status_code == 404


def test_a_library_whose_name_is_taken_stays_deleted(
    api: Api, films: Library, films_dir: Path, admin: User, folder: Path
) -> None:
    client = api(admin)
    client.delete(path_of(films))
    assert client.post(LIBRARIES, new(folder, name=films.name), format="json").status_code == 201
    refused = client.post(f"{path_of(films)}/restore")
    assert refused.status_code == 409
    assert films.name in refused.json()["message"]
    assert client.get(path_of(films)).status_code == 404
    assert films_dir.exists()


@pytest.mark.parametrize("named", ["path", "paths"])
def test_a_downloader_has_its_folder_looked_at(
    api: Api, films: Library, films_dir: Path, admin: User, named: str
) -> None:
    add_film(films_dir, "New (2020)/New (2020).mkv")
    add_film(films_dir, "Other (2021)/Other (2021).mkv")
    folder = str(films_dir / "New (2020)")
    body = {"scan_type": "incremental", named: folder if named == "path" else [folder]}
    response = api(admin).post(f"{path_of(films)}/scan", body, format="json")
    assert response.status_code == 202
    pipeline.scan_run(scan_id=UUID(response.json()["id"]))
    assert set(states(films)) == {"New (2020)/New (2020).mkv"}


def test_a_path_is_no_conflict_with_a_waiting_scan(
    api: Api, films: Library, films_dir: Path, admin: User
) -> None:
    client, scan = api(admin), f"{path_of(films)}/scan"
    assert client.post(scan, {"scan_type": "full"}, format="json").status_code == 202
    body = {"scan_type": "full", "path": str(films_dir / "New")}
    assert client.post(scan, body, format="json").status_code == 202
    client.put(path_of(films), {"enabled": False}, format="json")
    assert client.post(scan, body, format="json").status_code == 409


@pytest.mark.parametrize("path", ["/etc", "relative", "", "{films}/../other", 7.5, ["x"]])
def test_a_path_elsewhere_is_400(
    api: Api, films: Library, films_dir: Path, admin: User, path: object
) -> None:
    path = path.format(films=films_dir) if isinstance(path, str) else path
    body = {"scan_type": "full", "path": path}
    response = api(admin).post(f"{path_of(films)}/scan", body, format="json")
    assert response.status_code == 400
    assert "path" in response.json()["details"]
    assert not LibraryScan.objects.exists()


def test_a_list_of_no_paths_is_no_scan_of_everything(api: Api, admin: User, films: Library) -> None:
    body = {"scan_type": "full", "paths": []}
    assert api(admin).post(f"{path_of(films)}/scan", body, format="json").status_code == 400
    assert not LibraryScan.objects.exists()


@pytest.mark.parametrize("path", ["/etc", "/etc/passwd", "/no/such/folder", "relative"])
def test_who_may_not_choose_folders_does_not_learn_which_there_are(
    api: Api, films: Library, outsider: User, path: str
) -> None:
    grants.grant_add(actor=None, library=films, grantee=outsider, level=GrantLevel.MANAGE)
    response = api(outsider).put(path_of(films), {"paths": [path]}, format="json")
    assert response.status_code == 403
    assert path not in response.content.decode()
