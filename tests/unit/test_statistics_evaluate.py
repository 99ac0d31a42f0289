"""Evaluations: published examples of WDD, differences in differences, interrupted series and synthetic control."""

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

from harborlight.statistics import evaluate, evaluate_checks, evaluate_models, evaluate_synthetic

Numbers = dict[str, Any]
SHARED = Path(__file__).resolve().parents[3] / "shared"
BASQUE = "Basque Country (Pais Vasco)"
SCHOOLS = ("school.illit", "school.prim", "school.med", "school.high", "school.post.high", "invest")
SECTORS = ("agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa")
PREDICTORS = [
    *((name, range(1964, 1970)) for name in SCHOOLS), ("gdpcap", range(1960, 1970)),
    *((f"sec.{name}", range(1961, 1970, 2)) for name in SECTORS), ("popdens", range(1969, 1970)),
]  # fmt: skip


@cache
def read_oracles() -> dict[str, Any]:
    oracles = json.loads((SHARED / "oracles/statistics.json").read_text(encoding="utf-8"))["oracles"]
    return {oracle["id"]: oracle for oracle in oracles if oracle["capability"] == "evaluation"}


def read_table(path: str) -> list[dict[str, str]]:
    with (SHARED / "oracles" / path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def weighted(given: Numbers) -> Numbers:
    found = evaluate.wdd(**given)
    total, local = found.total, found.local
    return {
        "total": total.value, "se_total": total.error, "z": total.z, "low": total.low, "high": total.high, "local": local.value,
        "se_local": local.error,
    }  # fmt: skip


def cumulative(given: Numbers) -> Numbers:
    found = evaluate.cumulative_difference(**given)
    difference, ratio = found.difference, found.ratio
    return {
        "diff": difference.value, "se": difference.error, "low": difference.low, "high": difference.high, "per_period": found.per_period,
        "irr": ratio.value, "irr_low": ratio.low, "irr_high": ratio.high,
    }  # fmt: skip


def four_means(given: Numbers) -> Numbers:
    cells = ([given[name]] for name in ("treated_pre", "treated_post", "control_pre", "control_post"))
    return {"did": evaluate.did_means(*cells)}


def smoking_ban(given: Numbers) -> Numbers:
    rows = read_table(given["data"])
    series, people = [int(row["aces"]) for row in rows], [float(row["stdpop"]) for row in rows]
    start = next(i for i, row in enumerate(rows) if row["smokban"] == "1")
    found = evaluate_models.interrupted_time_series(series, start, people, family="poisson", waves=0)
    return {"rr": found.value, "low": found.low, "high": found.high}


def doctor_visits(_: Numbers) -> Numbers:
    """The RAND health insurance experiment, as statsmodels ships it; the constant is the last column."""
    from statsmodels.datasets import randhie

    data = randhie.load()
    visits, others = np.asarray(data.endog, dtype=np.int64), np.asarray(data.exog, dtype=np.float64)
    found = evaluate_models.fit_negbin(visits, np.column_stack([others, np.ones(len(visits))]), np.zeros(len(visits)))
    return {"coef": list(found.values), "alpha": found.alpha, "loglik": found.likelihood}


@cache
def cigarettes() -> tuple[list[str], list[int], Any]:
    rows = read_table("data/prop99_smoking.csv")
    states, years = sorted({row["state"] for row in rows}), sorted({int(float(row["year"])) for row in rows})
    sales = {(row["state"], int(float(row["year"]))): float(row["cigsale"]) for row in rows}
    return states, years, np.array([[sales[state, year] for year in years] for state in states])


def cigarettes_did(given: Numbers) -> Numbers:
    states, years, sales = cigarettes()
    ours, start = states.index(given["treated"]), years.index(given["first_treated_year"])
    others = np.delete(sales, ours, axis=0)
    return {"att": evaluate.did_means(sales[ours, :start], sales[ours, start:], others[:, :start].ravel(), others[:, start:].ravel())}


def cigarettes_synthetic(_: Numbers) -> Numbers:
    states, years, sales = cigarettes()
    return {"att": evaluate_synthetic.synthetic_control(sales, states.index("California"), years.index(1989)).att}


@cache
def regions() -> dict[str, dict[str, dict[int, float]]]:
    """Region → column → year → number."""
    found: dict[str, dict[str, dict[int, float]]] = {}
    for row in read_table("data/basque.csv"):
        for column, text in row.items():
            if column not in ("regionno", "regionname", "year") and text:
                found.setdefault(row["regionname"], {}).setdefault(column, {})[int(float(row["year"]))] = float(text)
    return found


def fit_region(name: str) -> tuple[list[str], evaluate_synthetic.ByPredictors, list[float]]:
    """Donors, fit, and the gaps of 1955 to 1997. The treated region is never a donor of a placebo."""
    data = regions()
    donors = [other for other in data if other not in (name, BASQUE)]

    def predictors(region: str) -> list[float]:
        return [float(np.mean([data[region][column][year] for year in years if year in data[region][column]])) for column, years in PREDICTORS]

    def outcomes(region: str, years: range) -> list[float]:
        return [data[region]["gdpcap"][year] for year in years]

    ours, others = predictors(name), np.array([predictors(donor) for donor in donors]).T
    fitted = range(1960, 1970)
    made = evaluate_synthetic.by_predictors(ours, others, outcomes(name, fitted), np.array([outcomes(d, fitted) for d in donors]).T)
    all_years = range(1955, 1998)
    path = np.array([outcomes(d, all_years) for d in donors]).T @ np.array(made.weights)
    return donors, made, (np.array(outcomes(name, all_years)) - path).tolist()


def basque(_: Numbers) -> Numbers:
    donors, made, gaps = fit_region(BASQUE)
    weights = dict(zip(donors, made.weights, strict=True))
    return {
        "weight_Cataluna": weights["Cataluna"], "weight_Madrid": weights["Madrid (Comunidad De)"], "att": float(np.mean(gaps[20:])),
        "mspe": made.mspe,
    }  # fmt: skip


def basque_rank(_: Numbers) -> Numbers:
    """Every region as the treated one; mean squared gaps from 1975 on over those before."""
    ratios = {}
    for name in regions():
        gaps = np.array(fit_region(name)[2])
        ratios[name] = float((gaps[20:] ** 2).mean() / (gaps[:20] ** 2).mean())
    return {"pvalue": sum(ratio >= ratios[BASQUE] for ratio in ratios.values()) / len(ratios)}


CALCULATIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "wdd_paper": weighted, "wdd_readme": weighted, "wdd_spillover": weighted, "wdd_time_weights": weighted, "wdd_time_weights_2": weighted,
    "cumulative_difference": cumulative, "did_card_krueger": four_means, "its_step_poisson": smoking_ban, "prop99_did": cigarettes_did,
    "prop99_sc_outcomes": cigarettes_synthetic, "basque_scm": basque, "negbin_randhie": doctor_visits, "basque_placebo": basque_rank,
}  # fmt: skip


@pytest.mark.parametrize("name", CALCULATIONS)
def test_gives_the_published_number(name: str, shared: Path) -> None:
    oracle = read_oracles()[name]
    found = CALCULATIONS[name](oracle["inputs"])
    for key, value in oracle["expected"].items():
        assert found[key] == pytest.approx(value, rel=0, abs=oracle["tolerance_abs"]), key


def test_every_published_example_is_calculated(shared: Path) -> None:
    assert set(read_oracles()) == set(CALCULATIONS)


# ------------------------------------------------------------------------------------------------ properties


def panel_of(seed: int, ratio: float) -> tuple[Any, list[bool]]:
    rng = np.random.default_rng(seed)
    mean = np.outer(rng.uniform(20, 60, 12), np.linspace(1, 0.8, 12))
    mean[:4, 6:] *= ratio
    return rng.poisson(mean), [True] * 4 + [False] * 8


def test_the_closed_form_meets_all_sums() -> None:
    counts, treated = panel_of(1, 0.6)
    is_treated, is_after = np.array(treated), np.arange(12) >= 6
    expected = evaluate_models.expected_counts(counts, is_treated, is_after)
    assert expected.sum(0) == pytest.approx(counts.sum(0)) and expected.sum(1) == pytest.approx(counts.sum(1))
    assert expected[:4, 6:].sum() == pytest.approx(counts[:4, 6:].sum())


def test_poisson_and_negative_binomial_agree_where_counts_do_not_cluster() -> None:
    counts, treated = panel_of(2, 0.6)
    poisson, negbin = (evaluate_models.did_counts(counts, treated, 6, family=family) for family in ("poisson", "negbin"))
    assert poisson.value == pytest.approx(negbin.value, rel=0.02) and poisson.value == pytest.approx(0.6, abs=0.08)
    assert poisson.low < (poisson.value or 0) < poisson.high


def test_the_regression_of_a_panel_is_the_textbook_one() -> None:
    """A column for each unit and period, fitted by statsmodels, gives the same effect, error and means."""
    import statsmodels.api as sm

    counts, treated = panel_of(11, 0.7)
    units, periods = counts.shape
    is_treated, is_after = np.array(treated), np.arange(periods) >= 6
    effect = (is_treated[:, None] & is_after).astype(float)
    design = np.column_stack([effect.ravel(), np.repeat(np.eye(units), periods, axis=0), np.tile(np.eye(periods)[:, 1:], (units, 1))])
    theirs = sm.GLM(counts.ravel(), design, family=sm.families.NegativeBinomial(alpha=0.3)).fit(tol=1e-12)
    start = evaluate_models.expected_counts(counts, is_treated, is_after)
    ratio, error, means = evaluate_models.fit_panel(counts, is_treated, is_after, 0.3, start)
    assert ratio == pytest.approx(theirs.params[0], abs=1e-6) and error == pytest.approx(theirs.bse[0], rel=1e-5)
    assert means.ravel() == pytest.approx(np.asarray(theirs.fittedvalues), rel=1e-5)


def test_order_of_areas_changes_nothing() -> None:
    counts, treated = panel_of(3, 0.8)
    order = np.random.default_rng(0).permutation(12)
    shuffled = evaluate_models.did_counts(counts[order], [treated[i] for i in order], 6)
    own = evaluate_models.did_counts(counts, treated, 6)
    assert shuffled.value == pytest.approx(own.value) and shuffled.error == pytest.approx(own.error)


def test_nothing_before_gives_no_ratio() -> None:
    counts, treated = panel_of(4, 1.0)
    counts[:4, :6] = 0
    found = evaluate_models.did_counts(counts, treated, 6)
    assert found.value is None and found.flags == ("small_count",)


@pytest.mark.parametrize(
    ("counts", "treated", "start"),
    [([[1, 2], [3, -1]], [True, False], 1), ([[1, 2], [3, 4]], [True, True], 1), ([[1, 2], [3, 4]], [True, False], 2),
     ([[1.5, 2], [3, 4]], [True, False], 1), ([[math.nan, 2], [3, 4]], [True, False], 1)],
)  # fmt: skip
def test_a_panel_that_means_nothing_is_refused(counts: Any, treated: list[bool], start: int) -> None:
    with pytest.raises(ValueError):
        evaluate_models.did_counts(counts, treated, start)


def test_a_structural_counterfactual_follows_its_control() -> None:
    rng = np.random.default_rng(6)
    course = 40 + 12 * np.sin(np.arange(48) / 4)
    series, control = rng.poisson(course), rng.poisson(course * 3)
    series[30:] = rng.poisson(course[30:] * 0.7)
    found = evaluate_models.structural_counterfactual(series.tolist(), [control.tolist()], 30)
    assert found.ratio.value == pytest.approx(0.7, abs=0.1) and found.ratio.high < 1 and found.low < found.expected < found.high
    assert found == evaluate_models.structural_counterfactual(series.tolist(), [control.tolist()], 30), "the same every time"


def test_weights_are_a_mix_and_find_one() -> None:
    rng = np.random.default_rng(7)
    donors = rng.uniform(5, 20, (6, 30))
    mix = np.array([0.5, 0.3, 0.2, 0, 0, 0])
    found = evaluate_synthetic.synthetic_control(np.vstack([mix @ donors, donors]), 0, 20)
    assert found.weights == pytest.approx(tuple(mix), abs=1e-3) and sum(found.weights) == pytest.approx(1) and found.att == pytest.approx(0, abs=1e-2)


def test_the_augmented_form_mends_a_poor_fit() -> None:
    """Where the treated lies outside what any mix can reach, it comes nearer before the start; its weights still sum to 1."""
    rng = np.random.default_rng(8)
    donors = rng.uniform(5, 10, (12, 24)) + np.linspace(0, 4, 24)
    treated = donors[:2].mean(0) + 4
    rows = np.vstack([treated, donors])
    plain, mended = (evaluate_synthetic.synthetic_control(rows, 0, 16, method) for method in ("outcomes", "augmented"))
    assert mended.before < plain.before and sum(mended.weights) == pytest.approx(1)
    assert min(mended.weights) < 0 <= min(plain.weights)


def test_placebos_cannot_say_more_than_they_are() -> None:
    found = evaluate_checks.placebo_test(-0.5, [0.1, -0.2, 0.3, 0.05, -0.1, 0.2, -0.05, 0.15])
    assert found.p_value == pytest.approx(1 / 9) and found.flags == ("placebo_limit",), "nine districts can never say more"
    many = evaluate_checks.placebo_test(-0.5, np.linspace(-0.6, 0.6, 99).tolist())
    assert many.p_value > 0.05 and not many.flags


def test_power_is_what_simulation_gives() -> None:
    rng, error = np.random.default_rng(9), 0.15
    drawn = rng.normal(math.log(0.7), error, 40_000)
    seen = (np.abs(drawn) > 1.959964 * error).mean()
    assert evaluate_checks.power(0.7, error) == pytest.approx(seen, abs=0.01)
    assert evaluate_checks.power(evaluate_checks.detectable_ratio(error), error) == pytest.approx(0.8, abs=1e-3)
    assert evaluate_checks.power(1.0, error) == pytest.approx(0.05, abs=1e-6)


def test_weighted_differences_by_harm_add_up() -> None:
    pairs = [((20, 20), (20, 10)), ((8, 6), (9, 3))]
    found = evaluate.wdd_harm([1, 5], [p[0] for p in pairs], [p[1] for p in pairs])
    single = [evaluate.wdd(*pair).local for pair in pairs]
    assert found.local.value == pytest.approx((single[0].value or 0) + 5 * (single[1].value or 0))
    assert found.local.error == pytest.approx(math.hypot(single[0].error, 5 * single[1].error))


def test_rings_add_up() -> None:
    inside, ring, total = evaluate.displacement(((50, 30), (60, 58)), [((40, 44), (42, 40))])
    assert (inside.value, ring.value) == (-18, 6) and total.value == -12 and total.error == pytest.approx(math.hypot(inside.error, ring.error))


@pytest.mark.deep
def test_the_weighted_difference_keeps_its_error_rate() -> None:
    rng = np.random.default_rng(10)
    flagged = [not (e := evaluate.wdd(rng.poisson(60, 2), rng.poisson(60, 2)).local).low <= 0 <= e.high for _ in range(4000)]
    assert np.mean(flagged) == pytest.approx(0.05, abs=0.012)
