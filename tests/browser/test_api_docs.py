"""The API's own documentation works under the policy that every page has."""

from playwright.sync_api import Page, expect


def test_swagger_shows_the_operations_and_tries_one(page: Page) -> None:
    page.goto("/api/docs")
    operation = page.locator("#operations-users-users_me")
    expect(operation).to_be_visible()
    expect(page.locator(".opblock").nth(15)).to_be_visible()
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text("bench@")
