"""What the coming months may bring, as a range, and how often such ranges were right before.

In go monthly counts, out come for each coming month a middle value and prediction intervals; never a line alone, never more
than a year. Every method is judged by the same back-test from rolling origins against two that need no model, "as in the same
month last year" and "as in the last twelve months". Uses statsmodels: at refresh only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from harborlight.statistics.anomaly import from_root, to_root
from harborlight.statistics.estimate import Estimate, Flag, check_confidence, check_count, check_dispersion
from harborlight.statistics.seasonal_models import airline_path, local_level_path

Floats = NDArray[np.float64]
Method = Literal["regression", "local_level", "airline", "same_month", "last_twelve"]
METHODS: tuple[Method, ...] = get_args(Method)
YEAR = 12
LONGEST = 12
FEWEST_MONTHS = 36
RECENT_MONTHS = 60
RUNS = 4000
SEED = 1
# Of a trend, each further month repeats nine tenths of what the month before it added.
DAMPING = 0.9
# A season needs this many events for each pair of its waves, a trend as many.
EVENTS_PER_TERM = 50
ROUNDS = 10


@dataclass(frozen=True)
class BackTest:
    """How a method did when it knew only what lay before each origin.

    `coverage` is the share of months inside the interval, by level; `interval_score` its mean width plus the penalty for
    misses, in events, smaller is better (Gneiting and Raftery 2007, J. American Statistical Association 102:359-378);
    `absolute_error` the mean distance of the middle value, in events. `n` months were forecast, from `origins` origins.
    """

    method: Method
    n: int
    origins: int
    coverage: dict[float, float]
    interval_score: dict[float, float]
    absolute_error: float


def forecast_counts(
    series: Sequence[int],
    horizon: int,
    levels: Sequence[float] = (0.8, 0.95),
    method: Method = "regression",
    dispersion: float = 1.0,
    seed: int = SEED,
) -> dict[float, list[Estimate]]:
    """Return for each level one prediction per coming month: the median and the interval that should hold the count.

    `series` is monthly, oldest first, 36 months or more; `horizon` 1 to 12 months. `regression` is a negative binomial one
    with waves for the season and a damped trend over the last five years, `local_level` and `airline` are structural and
    ARIMA models of roots; `dispersion` widens the two methods without a model.
    """
    counts, phi = _check_series(series), check_dispersion(dispersion)
    if not 1 <= horizon <= LONGEST:
        raise ValueError(f"a forecast reaches 1 to {LONGEST} months ahead, not {horizon}")
    chances = _chances(levels)
    paths = _paths(counts, horizon, method, chances, phi, seed)
    flags: tuple[Flag, ...] = ("small_count",) if counts[-YEAR:].sum() < EVENTS_PER_TERM else ()
    return {
        level: [
            Estimate(
                value=float(row[0]), low=float(row[2 * i + 1]), high=float(row[2 * i + 2]), confidence=level,
                unit="events", method=f"forecast ({method})", n_events=int(counts.sum()), flags=flags,
            )
            for row in paths
        ]
        for i, level in enumerate(levels)
    }  # fmt: skip


def backtest(
    series: Sequence[int],
    methods: Sequence[Method] = ("regression", "same_month", "last_twelve"),
    horizon: int = LONGEST,
    levels: Sequence[float] = (0.8, 0.95),
    first: int = RECENT_MONTHS,
    step: int = 3,
    dispersion: float = 1.0,
    seed: int = SEED,
) -> dict[Method, BackTest]:
    """Return how each method did from every `step`-th month after the `first` ones, over `horizon` months each."""
    counts, phi, chances = _check_series(series), check_dispersion(dispersion), _chances(levels)
    origins = range(max(first, FEWEST_MONTHS), len(counts) - horizon + 1, step)
    if not 1 <= horizon <= LONGEST or step < 1 or not len(origins):
        raise ValueError(f"{len(counts)} months are too few to test {horizon} months ahead after the first {first}")
    actual = np.concatenate([counts[origin : origin + horizon] for origin in origins])
    found: dict[Method, BackTest] = {}
    for method in methods:
        paths = np.concatenate([_paths(counts[:n], horizon, method, chances, phi, seed) for n in origins])
        coverage, score = {}, {}
        for i, level in enumerate(levels):
            low, high = paths[:, 2 * i + 1], paths[:, 2 * i + 2]
            coverage[level] = float(((low <= actual) & (actual <= high)).mean())
            score[level] = interval_score(low, high, actual, level)
        error = float(np.abs(paths[:, 0] - actual).mean())
        found[method] = BackTest(method, len(actual), len(origins), coverage, score, error)
    return found


def beats_simple_methods(results: dict[Method, BackTest], method: Method) -> bool:
    """Whether a method's intervals scored better than both methods without a model, at every level."""
    simple = [results[name] for name in ("same_month", "last_twelve")]
    own = results[method].interval_score
    return all(own[level] < other.interval_score[level] for other in simple for level in own)


def interval_score(low: Floats, high: Floats, actual: Floats, level: float) -> float:
    """Return the mean interval score: width plus 2/alpha times the distance by which a count lies outside."""
    misses = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return float((high - low + 2 / (1 - level) * misses).mean())


def _check_series(series: Sequence[int]) -> Floats:
    counts = np.array([check_count(k, "monthly count") for k in series], dtype=np.float64)
    if len(counts) < FEWEST_MONTHS:
        raise ValueError(f"a forecast needs {FEWEST_MONTHS} months, got {len(counts)}")
    return counts


def _chances(levels: Sequence[float]) -> Floats:
    """The median first, then both ends of each level's interval."""
    ends = [side for level in levels for side in ((1 - check_confidence(level)) / 2, (1 + level) / 2)]
    return np.array([0.5, *ends])


def _paths(counts: Floats, horizon: int, method: Method, chances: Floats, phi: float, seed: int) -> Floats:
    """Quantiles of each coming month: one row a month, one column a chance."""
    match method:
        case "regression":
            return _regression(counts[-RECENT_MONTHS:], horizon, chances, np.random.default_rng(seed))
        case "local_level" | "airline":
            model: Callable[[Floats, int], tuple[Floats, Floats]]
            model = local_level_path if method == "local_level" else airline_path
            middle, error = model(to_root(counts), horizon)
            roots = middle[:, None] + error[:, None] * special.ndtri(chances)
            return np.asarray(np.round(from_root(roots)), dtype=np.float64)
        case "same_month":
            return np.array([_one_more(k, 1.0, phi, chances) for k in counts[-YEAR:][:horizon]])
        case "last_twelve":
            return np.tile(_one_more(float(counts[-YEAR:].sum()), YEAR, phi, chances), (horizon, 1))
    raise ValueError(f"method is one of {', '.join(METHODS)}, not {method!r}")


def _one_more(total: float, months: float, phi: float, chances: Floats) -> Floats:
    """Quantiles of one more month after `total` in `months`, under Jeffreys' prior; counts over phi where they cluster."""
    from scipy.stats import nbinom

    return np.asarray(np.round(phi * nbinom.ppf(chances, total / phi + 0.5, months / (months + 1))), dtype=np.float64)


def _regression(counts: Floats, horizon: int, chances: Floats, random: np.random.Generator) -> Floats:
    """Simulated quantiles of a negative binomial regression: uncertain coefficients, then uncertain counts."""
    n, total = len(counts), counts.sum()
    if total < EVENTS_PER_TERM:
        return np.tile(_one_more(float(total), n, 1.0, chances), (horizon, 1))
    ahead = n - 1 + np.cumsum(DAMPING ** np.arange(1, horizon + 1))
    waves = min(2, int(total // (2 * EVENTS_PER_TERM)))
    design = _design(np.arange(n), np.arange(n), n, waves)
    coming = _design(ahead, np.arange(n, n + horizon), n, waves)
    coefficients, covariance, alpha = _fit_negative_binomial(counts, design)
    drawn = random.multivariate_normal(coefficients, covariance, RUNS, method="cholesky")
    means = np.exp(np.clip(drawn @ coming.T, -20, 20))
    if alpha > 0:
        means = means * random.gamma(1 / alpha, alpha, means.shape)
    return np.quantile(random.poisson(means), chances, axis=0, method="inverted_cdf").T.astype(np.float64)


def _design(time: Floats | NDArray[np.int_], month: NDArray[np.int_], n: int, waves: int) -> Floats:
    """Columns: level, trend in units of the series' length (0 in its middle), and a pair for each wave of the season."""
    angle = 2 * np.pi * month / YEAR
    seasons = [wave(angle * (i + 1)) for i in range(waves) for wave in (np.cos, np.sin)]
    return np.column_stack([np.ones(len(time)), np.asarray(time) / n - 0.5, *seasons])


def _fit_negative_binomial(counts: Floats, design: Floats) -> tuple[Floats, Floats, float]:
    """Coefficients, their covariance and alpha (variance = mean + alpha mean²), alpha by moments."""
    import statsmodels.api as sm

    def fit(family: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fit that did not settle shows in the back-test, not on a terminal
            return sm.GLM(counts, design, family=family).fit()

    result, alpha = fit(sm.families.Poisson()), 0.0
    freedom = len(counts) / (len(counts) - design.shape[1])
    for _ in range(ROUNDS):
        mean, before = np.asarray(result.fittedvalues), alpha
        squares = float((mean**2).sum())
        alpha = max(0.0, (freedom * float(((counts - mean) ** 2).sum()) - float(mean.sum())) / squares)
        if abs(alpha - before) < 1e-6:
            break
        result = fit(sm.families.NegativeBinomial(alpha=alpha) if alpha > 0 else sm.families.Poisson())
    return np.asarray(result.params), np.asarray(result.cov_params()), alpha
