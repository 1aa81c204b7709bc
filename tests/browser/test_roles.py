"""Roles and grants in a browser."""

from playwright.sync_api import Page, expect


def test_a_role_is_made_and_gets_a_library_with_limits(page: Page) -> None:
    page.goto("/admin/rbac/role/add/")
    page.locator("[name=name]").fill("children")
    movies = page.get_by_role("group", name="movies")
    movies.get_by_label("list").check()
    movies.get_by_label("get").check()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(movies.get_by_label("list")).to_be_checked()
    expect(movies.get_by_label("everything")).not_to_be_checked()
    page.goto("/admin/libraries/library/")
    page.locator("#result_list").get_by_role("link", name="Films").click()
    page.locator("a", has_text="Grants to roles").first.click()
    page.locator("[name=libraryrolegrant_set-0-group]").select_option(label="children")
    page.locator("[name=libraryrolegrant_set-0-level]").select_option("view")
    page.locator("[name=libraryrolegrant_set-0-max_age]").fill("12")
    page.locator("[name=libraryrolegrant_set-0-blocked_tags]").fill("Gore, Violence")
    page.get_by_role("button", name="Save and continue editing").click()
    page.locator("a", has_text="Grants to roles").first.click()
    expect(page.locator("[name=libraryrolegrant_set-0-max_age]")).to_have_value("12")
