"""Leaving the page about violence by partners: first in tab order, by button and by keys, and without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAGE = "/intimate-partner-violence"
AWAY = re.compile(r"^https://(?!127\.|localhost)")


@pytest.fixture
def away(page: Page, site: str) -> Page:
    """The page, with the neutral site played by an empty one: tests go nowhere else."""
    page.route(AWAY, lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"))
    page.goto(f"{site}/about")
    page.goto(f"{site}{PAGE}")
    return page


def test_the_button_has_the_first_tab_stop_and_stays_in_view(away: Page) -> None:
    away.keyboard.press("Tab")
    assert away.evaluate("document.activeElement.id") == "leave"
    for width in (360, 768, 1280):
        away.set_viewport_size({"width": width, "height": 700})
        for where in (0, 99_999):
            away.evaluate(f"scrollTo(0, {where})")
            box = away.locator("#leave").bounding_box()
            assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 700 and box["height"] >= 44
    away.keyboard.press("Tab")
    assert away.evaluate("document.activeElement.textContent") == "Skip to the main content"


@pytest.mark.parametrize("keys", [["Shift", "Shift", "Shift"], ["Escape"]])
def test_keys_leave_and_going_back_does_not_return(away: Page, keys: list[str]) -> None:
    for key in keys:
        away.keyboard.press(key)
    away.wait_for_url(AWAY)
    away.go_back()
    assert PAGE not in away.url


def test_shift_in_writing_does_not_leave(away: Page) -> None:
    away.locator("#where-q").focus()
    for key in ("Shift", "a", "Shift", "b", "Shift"):
        away.keyboard.press(key)
    away.locator("#where-q").press("Escape")
    assert PAGE in away.url
    assert "two more times" in (away.locator("#leave-said").text_content() or "")


def test_the_button_is_a_link_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.route(AWAY, lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"))
    page.goto(f"{site}{PAGE}")
    assert page.locator("main").inner_text().index("Safe Home Line") < page.locator("main").inner_text().index("What was reported")
    page.get_by_role("link", name="Leave this site").click()
    page.wait_for_url(AWAY)
    context.close()
