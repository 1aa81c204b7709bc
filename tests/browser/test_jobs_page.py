"""The console's page of jobs renews itself and its buttons work, on a telephone too."""

import re

from playwright.sync_api import Page, expect

_AT_ONCE = re.compile("It is queued|It waits or runs already")


def test_a_schedule_is_run_and_a_scan_is_followed_to_its_end(page: Page) -> None:
    page.goto("/admin/")
    page.locator("#nav-sidebar").get_by_role("link", name="Jobs").click()
    jobs = page.locator("#jobs")
    for name in ("Queues", "Running and waiting", "Failed", "Schedules", "Finished"):
        expect(jobs.get_by_role("heading", name=name)).to_be_visible()
    schedules = jobs.get_by_role("region", name="Schedules")
    schedules.get_by_role("button", name="Run now search index").click()
    expect(page.get_by_text(_AT_ONCE)).to_be_visible()

    finished = jobs.get_by_role("region", name="Finished").get_by_text("Scan: Films")
    before = finished.count()
    other = page.context.new_page()
    other.goto("/admin/libraries/library/")
    other.locator("input.action-select").first.check()
    other.locator("select[name=action]").select_option("rescan")
    other.get_by_role("button", name="Run").click()
    expect(other.get_by_text(re.compile("queued|waiting or running"))).to_be_visible()
    # The first page was not touched: it learns of the scan by itself.
    expect(finished.nth(before)).to_be_visible(timeout=60_000)


def test_it_fits_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/admin/jobs/")
    expect(page.locator("#jobs")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for button in page.locator("#jobs button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
