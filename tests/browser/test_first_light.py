"""What a newcomer does: sign in, see films, find one, watch it, come back to it."""

import re

from playwright.sync_api import Page, Response, expect


def _play(page: Page) -> None:
    # The player chooses the file by script; before that a play() would be interrupted.
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.evaluate("() => document.querySelector('video').play()")


def _position(page: Page) -> float:
    return float(page.evaluate("() => document.querySelector('video').currentTime"))


def _watch(page: Page) -> None:
    """Open the player of the film's page; its script has chosen the file when this returns."""
    page.get_by_role("link", name=re.compile("Play|Resume")).first.click()
    page.wait_for_function("() => document.querySelector('video')?.currentSrc")


def _saved_at(answer: Response, position: float) -> bool:
    """Whether it answers the request that saves this position or a later one."""
    if not answer.url.endswith("/progress"):
        return False
    sent = answer.request.post_data_json
    return isinstance(sent, dict) and bool(sent["progress_seconds"] >= position)


def _open_film(page: Page, title: str) -> None:
    page.goto("/movies/")
    page.get_by_role("link", name=re.compile(title)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def test_a_visitor_is_asked_to_sign_in_and_a_wrong_password_says_so(visitor: Page) -> None:
    visitor.goto("/movies/")
    expect(visitor).to_have_url(re.compile(r"/sign-in/\?next=/movies/"))
    visitor.get_by_label(re.compile("User name")).fill("bench")
    visitor.get_by_label("Password", exact=True).fill("wrong-Password-1")
    visitor.get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_text("The name or the password is wrong.")).to_be_visible()


def test_find_by_typing_open_and_play(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("lighthuose")  # a slip of the fingers
    suggestion = page.get_by_role("option", name=re.compile("The Quiet Lighthouse"))
    expect(suggestion).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(suggestion).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("The Quiet Lighthouse")
    _watch(page)
    _play(page)
    page.wait_for_function("() => document.querySelector('video').currentTime > 1")
    assert page.evaluate("() => document.querySelector('video').videoWidth") == 160


def test_a_chosen_suggestion_stays_chosen_when_a_later_answer_comes(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("light")
    suggestion = page.get_by_role("option", name=re.compile("The Quiet Lighthouse"))
    expect(suggestion).to_be_visible()
    page.keyboard.press("ArrowDown")
    suggestion.evaluate("option => { option.dataset.earlier = '' }")
    page.keyboard.type("h")
    expect(page.locator("[data-earlier]")).to_have_count(0)
    expect(suggestion).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("The Quiet Lighthouse")


def test_the_position_is_kept_and_offered_again(page: Page) -> None:
    _open_film(page, "The Quiet Lighthouse")
    _watch(page)
    _play(page)
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
    with page.expect_response(lambda answer: _saved_at(answer, 30)) as saved:
        page.evaluate("() => { document.querySelector('video').currentTime = 30 }")
        page.evaluate("() => document.querySelector('video').pause()")
    assert saved.value.status == 200
    _open_film(page, "The Quiet Lighthouse")
    resume = page.get_by_role("link", name=re.compile(r"Resume.*0:3\d"))
    expect(resume).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("Continue watching")).to_be_visible()
    page.go_back()
    resume.click()
    page.wait_for_selector("video")
    page.wait_for_function("() => document.querySelector('video').currentTime >= 29")


def test_two_parts_play_as_one(page: Page) -> None:
    _open_film(page, "Two Halves")
    _watch(page)
    expect(page.locator("#player-total")).to_have_text("0:08")
    _play(page)
    page.wait_for_function(
        "() => { const v = document.querySelector('video');"
        " const { parts } = JSON.parse(document.getElementById('player-data').textContent);"
        " return v.currentSrc.endsWith(parts[1].src) && v.currentTime > 0.2 }"
    )
    expect(page.locator("#player-now")).to_have_text(re.compile(r"0:0[4-8]"))


def test_external_subtitles_are_shown_as_text(page: Page) -> None:
    _open_film(page, "The Quiet Lighthouse")
    _watch(page)
    address = page.evaluate(
        "() => JSON.parse(document.getElementById('player-data').textContent)"
        ".parts[0].subtitles[0].src"
    )
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    assert answer.text().startswith("WEBVTT")
    assert "The sea <b>answers</b> &amp; waits." in answer.text()


def test_a_film_that_no_browser_plays_says_so(page: Page) -> None:
    _open_film(page, "Old Tape")
    page.goto(page.url + "watch/")
    expect(page.locator("#player-message")).to_be_visible()
    expect(page.locator("#player-message")).to_contain_text("AVI")


def test_the_wall_pages_without_javascript(page: Page) -> None:
    answer = page.request.get("/movies/?sort=title&page=1")
    assert answer.status == 200
    assert "The Quiet Lighthouse" in answer.text()


def test_bytes_come_from_the_edge_with_ranges(page: Page) -> None:
    _open_film(page, "The Quiet Lighthouse")
    _watch(page)
    source = page.evaluate("() => document.querySelector('video').currentSrc")
    part = page.request.get(source, headers={"Range": "bytes=100-199"})
    assert (part.status, len(part.body())) == (206, 100)
    assert "x-accel-redirect" not in part.headers
    head = page.request.head(source)
    assert head.status == 200
    assert int(head.headers["content-length"]) > 1000
    again = page.request.get(source, headers={"If-None-Match": head.headers["etag"]})
    assert again.status == 304
    assert page.request.get(source, headers={"Range": "bytes=999999999-"}).status == 416


def test_the_theme_and_the_language_change(page: Page) -> None:
    page.goto("/")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    page.request.get("/")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert "revenge_session" in cookies
    page.set_extra_http_headers({"Accept-Language": "de"})
    page.goto("/movies/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Filme")
