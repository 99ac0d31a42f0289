"""What only a browser can see: accessibility, the content policy at work, foreign requests, overflow, paper, no scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import DEEP

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (360, 768, 1280)
PAGES = (
    "/", "/metrics", "/metrics/killed_or_shot_victims", "/metrics/incidents?by=area&window=12m", "/metrics/robberies?by=hour,weekday",
    "/data", "/data/counts", "/methods", "/status", "/changes", "/corrections", "/api", "/about", "/privacy", "/accessibility",
    "/report", "/nothing", "/metrics/robberies/how?by=month&window=12m", "/metrics/robberies?colour=red", "/areas?q=quay", "/areas/police_district", "/areas/neighborhood",
    "/areas/police_district/quayside", "/areas/city_council_district/3", "/compare?a=police_district/quayside&b=police_district/saltern",
    "/demographics", "/demographics?subject=arrests", "/intimate-partner-violence", "/goals", "/goals/killed_or_shot_10", "/goals/charging_30_days",
    "/strategies", "/strategies/focused_outreach", "/outcomes",
)  # fmt: skip


def violations(page: Page) -> list[str]:
    """What axe finds, one line each. Evaluated by the debugger, which the page's content policy does not bind."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
    return [f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found["violations"] for node in v["nodes"]]


def barriers(page: Page, address: str) -> list[str]:
    """What stands in somebody's way on an opened page, with all its details open, at each width of `WIDTHS`.

    Overflow and squeezed texts are looked for at all of them; axe, which costs a second or more each time, at one that goes by the
    address, and at all of them in a deep run.
    """
    found = []
    for number, width in enumerate(WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        if overflow(page):
            found.append(f"the page scrolls sideways at {width}")
        found += [f"squeezed at {width}: {text}" for text in squeezed(page)]
        if DEEP or number == crc32(address.encode()) % len(WIDTHS):
            found += [f"at {width}: {line}" for line in violations(page)]
    return found


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def squeezed(page: Page) -> list[str]:
    """Texts of several letters in a column as narrow as one: readable by no one, and neither overflow nor axe sees it."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('dd, dt, td, th, li, p')].filter(e => e.getClientRects().length && !e.closest('.hl-hidden') "
        "&& e.innerText.trim().length > 3 && e.getBoundingClientRect().width < 24).map(e => e.innerText)"
    )
    return found


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_accessible_and_keeps_to_its_host(browser: Browser, site: str, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective))"
    )
    page.goto(site + address)
    assert barriers(page, address) == []
    assert page.evaluate("refused") == []
    assert requests and all(url.startswith(site) for url in requests)
    assert [c for c in complaints if "404" not in c and "400" not in c] == []
    assert context.cookies() == []
    context.close()


def test_nothing_is_lost_at_320_pixels(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    for address in PAGES:
        page.goto(site + address)
        assert overflow(page) == 0, address


@pytest.mark.parametrize("address", PAGES[:4])
def test_pages_hold_the_same_without_scripts(browser: Browser, site: str, address: str) -> None:
    texts = []
    for has_scripts in (True, False):
        context = browser.new_context(java_script_enabled=has_scripts)
        opened = context.new_page()
        opened.goto(site + address, wait_until="networkidle")
        texts.append(opened.locator("main").text_content())
        context.close()
    assert texts[0] == texts[1] and len(texts[0] or "") > 500


def test_forms_work_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/metrics/robberies")
    page.select_option("#choose-by", "year")
    page.get_by_role("region", name="Break it down").get_by_role("button", name="Show").click()
    expect(page.locator("table").first).to_be_visible()
    assert "by=year" in page.url
    assert page.locator("#choose-by").input_value() == "year"
    context.close()


def test_scripts_shorten_addresses(page: Page, site: str) -> None:
    page.goto(f"{site}/metrics/robberies")
    page.select_option("#choose-by", "weekday")
    page.get_by_role("region", name="Break it down").get_by_role("button", name="Show").click()
    page.wait_for_url("**by=weekday**")
    assert "hours=" not in page.url and "area=" not in page.url


def test_a_figure_can_be_copied_as_a_sentence(browser: Browser, site: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site)
    card = page.locator("article").first
    card.get_by_text("Copy as a sentence").click()
    card.get_by_role("button", name="Copy").click()
    card.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "people killed or shot" in copied and "definition version 1" in copied and f"{site}/metrics/" in copied
    context.close()


def test_everything_can_be_reached_with_the_keyboard(page: Page, site: str) -> None:
    page.goto(f"{site}/metrics/robberies")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the main content"
    expect(page.locator("a", has_text="Skip to the main content")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"choose-by", "choose-from", "choose-to", "BUTTON", "PRE"} <= reached


def test_small_targets_are_large_enough(page: Page, site: str) -> None:
    """WCAG 2.5.8: 24 px, or room around it; links inside a sentence are exempt."""
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(site)
    small = page.evaluate(
        "[...document.querySelectorAll('summary, button, nav a, .hl-links a')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 24)"
        ".map(e => e.textContent)"
    )
    assert small == []


def test_marks_stay_visible_in_forced_colors(browser: Browser, site: str) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(site)
    bar, paper = page.evaluate(
        "[getComputedStyle(document.querySelector('.hl-bar--now')).fill, getComputedStyle(document.body).backgroundColor]"
    )
    assert bar != paper
    context.close()


def test_paper_shows_title_source_and_release(page: Page, site: str) -> None:
    page.goto(f"{site}/metrics/killed_or_shot_victims")
    page.emulate_media(media="print")
    assert not page.locator(".hl-menu").is_visible() and not any(form.is_visible() for form in page.locator(".hl-chooser").all())
    assert page.locator("h1").is_visible() and page.locator(".hl-source").first.is_visible()
    assert "Release 2" in (page.locator("footer").inner_text())
    assert "Printed from" in page.locator("footer").inner_text()


def test_the_first_page_is_light(page: Page, site: str) -> None:
    """At most 200 KB in 15 requests, as sent."""
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(site, wait_until="networkidle")
    assert len(sizes) <= 15 and sum(sizes) <= 200_000, sizes
