"""Tiles: every record that the map can show lies in one of them, at every zoom, and nothing else does."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from harborlight.metrics.shapes import Facts
from harborlight.store import Connection, read_rows, read_value
from harborlight.web import mvt
from tests.web.client import Client
from tests.web.mvt_reader import Feature, read_tile

QUESTIONS = (
    "metric=incidents", "metric=incidents&window=12m", "metric=incidents&hours=night&window=ytd", "metric=robberies",
    "metric=incidents&offense=burglary,robbery", "metric=incidents&unit=offenses", "metric=killed_or_shot_victims",
    "metric=incidents&layer=neighborhood&window=28d", "metric=incidents&from=2024-03-05&to=2024-09-17",
)  # fmt: skip
Demo = tuple[Connection, Facts]


def tiles_over(facts: Facts, zoom: int) -> list[tuple[int, int]]:
    """Tiles that the city's box lies in, by the usual formula."""
    west, south, east, north = facts.city.bbox

    def at(longitude: float, latitude: float) -> tuple[int, int]:
        y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
        return int((longitude + 180) / 360 * 2**zoom), int(y * 2**zoom)

    (left, top), (right, bottom) = at(west, north), at(east, south)
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def features(client: Client, facts: Facts, zoom: int, question: str, layer: str) -> list[tuple[int, int, Feature]]:
    found = []
    for x, y in tiles_over(facts, zoom):
        answer = client.get(f"/tiles/incidents/{zoom}/{x}/{y}.mvt?{question}")
        assert answer.status == 200 and answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        layers = read_tile(answer.body)
        assert set(layers) <= {layer}
        for part in layers.values():
            assert (part.version, part.extent) == (2, 4096)
            found += [(x, y, feature) for feature in part.features]
    return found


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("zoom", [9, 11, 13])
def test_cells_of_all_tiles_are_the_mapped_records(client: Client, demo_store: Demo, zoom: int, question: str) -> None:
    _, facts = demo_store
    cells = features(client, facts, zoom, f"{question}&mode=cells", "cells")
    total = client.get(f"/api/v1/metrics/{question.removeprefix('metric=').replace('&', '?', 1)}").json
    box = ",".join(str(edge) for edge in facts.city.bbox)
    mapped = client.get(
        f"/api/v1/metrics/{question.removeprefix('metric=').replace('&', '?', 1)}{'&' if '&' in question else '?'}bbox={box}"
    ).json
    shown = sum(feature.values["n"] for _, _, feature in cells)
    assert shown == mapped["rows"][0]["n"] > 0
    assert shown + mapped["unmapped"] == total["rows"][0]["n"]
    for _, _, feature in cells:
        assert set(feature.values) == {"n"} and feature.id is None and feature.kind == 3
        (left, top), (right, _), _, (_, bottom) = feature.corners
        assert (right - left, bottom - top, left % 64, top % 64) == (64, 64, 0, 0)
        assert 0 <= left < 4096 and 0 <= top < 4096
    places = Counter((x, y, feature.corners) for x, y, feature in cells)
    assert max(places.values()) == 1, "a cell stands twice"


def test_points_are_published_points_and_add_up(client: Client, demo_store: Demo) -> None:
    con, facts = demo_store
    known = {row["snap"]: row for row in read_rows(con, "select * from snap_points")}
    for zoom, question in (
        (11, "metric=robberies&window=12m"),
        (15, "metric=incidents&window=28d"),
        (12, "metric=homicide_victims"),
    ):
        points = features(client, facts, zoom, question, "points")
        assert points
        for x, y, feature in points:
            assert feature.id in known and feature.kind == 1 and set(feature.values) == {"n"}
            ((px, py),) = feature.corners
            bits = 20 - zoom
            assert (known[feature.id]["x"] >> bits, known[feature.id]["y"] >> bits) == (x * 4096 + px, y * 4096 + py)
        path = question.removeprefix("metric=").replace("&", "?", 1)
        box = ",".join(str(edge) for edge in facts.city.bbox)
        mapped = client.get(f"/api/v1/metrics/{path}{'&' if '?' in path else '?'}bbox={box}").json["rows"][0]["n"]
        assert sum(feature.values["n"] for _, _, feature in points) == mapped


def test_many_records_are_cells_until_zoom_15(client: Client, demo_store: Demo) -> None:
    con, facts = demo_store
    assert read_value(con, "select count(*) from tiles where is_counted and counts_incident") >= 5000
    place = read_rows(con, "select x, y from tiles order by x, y limit 1")[0]
    for zoom, name in ((14, "cells"), (15, "points"), (18, "points")):
        tile = f"/tiles/incidents/{zoom}/{place['x'] >> (32 - zoom)}/{place['y'] >> (32 - zoom)}.mvt?metric=incidents"
        assert set(read_tile(client.get(tile).body)) == {name}


def test_nothing_sensitive_lies_in_the_table_of_tiles(demo_store: Demo) -> None:
    con, _ = demo_store
    tiers = {
        row["tier"]
        for row in read_rows(con, "select distinct o.tier from tiles as t join offenses as o on t.offense = o.ix")
    }
    assert tiers == {"T0"}
    assert not read_value(con, "select count(*) from tiles as t anti join snap_points as s using (snap, x, y)")
    assert not read_value(con, "select count(*) from tiles where not is_listed")


@pytest.mark.parametrize(
    ("address", "status", "parameter"),
    [
        ("/tiles/incidents/11/600/700.mvt?colour=red", 400, "colour"), ("/tiles/incidents/11/600/700.mvt?by=month", 400, "by"),
        ("/tiles/incidents/11/600/700.mvt?mode=areas", 400, "mode"), ("/tiles/incidents/11/600/700.mvt?metric=nothing", 400, "metric"),
        ("/tiles/incidents/11/600/700.mvt?metric=robberies&metric=robberies", 400, "metric"),
        ("/tiles/incidents/11/600/700.mvt?window=28d&from=2024-01-01", 400, "window"), ("/tiles/incidents/7/0/0.mvt", 404, None),
        ("/tiles/incidents/19/0/0.mvt", 404, None), ("/tiles/incidents/9/512/0.mvt", 404, None), ("/tiles/incidents/09/0/0.mvt", 404, None),
        ("/tiles/incidents/9/-1/0.mvt", 404, None), ("/tiles/incidents/9/\u0661/0.mvt", 404, None),
    ],
)  # fmt: skip
def test_a_tile_refuses_what_it_does_not_know(client: Client, address: str, status: int, parameter: str | None) -> None:
    answer = client.get(address)
    assert answer.status == status
    assert answer.json["error"]["parameter"] == parameter


def test_an_empty_tile_is_an_answer_without_bytes(client: Client) -> None:
    answer = client.get("/tiles/incidents/11/1/1.mvt")
    assert (answer.status, answer.body) == (200, b"")
    again = client.get("/tiles/incidents/11/1/1.mvt", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304


def test_numbers_are_written_as_the_format_says() -> None:
    assert [mvt.varint(n) for n in (0, 1, 127, 128, 300)] == [b"\0", b"\1", b"\x7f", b"\x80\1", b"\xac\2"]
    assert [mvt.zigzag(n) for n in (0, -1, 1, -2, 2, -64, 64)] == [
        b"\0",
        b"\1",
        b"\2",
        b"\3",
        b"\4",
        b"\x7f",
        b"\x80\1",
    ]


def test_cells_of_the_map_are_the_same_at_another_zoom(client: Client, demo_store: Demo) -> None:
    """Four cells of one zoom are a cell of the zoom above."""
    _, facts = demo_store
    fine, coarse = (
        Counter[Any]({
            ((x * 4096 + f.corners[0][0]) // 64, (y * 4096 + f.corners[0][1]) // 64): f.values["n"]
            for x, y, f in features(client, facts, zoom, "metric=incidents&window=12m&mode=cells", "cells")
        })
        for zoom in (12, 11)
    )  # fmt: skip
    summed: Counter[Any] = Counter()
    for (column, row), n in fine.items():
        summed[column // 2, row // 2] += n
    assert summed == coarse
