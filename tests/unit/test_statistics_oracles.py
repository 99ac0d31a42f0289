"""Published examples of counts, rates, change, clearance, disparity, season and forecast: other people's numbers."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import statsmodels

from harborlight.statistics import (
    anomaly,
    change,
    clearance,
    disparity,
    poisson_tests,
    rates,
    seasonal_models,
    windows,
)

CAPABILITIES = {
    "change_significance", "rate_ci", "counts", "clearance_rate", "age_standardisation", "disparity", "anomaly",
    "forecasting",
}  # fmt: skip
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


def wilson(given: Numbers) -> Numbers:
    low, high = clearance.wilson_interval(given["successes"], given["n"])
    return {"low": low, "high": high}


def standardized(method: str, value: str = "rate") -> Callable[[Numbers], Numbers]:
    def calculate(given: Numbers) -> Numbers:
        bands = given["count"], given["population"], given["standard"]
        found = rates.directly_standardized_rate(*bands, method=method, per=given["multiplier"])  # type: ignore[arg-type]
        return {value: found.value, "low": found.low, "high": found.high}

    return calculate


def two_areas(given: Numbers) -> list[list[float | None]]:
    found = []
    for area in range(given["n"]):
        bands = (given[key][4 * area : 4 * area + 4] for key in ("e", "b", "s"))
        rate = rates.directly_standardized_rate(*bands, per=1)
        found.append([rate.value, rate.low, rate.high])
    return found


def indirect(given: Numbers) -> Numbers:
    expected = rates.expected_events(given["population"], given["standard_count"], given["standard_population"])
    ratio = rates.standardized_ratio(sum(given["count"]), expected).value or 0.0
    crude = sum(given["standard_count"]) / sum(given["standard_population"])
    return {"sir": ratio, "expected": expected, "rate_per_100k": ratio * crude * 100_000}


def indirect_interval(given: Numbers) -> Numbers:
    expected = rates.expected_events(given["population"], given["reference_count"], given["reference_population"])
    found = rates.standardized_ratio(sum(given["count"]), expected)
    return {
        "observed": found.n_events,
        "expected": expected,
        "ratio": found.value,
        "low": found.low,
        "high": found.high,
    }


def share_ratio(given: Numbers) -> Numbers:
    found = disparity.risk_ratio(
        *(given[k] for k in ("exposed_cases", "exposed_total", "control_cases", "control_total"))
    )
    return {"rr": found.value, "low": found.low, "high": found.high}


def log_ratio(given: Numbers) -> Numbers:
    found = poisson_tests.rate_ratio_log(given["count1"], given["exposure1"], given["count2"], given["exposure2"])
    return {"ratio": found.value, "wald_low": found.low, "wald_high": found.high}


def scan(given: Numbers) -> Numbers:
    """The code behind these examples lets the ratio of three windows to two stand for each period after the first `k`."""
    found = anomaly.scan_probability(given["n"], given["mu"], given["L"] - given["k"] + 2)
    return {"p": found, "naive_bonferroni_weeks": given["L"] * anomaly.record_probability(given["n"], given["mu"], 1)}


def nile() -> list[float]:
    with (Path(__file__).resolve().parents[3] / "shared/oracles/data/nile.csv").open() as file:
        return [float(row["volume"]) for row in csv.DictReader(file)]


def one_shift(given: Numbers) -> Numbers:
    before, after = anomaly.level_shifts([int(volume) for volume in nile()], given["n_breaks"])
    return {"last_index_of_first_regime": after.first, "mean_before": before.mean, "mean_after": after.mean}


def season_of_co2(given: Numbers) -> Numbers:
    text = (Path(statsmodels.__file__).parent / "tsa/stl/tests/results/stl_co2.csv").read_text()
    spans = {"seasonal": given["ns"], "trend": given["nt"], "low_pass": given["nl"]}
    jumps = dict(zip(("seasonal_jump", "trend_jump", "low_pass_jump"), given["jumps"], strict=True))
    found = anomaly.seasonal_decompose(
        [float(line) for line in text.split()], given["period"], counts=False, robust=given["robust"],
        iterations=(given["inner"], given["outer"]), **spans, **jumps,
    )  # fmt: skip
    return {"season": found.season[:3], "trend": found.trend[:3]}


def local_level(_: Numbers) -> Numbers:
    found = seasonal_models.fit_local_level(nile())
    return {"sigma2_irregular": found.irregular, "sigma2_level": found.level}


def airline(given: Numbers) -> Numbers:
    found = seasonal_models.fit_airline([math.log(k) for k in given["series"]])
    return {
        "ma1": found.average, "sma1": found.seasonal_average, "sigma2": found.variance, "loglik": found.log_likelihood,
    }  # fmt: skip


CALCULATIONS: dict[str, Callable[[Numbers], Any]] = {
    "etest_dodder": e_test, "etest_6_2": e_test, "etest_10_5": e_test,
    "poisson_z_9_4": z_of_two_counts, "poisson_z_25_16": z_of_two_counts,
    "gu2008_ex1": ratio_tests, "rate_ratio_ci_score": ratio_interval,
    "byar_65_950": byar, "byar_1045_950": byar, "byar_10_998": byar, "garwood_10": exact,
    "exact_poisson_rate_1": rate, "exact_poisson_rate_5": rate, "crude_rate_byar_222": rate,
    "baltimore_2025_vs_2024": city_year, "baltimore_restatement": two_vintages,
    "overlapping_windows": overlap,
    "wilson_65_100": wilson, "wilson_1045_5000": wilson, "newcombe_81_263": wilson, "newcombe_15_148": wilson,
    "newcombe_0_20": wilson, "newcombe_1_29": wilson,
    "fay_feuer_birth_order_1": standardized("gamma"), "fay_feuer_birth_order_3": standardized("gamma"),
    "selvin_1940_1960_direct": standardized("gamma"), "selvin_1940_1960_indirect": indirect,
    "phe_dsr_1976": standardized("dobson", "value"), "phe_dsr_2013": standardized("dobson", "value"),
    "phe_isr_ratio": indirect_interval, "esda_direct_two_areas": two_areas,
    "relative_risk_scipy": share_ratio, "rate_ratio_rothman": log_ratio,
    "nile_change_point": one_shift, "stl_co2_fortran": season_of_co2, "naus_scan_208": scan, "naus_scan_260": scan,
    "nile_local_level": local_level, "airline_model": airline,
}  # fmt: skip


@pytest.mark.parametrize("name", CALCULATIONS)
def test_gives_the_published_number(name: str, shared: Path) -> None:
    oracle = read_oracles(shared / "oracles" / "statistics.json")[name]
    found, expected = CALCULATIONS[name](oracle["inputs"]), oracle["expected"]
    close = {"rel": 0, "abs": oracle["tolerance_abs"]}
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for own, theirs in zip(found, expected, strict=True):
            assert own == pytest.approx(theirs, **close)
    else:
        for key, value in expected.items():
            assert found[key] == pytest.approx(value, **close), key


def test_every_published_example_of_these_subjects_is_calculated(shared: Path) -> None:
    assert set(read_oracles(shared / "oracles" / "statistics.json")) == set(CALCULATIONS)
