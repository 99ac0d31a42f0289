"""What only a browser shows of help and prevention: three steps by keyboard on a phone, the live map, widths, contrast.

The site is asked in-process at a fixed moment, so that what is open now is the same on every day of the year.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from harborlight.web.app import make_app
from tests.browser.test_pages import barriers, overflow
from tests.web.client import Client

pytestmark = pytest.mark.browser

# Tuesday 10 November 2026, noon in the city.
NOON = datetime(2026, 11, 10, 17, tzinfo=UTC)
SITE = "http://127.0.0.1:9"
ADDRESSES = ("/community", "/community?language=es&open=now&near=neighborhood/candlewright", "/community/beacon-slip-peace-post",
             "/community/quiet-harbor-house", "/community/tidewell-common-ground", "/firearms")  # fmt: skip


@pytest.fixture(scope="module")
def asked(demo_city: Any) -> Iterator[Client]:
    front = make_app(demo_city.data, clock=lambda: NOON)
    yield Client(front)
    front.releases.current.reader.close()


def serve(page: Page, client: Client) -> Page:
    """Answer every request of the page from the site in this process."""

    def fulfil(route: Route) -> None:
        address = route.request.url.removeprefix(SITE)
        answer = client.run(client.ask(address))
        headers = {name: value for name, value in answer.headers.items() if name not in ("content-length", "content-encoding", "strict-transport-security")}
        route.fulfill(status=answer.status, headers=headers, body=answer.body)

    page.route("**/*", fulfil)
    return page


@pytest.fixture
def opened(page: Page, asked: Client) -> Page:
    return serve(page, asked)


def press_until(page: Page, wanted: str, most: int = 80) -> None:
    """Tab forward until the element with this id has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == wanted:
            return
    raise AssertionError(f"{wanted} cannot be reached with the Tab key")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_spanish_speaking_place_open_now_near_a_neighborhood_in_three_steps(browser: Browser, asked: Client, scripts: bool) -> None:
    """By keyboard alone on a phone: the place, the language, open now; Enter."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=True, has_touch=True)
    page = serve(context.new_page(), asked)
    if not scripts:
        page.route("**/*.js", lambda route: route.abort())
        page.route("**/*.mjs", lambda route: route.abort())
    page.goto(f"{SITE}/community")
    press_until(page, "site-near")
    page.keyboard.type("candlewright")
    press_until(page, "site-language")
    page.keyboard.type("Spanish")
    press_until(page, "site-open")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**near=candlewright**")
    assert "language=es" in page.url and "open=now" in page.url
    names = page.locator(".hl-site h4 a").all_inner_texts()
    assert names[0] == "Harbor General After-Injury Team" and len(names) >= 3
    first = page.locator(".hl-site").first.inner_text()
    assert "Open now, day and night" in first and "Spanish" in first and "miles from Candlewright" in first and "555-0144" in first
    assert all("Open now" in text for text in page.locator(".hl-site").all_inner_texts())
    assert overflow(page) == 0
    context.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_are_accessible_at_every_width(opened: Page, address: str) -> None:
    opened.goto(SITE + address)
    assert barriers(opened, address) == []


def test_the_list_comes_before_the_map_on_a_phone_and_beside_it_on_a_desk(opened: Page) -> None:
    for width, is_beside in ((360, False), (1280, True)):
        opened.set_viewport_size({"width": width, "height": 900})
        opened.goto(f"{SITE}/community")
        one, other = (opened.locator(f".hl-sites__{part}").bounding_box() for part in ("list", "map"))
        assert one and other
        assert (other["x"] > one["x"]) if is_beside else (other["y"] >= one["y"] + one["height"])


def test_the_live_map_shows_the_sites_of_the_list(opened: Page) -> None:
    """Every site that the list numbers is drawn, and nothing else; a press on one opens its page."""
    opened.goto(f"{SITE}/community?near=neighborhood/candlewright")
    opened.wait_for_selector("#map-live[data-drawn]", timeout=120_000)
    numbers = opened.locator(".hl-site__number [aria-hidden]").all_inner_texts()
    state = opened.evaluate("JSON.parse(document.querySelector('[data-map]').dataset.map).sites.features.map(f => f.properties.number)")
    assert sorted(state) == sorted(numbers) and len(numbers) >= 7
    assert opened.locator("#map-live canvas").count() == 1


def test_the_telephone_is_a_large_target(opened: Page) -> None:
    opened.set_viewport_size({"width": 360, "height": 900})
    opened.goto(f"{SITE}/community")
    small = opened.evaluate(
        "[...document.querySelectorAll('.hl-site a[href^=tel], .hl-sitefind select, .hl-sitefind input, .hl-sitefind button')]"
        ".filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"
    )
    assert small == []
