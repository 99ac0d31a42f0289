"""The ground below the map: tiles of the release's own file as they lie there, and what the page says of them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

import pytest

from harborlight.catalog.base_tiles import NAME
from harborlight.errors import ReleaseError
from harborlight.metrics.shapes import Facts
from harborlight.web.app import make_app
from harborlight.web.base_map import read_credit
from harborlight.web.releases import open_base
from tests.ground import CREDIT, PROTOMAPS, ground_tile, tiles_of, write_ground
from tests.web.client import Client

ZOOMS = (8, 9, 10, 11, 12)


@pytest.fixture(scope="module", params=[True, False], ids=["zipped", "plain"])
def laid(
    request: pytest.FixtureRequest, demo_city: Any, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """The fictional city with ground laid into its release, one tile of it bare."""
    data, facts = tmp_path_factory.mktemp("laid"), client.front.releases.current.facts
    release = data / "releases" / demo_city.release.name
    shutil.copytree(demo_city.release, release, copy_function=os.link)
    shutil.copyfile(demo_city.data / "current", data / "current")
    bare = [(12, *tiles_of(facts.city.bbox, 12)[0])]
    write_ground(release / NAME, facts.city.bbox, zooms=ZOOMS, zipped=request.param, bare=bare)
    front = make_app(data, clock=client.front.clock)
    yield Client(front)
    front.releases.current.close()


@pytest.fixture
def city(client: Client) -> Facts:
    return client.front.releases.current.facts


def address(z: int, x: int, y: int) -> str:
    return f"/map/base/tiles/{z}/{x}/{y}.mvt"


def state_of(page: Element) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(e.get("data-map", "") for e in page.iter() if e.get("data-map")))
    return found


def test_every_tile_comes_as_it_lies_in_the_file(laid: Client, city: Facts) -> None:
    base = laid.front.releases.current.base
    assert base
    for z in ZOOMS[:4]:
        for x, y in tiles_of(city.city.bbox, z):
            packed = laid.get(address(z, x, y), headers={"Accept-Encoding": "gzip"})
            plain = laid.get(address(z, x, y))
            assert packed.status == plain.status == 200
            assert packed.body == plain.body == ground_tile(PROTOMAPS)
            assert packed.headers["content-type"] == "application/vnd.mapbox-vector-tile"
            assert packed.headers.get("content-encoding") == ("gzip" if base.is_zipped else None)
            assert "content-encoding" not in plain.headers
            assert int(packed.headers["content-length"]) == len(base.tile(z, x, y) or b"")


def test_a_tile_is_kept_like_others(laid: Client, client: Client, city: Facts) -> None:
    x, y = tiles_of(city.city.bbox, 10)[0]
    first = laid.get(address(10, x, y), headers={"Accept-Encoding": "gzip"})
    other = client.get(f"/tiles/incidents/10/{x}/{y}.mvt")
    assert (
        first.headers["cache-control"] == other.headers["cache-control"]
        and first.headers["vary"] == other.headers["vary"]
    )
    for encoding in ("gzip", "identity"):
        again = laid.get(
            address(10, x, y), headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["etag"]}
        )
        assert (again.status, again.body) == (304, b"")


def test_ground_where_nothing_is_drawn_is_an_empty_tile(laid: Client, city: Facts) -> None:
    answer = laid.get(address(12, *tiles_of(city.city.bbox, 12)[0]), headers={"Accept-Encoding": "gzip"})
    assert (answer.status, answer.body) == (200, b"") and "content-encoding" not in answer.headers


def test_outside_the_file_there_is_no_tile(laid: Client, city: Facts) -> None:
    x, y = tiles_of(city.city.bbox, 10)[0]
    for z, column, row in (
        (10, x - 1, y),
        (10, x, y - 1),
        (10, 0, 0),
        (10, 1 << 10, y),
        (7, x >> 3, y >> 3),
        (13, x << 3, y << 3),
        (40, 0, 0),
    ):
        assert laid.get(address(z, column, row)).status == 404
    for odd in (
        f"/map/base/tiles/10/{x}/{y}",
        f"/map/base/tiles/10/0{x}/{y}.mvt",
        f"/map/base/tiles/10/{x}/-1.mvt",
        "/map/base/tiles.geojson",
    ):
        assert laid.get(odd).status == 404
    refused = laid.get(f"{address(10, x, y)}?metric=incidents")
    assert (refused.status, refused.json["error"]["parameter"]) == (400, "metric")


def test_a_release_without_a_file_has_no_such_tiles(client: Client, city: Facts) -> None:
    assert client.get(address(10, *tiles_of(city.city.bbox, 10)[0])).status == 404


@pytest.mark.parametrize("mode", ["areas", "cells", "points", "unusual"])
def test_the_page_names_the_tiles_and_whom_they_are_from(laid: Client, client: Client, city: Facts, mode: str) -> None:
    question = f"/map?metric=incidents&mode={mode}"
    with_ground, without = laid.get(question).page, client.get(question).page
    state, plain = state_of(with_ground), state_of(without)
    ground = state.pop("base")
    assert plain.pop("base") is None and state == plain
    assert ground["tiles"] == "/map/base/tiles/{z}/{x}/{y}.mvt" and (ground["minzoom"], ground["maxzoom"]) == (8, 12)
    assert ground["bounds"] == list(city.city.bbox)
    assert ground["layers"] == {name: [name] for name in PROTOMAPS}
    x, y = tiles_of(city.city.bbox, 12)[-1]
    assert laid.get(ground["tiles"].format(z=12, x=x, y=y)).body == ground_tile(PROTOMAPS)

    credit = with_ground.find(".//*[@id='map-credit']")
    assert credit is not None and without.find(".//*[@id='map-credit']") is None
    assert "".join(credit.itertext()) == "Fictional ground of Example, © nobody"
    assert [a.get("href") for a in credit.iter("a")] == ["https://example.org/ground"]
    assert credit.get("hidden") is not None, "the still picture draws none of it"
    pictures = [
        tostring(next(e for e in page.iter() if e.get("data-part") == "still")[0]) for page in (with_ground, without)
    ]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    ("html", "parts"),
    [
        ("", []), ("  ", []), ("Plain words", [("Plain words", "")]), (CREDIT, [("Fictional ground of ", ""), ("Example", "https://example.org/ground"), (", © nobody", "")]),
        ('<a href="javascript:alert(1)">One</a> <b>two</b>', [("One", ""), (" ", ""), ("two", "")]),
        ("<a href=https://a.example>A</a>\n<a href=http://b.example>B", [("A", "https://a.example"), (" ", ""), ("B", "http://b.example")]),
        ("<img src=x onerror=go()>&lt;b&gt;", [("<b>", "")]), ("a < b", [("a ", ""), ("<", ""), (" b", "")]),
    ],
)  # fmt: skip
def test_of_the_credit_only_words_and_links_are_kept(html: str, parts: list[tuple[str, str]]) -> None:
    assert [(link.text, link.href) for link in read_credit(html)] == parts


def test_a_release_with_a_damaged_file_is_not_opened(tmp_path: Path) -> None:
    assert open_base(tmp_path / NAME) is None
    path = write_ground(tmp_path / NAME, (-77.0, 39.0, -76.0, 40.0))
    base = open_base(path)
    assert base and base.zooms == (8, 10)
    base.close()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ReleaseError, match="cut short"):
        open_base(path)
