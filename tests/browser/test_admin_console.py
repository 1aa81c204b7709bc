"""The admin console works in a browser, under the policy of its own pages."""

import re

from playwright.sync_api import BrowserContext, Page, expect


def test_a_library_is_edited_and_scanned(page: Page) -> None:
    page.goto("/admin/")
    sidebar = page.locator("#nav-sidebar")
    for name in ("Libraries", "Scans", "Files", "Films", "Users", "Schedules"):
        expect(sidebar.locator("a", has_text=name).first).to_be_visible()
    sidebar.locator("a", has_text="Libraries").click()
    page.locator("#result_list").get_by_role("link", name="Films").click()
    expect(page.get_by_role("textbox", name="Folders")).not_to_be_empty()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("queued|waiting or running"))).to_be_visible()
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("rescan")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text(re.compile("queued|waiting or running"))).to_be_visible()


def test_a_weak_password_is_said_in_the_form(page: Page) -> None:
    page.goto("/admin/users/user/add/")
    page.get_by_label("User name").fill("newcomer")
    page.get_by_label("E-mail address").first.fill("newcomer@example.org")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("This password is too common.")).to_be_visible()


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_every_list_and_form_opens_and_fits(page: Page) -> None:
    """The fixture fails where a page breaks the policy or a script fails."""
    page.goto("/admin/")
    links = page.locator("#nav-sidebar a[href^='/admin/']")
    addresses = {links.nth(i).get_attribute("href") for i in range(links.count())}
    assert len(addresses) >= 6
    for address in sorted(filter(None, addresses)):
        page.goto(address)
        if "/admin/" not in page.url:  # the password is changed on the account's page
            continue
        expect(page.locator("#nav-sidebar")).to_be_visible()
        assert _fits(page), address
        first = page.locator("#result_list tbody tr a[href*='/change/']").first
        if first.count():
            first.click()
            expect(page.locator("#content, #main")).not_to_have_count(0)
            assert _fits(page), page.url


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent")).strip()


def test_keys_reach_what_the_theme_leaves_to_the_mouse(page: Page) -> None:
    page.goto("/admin/libraries/library/")
    page.keyboard.press("Tab")
    assert _focused(page) == "Skip to the content"
    shows = page.get_by_role("button", name="Filters", exact=True)
    shows.focus()
    page.keyboard.press("Enter")
    filters = page.get_by_role("dialog", name="Filters")
    expect(filters).to_be_visible()
    for key in ["Tab"] * 6 + ["Shift+Tab"] * 6:
        page.keyboard.press(key)
        expect(filters.locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(shows).to_be_focused()
    expect(filters).to_be_hidden()

    account = page.get_by_role("button", name="bench")
    account.focus()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Light", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(account).to_be_focused()


def test_what_is_only_drawn_has_a_name(page: Page) -> None:
    page.goto("/admin/libraries/library/")
    sidebar = page.locator("#nav-sidebar")
    expect(sidebar.get_by_role("link", name="Folders", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Navigation", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="True", exact=True).first).to_be_visible()
    page.locator("#result_list").get_by_role("link", name="Films").click()
    page.get_by_role("link", name="Grants to users").click()
    expect(page.get_by_role("combobox", name="Level").first).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Highest age rating").first).to_be_visible()


def test_light_and_dark(context: BrowserContext, page: Page) -> None:
    page.goto("/admin/movies/movie/")
    backgrounds = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.reload()
        backgrounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert backgrounds[0] != backgrounds[1]
    assert context.pages
