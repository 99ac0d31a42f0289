"""The static copy in a browser: opened from the disk, with JavaScript off, it looks and leads as it should."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from harborlight.export import addresses, export, run
from tests.conftest import DemoCity

PAGES = ("/", "/metrics", "/metrics/robberies", "/areas", "/areas/police_district", "/map")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def copy(demo_city: DemoCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a few pages, made in a thread of its own: the browser keeps an event loop running in this one."""
    place = tmp_path_factory.mktemp("copy") / "site"
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as worker:
        patch.setattr(run, "is_wanted", lambda address: (addresses.is_wanted(address) and address in PAGES) or address.startswith(("/static/", "/charts/")))
        worker.submit(export, demo_city.data, place).result()
    return place


@pytest.fixture(params=[360, 1280])
def still(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without JavaScript, narrow and wide."""
    context = browser.new_context(viewport={"width": request.param, "height": 800}, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("file", ["index.html", "metrics/robberies/index.html", "map/index.html"])
def test_pages_work_from_the_disk_without_a_script(file: str, copy: Path, still: Page) -> None:
    lost: list[str] = []
    still.on("requestfailed", lambda request: lost.append(request.url))
    still.on("console", lambda message: lost.append(message.text))
    still.goto((copy / file).as_uri())
    assert not lost
    assert still.get_by_label("About this copy").is_visible()
    # Without its styles the page would have the browser's own font, and its pictures would have no size.
    assert "Public Sans" in still.locator("body").evaluate("e => getComputedStyle(e).fontFamily")
    assert all(box and box["width"] > 10 for box in (picture.bounding_box() for picture in still.locator("main img:visible").all()))
    assert still.locator("body").evaluate("e => document.documentElement.scrollWidth <= window.innerWidth + 1")
    still.get_by_label("Main menu").get_by_role("link", name="Measures").click()
    assert still.url == (copy / "metrics/index.html").as_uri()
    still.get_by_role("link", name="Robberies").first.click()
    assert still.locator("h1").inner_text().startswith("Robberies")
