"""The live map, driven as people do: mouse, touch and keyboard; and the same numbers without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import overflow, violations

pytestmark = pytest.mark.browser

PATIENCE = 120_000
DRAWN = "#map-live[data-drawn]:not([data-drawn=''])"


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    """A page that fails the test on a refused policy or a script error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('policy', e.violatedDirective))"
    )
    yield page
    context.close()
    assert complaints == []


def open_map(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector(DRAWN)


def until(page: Page, condition: str, value: str = "") -> None:
    """Wait for a script's condition. Playwright's own wait compiles text in the page, which the page's policy refuses."""
    for _ in range(PATIENCE // 200):
        if page.evaluate(condition, value):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"this never came true: {condition}")


def question(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def head(page: Page) -> str:
    return page.locator("[data-part=head] p").first.inner_text()


def middle(page: Page) -> tuple[float, float]:
    page.locator("#map-live").scroll_into_view_if_needed()
    box = page.locator("#map-live").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_filter_step_and_pick_with_the_mouse(opened: Page, site: str) -> None:
    open_map(opened, f"{site}/map?metric=incidents")
    first = head(opened)
    opened.select_option("#map-hours", "night")
    opened.get_by_role("button", name="Show", exact=True).click()
    opened.wait_for_url("**hours=night**")
    opened.wait_for_selector(DRAWN)
    night, start = head(opened), question(opened)["from"]
    assert night != first and "Night" in night
    opened.get_by_role("link", name="Earlier").click()
    until(opened, "start => !location.search.includes(`from=${start}`)", start)
    opened.wait_for_selector(DRAWN)
    assert question(opened)["hours"] == "night" and head(opened) != night
    opened.mouse.click(*middle(opened))
    opened.wait_for_selector("#map-picked")
    area = question(opened)["area"]
    name = opened.locator("#map-card").inner_text()
    row = (
        opened.locator("[data-part=list] tr", has=opened.get_by_role("rowheader", name=name))
        .locator("td")
        .first.inner_text()
    )
    assert row in opened.locator("#map-picked").inner_text()
    assert opened.locator("select[name=area]").input_value() == area
    opened.go_back()
    opened.wait_for_selector("#map-picked", state="detached")
    assert "area" not in question(opened)


def test_the_slider_moves_time_by_keyboard(opened: Page, site: str) -> None:
    open_map(opened, f"{site}/map?metric=incidents&from=2025-01-01&to=2025-03-31")
    opened.locator("#map-time").focus()
    opened.keyboard.press("ArrowRight")
    opened.wait_for_url("**from=2025-02-01&to=2025-04-30**")
    until(opened, "() => document.activeElement.id === 'map-time'")
    label = opened.locator("label[for=map-time]").inner_text()
    assert "February" in label and "April 2025" in label


def test_everything_is_reached_by_keyboard_and_nothing_traps(opened: Page, site: str) -> None:
    open_map(opened, f"{site}/map?metric=incidents")
    canvas = opened.locator("#map-live canvas")
    assert canvas.get_attribute("aria-label") and canvas.get_attribute("aria-describedby") == "map-keys"
    canvas.focus()
    before = urlsplit(opened.url).fragment
    opened.keyboard.press("+")
    until(opened, "before => location.hash !== '#' + before", before)
    zoomed = urlsplit(opened.url).fragment
    opened.keyboard.press("ArrowRight")
    until(opened, "before => location.hash !== '#' + before", zoomed)
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.dataset.move") == "zoom_in"
    opened.keyboard.press("Shift+Tab")
    opened.keyboard.press("Shift+Tab")
    assert opened.evaluate("document.activeElement.closest('.hl-mappick') !== null")
    opened.locator("select[name=area]").focus()
    opened.keyboard.type("Salt")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    opened.wait_for_url("**area=saltern**")
    expect(opened.locator("#map-card")).to_have_text("Saltern")


def test_an_area_is_drawn_by_keyboard_and_a_shared_link_shows_the_same(
    opened: Page, browser: Browser, site: str
) -> None:
    open_map(opened, f"{site}/map?metric=incidents")
    whole = head(opened)
    opened.locator(".hl-mapdraw summary").click()
    opened.get_by_role("button", name="Start drawing").click()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        opened.keyboard.press("Enter")
        moved = opened.url
        opened.keyboard.press(key)
        until(opened, "before => location.href !== before", moved)
    opened.get_by_role("button", name="Finish").click()
    opened.wait_for_url("**polygon=**")
    opened.wait_for_selector(DRAWN)
    shaped = head(opened)
    assert shaped != whole and len(question(opened)["polygon"].split(";")) == 3
    numbers, view = opened.locator("[data-part=list]").inner_text(), urlsplit(opened.url).fragment
    other = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    other.set_default_timeout(PATIENCE)
    open_map(other, opened.url)
    assert (head(other), other.locator("[data-part=list]").inner_text()) == (shaped, numbers)
    assert view.startswith("view=") and urlsplit(other.url).fragment == view
    other.context.close()


def test_an_area_is_drawn_and_a_point_is_opened_by_touch(opened: Page, site: str) -> None:
    open_map(opened, f"{site}/map?metric=incidents&mode=points&layer=neighborhood#view=13/37.01/-68.03")
    opened.locator(".hl-mapdraw summary").tap()
    opened.get_by_role("button", name="Start drawing").tap()
    x, y = middle(opened)
    for dx, dy in ((-150, -150), (150, -150), (0, 150)):
        opened.touchscreen.tap(x + dx, y + dy)
    opened.get_by_role("button", name="Finish").tap()
    opened.wait_for_url("**polygon=**")
    opened.wait_for_selector(DRAWN)
    first = opened.locator("[data-part=list] a[href^='/map/points/']").first
    number = first.inner_text()
    href = first.get_attribute("href")
    assert href
    opened.goto(site + href)
    records = opened.locator("#point tbody tr").count()
    assert records > 0 and number in opened.locator("h1").inner_text()


def test_a_point_on_the_map_lists_its_records(opened: Page, site: str) -> None:
    open_map(opened, f"{site}/map?metric=incidents&mode=points&layer=neighborhood&window=28d")
    box = opened.locator("#map-live").bounding_box()
    assert box
    for step in range(400):
        x, y = (
            box["x"] + 20 + (step % 20) * (box["width"] - 100) / 20,
            box["y"] + 20 + (step // 20) * (box["height"] - 40) / 20,
        )
        opened.mouse.move(x, y)
        if opened.locator("#map-tip").is_visible():
            opened.mouse.click(x, y)
            break
    else:
        raise AssertionError("no point was found on the map")
    expect(opened.locator("#map-point")).to_be_visible()
    assert opened.locator("#map-point tbody tr").count() > 0
    assert opened.evaluate("document.activeElement.id") == "map-point"


WAYS = ["areas-360", "cells-768", "points-1280", "unusual-360"]
OTHERS = [f"{mode}-{width}" for mode in ("areas", "cells", "points", "unusual") for width in (360, 768, 1280)]


@pytest.mark.parametrize("way", [*WAYS, *(pytest.param(way, marks=pytest.mark.deep) for way in OTHERS if way not in WAYS)])
def test_the_live_map_is_accessible(opened: Page, site: str, way: str) -> None:
    mode, _, width = way.partition("-")
    opened.set_viewport_size({"width": int(width), "height": 900})
    open_map(opened, f"{site}/map?metric=incidents&area=quayside&mode={mode}")
    opened.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert overflow(opened) == 0
    assert violations(opened) == []
    small = opened.evaluate(
        "[...document.querySelectorAll('.hl-mapgrid button, .hl-mapgrid input:not([type=hidden]), .hl-mapgrid select')]"
        ".filter(e => e.offsetParent && (e.getBoundingClientRect().width < 24 || e.getBoundingClientRect().height < 24)).length"
    )
    assert small == 0


@pytest.mark.parametrize(
    "address", ["/map?metric=incidents", "/map?metric=robberies&mode=points&near=-68.01,37.0,1500"]
)
def test_numbers_are_the_same_without_scripts(browser: Browser, opened: Page, site: str, address: str) -> None:
    open_map(opened, site + address)
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(site + address)
    for part in ("head", "list", "below", "end"):
        assert (
            plain.locator(f"[data-part={part}]").text_content() == opened.locator(f"[data-part={part}]").text_content()
        )
    assert (
        plain.locator("[data-part=still] svg").is_visible() and not opened.locator("[data-part=still] svg").is_visible()
    )
    plain.select_option("select[name=area]", "saltern")
    plain.get_by_role("button", name="Show area").click()
    assert plain.locator("#map-card").inner_text() == "Saltern"
    if not plain.locator("#map-near").is_visible():
        plain.locator(".hl-mapdraw summary").click()
    plain.fill("#map-near", "-68.01,37.0,900")
    plain.get_by_role("button", name="Show", exact=True).click()
    assert "near=" in plain.url and "inside the drawn shape" in head(plain)
    context.close()
