"""Structural and ARIMA models of a series, fitted to their true optimum.

In goes a series, out come the parameters or the path ahead with its standard errors. statsmodels' own default fit of a
structural model stops short of the optimum, so every fit here is polished by a second, slower search from where the first one
stopped, and the better of the two is kept. Uses statsmodels: at refresh only.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
YEAR = 12
MOST_STEPS = 2000


@dataclass(frozen=True)
class LocalLevel:
    """Variances of a level that wanders (`level`) and of what lies around it (`irregular`), in squared units."""

    irregular: float
    level: float
    log_likelihood: float


@dataclass(frozen=True)
class Airline:
    """The seasonal ARIMA model (0,1,1)(0,1,1): its two moving averages and the variance of its shocks."""

    average: float
    seasonal_average: float
    variance: float
    log_likelihood: float


def fit_local_level(series: Sequence[float]) -> LocalLevel:
    """Return the local level model of a series without a season. Durbin and Koopman 2012, chapter 2.

    Exact diffuse start; fitted by L-BFGS and polished by Nelder and Mead's search.
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    result = _polished(UnobservedComponents(_check(series, 3), "llevel", use_exact_diffuse=True))
    irregular, level = (float(value) for value in result.params)
    return LocalLevel(irregular, level, float(result.llf))


def fit_airline(series: Sequence[float], period: int = YEAR) -> Airline:
    """Return the airline model of a series (usually of logarithms or roots). Box and Jenkins 1976, chapter 9."""
    result = _airline(_check(series, 2 * period + 2), period)
    average, seasonal, variance = (float(value) for value in result.params)
    return Airline(average, seasonal, variance, float(result.llf))


def airline_path(series: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Return the airline model's middle and standard error for each of the `horizon` coming months."""
    return _path(_airline(_check(series, 2 * YEAR + 2), YEAR), horizon)


def local_level_path(series: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Return middle and standard error for each coming month of a wandering level with a steady season of two waves."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    season = [{"period": YEAR, "harmonics": 2}]
    values = _check(series, 2 * YEAR)
    model = UnobservedComponents(values, "llevel", freq_seasonal=season, stochastic_freq_seasonal=[False])
    return _path(_polished(model), horizon)


def _check(series: Sequence[float] | Floats, fewest: int) -> Floats:
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1 or len(values) < fewest or not np.isfinite(values).all():
        raise ValueError(f"this model needs {fewest} numbers or more, none missing")
    return values


def _airline(values: Floats, period: int) -> Any:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    return _fit(SARIMAX(values, order=(0, 1, 1), seasonal_order=(0, 1, 1, period)))


def _polished(model: Any) -> Any:
    first = _fit(model)
    second = _fit(model, start_params=first.params, method="nm", maxiter=MOST_STEPS)
    return second if second.llf >= first.llf else first


def _fit(model: Any, **settings: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the likelihood of both fits is compared, which says more than a warning
        return model.fit(disp=0, **settings)


def _path(result: Any, horizon: int) -> tuple[Floats, Floats]:
    ahead = result.get_forecast(horizon)
    return np.asarray(ahead.predicted_mean, dtype=np.float64), np.asarray(ahead.se_mean, dtype=np.float64)
