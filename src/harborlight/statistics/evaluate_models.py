"""What a programme may have changed, as a ratio: regressions of counts with a comparison, and of one series alone.

In go counts by unit and period, which units are treated and the period in which the programme began; out comes the ratio of
what happened to what the model leads one to expect. Two of them use statsmodels: at refresh only.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from harborlight.statistics.anomaly import from_root, to_root
from harborlight.statistics.estimate import SMALL_COUNT, Flag, check_confidence
from harborlight.statistics.evaluate import Effect, ratio_effect

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]
Family = Literal["negbin", "poisson"]
YEAR = 12
FEWEST_BEFORE = 12
RUNS = 4000
SEED = 1
MOST_STEPS, CLOSE = 50, 1e-8
LEAST_ALPHA, MOST_ALPHA = 1e-4, 1e2


@dataclass(frozen=True)
class Counterfactual:
    """What would have been expected after the start: sums with their interval, and the path by period."""

    observed: int
    expected: float
    low: float
    high: float
    ratio: Effect
    path: tuple[float, ...]


def did_counts(
    counts: Sequence[Sequence[int]] | Counts, treated: Sequence[bool] | Bools, start: int, family: Family = "negbin", confidence: float = 0.95,
) -> Effect:
    """Return the ratio by which treated units changed against the others, with an effect for each unit and each period.

    `counts` is units by periods; `start` is the first period of the programme. Log-linear; negative binomial with a dispersion found
    by moments (0 where counts vary no more than chance), errors widened by what is left (Pearson). Units without events say
    nothing and are left out, and so are such periods. The value is None where a side has no events before or after.
    """  # fmt: skip
    panel, is_treated = check_panel(counts, treated, start)
    method = "difference in differences, negative binomial" if family == "negbin" else "difference in differences, Poisson"
    sums = four_sums(panel, is_treated, start)
    if min(sums) == 0:
        return replace(ratio_effect(None, math.inf, confidence, method), n_events=int(panel.sum()), flags=("small_count",))
    rows, periods = panel.sum(1) > 0, panel.sum(0) > 0
    panel, is_treated = panel[rows][:, periods], is_treated[rows]
    is_after = (np.arange(len(periods)) >= start)[periods]
    expected = expected_counts(panel, is_treated, is_after)
    degrees = panel.size - sum(panel.shape)
    alpha = _moment_alpha(panel, expected, degrees) if family == "negbin" else 0.0
    if alpha > 0:
        log_ratio, error, expected = fit_panel(panel, is_treated, is_after, alpha, expected)
        value = math.exp(log_ratio)
    else:
        value, error = _ratio_of_ratios(sums), math.sqrt(sum(1 / n for n in sums))
    phi = max(1.0, float(((panel - expected) ** 2 / (expected + alpha * expected**2)).sum()) / degrees)
    flags: list[Flag] = ["small_count"] if min(sums) < SMALL_COUNT else []
    flags += ["overdispersed"] if alpha > 0 or phi > 1 else []
    made = ratio_effect(value, error * math.sqrt(phi), confidence, method)
    return replace(made, n_events=int(panel.sum()), flags=tuple(flags))


def four_sums(panel: Counts, is_treated: Bools, start: int) -> tuple[int, int, int, int]:
    """Events of the treated before and after, of the others before and after."""
    ours, others = panel[is_treated].sum(0), panel[~is_treated].sum(0)
    return int(ours[:start].sum()), int(ours[start:].sum()), int(others[:start].sum()), int(others[start:].sum())


def expected_counts(panel: Counts, is_treated: Bools, is_after: Bools) -> Floats:
    """The Poisson fit with unit and period effects and one ratio, which has a closed form when all begin at once.

    The sums of both groups before and after are met, so the ratio is (T1/T0) / (C1/C0).
    """
    treated, control = panel[is_treated].sum(0), panel[~is_treated].sum(0)
    t0, t1, c0, c1 = (float(part.sum()) for part in (treated[~is_after], treated[is_after], control[~is_after], control[is_after]))
    shares = np.where(is_after, (treated + control) / (t1 + c1), (treated + control) / (t0 + c0))
    sums = np.where(is_treated[:, None], np.where(is_after, t1, t0), np.where(is_after, c1, c0))
    totals = np.where(is_treated, panel.sum(1) / (t0 + t1), panel.sum(1) / (c0 + c1))
    return np.asarray(totals[:, None] * sums * shares, dtype=np.float64)


def pretrend_test(counts: Sequence[Sequence[int]] | Counts, treated: Sequence[bool] | Bools, start: int) -> float:
    """Return the p-value for "before the start, the treated units' share of all events did not drift".

    Binomial regression of the share on time, widened where shares scatter more than chance. A small value says that the two sides
    were already moving apart; a large one does not prove that they were not.
    """
    import statsmodels.api as sm

    panel, is_treated = check_panel(counts, treated, start)
    ours, others = panel[is_treated, :start].sum(0), panel[~is_treated, :start].sum(0)
    kept = (ours + others) > 0
    if kept.sum() < 4 or ours.sum() == 0 or others.sum() == 0:
        return 1.0
    time = np.flatnonzero(kept).astype(float)
    design = sm.add_constant(time - time.mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a perfect fit of few periods is told by its p-value
        fitted = sm.GLM(np.column_stack([ours, others])[kept], design, family=sm.families.Binomial()).fit()
    phi = max(1.0, float(fitted.pearson_chi2) / (int(kept.sum()) - 2))
    made = ratio_effect(math.exp(float(fitted.params[1])), float(fitted.bse[1]) * math.sqrt(phi), 0.95, "")
    return 1.0 if made.p_value is None else made.p_value


def interrupted_time_series(
    series: Sequence[int], start: int, offset: Sequence[float] | None = None, family: Family = "negbin", waves: int = 2, confidence: float = 0.95,
) -> Effect:
    """Return the step at `start` in a series with a straight trend and a season, as a ratio.

    `offset` is the exposure of each period (people, days); `waves` pairs of sine and cosine a year make the season of monthly
    counts, 0 for none. Errors are widened where counts cluster, except for `poisson`, which is the plain model of Lopez Bernal, Cummins
    and Gasparrini 2017 (Int. J. Epidemiology 46:348). A change of slope is left out: the paper's own model of it was corrected. Without a
    comparison, whatever else happened at the same time is part of the step.
    """  # fmt: skip
    y = _check_series(series)
    if not FEWEST_BEFORE <= start <= len(y) - 3:
        raise ValueError(f"this needs {FEWEST_BEFORE} periods before the start and 3 after it")
    exposure = np.ones(len(y)) if offset is None else np.asarray(offset, dtype=np.float64)
    if exposure.shape != y.shape or not (exposure > 0).all():
        raise ValueError("the offset is a number above 0 for each period")
    time = np.arange(len(y), dtype=np.float64)
    columns = [(time >= start).astype(float), np.ones(len(y)), (time - time.mean()) / YEAR]
    for wave in range(1, waves + 1):
        columns += [np.sin(2 * np.pi * wave * time / YEAR), np.cos(2 * np.pi * wave * time / YEAR)]
    design = np.column_stack(columns)
    method, n = "interrupted time series", int(y.sum())
    if family == "poisson":
        plain = _fit_counts(y, design, np.log(exposure), 0.0)
        return replace(ratio_effect(math.exp(plain.values[0]), plain.errors[0], confidence, f"{method}, Poisson"), n_events=n)
    degrees, fitted = len(y) - design.shape[1], fit_negbin(y, design, np.log(exposure))
    phi = max(1.0, float(((y - fitted.means) ** 2 / (fitted.means + fitted.alpha * fitted.means**2)).sum()) / degrees)
    made = ratio_effect(math.exp(fitted.values[0]), fitted.errors[0] * math.sqrt(phi), confidence, f"{method}, negative binomial", degrees)
    flags: tuple[Flag, ...] = ("overdispersed",) if fitted.alpha > 0 or phi > 1 else ()
    return replace(made, n_events=n, flags=flags)


def structural_counterfactual(
    series: Sequence[int], controls: Sequence[Sequence[int]] | Counts, start: int, confidence: float = 0.95, runs: int = RUNS, seed: int = SEED,
) -> Counterfactual:
    """Return what a wandering level and the control series lead one to expect after the start.

    `controls` is one row a control series, as long as `series`. A local level with the controls as regressors is fitted to square roots
    before the start, and carried on by simulation, in which the level, the coefficients and the noise are uncertain. It is the model of
    Brodersen and others 2015 (Ann. Applied Statistics 9:247) without their choice of controls.
    """  # fmt: skip
    y, others = _check_series(series), np.atleast_2d(np.asarray(controls, dtype=np.float64))
    if others.shape[1] != len(y) or not np.isfinite(others).all():
        raise ValueError("a control series is as long as the series, with no number missing")
    if not FEWEST_BEFORE <= start < len(y):
        raise ValueError(f"this needs {FEWEST_BEFORE} periods before the start and 1 after it")
    paths = _simulate(to_root(y.astype(np.float64)), to_root(others).T, start, runs, seed)
    events = from_root(paths)
    sums, tail = events.sum(1), (1 - check_confidence(confidence)) / 2
    expected, low, high = float(np.median(sums)), *(float(q) for q in np.quantile(sums, [tail, 1 - tail]))
    observed = int(y[start:].sum())
    share = float((sums <= observed).mean())
    method = "structural time series with controls"
    ratio = Effect(
        value=observed / expected if expected > 0 else None, low=observed / high if high > 0 else 0.0, high=observed / low if low > 0 else math.inf,
        confidence=confidence, unit="ratio", method=method, n_events=int(y.sum()), error=float(np.std(np.log(np.maximum(sums, 0.5)))),
        p_value=max(2 * min(share, 1 - share), 1 / runs),
    )  # fmt: skip
    return Counterfactual(observed, expected, low, high, ratio, tuple(float(x) for x in np.median(events, axis=0)))


# ------------------------------------------------------------------------------------------------ checks and fits


def check_panel(counts: Sequence[Sequence[int]] | Counts, treated: Sequence[bool] | Bools, start: int) -> tuple[Counts, Bools]:
    """Counts as whole numbers, units by periods. Raises ValueError."""
    values, is_treated = np.asarray(counts, dtype=np.float64), np.asarray(treated, dtype=bool)
    if values.ndim != 2 or not np.isfinite(values).all() or (values < 0).any() or (values % 1 != 0).any():
        raise ValueError("counts are whole numbers of 0 or more, units by periods, none missing")
    if is_treated.shape != (values.shape[0],) or is_treated.all() or not is_treated.any():
        raise ValueError("say of each unit whether it is treated; both kinds are needed")
    if not 1 <= start < values.shape[1]:
        raise ValueError("the start is a period with at least one before it")
    return values.astype(np.int64), is_treated


def _check_series(series: Sequence[int]) -> Counts:
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("a series is counts of 0 or more, none missing")
    return values.astype(np.int64)


def _ratio_of_ratios(sums: tuple[int, int, int, int]) -> float:
    t0, t1, c0, c1 = sums
    return (t1 / t0) / (c1 / c0)


def _moment_alpha(counts: Counts, expected: Floats, degrees: int) -> float:
    """The negative binomial's dispersion (variance = m + alpha m^2) at which Pearson's sum is what it should be; 0 at least."""
    share = degrees / counts.size
    excess = ((counts - expected) ** 2 / share - expected).sum()
    alpha = float(excess / (expected**2).sum())
    return alpha if alpha > 1e-3 else 0.0


@dataclass(frozen=True)
class CountFit:
    """A log-linear regression of counts: coefficients in the order of the columns, their errors, the dispersion, fitted means."""

    values: tuple[float, ...]
    errors: tuple[float, ...]
    alpha: float
    likelihood: float
    means: Floats


def fit_negbin(counts: Counts, design: Floats, log_exposure: Floats) -> CountFit:
    """The negative binomial regression (variance = m + alpha m^2) of greatest likelihood; the Poisson regression where counts do not cluster."""
    found = optimize.minimize_scalar(
        lambda log_alpha: -_fit_counts(counts, design, log_exposure, math.exp(float(log_alpha))).likelihood,
        bounds=(math.log(LEAST_ALPHA), math.log(MOST_ALPHA)), method="bounded", options={"xatol": CLOSE},
    )  # fmt: skip
    alpha = math.exp(float(found.x))
    return _fit_counts(counts, design, log_exposure, alpha if alpha > 1.01 * LEAST_ALPHA else 0.0)


def _fit_counts(counts: Counts, design: Floats, log_exposure: Floats, alpha: float) -> CountFit:
    """Weighted least squares, repeated until nothing moves. `alpha` 0 is Poisson."""
    linear: Floats = np.log(counts + 0.5)
    inverse: Floats = np.eye(design.shape[1])
    found: Floats = np.zeros(design.shape[1])
    for _ in range(MOST_STEPS):
        means = np.exp(np.clip(linear, -30, 30))
        weights = means / (1 + alpha * means)
        inverse = np.asarray(np.linalg.pinv(design.T @ (weights[:, None] * design), hermitian=True), dtype=np.float64)
        found = inverse @ (design.T @ (weights * (linear - log_exposure + (counts - means) / means)))
        before, linear = linear, design @ found + log_exposure
        if np.abs(linear - before).max() < CLOSE:
            break
    means = np.exp(np.clip(linear, -30, 30))
    errors = np.sqrt(np.clip(np.diag(inverse), 0.0, None))
    return CountFit(tuple(found.tolist()), tuple(errors.tolist()), alpha, _log_likelihood(counts, means, alpha), means)


def _log_likelihood(counts: Counts, means: Floats, alpha: float) -> float:
    if alpha <= 0:
        return float((counts * np.log(means) - means - special.gammaln(counts + 1)).sum())
    size = 1 / alpha
    choose = special.gammaln(counts + size) - special.gammaln(size) - special.gammaln(counts + 1)
    return float((choose + counts * np.log(alpha * means) - (counts + size) * np.log1p(alpha * means)).sum())


def fit_panel(panel: Counts, is_treated: Bools, is_after: Bools, alpha: float, expected: Floats) -> tuple[float, float, Floats]:
    """The negative binomial regression with unit and period effects: log ratio, its standard error, fitted means.

    Weighted least squares, repeated until nothing moves; the normal equations of two sets of effects are written down directly, so
    that a panel of hundreds of areas takes milliseconds. Equal to statsmodels' GLM with a column for each unit and period.
    """
    effect = (is_treated[:, None] & is_after[None, :]).astype(np.float64)
    means: Floats = np.maximum(expected, 1e-9)
    linear: Floats = np.log(means)
    inverse: Floats = np.eye(1)
    log_ratio = 0.0
    for _ in range(MOST_STEPS):
        weights = means / (1 + alpha * means)
        target = weights * (linear + (panel - means) / means)
        inverse = np.asarray(np.linalg.pinv(_normal(weights, effect), hermitian=True), dtype=np.float64)
        found = inverse @ np.concatenate([[(target * effect).sum()], target.sum(1), target.sum(0)[1:]])
        before, log_ratio = linear, float(found[0])
        linear = log_ratio * effect + found[1 : len(panel) + 1, None] + np.append(0.0, found[len(panel) + 1 :])
        means = np.exp(np.clip(linear, -30, 30))
        if np.abs(linear - before).max() < CLOSE:
            break
    return log_ratio, math.sqrt(max(0.0, float(inverse[0, 0]))), means


def _normal(weights: Floats, effect: Floats) -> Floats:
    """The normal equations of one effect, all units and all periods but the first."""
    units, periods = weights.shape
    made = np.zeros((units + periods, units + periods))
    touched = weights * effect
    made[0, 0], made[0, 1 : units + 1], made[0, units + 1 :] = touched.sum(), touched.sum(1), touched.sum(0)[1:]
    made[1 : units + 1, 1 : units + 1] = np.diag(weights.sum(1))
    made[1 : units + 1, units + 1 :] = weights[:, 1:]
    made[units + 1 :, units + 1 :] = np.diag(weights.sum(0)[1:])
    return np.asarray(np.triu(made) + np.triu(made, 1).T, dtype=np.float64)


def _simulate(y: Floats, others: Floats, start: int, runs: int, seed: int) -> Floats:
    """Paths of roots after the start, runs by periods. Parameters are drawn from their normal approximation."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    centre, scale = others[:start].mean(0), np.maximum(others[:start].std(0), 1e-9)
    level, x = float(y[:start].mean()), (others - centre) / scale
    model = UnobservedComponents(y[:start] - level, "llevel", exog=x[:start])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two fits are compared by their likelihood, which says more than a warning
        first = model.fit(disp=0)
        fitted = model.fit(start_params=first.params, method="nm", maxiter=2000, disp=0)
        fitted = fitted if fitted.llf >= first.llf else first
    return level + _draw(fitted, x[start:], runs, seed)


def _draw(fitted: Any, x: Floats, runs: int, seed: int) -> Floats:
    """The level wanders on from its last estimate; the coefficients of the controls keep their uncertainty."""
    rng = np.random.default_rng(seed)
    names = list(fitted.model.param_names)
    params = dict(zip(names, np.asarray(fitted.params, dtype=np.float64), strict=True))
    beta = [i for i, name in enumerate(names) if name.startswith("beta")]
    cov = np.asarray(fitted.cov_params(), dtype=np.float64)[np.ix_(beta, beta)]
    error = np.sqrt(np.clip(np.nan_to_num(np.diag(cov)), 0.0, None))
    periods = len(x)
    last = float(np.asarray(fitted.filtered_state)[0, -1]), math.sqrt(max(0.0, float(np.asarray(fitted.filtered_state_cov)[0, 0, -1])))
    wander = rng.normal(0, math.sqrt(max(0.0, params["sigma2.level"])), (runs, periods)).cumsum(1)
    noise = rng.normal(0, math.sqrt(max(0.0, params["sigma2.irregular"])), (runs, periods))
    coefficients = rng.normal(np.asarray(fitted.params)[beta], error, (runs, len(beta)))
    drawn: Floats = rng.normal(last[0], last[1], (runs, 1)) + wander + noise + coefficients @ x.T
    return drawn
