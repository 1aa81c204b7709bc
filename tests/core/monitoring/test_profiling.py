"""`/debug/profile`: what other threads do, for administrators of a server in development."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import get_resolver

from apps.core.monitoring import profiling
from apps.users.models import User


@pytest.fixture
def development(settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "tests.core.profiled_urls"


@pytest.fixture
def busy() -> Iterator[None]:
    """A thread whose name and function a profile shows."""
    ends = threading.Event()

    def work_that_is_seen() -> None:
        while not ends.is_set():
            sum(range(1000))

    thread = threading.Thread(target=work_that_is_seen, name="busy-thread")
    thread.start()
    yield
    ends.set()
    thread.join()


def test_the_route_is_of_development_only() -> None:
    assert not [p for p in get_resolver().url_patterns if "debug" in str(p.pattern)]


@pytest.mark.usefixtures("development")
def test_only_administrators_may(member: User, browser_of: Callable[[User], Client]) -> None:
    assert Client().get("/debug/profile").status_code == 302
    assert browser_of(member).get("/debug/profile").status_code == 403


@pytest.mark.usefixtures("development", "busy")
def test_it_shows_what_other_threads_do(admin: User, browser_of: Callable[[User], Client]) -> None:
    console = browser_of(admin)
    response = console.get("/debug/profile?seconds=0.3&format=speedscope")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    frames = {frame["name"] for frame in json.loads(response.content)["shared"]["frames"]}
    assert frames >= {"busy-thread", "work_that_is_seen"}
    page = console.get("/debug/profile?seconds=0.1")
    assert page.headers["Content-Type"] == "text/html"
    assert b"work_that_is_seen" in page.content


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize("query", ["seconds=0", "seconds=61", "seconds=x", "format=pdf"])
def test_what_it_does_not_take_is_400(
    admin: User, browser_of: Callable[[User], Client], query: str
) -> None:
    assert browser_of(admin).get(f"/debug/profile?{query}").status_code == 400


@pytest.mark.usefixtures("development")
def test_one_at_a_time(admin: User, browser_of: Callable[[User], Client]) -> None:
    with profiling._running:
        response = browser_of(admin).get("/debug/profile?seconds=0.1")
    assert response.status_code == 409
