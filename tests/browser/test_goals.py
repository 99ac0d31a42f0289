"""What only a browser shows of goals: the way from the menu to a goal's counts by keyboard on a phone, and what is left without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

GOAL = "/goals/killed_or_shot_10"


@pytest.fixture
def phone(page: Page) -> Page:
    page.set_viewport_size({"width": 360, "height": 780})
    return page


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the element with this text has the focus; it must be in view then."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == wanted:
            box = page.evaluate("(({top, bottom, left, right}) => [top, bottom, left, right])(document.activeElement.getBoundingClientRect())")
            assert box[0] >= 0 and box[1] <= 780 and box[2] >= 0 and box[3] <= 360
            return
    raise AssertionError(f"{wanted!r} cannot be reached with Tab")


def test_a_phone_reaches_a_goal_and_how_it_is_counted_by_keyboard(phone: Page, site: str) -> None:
    phone.goto(site)
    tab_to(phone, "Goals")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/goals")
    tab_to(phone, "Fewer people killed or shot")
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"**{GOAL}")
    assert phone.locator("h1").inner_text() == "Fewer people killed or shot"
    tab_to(phone, "How this number is made")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/metrics/killed_or_shot_victims/how?**")


def test_tables_of_a_goal_open_and_scroll_by_keyboard(phone: Page, site: str) -> None:
    phone.goto(site + GOAL)
    years = phone.get_by_role("region", name="by year")
    years.focus()
    assert years.evaluate("e => e.scrollWidth > e.clientWidth"), "two readings are wider than a phone"
    for _ in range(30):
        phone.keyboard.press("ArrowRight")
    for _ in range(50):  # Playwright's own wait compiles text in the page, which the page's policy refuses
        if years.evaluate("e => e.scrollLeft > 0"):
            break
        phone.wait_for_timeout(200)
    assert years.evaluate("e => e.scrollLeft > 0")
    path = phone.locator("details.hl-twin", has_text="By the end of")
    path.locator("summary").focus()
    phone.keyboard.press("Enter")
    assert path.locator("table").is_visible() and path.locator("tbody tr").count() == 12


@pytest.mark.parametrize("address", ["/goals", GOAL])
def test_where_a_goal_stands_is_in_words_within_the_width_of_a_phone(phone: Page, site: str, address: str) -> None:
    phone.goto(site + address)
    words = phone.locator(".hl-goal__word").all()
    assert words
    for word in words:
        box = word.bounding_box()
        assert word.inner_text().strip(" .") and box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360


@pytest.mark.parametrize("address", ["/goals", GOAL])
def test_goals_hold_the_same_without_scripts(browser: Browser, site: str, address: str) -> None:
    texts = []
    for has_scripts in (True, False):
        context = browser.new_context(java_script_enabled=has_scripts)
        opened = context.new_page()
        opened.goto(site + address, wait_until="networkidle")
        texts.append(opened.locator("main").text_content())
        context.close()
    assert texts[0] == texts[1] and "A goal that is met does not say why." in (texts[0] or "")
