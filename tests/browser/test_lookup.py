"""A resident who knows a number finds its story in one step: by keyboard on a phone, with and without scripts, at every width."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from harborlight.store import read_value
from tests.browser.test_pages import WIDTHS, overflow, squeezed, violations

pytestmark = pytest.mark.browser


@pytest.fixture
def numbers(demo_store: Any) -> dict[str, str]:
    """A report, a case that went to another court, a case that is pending, and a number that is none."""
    con, _ = demo_store
    return {
        "report": read_value(con, "select incident_number from incident_pages where status_code = 'open' order by 1 desc limit 1"),
        "case": read_value(con, "select case_number from case_pages where later_number is not null and incident_key is not null order by 1 limit 1"),
        "pending": read_value(con, "select case_number from case_pages join case_charges using (case_key) where outcome_code = 'pending' order by 1 limit 1"),
        "none": "PC99-999999",
    }


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(("kind", "heading", "said"), [("case", "Case ", "Sent to the Circuit Court"), ("report", "Report ", "No arrest recorded as of")])
def test_a_number_finds_its_story_in_one_step_by_keyboard(
    browser: Browser, site: str, numbers: dict[str, str], kind: str, heading: str, said: str, scripts: bool
) -> None:
    """From the field: type, Enter, read. Small letters and spaces are no matter."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=scripts, has_touch=True)
    page = context.new_page()
    page.goto(f"{site}/look-up")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator("#number:focus").count():
            break
    page.keyboard.type(f" {numbers[kind].lower().replace('-', ' ')} ")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(heading + numbers[kind])
    expect(page.locator("main")).to_contain_text(said)
    expect(page.locator("main")).to_contain_text("If something here is wrong")
    assert overflow(page) == 0
    context.close()


@pytest.mark.parametrize("kind", ["look-up", "case", "pending", "report", "none"])
def test_every_page_of_the_look_up_is_accessible(page: Page, site: str, numbers: dict[str, str], kind: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{site}/look-up" + (f"?number={numbers[kind]}" if kind in numbers else ""))
        assert overflow(page) == 0, f"the page scrolls sideways at {width}"
        assert violations(page) == [] and squeezed(page) == [], f"at {width}"
    if kind == "none":
        page.fill("#number", numbers["case"])
        page.press("#number", "Enter")
        expect(page.locator("h1")).to_have_text(f"Case {numbers['case']}")
