"""The pages of settings and of the log, on a telephone too."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SETTINGS = "/admin/siteconfig/serversetting/"
LOG = "/admin/activity/activityentry/"
OWN = "/account/activity"


def test_a_setting_is_changed_and_reset_by_keyboard(page: Page) -> None:
    page.goto("/admin/")
    page.locator("#nav-sidebar").get_by_role("link", name="Settings").click()
    name = page.get_by_label("Server name")
    name.fill("Lighthouse Films")
    page.get_by_label("Sessions a user").fill("0")
    name.press("Enter")
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
    sessions = page.get_by_label("Sessions a user")
    expect(sessions).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_value("Lighthouse Films")
    sessions.fill("12")
    sessions.press("Enter")
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    page.goto("/")
    expect(page).to_have_title("Lighthouse Films")
    page.goto(SETTINGS)
    for label in ("Server name", "Sessions a user"):
        reset = page.get_by_role("button", name=f"Reset to the default {label}")
        reset.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"{label}: the default counts.")).to_be_visible()
    expect(name).to_have_value("revenge")


def test_the_log_is_filtered_and_exported(page: Page, tmp_path: Path) -> None:
    page.goto(SETTINGS)
    page.get_by_label("Sessions a user").fill("11")
    page.get_by_label("Sessions a user").press("Enter")
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    page.locator("#nav-sidebar").get_by_role("link", name="Activity").click()
    page.get_by_label("Action").select_option("setting.update")
    page.get_by_role("button", name="Filter").click()
    entry = page.locator(".activity-list > li").first
    expect(entry).to_contain_text("Setting changed")
    expect(entry.get_by_text("sessions.per_user", exact=True).first).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="Export as CSV").click()
    file = tmp_path / "activity.csv"
    started.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["action"] for row in rows} == {"setting.update"}
    assert {row["username"] for row in rows} == {"bench"}
    page.goto(OWN)
    expect(page.get_by_text("Setting changed").first).to_be_visible()


@pytest.mark.parametrize("address", [SETTINGS, LOG, OWN])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_fit_a_telephone(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(address)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
