"""A whole running server, and a real Chromium that looks at it."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bench.server import PASSWORD, Server, server
from revenge.stack import engines_env
from revenge.stack.testing import scratch_folder
from tests.media_files import Audio, Video, write_clip

CHROMIUM = shutil.which("chromium")
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_SECONDS = 25  # frames
_PATIENCE = 60_000  # milliseconds; a machine may have much else to do


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.unmeasured)
            if CHROMIUM is None and "CI" not in os.environ:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="package")
def films_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short films: one that every browser plays, one in two parts, one that none plays."""
    folder = tmp_path_factory.mktemp("films")
    sound = (Audio(codec="aac"),)
    picture = (Video(options={"g": "25"}),)
    plain = folder / "The Quiet Lighthouse (2019)"
    plain.mkdir()
    write_clip(
        plain / "The Quiet Lighthouse (2019).mp4", video=picture, audio=sound, frames=60 * _SECONDS
    )
    (plain / "The Quiet Lighthouse (2019).en.srt").write_text(
        "1\n00:00:00,500 --> 00:00:50,000\nThe sea <b>answers</b> & waits.\n"
    )
    parts = folder / "Two Halves (2001)"
    parts.mkdir()
    for number in (1, 2):
        write_clip(
            parts / f"Two Halves (2001) cd{number}.mp4",
            video=picture,
            audio=sound,
            frames=4 * _SECONDS,
        )
    write_clip(folder / "Old Tape (1987).avi", video=(Video(codec="mpeg4"),), frames=2 * _SECONDS)
    return folder


@pytest.fixture(scope="package")
def running(films_folder: Path) -> Iterator[Server]:
    with scratch_folder() as folder, server(folder / "data", films_folder) as started:
        started.wait_for_films(3)
        _wait_for_index(started, films=3)
        yield started


def _wait_for_index(started: Server, *, films: int) -> None:
    engines = engines_env(started.data)
    if "TYPESENSE_URL" not in engines:
        return  # the database answers searches
    headers = {"X-TYPESENSE-API-KEY": engines["TYPESENSE_API_KEY"]}
    deadline = time.monotonic() + 120
    while True:
        answer = requests.get(
            f"{engines['TYPESENSE_URL']}/collections", headers=headers, timeout=30
        )
        if sum(collection["num_documents"] for collection in answer.json()) >= films:
            return
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Not for the session: Playwright's event loop runs as long as it does, and no other may.
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, running: Server) -> Iterator[BrowserContext]:
    """A fresh profile; a page that breaks the content policy or a script fails the test."""
    context = chromium.new_context(
        base_url=running.url(""), viewport={"width": 1280, "height": 800}
    )
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def visitor(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    return page


@pytest.fixture
def page(visitor: Page) -> Page:
    """Signed in as the administrator."""
    visitor.goto("/sign-in/")
    visitor.get_by_label("User name").fill("bench")
    visitor.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.get_by_role("button", name="Sign in").click()
    visitor.wait_for_url("**/")
    return visitor
