"""What only a browser shows of the area pages: the finder with a place that stays on the device, paper, widths, keyboard."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.test_pages import barriers

pytestmark = pytest.mark.browser

PROFILES = ("/areas/police_district/quayside", "/areas/city_council_district/3", "/areas/neighborhood/saltmarket")


def read_json(address: str) -> dict[str, object]:
    with urllib.request.urlopen(address, timeout=30) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def test_a_place_is_found_by_name_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/")
    page.get_by_label("Where do you live?").fill("quayside")
    page.get_by_role("search").get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Quayside", exact=True).first.click()
    assert page.url.endswith("/areas/police_district/quayside")
    context.close()


def test_the_devices_place_never_leaves_it(browser: Browser, site: str) -> None:
    """The layers are asked for whole; no address, header or body of any request holds the position."""
    feature = read_json(f"{site}/api/v1/areas/police_district/quayside")["properties"]
    assert isinstance(feature, dict)
    place = {"longitude": feature["longitude"], "latitude": feature["latitude"]}
    context = browser.new_context(geolocation=place, permissions=["geolocation"])
    page = context.new_page()
    sent: list[str] = []
    page.on("request", lambda r: sent.append(f"{r.url} {json.dumps(r.headers)} {r.post_data or ''}"))
    page.goto(f"{site}/areas")
    page.get_by_role("button", name="Use where this device is").click()
    page.locator("[data-finds-place] [role=status] a").first.wait_for()
    said = page.locator("[data-finds-place] [role=status]").inner_text()
    assert "Police district: Quayside" in said and "ZIP code area:" in said
    digits = [f"{abs(value):.3f}" for value in place.values()]
    assert len(sent) > 6 and not [line for line in sent if any(number in line for number in digits)]
    page.get_by_role("link", name="Quayside", exact=True).click()
    assert page.url.endswith("/areas/police_district/quayside")
    context.close()


def test_a_place_outside_and_a_refusal_are_said(browser: Browser, site: str) -> None:
    context = browser.new_context(geolocation={"longitude": 10, "latitude": 10}, permissions=["geolocation"])
    page = context.new_page()
    page.goto(f"{site}/areas")
    page.get_by_role("button", name="Use where this device is").click()
    page.get_by_text("lies in no area of this city").wait_for()
    context.close()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/areas")
    page.evaluate("() => { navigator.geolocation.getCurrentPosition = (_, refuse) => refuse({code: 1}); }")
    page.get_by_role("button", name="Use where this device is").click()
    page.get_by_text("Type a name instead").wait_for()
    context.close()


@pytest.mark.parametrize("address", PROFILES)
@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_an_area_prints_on_two_sheets(page: Page, site: str, address: str, paper: str) -> None:
    page.goto(site + address)
    assert pages_of(page.pdf(format=paper)) == 2
    page.emulate_media(media="print")
    first, second = page.locator("#killed"), page.locator("#where")
    assert first.is_visible() and second.is_visible() and not page.locator("#recent").is_visible()
    assert not page.locator(".hl-chooser").first.is_visible()


@pytest.mark.parametrize("address", ["/areas", *PROFILES[:2], "/areas/census_tract"])
def test_areas_are_accessible_at_every_width(page: Page, site: str, address: str) -> None:
    page.goto(site + address)
    assert barriers(page, address) == []


def test_names_on_a_map_are_large_enough_on_a_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(f"{site}/areas/police_district/quayside")
    heights = page.evaluate(
        "[...document.querySelectorAll('.hl-outline text')].map(t => parseFloat(getComputedStyle(t).fontSize) * "
        "t.ownerSVGElement.getBoundingClientRect().width / t.ownerSVGElement.viewBox.baseVal.width)"
    )
    assert heights and min(heights) >= 12


def test_two_areas_are_chosen_by_typing(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/compare")
    page.get_by_label("First area").fill("Quayside (Police district)")
    page.get_by_label("Second area").fill("saltern")
    page.get_by_role("button", name="Compare").click()
    assert page.locator("h1").inner_text() == "Quayside beside Saltern"
    context.close()


def test_the_four_answers_come_before_anything_else(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{site}/areas/police_district/quayside")
    tops = [page.locator(f"#{name}").bounding_box() for name in ("killed", "doing", "answers", "help")]
    assert all(box and box["y"] < 900 for box in tops), "each question begins on the first screen"
