"""Pages of strategies in a browser: no barrier at any width, all of it by keyboard, and a raw change that never looks like an estimate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.test_pages import barriers
from tests.conftest import served
from tests.told_strategies import tell_strategies

pytestmark = pytest.mark.browser

LIST, TOLD, EXPLORATORY = "/strategies", "/strategies/focused_outreach", "/strategies/evening_lights"


@pytest.fixture(scope="module")
def told(demo_city: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the small city with estimates that have something to tell."""
    data = tmp_path_factory.mktemp("told")
    tell_strategies(demo_city.release, data)
    with served(data) as base:
        yield base


@pytest.mark.parametrize("address", [LIST, TOLD, EXPLORATORY])
def test_no_barrier_at_any_width(page: Page, told: str, address: str) -> None:
    page.goto(told + address)
    assert barriers(page, address) == []


def test_raw_change_and_estimate_look_different_on_a_phone(page: Page, told: str) -> None:
    """The raw change stands on ground of its own color and without a range; each estimate has a range, inside its frame."""
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(told + TOLD)
    grounds = [page.locator(f"section[aria-labelledby={name}]").evaluate("e => getComputedStyle(e).backgroundColor") for name in ("raw", "effect")]
    assert grounds[0] != grounds[1]
    assert page.locator("section[aria-labelledby=raw] .hl-estimate__range").count() == 0
    ranges = page.locator("section[aria-labelledby=effect] .hl-estimate__range")
    assert ranges.count() >= 5
    for i in range(ranges.count()):
        box = ranges.nth(i).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360


def test_from_the_list_to_the_counts_by_keyboard(page: Page, told: str) -> None:
    page.goto(told + LIST)
    press_to(page, "document.activeElement.getAttribute('href') === '/strategies/focused_outreach'")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{TOLD}")
    press_to(page, "document.activeElement.tagName === 'SUMMARY' && document.activeElement.parentElement.className === 'hl-twin'")
    page.keyboard.press("Enter")
    assert page.locator("details.hl-twin[open] table").first.is_visible()
    press_to(page, "(document.activeElement.getAttribute('href') || '').startsWith('/api/v1/strategies/')")


def test_the_page_holds_the_same_without_scripts(browser: Browser, told: str) -> None:
    texts = []
    for has_scripts in (True, False):
        context = browser.new_context(java_script_enabled=has_scripts)
        opened = context.new_page()
        opened.goto(told + TOLD, wait_until="networkidle")
        texts.append(opened.locator("main").text_content())
        context.close()
    assert texts[0] == texts[1] and len(texts[0] or "") > 2000


def press_to(page: Page, reached: str) -> None:
    """Press Tab until something holds of what has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            return
    raise AssertionError(f"no way there by keyboard: {reached}")
