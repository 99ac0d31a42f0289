"""Published examples of counts, rates and change: the module must give other people's numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harborlight.statistics import change, poisson_tests, rates, windows

CAPABILITIES = {"change_significance", "rate_ci", "counts"}
Numbers = dict[str, Any]


@cache
def read_oracles(path: Path) -> dict[str, Any]:
    oracles = json.loads(path.read_text())["oracles"]
    return {oracle["id"]: oracle for oracle in oracles if oracle["capability"] in CAPABILITIES}


def e_test(given: Numbers) -> Numbers:
    pair = given["k1"], given["n1"], given["k2"], given["n2"]
    return {
        "pvalue": poisson_tests.poisson_difference_test(*pair),
        "statistic": poisson_tests.difference_statistic(*pair),
    }


def z_of_two_counts(given: Numbers) -> Numbers:
    current, past = given["current"], given["past"]
    return {
        "z": change.poisson_z(current, past),
        "percent_change": change.percent_change(current, past, base=1),
    }


def ratio_tests(given: Numbers) -> Numbers:
    pair = given["count1"], given["exposure1"], given["count2"], given["exposure2"]
    methods = ("wald", "score", "wald_log", "sqrt")
    return {method: poisson_tests.rate_ratio_test(*pair, method=method) for method in methods}


def ratio_interval(given: Numbers) -> Numbers:
    pair = given["count1"], given["exposure1"], given["count2"], given["exposure2"]
    found = poisson_tests.rate_ratio_score(*pair, confidence=given["confidence"])
    return {"low": found.low, "high": found.high}


def byar(given: Numbers) -> Numbers:
    low, high = rates.poisson_interval(given["events"], "byar", given["confidence"])
    return {"low": low, "high": high}


def exact(given: Numbers) -> Numbers:
    low, high = rates.poisson_interval(given["events"], "exact")
    return {"low": low, "high": high}


def rate(given: Numbers) -> Numbers:
    found = rates.crude_rate(given["events"], given["population"], per=given["multiplier"])
    return {"value": found.value, "low": found.low, "high": found.high}


def city_year(given: Numbers) -> Numbers:
    return {
        "homicide_pct": change.percent_change(given["homicides"][1], given["homicides"][0]),
        "nonfatal_pct": change.percent_change(given["nonfatal"][1], given["nonfatal"][0]),
    }


def two_vintages(given: Numbers) -> Numbers:
    return {
        "pct_vs_original": change.percent_change(given["y2025"], given["published_2025_01"]),
        "pct_vs_restated": change.percent_change(given["y2025"], given["restated_2025_12"]),
    }


def overlap(given: Numbers) -> Numbers:
    a, b = (windows.Window(*(date.fromisoformat(day) for day in given[name])) for name in ("window_a", "window_b"))
    try:
        windows.check_windows(a, b)
        allowed = True
    except windows.WindowError as error:
        allowed = error.code != "overlap"
    return {"overlap_days": windows.overlap_days(a, b), "allowed": allowed}


CALCULATIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "etest_dodder": e_test, "etest_6_2": e_test, "etest_10_5": e_test,
    "poisson_z_9_4": z_of_two_counts, "poisson_z_25_16": z_of_two_counts,
    "gu2008_ex1": ratio_tests, "rate_ratio_ci_score": ratio_interval,
    "byar_65_950": byar, "byar_1045_950": byar, "byar_10_998": byar, "garwood_10": exact,
    "exact_poisson_rate_1": rate, "exact_poisson_rate_5": rate, "crude_rate_byar_222": rate,
    "baltimore_2025_vs_2024": city_year, "baltimore_restatement": two_vintages,
    "overlapping_windows": overlap,
}  # fmt: skip


@pytest.mark.parametrize("name", CALCULATIONS)
def test_gives_the_published_number(name: str, shared: Path) -> None:
    oracle = read_oracles(shared / "oracles" / "statistics.json")[name]
    found = CALCULATIONS[name](oracle["inputs"])
    expected = oracle["expected"]
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=0, abs=oracle["tolerance_abs"])


def test_every_published_example_of_these_subjects_is_calculated(shared: Path) -> None:
    assert set(read_oracles(shared / "oracles" / "statistics.json")) == set(CALCULATIONS)
