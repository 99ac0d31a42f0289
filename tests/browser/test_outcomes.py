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
