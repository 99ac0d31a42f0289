"""Safe Streets on the real list of homicides, 2007 to 2020: an exploratory evaluation, for tests only and never published.

Opening years are those that are public. Only the year is known, so the year of opening is left out whole; the neighborhood of a site's name stands
for its catchment, which is not public. Nothing was registered before the outcome was known: whatever comes out is a comparison at most.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from shapely import STRtree
from shapely.geometry import Point, shape
from shapely.validation import make_valid

from harborlight.publish.strategy_estimates import COMPARED, INSIDE, OUT, Evaluation, Panel, evaluate_panel

FIRST, LAST = 2007, 2020
OPENED = {"Sandtown-Winchester": 2015, "Brooklyn": 2019, "McElderry Park": 2007}
# Other sites that ran at some time in these years: neither inside nor compared.
OTHER_SITES = ("Cherry Hill", "Central Park Heights", "Penn North", "Belvedere", "Woodbourne-McCabe", "Belair-Edison", "Franklin Square", "Madison-Eastend")


@dataclass(frozen=True)
class Places:
    names: tuple[str, ...]
    counts: np.ndarray
    beside: dict[str, set[str]]
    lost: int


@pytest.fixture(scope="module")
def homicides(shared: Path) -> list[tuple[int, int, float, float]]:
    """Year, month, longitude and latitude of each."""
    path = shared / "data/baltimore/homicides/sun_homicides_2007_2020_deidentified.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(int(r["date"][:4]), int(r["date"][5:7]), float(r["longitude"] or 0), float(r["latitude"] or 0)) for r in rows]


@pytest.fixture(scope="module")
def places(shared: Path, homicides: list[tuple[int, int, float, float]]) -> Places:
    """Homicides by neighborhood and month, and which neighborhoods touch."""
    found = json.loads((shared / "data/baltimore/places/neighborhoods_2020_nsa.geojson").read_text(encoding="utf-8"))["features"]
    shapes = [make_valid(shape(f["geometry"])) for f in found]
    names, tree = tuple(f["properties"]["name"] for f in found), STRtree(shapes)
    counts, lost = np.zeros((len(names), (LAST - FIRST + 1) * 12), dtype=np.int64), 0
    for year, month, x, y in homicides:
        hits = tree.query(Point(x, y), predicate="intersects")
        lost += not len(hits)
        if len(hits):
            counts[int(min(hits)), (year - FIRST) * 12 + month - 1] += 1
    beside: dict[str, set[str]] = {name: set() for name in names}
    for one, other in tree.query(shapes, predicate="dwithin", distance=2e-5).T:
        if one != other:
            beside[names[one]].add(names[other])
    return Places(names, counts, beside, lost)


def make_panel(places: Places, site: str) -> Panel:
    """The site's neighborhood against all that neither touch it nor had a site; the year of opening is left out."""
    roles = [INSIDE if n == site else "ring_1" if n in places.beside[site] else OUT if n in (*OPENED, *OTHER_SITES) else COMPARED for n in places.names]
    years = np.repeat(np.arange(FIRST, LAST + 1), 12)
    months = [f"{year}-{month:02}" for year in range(FIRST, LAST + 1) for month in range(1, 13)]
    kept = np.flatnonzero(years != OPENED[site])
    return Panel(tuple(months[i] for i in kept), int((years < OPENED[site]).sum()), places.counts[:, kept], tuple(roles))


def say(site: str, found: Evaluation) -> None:
    for line in found.lines:
        ends = [f"{x:.2f}" if x is not None else "?" for x in (line.ratio, line.ratio_low, line.ratio_high)]
        print(f"{site}, {line.id} ({line.label}): {line.n_before} before, {line.n_after} after, ratio {ends[0]} ({ends[1]} to {ends[2]}) {line.why_not}")
    print(f"{site}: {found.label}, lacks {found.lacks}, {found.verdict}, p before {found.pretrend_p}, placebos {found.placebo and found.placebo.p_value}")


def test_every_homicide_with_a_place_is_in_one_neighborhood(places: Places, homicides: list[tuple[int, int, float, float]]) -> None:
    assert len(homicides) == 3856 and places.counts.sum() + places.lost == 3856 and places.lost < 20
    assert {*OPENED, *OTHER_SITES} <= set(places.names)


@pytest.mark.parametrize("site", [pytest.param(site, marks=pytest.mark.deep) for site in ("Sandtown-Winchester", "Brooklyn")])
def test_a_site_is_compared_and_never_called_an_evaluation(places: Places, site: str) -> None:
    panel = make_panel(places, site)
    found = evaluate_panel(panel, is_registered=False)
    say(site, found)
    assert found.label in ("trend", "comparison") and ("registered" in found.lacks or found.state == "too_few")
    assert all(line.label != "evaluation" for line in found.lines)
    assert found.lines[0].n_before == panel.sums(INSIDE)[0] == places.counts[places.names.index(site), : panel.start].sum()


def test_a_site_that_opened_with_the_record_cannot_be_judged(places: Places) -> None:
    """McElderry Park opened in the first year of the list: there is nothing before."""
    panel = make_panel(places, "McElderry Park")
    assert panel.start == 0
    found = evaluate_panel(panel, is_registered=False)
    assert found.state == "too_few" and found.verdict is None


def test_districts_can_never_be_an_evaluation(places: Places) -> None:
    """Nine units: the smallest share of placebos is 1 in 9, whatever happened."""
    rng = np.random.default_rng(1)
    counts = rng.poisson(30, (9, 48)).astype(np.int64)
    counts[0, 24:] //= 3
    panel = Panel(tuple(f"{2015 + m // 12}-{m % 12 + 1:02}" for m in range(48)), 24, counts, (INSIDE, *[COMPARED] * 8))
    found = evaluate_panel(panel, is_registered=True)
    assert found.placebo is not None and found.placebo.smallest == pytest.approx(1 / 9) and found.verdict == "no_clear_effect" and "placebo" in found.lacks
