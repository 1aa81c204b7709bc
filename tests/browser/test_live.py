"""Pages keep up with the server by its events; nobody touches them."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from bench.server import Server

PATIENCE = 60_000


def test_the_home_page_shows_a_film_as_soon_as_a_scan_has_found_it(
    page: Page, running: Server, films_folder: Path
) -> None:
    other = page.context.new_page()
    expect(page.get_by_role("link", name="A New Arrival")).to_have_count(0)
    arrived = films_folder / "A New Arrival (2020)"
    arrived.mkdir()
    try:
        shutil.copy(films_folder / "Old Tape (1987).avi", arrived / "A New Arrival (2020).avi")
        with page.expect_response(re.compile("/api/v1/events")):
            page.reload()
        library = running.json("/api/v1/libraries", token=running.token())
        assert isinstance(library, dict)
        scan = f"/api/v1/libraries/{library['libraries'][0]['id']}/scan"
        running.json(scan, token=running.token(), body={"scan_type": "incremental"})
        arrival = page.locator("#rows").get_by_role("link", name=re.compile("A New Arrival"))
        expect(arrival.first).to_be_visible(timeout=PATIENCE)
    finally:
        other.close()
        shutil.rmtree(arrived)
        running.wait_for_films(1)  # and the end of the scan
        running.json(scan, token=running.token(), body={"scan_type": "incremental"})
        expect(arrival).to_have_count(0, timeout=PATIENCE)


def test_a_page_listens_again_after_an_answer_that_is_no_stream(page: Page) -> None:
    """As the edge gives while the server starts anew."""
    page.clock.install()
    page.route("**/api/v1/events*", lambda route: route.fulfill(status=502), times=1)
    with page.expect_response(re.compile("/api/v1/events")) as refused:
        page.reload()
    assert refused.value.status == 502
    with page.expect_response(re.compile("/api/v1/events"), timeout=PATIENCE) as again:
        page.clock.run_for(6000)
    assert again.value.status == 200
