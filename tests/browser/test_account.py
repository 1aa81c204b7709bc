"""The pages of one's own account, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.metadata.pictures import picture_bytes
from tests.waiting import until

PAGES = ("/account/", "/account/preferences", "/account/data")


def test_a_picture_is_cut_by_keys_and_shown(page: Page, tmp_path: Path) -> None:
    picture = tmp_path / "me.jpg"
    picture.write_bytes(picture_bytes((300, 200)))
    page.goto("/account/")
    page.get_by_label("New picture").set_input_files(picture)
    part = page.get_by_role("application")
    expect(part).to_be_visible()
    part.focus()
    for key in ("+", "ArrowLeft", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    chosen = [int(page.locator(f"[name=crop_{name}]").input_value()) for name in ("x", "y", "size")]
    assert chosen[0] < 50  # left of the middle, which begins there
    assert chosen[1] == 0
    assert chosen[2] < 200
    page.get_by_role("button", name="Show this picture").click()
    expect(page.get_by_text("Your picture is saved.")).to_be_visible()
    shown = page.locator("img.avatar.large")
    expect(shown).to_be_visible()
    assert shown.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 256
    page.get_by_role("button", name="Remove the picture").click()
    expect(page.get_by_text("Your picture is removed.")).to_be_visible()


def test_the_chosen_zone_is_shown_at_once(page: Page) -> None:
    page.goto("/account/")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.get_by_label("Time zone").select_option("")
    page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_shows_it_without_scrolling_sideways(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(path)
    expect(page.get_by_role("navigation", name="Account")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360


def test_ones_data_is_put_together_and_downloaded(page: Page) -> None:
    page.goto("/account/data")
    page.get_by_role("button", name="Put my data together").click()
    download = page.get_by_role("link", name="Download")

    def is_made() -> bool:
        page.reload()
        return download.is_visible()

    until(is_made)
    with page.expect_download() as downloaded:
        download.click()
    assert downloaded.value.path().read_bytes().startswith(b"PK")
