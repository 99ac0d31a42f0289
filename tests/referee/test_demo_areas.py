"""Published counts by area, on every version of every layer, against the fictional city's own truth."""

from __future__ import annotations

import pytest

from harborlight.demo.layers import all_lines
from harborlight.metrics.answer import answer
from harborlight.metrics.query import make_query
from harborlight.store import connect, read_rows

LINES = [(lines.layer, lines.version) for lines in all_lines()]


def published(con, facts, metric_id: str, layer: str, version: str) -> dict[tuple[int, str], int]:
    """(year, area id, "" outside) → n, as the site answers it; zeros left out."""
    (lines,) = (lines for lines in facts.lines if (lines.layer, lines.id) == (layer, version))
    day = lines.valid_from.isoformat()
    query = make_query(facts.metrics[metric_id], facts, layer=layer, lines=day, by="area,year")
    return {(int(row["year"]), row["area_id"] or ""): row["n"] for row in answer(con, facts, query).rows if row["n"]}


@pytest.mark.parametrize(("layer", "version"), LINES, ids=["-".join(lines) for lines in LINES])
def test_counts_by_area_are_true(demo_city, demo_store, layer, version):
    con, facts = demo_store
    truth = demo_city.truth
    expected = {metric: truth.by_year_area[metric][layer, version] for metric in truth.total}
    expected["arrests"] = truth.arrests.by_year_area[layer, version]
    for metric_id, counts in expected.items():
        assert published(con, facts, metric_id, layer, version) == counts, metric_id


def test_agreement_of_stated_districts_is_true(demo_city, demo_store):
    con, _ = demo_store
    rows = read_rows(con, "select * from district_agreement where \"of\" = 'arrests'")
    found = {row["version_id"]: (row["n_stated"], row["n_compared"], row["n_agree"]) for row in rows}
    assert found == demo_city.truth.arrests.agreement


def test_the_sensitive_place_has_no_public_point(demo_city):
    """Sensitive records have no snap point; the planted ones lie where nothing else does."""
    con = connect(demo_city.data / "private.duckdb")
    names = ", ".join(f"'{name}'" for name in demo_city.truth.traps["sensitive_place"])
    rows = read_rows(con, f"select tier, snap from model.records where record_id in ({names})")
    con.close()
    assert [(row["tier"], row["snap"]) for row in rows] == [("T1", None)] * 3
