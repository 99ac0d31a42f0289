"""What only a browser shows of arrests and courts: another cohort by keyboard on a phone, and bars that can be seen apart."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.test_pages import overflow, violations

pytestmark = pytest.mark.browser


def test_another_cohort_by_keyboard_on_a_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{site}/outcomes")
    for wanted, typed in (("choose-cohort", "2024"), ("choose-offense", "Simple")):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == wanted:
                break
        assert page.evaluate("document.activeElement.id") == wanted
        page.keyboard.type(typed)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**cohort=2024&offense=simple_assault")
    assert "simple assault" in page.locator(".hl-answer--page").inner_text() and overflow(page) == 0
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert violations(page) == []
    widths = page.locator(".hl-stack__bar").evaluate_all("bars => bars.map(b => b.getBoundingClientRect().width)")
    assert widths and len({round(w) for w in widths}) == 1 and widths[0] > 280
    heights = page.locator(".hl-choose select, .hl-choose button").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
    assert min(heights) >= 24


def test_the_way_is_drawn_from_768_pixels_and_on_paper(page: Page, site: str) -> None:
    """Without a script: the picture where there is room, a sentence where there is none, the table everywhere."""
    page.goto(f"{site}/outcomes")
    picture, instead = page.locator("section[aria-labelledby=way] img"), page.locator(".hl-wide__else")
    for width, is_drawn in ((360, False), (767, False), (768, True), (1280, True)):
        page.set_viewport_size({"width": width, "height": 900})
        assert (picture.is_visible(), instead.is_visible()) == (is_drawn, not is_drawn), width
        assert overflow(page) == 0 and page.locator("section[aria-labelledby=way] details.hl-twin").is_visible()
    page.set_viewport_size({"width": 768, "height": 900})
    natural, shown = picture.evaluate("e => [e.naturalWidth, e.getBoundingClientRect().width]")
    assert natural and shown >= natural, "no text is shown smaller than it was drawn"
    assert violations(page) == []
    page.set_viewport_size({"width": 700, "height": 900})
    page.emulate_media(media="print")
    assert picture.is_visible() and not instead.is_visible()
