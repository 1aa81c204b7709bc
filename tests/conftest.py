"""The people, places and engines that tests share."""

import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import LazySettings, settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import translation
from kombu import pools
from rest_framework.test import APIClient

from apps.authn import sessions
from apps.core.cache import caches, listener
from apps.core.valkey import clients as valkey
from apps.libraries import services as libraries
from apps.libraries.models import Library
from apps.rbac import built_in
from apps.search import client as search_client
from apps.search import registry
from apps.search import services as search
from apps.users import services as users
from apps.users.models import User
from tests.waiting import until

PASSWORD = "Correct-Horse-9"
_MEASURE_CHILDREN: Final = "COVERAGE_PROCESS_CONFIG"  # coverage's `patch = ["subprocess"]`


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Without coverage, which takes as long as the test, where that is marked."""
    if item.get_closest_marker("unmeasured") is None:
        return (yield)
    with _unmeasured():
        return (yield)


@contextmanager
def _unmeasured() -> Iterator[None]:
    """Neither this process is measured nor those that are started meanwhile."""
    tracer, measure_children = sys.gettrace(), os.environ.pop(_MEASURE_CHILDREN, None)
    if tracer is not None:
        sys.settrace(None)
    try:
        yield
    finally:
        if tracer is not None:
            sys.settrace(tracer)
        if measure_children is not None:
            os.environ[_MEASURE_CHILDREN] = measure_children


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:  # noqa: ARG001
    """Test databases are copies of the template that `tests.engines` migrated."""
    database = settings.DATABASES["default"]
    database.setdefault("TEST", {})["TEMPLATE"] = database["NAME"]


@pytest.fixture(scope="session", autouse=True)
def _leave_engines() -> Iterator[None]:
    """Before they stop, and before what is left open is told of as such."""
    yield
    listener.end()
    for server in (valkey.client(), valkey.broker()):
        server.close()
    pools.reset()
    if settings.TYPESENSE_URL:
        writing = search_client.client(timeout_seconds=search.WRITE_TIMEOUT)
        for index in (search_client.client(), writing):
            index.api_call.close()


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    yield
    # Of this test process alone: others have their keys and queues on the same server.
    cache.delete_pattern("*")
    caches.drop_everything()
    # After a test without the server nothing is kept before that has heard what it missed.
    until(lambda: not listener.is_behind())


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A request leaves its language behind in the thread that answered it: the test's."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _cheap_passwords(_clean_cache: None, settings: LazySettings) -> None:
    """Argon2id as in production, with less work.

    The first that asks for the settings: the cache is cleaned after they are as they were.
    """
    settings.PASSWORD_HASHERS = ["tests.passwords.CheapArgon2PasswordHasher"]


@pytest.fixture(autouse=True)
def _plain_static_files(settings: LazySettings) -> None:
    """Addresses of static files without the manifest that `collectstatic` writes."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def admin(db: None) -> User:  # noqa: ARG001
    return _user("admin", is_admin=True)


@pytest.fixture
def member(db: None) -> User:  # noqa: ARG001
    """Has a grant on the library `films`."""
    return _user("member")


@pytest.fixture
def outsider(db: None) -> User:  # noqa: ARG001
    """Has no grant."""
    return _user("outsider")


@pytest.fixture
def guest(db: None) -> User:  # noqa: ARG001
    """Has the role `guest` alone, and no grant."""
    return _user("guest", roles=(built_in.GUEST,))


@pytest.fixture
def moderator(db: None) -> User:  # noqa: ARG001
    """Has the role `moderator` alone, and no grant."""
    return _user("moderator", roles=(built_in.MODERATOR,))


def _user(name: str, **fields: Any) -> User:
    user = users.user_create(
        username=name, email=f"{name}@example.org", password=PASSWORD, **fields
    )
    _forget_activity()
    return user


def _forget_activity() -> None:
    """Tests read in the log what they have done themselves."""
    with connection.cursor() as cursor:
        cursor.execute("SET revenge.retention = 'on'")
        cursor.execute("DELETE FROM activity_activityentry")
        cursor.execute("SET revenge.retention = 'off'")


@pytest.fixture
def people_files(settings: LazySettings, tmp_path: Path) -> Path:
    """The folder below which pictures and exports of people are kept."""
    settings.AVATAR_DIR, settings.EXPORT_DIR = tmp_path / "avatars", tmp_path / "exports"
    return tmp_path


@pytest.fixture
def films_dir(tmp_path: Path, settings: LazySettings) -> Path:
    """The folder of the library `films`."""
    settings.MEDIA_ROOTS = [Path("/")]
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.fixture
def films(films_dir: Path, member: User) -> Library:
    library = libraries.library_create(name="Films", roots=[str(films_dir)])
    libraries.library_set_viewers(library=library, users=[member])
    return library


@pytest.fixture
def api() -> Callable[[User | None], APIClient]:
    """An API client with the access token of a user, or with none."""

    def make(user: User | None = None) -> APIClient:
        client = APIClient()
        if user is not None:
            pair = sessions.session_start(user=user, device=sessions.Device(name="test"))
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access_token}")
        return client

    return make


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """Django's test client, signed in."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="apps.authn.backends.NameOrEmailBackend")
        return client

    return make


@pytest.fixture
def index(db: None) -> Iterator[None]:  # noqa: ARG001
    """Fresh search collections of this process, removed afterwards."""
    search.ensure()
    yield
    engine = search_client.client()
    for collection in registry.all_collections():
        engine.aliases[search_client.alias_name(collection)].delete()
        engine.collections[search_client.versioned_name(collection)].delete()


@pytest.fixture
def image_cache(settings: LazySettings, tmp_path: Path) -> Iterator[Path]:
    settings.IMAGE_CACHE_DIR = tmp_path / "images"
    yield settings.IMAGE_CACHE_DIR
    shutil.rmtree(settings.IMAGE_CACHE_DIR, ignore_errors=True)
