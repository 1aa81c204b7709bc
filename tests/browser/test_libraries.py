"""Libraries in a browser: their pages, the list of folders, and the page before folders change."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.server import PASSWORD, Server


def _find(page: Page, folder: Path) -> None:
    """Go from the beginning of the list of folders to this one."""
    page.get_by_text("Choose from the folders of the server").click()
    for name in folder.parts[1:]:
        page.locator(".folders-list").get_by_role("link", name=name, exact=True).click()
    expect(page.locator(".folders-here code")).to_have_text(str(folder))


def test_an_administrator_finds_libraries_and_their_scans(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Libraries").click()
    page.locator(".library-list").get_by_role("link", name="Films").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Films")
    expect(page.locator(".figures").first).to_contain_text("3")
    page.locator(".scan-list a").first.click()
    expect(page.get_by_text("Completed").first).to_be_visible()
    page.get_by_role("link", name="Films").last.click()
    page.get_by_role("link", name="Settings").click()
    expect(page).to_have_url(re.compile("/admin/libraries/library/.+/change/"))


def test_a_library_s_page_follows_its_scans(page: Page, running: Server) -> None:
    page.goto("/libraries/")
    with page.expect_response(re.compile("/api/v1/events")):
        page.locator(".library-list").get_by_role("link", name="Films").click()
    scans = page.locator("#scans li")
    before = scans.count()
    library = page.url.rstrip("/").rpartition("/")[2]
    body = {"scan_type": "incremental"}
    running.json(f"/api/v1/libraries/{library}/scan", token=running.token(), body=body)
    expect(scans).to_have_count(before + 1)
    expect(scans.first).to_contain_text("Completed")


@pytest.mark.parametrize("address", ["/setup/library/", "/admin/libraries/library/add/"])
def test_a_folder_is_chosen_from_a_list(page: Page, films_folder: Path, address: str) -> None:
    page.goto(address)
    _find(page, films_folder)
    page.get_by_role("button", name="Choose this folder").click()
    expect(page.locator("#id_path, #id_folders")).to_have_value(str(films_folder))


def test_other_folders_are_previewed_and_may_stay(
    page: Page, films_folder: Path, tmp_path: Path
) -> None:
    page.goto("/admin/libraries/library/")
    page.locator("#result_list").get_by_role("link", name="Films").click()
    page.get_by_role("textbox", name="Folders").fill(str(tmp_path))
    page.get_by_role("button", name="Save", exact=True).click()
    preview = page.locator(".library-preview")
    expect(preview).to_contain_text(str(films_folder))
    expect(preview).to_contain_text("3 films vanish from all lists")
    expect(preview).to_contain_text("no video files at all")
    preview.get_by_role("link", name="Leave them as they are").click()
    expect(page.get_by_role("textbox", name="Folders")).to_have_value(str(films_folder))


def test_folders_are_found_without_a_script(
    chromium: Browser, running: Server, films_folder: Path
) -> None:
    context = chromium.new_context(base_url=running.url(""), java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in/?next=/libraries/folders/")
    page.get_by_label("User name").fill("bench")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for name in films_folder.parts[1:]:
        page.locator(".folders-list").get_by_role("link", name=name, exact=True).click()
    expect(page.locator(".folders-here code")).to_have_text(str(films_folder))
    context.close()
