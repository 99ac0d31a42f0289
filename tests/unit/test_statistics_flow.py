"""Cohorts followed in time: published examples, the same numbers from another library, and what must always add up."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from harborlight.statistics import flow

Numbers = dict[str, Any]
FACTORS = ("fin", "age", "race", "wexp", "mar", "paro", "prio")


def read_columns(folder: Path, name: str) -> dict[str, list[str]]:
    with (folder / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


def kaplan_meier(_: Path, inputs: Numbers) -> Numbers:
    times, waiting = flow.survival(inputs["time"], inputs["event"])
    return {"times": times, "S": waiting}


def log_rank(_: Path, inputs: Numbers) -> Numbers:
    second = inputs["time2"], inputs.get("event2", [1] * len(inputs["time2"]))
    return {"chi2": flow.logrank([(inputs["time1"], inputs["event1"]), second])[0]}


def cox_model(folder: Path, inputs: Numbers) -> Numbers:
    data = {name: np.array(column, dtype=float) for name, column in read_columns(folder, inputs["data"]).items()}
    coefficients, _, fit = flow.cox(data["week"], data["arrest"], np.column_stack([data[name] for name in FACTORS]))
    return {"coef": coefficients, "loglik": fit}


def medians(folder: Path, inputs: Numbers) -> Numbers:
    data = read_columns(folder, inputs["data"])
    chosen = {g: [i for i, other in enumerate(data["group"]) if other == g] for g in set(data["group"])}
    return {g: flow.median_time([float(data["T"][i]) for i in rows], [int(data["E"][i]) for i in rows]) for g, rows in chosen.items()}


CALCULATIONS: dict[str, Callable[[Path, Numbers], Numbers]] = {
    "km_freireich_6mp": kaplan_meier,
    "logrank_freireich": log_rank,
    "cox_rossi_recidivism": cox_model,
    "km_median_waltons": medians,
}


def read_oracles(shared: Path) -> dict[str, Any]:
    oracles = json.loads((shared / "oracles" / "statistics.json").read_text(encoding="utf-8"))["oracles"]
    return {oracle["id"]: oracle for oracle in oracles if oracle["capability"] == "time_to_event"}


@pytest.mark.parametrize("name", CALCULATIONS)
def test_published_examples(shared: Path, name: str) -> None:
    oracle = read_oracles(shared)[name]
    found = CALCULATIONS[name](shared / "oracles", oracle["inputs"])
    for key, expected in oracle["expected"].items():
        assert found[key] == pytest.approx(expected, abs=oracle["tolerance_abs"]), key


def test_no_published_example_is_left_out(shared: Path) -> None:
    assert set(read_oracles(shared)) == set(CALCULATIONS)


@pytest.mark.parametrize("seed", range(20))
def test_incidence_equals_another_library(seed: int) -> None:
    """Shares and standard errors with ties, three ends and members still waiting."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 300))
    time, status = rng.integers(0, 40, n).astype(float), np.concatenate([[1, 2, 3], rng.integers(0, 4, n - 3)])
    found = flow.cumulative_incidence(time, status)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        other = CumIncidenceRight(time, status)
        waiting = SurvfuncRight(time, (status > 0).astype(int))
    assert found.times == pytest.approx(other.times)
    for end in range(3):
        curve = found.curves[str(end + 1)]
        assert [p.share for p in curve] == pytest.approx(other.cinc[end], abs=1e-12)
        known = ~np.isnan(other.cinc_se[end])
        assert np.array([p.error for p in curve])[known] == pytest.approx(other.cinc_se[end][known], abs=1e-9)
    at_risk = dict(zip(found.times, found.at_risk, strict=True))
    assert [at_risk[t] for t in waiting.surv_times] == list(waiting.n_risk)


COUNTS = st.integers(1, 12).flatmap(lambda size: st.tuples(*(st.lists(st.integers(0, 30), min_size=size, max_size=size) for _ in range(3))))


@settings(max_examples=150, deadline=None)
@given(COUNTS)
def test_parts_and_intervals(counts: tuple[list[int], list[int], list[int]]) -> None:
    """Ends and those who wait are the whole at every time; shares never fall; limits hold the share; counts equal single members."""
    one, other, left = counts
    found = flow.incidence_of_counts({"one": one, "other": other}, left)
    assert found.n == sum(one) + sum(other) + sum(left)
    if not found.n:
        assert found.times == () and found.at("one", 3) is None
        return
    for a, b in zip(found.curves["one"], found.curves["other"], strict=True):
        assert -1e-9 <= a.share + b.share <= 1 + 1e-9
        assert a.low - 1e-9 <= a.share <= a.high + 1e-9 and a.low >= 0 and a.high <= 1 + 1e-9
    shares = [p.share for p in found.curves["one"]]
    assert shares == sorted(shares)
    if sum(left) == 0:
        assert shares[-1] == pytest.approx(sum(one) / found.n)
    if sum(one) and sum(other):
        members = [(t, s) for s, table in enumerate((left, one, other)) for t, n in enumerate(table) for _ in range(n)]
        single = flow.cumulative_incidence(*zip(*members, strict=True))
        for point in single.curves["1"]:
            known = found.at("one", point.time)
            assert known and known.share == pytest.approx(point.share)


def test_nobody_is_known_after_the_last_one_waiting_left() -> None:
    found = flow.incidence_of_counts({"end": [0, 2, 0]}, [0, 0, 2])
    assert found.at("end", 2) and not found.at("end", 3)
    done = flow.incidence_of_counts({"end": [0, 2, 0]}, [0, 0, 0]).at("end", 9)
    assert done and done.share == 1


def test_every_member_is_in_one_state() -> None:
    assert flow.stage_flow(10, {"convicted": 3, "dropped": 2}) == {"convicted": 3, "dropped": 2, "pending": 5}
    with pytest.raises(ValueError, match="exactly one"):
        flow.stage_flow(4, {"convicted": 5})
    with pytest.raises(ValueError, match="exactly one"):
        flow.stage_flow(4, {"convicted": 1, "pending": 2})


@pytest.mark.parametrize(
    "call",
    [lambda: flow.incidence_of_counts({}, [1]), lambda: flow.incidence_of_counts({"a": [1]}, [1, 2]), lambda: flow.incidence_of_counts({"a": [-1]}, [1]),
     lambda: flow.survival([1, float("nan")], [1, 0]), lambda: flow.survival([1], [2]), lambda: flow.logrank([([1], [1])]),
     lambda: flow.cumulative_incidence([1, 2], [0, 0]), lambda: flow.incidence_of_counts({"a": [1, 1]}, [0, 0], [2, 1])],
)  # fmt: skip
def test_input_that_means_nothing_is_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(ValueError):
        call()
