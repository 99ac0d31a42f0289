"""Published examples of hot spots, near repeats, small areas and many tests at once, and what must hold of any data."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.statistics import clustering, hotspots, small_areas
from harborlight.statistics.hotspots import unusual_cells
from harborlight.statistics.multiple import adjust_for_many

CAPABILITIES = {"small_area_smoothing", "hot_spots", "near_repeat", "multiple_comparisons"}
Numbers = dict[str, Any]
# Counties of the St Louis region that touch, by their rows in the file; each pair once (example `stl` of libpysal, BSD licence).
TOUCHING = (
    "1 7 3 6; 2 10 8 5; 3 7 4; 4 9 5 7; 5 10 9; 6 16 12 11 7; 7 19 9 11 18; 8 15 10; 9 20 19 13 10; 10 17 15 13 20 21; 11 18 "
    "16; 12 16 14; 13 20; 14 22 16; 15 23 17; 16 28 27 18 22; 17 30 26 23 21; 18 33 32 19 27; 19 24 20 33; 20 24 21; 21 35 26 "
    "24; 22 29 28; 23 31 25 30; 24 35 33; 25 42 31; 26 34 30 35; 27 41 39 32 28 36; 28 29 36; 29 38 36; 30 43 34 31; 31 44 42 "
    "43; 32 33 41; 33 46 40 35 41; 34 43 35 45; 35 45 37; 36 47 39 38; 37 51 45 40 46 49; 38 48 47; 39 52 50 41 47; 40 46; 41 "
    "50 46; 42 53 44; 43 61 59 54 44 45; 44 54 53; 45 60 59 51; 46 49 50 57; 47 56 55 52 48; 48 55; 49 63 51 57; 50 58 57 52; "
    "51 64 60 63; 52 62 58 56; 53 65 54; 54 65 61; 55 56; 56 62; 57 67 63 66 58; 58 66 62; 59 69 61 60 70; 60 70 64; 61 72 65 "
    "69; 62 68 66; 63 64 67; 64 71 70 67; 65 72; 66 73 67 68; 67 76 75 71; 68 73; 69 77 72 70 74; 70 74 71 78; 71 78 75; 72 "
    "77; 73 76; 74 77 78; 75 78 76"
)


@cache
def read_oracles(path: Path) -> dict[str, Any]:
    oracles = json.loads(path.read_text())["oracles"]
    return {oracle["id"]: oracle for oracle in oracles if oracle["capability"] in CAPABILITIES}


def read_columns(folder: Path, name: str, *columns: str) -> list[list[float]]:
    with (folder / "data" / name).open() as file:
        rows = list(csv.DictReader(file))
    return [[float(row[column]) for row in rows] for column in columns]


def touching_counties() -> np.ndarray:
    weights = np.zeros((78, 78))
    for part in TOUCHING.split(";"):
        first, *others = (int(number) - 1 for number in part.split())
        for other in others:
            weights[first, other] = weights[other, first] = 1
    return weights


def within(points: list[list[float]], threshold: float) -> np.ndarray:
    xy = np.array(points)
    near = np.hypot(*(xy[:, None] - xy[None]).T) <= threshold
    np.fill_diagonal(near, False)
    return near.astype(float)


def smooth(folder: Path, inputs: Numbers) -> Any:
    events, people = read_columns(folder, Path(inputs["data"]).name, inputs["events"], inputs["population"])
    return small_areas.smooth_rates([int(k) for k in events], people)


def knox(folder: Path, inputs: Numbers) -> Any:
    x, y, when = read_columns(folder, "burkitt_knox.csv", "X", "Y", "T")
    found = clustering.knox(x, y, when, inputs["delta"], inputs["tau"], runs=99)
    return {
        "statistic": found.near, "space_pairs": found.in_space, "time_pairs": found.in_time, "pairs": found.pairs, "expected": found.expected,
    }  # fmt: skip


def global_g(_: Path, inputs: Numbers) -> Any:
    g, p = clustering.global_g(inputs["y"], within(inputs["points"], inputs["threshold"]))
    return {"G": g, "p_norm": p}


def morans_i(folder: Path, _: Numbers) -> Any:
    i, expected, p = clustering.morans_i(read_columns(folder, "stl_hom.csv", "HR8893")[0], touching_counties())
    return {"I": i, "EI": expected, "p_norm": p}


def map_accuracy(_: Path, inputs: Numbers) -> Any:
    accuracy, recapture = clustering.map_accuracy(inputs["observed"], inputs["predicted"], inputs["area"])
    return {"PAI": accuracy, "RRI": recapture}


def rejections(_: Path, inputs: Numbers) -> Any:
    p = inputs["p"]
    flags = int((adjust_for_many(p) <= inputs["q"]).sum())
    return {"bh_rejected": flags, "bonferroni_rejected": sum(value * len(p) <= inputs["q"] for value in p)}


def funnel_words(_: Path, inputs: Numbers) -> Any:
    words = {"high": "High (0.001)", "above": "High (0.025)", "inside": "Not significant", "below": "Low (0.025)", "low": "Low (0.001)"}
    pairs = zip(inputs["observed"], inputs["expected"], strict=True)
    return [words[small_areas.funnel_place(observed, expected)] for observed, expected in pairs]


def funnel_limits(_: Path, inputs: Numbers) -> Any:
    limits = [small_areas.funnel_limits(k) for k in inputs["observed"]]
    return {"lower_2s": [100 * low for low, _ in limits], "upper_2s": [100 * high for _, high in limits]}


CALCULATIONS: dict[str, Callable[[Path, Numbers], Any]] = {
    "eb_stl_homicide": smooth, "eb_nc_sids": smooth,
    "getis_ord_gi": lambda _, i: hotspots.local_g(i["y"], within(i["points"], i["threshold"]), with_self=False),
    "getis_ord_gi_star": lambda _, i: hotspots.local_g(i["y"], within(i["points"], i["threshold"])),
    "getis_ord_global": global_g, "moran_stl": morans_i, "knox_burkitt": knox,
    "dbscan_sklearn_doc": lambda _, i: clustering.find_clusters(i["X"], i["eps"], i["min_samples"]),
    "pai_ptools": map_accuracy, "benjamini_hochberg_1995": rejections,
    "funnel_ratio_significance": funnel_words, "funnel_ratio_limits": funnel_limits,
}  # fmt: skip


@pytest.mark.parametrize("name", CALCULATIONS)
def test_gives_the_published_number(name: str, shared: Path) -> None:
    oracle = read_oracles(shared / "oracles" / "statistics.json")[name]
    found, expected = CALCULATIONS[name](shared / "oracles", oracle["inputs"]), oracle["expected"]
    close = {"rel": 0, "abs": oracle["tolerance_abs"]}
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert found[key] == pytest.approx(value, **close), key
    elif isinstance(expected[0], str):
        assert found == expected
    else:
        # Some examples print only the first areas.
        assert list(found)[: len(expected)] == pytest.approx(expected, **close)


def test_every_published_example_of_these_subjects_is_calculated(shared: Path) -> None:
    assert set(read_oracles(shared / "oracles" / "statistics.json")) == set(CALCULATIONS)


# ------------------------------------------------------------------------------------------- small areas


def test_areas_that_differ_by_chance_alone_all_get_the_citys_rate() -> None:
    """One event in each of twenty areas of 5,000 people and none in the last: smoothing must not turn that round."""
    rates = small_areas.smooth_rates([1] * 20 + [0], [5000] * 21)
    assert rates == pytest.approx([20 / 105_000] * 21)


def test_an_area_where_nobody_lives_has_no_rate_and_spoils_none() -> None:
    rates = small_areas.smooth_rates([40, 3, 5, 90], [10_000, 0, 10_000, 10_000])
    assert rates[1] is None
    assert rates[0] == small_areas.smooth_rates([40, 5, 90], [10_000] * 3)[0]
    assert small_areas.smooth_rates([2], [0]) == [None] and small_areas.smooth_rates([], []) == []


areas = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 90_000)), min_size=2, max_size=40)


@given(areas)
def test_a_smoothed_rate_lies_between_its_own_and_the_citys(pairs: list[tuple[int, int]]) -> None:
    events, people = [k for k, _ in pairs], [p for _, p in pairs]
    city = sum(events) / sum(people)
    for k, population, rate in zip(events, people, small_areas.smooth_rates(events, people), strict=True):
        low, high = sorted((k / population, city))
        assert rate is not None and low - 1e-12 <= rate <= high + 1e-12


def test_a_rate_smoothed_by_its_neighbours(shared: Path) -> None:
    """The first five counties of the St Louis region, as esda's spatial empirical Bayes gives them (2.9.0)."""
    events, people = read_columns(shared / "oracles", "stl_hom.csv", "HC7984", "PO7984")
    neighbors = [np.flatnonzero(row).tolist() for row in touching_counties()]
    rates = small_areas.smooth_rates_by_neighbors([int(k) for k in events], people, neighbors)
    expected = [4.0148574851405805e-05, 3.624375130880213e-05, 4.930348435226079e-05, 5.0938732929581615e-05, 3.727352100362909e-05]
    assert rates[:5] == pytest.approx(expected, rel=1e-12)


@given(areas, st.randoms(use_true_random=False))
def test_smoothing_has_no_order_and_everybody_as_neighbour_is_the_city(pairs: list[tuple[int, int]], random: Any) -> None:
    events, people = [k for k, _ in pairs], [p for _, p in pairs]
    plain = small_areas.smooth_rates(events, people)
    everybody = [list(range(len(pairs)))] * len(pairs)
    assert small_areas.smooth_rates_by_neighbors(events, people, everybody) == pytest.approx(plain)
    order = random.sample(range(len(pairs)), len(pairs))
    again = small_areas.smooth_rates([events[i] for i in order], [people[i] for i in order])
    assert again == pytest.approx([plain[i] for i in order])


@given(st.integers(0, 500), st.floats(0.5, 600))
def test_a_funnel_flags_only_on_the_side_where_the_area_lies(observed: int, expected: float) -> None:
    place = small_areas.funnel_place(observed, expected)
    assert place in (("inside", "above", "high") if observed > expected else ("inside", "below", "low"))


def test_bad_areas_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        small_areas.smooth_rates([1, 2], [10])
    with pytest.raises(ValueError, match="expected"):
        small_areas.funnel_place(3, 0)
    with pytest.raises(ValueError, match="positions"):
        small_areas.smooth_rates_by_neighbors([1, 2], [10, 10], [[1], [2]])
    with pytest.raises(ValueError, match="same length"):
        small_areas.smooth_rates_by_neighbors([1, 2], [10, 10], [[1]])


# ------------------------------------------------------------------------------------- many tests at once


@given(st.lists(st.floats(0, 1), max_size=60))
def test_adjusting_keeps_the_order_and_lowers_nothing(p: list[float]) -> None:
    adjusted = adjust_for_many(p)
    assert all(1 >= after >= before for before, after in zip(p, adjusted, strict=True))
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()


def test_what_is_no_p_value_is_refused() -> None:
    for bad in ([0.2, math.nan], [-0.1], [1.2], [[0.1]]):
        with pytest.raises(ValueError, match="p-values"):
            adjust_for_many(bad)  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------------- near repeats


def test_repeats_that_were_planted_are_found_and_scattered_events_are_not() -> None:
    random = np.random.default_rng(5)
    x, y, when = random.uniform(0, 5000, 150), random.uniform(0, 5000, 150), random.uniform(0, 365, 150)
    assert clustering.knox(x, y, when, 200, 7, runs=199).p_value > 0.05
    again = (np.append(v, v[:40] + jitter) for v, jitter in ((x, 30), (y, 30), (when, 2)))
    planted = clustering.knox(*again, 200, 7, runs=199)
    assert planted.p_value == 1 / 200 and planted.ratio is not None and planted.ratio > 3
    assert planted.p_poisson < 0.001


def test_shuffling_leaves_the_callers_times_alone_and_is_the_same_every_time() -> None:
    when = np.arange(20.0)
    one, two = (clustering.knox(np.arange(20.0), np.zeros(20), when, 1, 1, runs=50) for _ in range(2))
    assert one == two and (when == np.arange(20.0)).all()
    assert (one.near, one.in_space, one.in_time) == (19, 19, 19)


def test_a_near_repeat_test_needs_events() -> None:
    with pytest.raises(ValueError, match="two events"):
        clustering.knox([1], [1], [1], 1, 1)


# ------------------------------------------------------------------------------------------ unusual cells

CITY = (0.0, 0.0, 8000.0, 8000.0)


def scatter(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.uniform(0, 8000, n), random.uniform(0, 8000, n)


def with_spot(seed: int, n: int, extra: int, at: tuple[float, float], spread: float = 300) -> tuple[np.ndarray, np.ndarray]:
    x, y = scatter(seed, n)
    random = np.random.default_rng(seed + 1000)
    return np.append(x, random.normal(at[0], spread, extra)), np.append(y, random.normal(at[1], spread, extra))


def test_a_planted_spot_is_found_where_it_is() -> None:
    found = unusual_cells(*with_spot(1, 1500, 250, (5300, 2700)), CITY, 500)
    assert found and all(cell.n >= 10 and cell.n_grids >= 3 and cell.p_value <= 0.05 for cell in found)
    assert all(math.hypot((c.west + c.east) / 2 - 5300, (c.south + c.north) / 2 - 2700) < 1300 for c in found)
    assert [c.z for c in found] == sorted((c.z for c in found), reverse=True)
    top = found[0]
    assert top.west <= 5300 <= top.east + 500 and top.n_cells == 256


def test_events_without_a_pattern_give_hardly_a_cell() -> None:
    """Of forty cities without a hot spot at most two may show one: the rule of four grids is what holds this down."""
    shown = [bool(unusual_cells(*scatter(seed, 4000), CITY, 500)) for seed in range(40)]
    assert sum(shown) <= 2


def test_a_cell_with_fewer_than_ten_events_is_never_shown() -> None:
    few = unusual_cells(*with_spot(3, 0, 9, (4250, 4250), 60), CITY, 500)
    assert few == []
    more = unusual_cells(np.full(10, 4250.0), np.full(10, 4250.0), CITY, 500)
    assert [(cell.n, cell.west, cell.south) for cell in more] == [(10, 4000.0, 4000.0)]
    assert all(cell.n >= 10 for cell in unusual_cells(*with_spot(4, 300, 60, (4250, 4250)), CITY, 500))


def test_open_water_is_no_part_of_the_city() -> None:
    """Half of the window holds no place at all: with it, every street of the other half would look unusual."""
    x, y = scatter(7, 3000)
    x = x / 2
    ground = np.meshgrid(np.arange(50, 4000, 100.0), np.arange(50, 8000, 100.0))
    assert len(unusual_cells(x, y, CITY, 500)) > len(unusual_cells(x, y, CITY, 500, tuple(g.ravel() for g in ground)))
    assert unusual_cells(x, y, CITY, 500, tuple(g.ravel() for g in ground)) == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 300), st.sampled_from([250.0, 400.0, 1000.0]))
def test_moving_or_scaling_the_whole_city_changes_nothing(seed: int, extra: int, side: float) -> None:
    x, y = (np.round(v) for v in with_spot(seed, 500, extra, (3000, 5000)))
    here = unusual_cells(x, y, CITY, side)
    there = unusual_cells(x * 4 + 8192, y * 4, (8192, 0, 8192 + 32000, 32000), side * 4)
    assert [(c.n, c.n_grids) for c in here] == [(c.n, c.n_grids) for c in there]


def test_a_grid_that_is_none_is_refused() -> None:
    for window, side, text in ((CITY, 0, "side"), ((0, 0, 0, 10), 5, "window"), (CITY, 1, "at most")):
        with pytest.raises(ValueError, match=text):
            unusual_cells([1], [1], window, side)
    assert unusual_cells([], [], CITY, 500) == []


def test_weights_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="matrix"):
        hotspots.local_g([1, 2, 3], np.ones((2, 2)))
    with pytest.raises(ValueError, match="matrix"):
        clustering.morans_i([1, 2], np.ones((2, 2)))
    assert list(hotspots.local_g([4, 4, 4], np.ones((3, 3)))) == [0, 0, 0]
