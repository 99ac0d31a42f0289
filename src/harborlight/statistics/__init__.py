"""Pure functions on numbers and arrays: how counts are compared, rated, smoothed and forecast.

Every function takes plain numbers, raises ValueError on input that means nothing (negative counts, NaN, windows that overlap),
gives the same answer every time and, where it estimates something, returns an `Estimate`. Each is checked on a published
example. `INTERFACE` names them all by module; `from harborlight.statistics import rate_ratio` loads that module only, so that
a page never pays for statsmodels, which some modules import inside their functions (`AT_REFRESH_ONLY`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

INTERFACE: dict[str, tuple[str, ...]] = {
    "estimate": ("Estimate",),
    "windows": ("Window", "WindowError", "check_windows", "nearest_windows", "overlap_days"),
    "counts": ("compare_windows", "count_by_period", "outside_usual", "rolling_sum", "usual_range", "year_to_date"),
    "completeness": (
        "Triangle", "days_until_complete", "expected_completeness", "nowcast_counts", "reporting_triangle",
    ),
    "rates": (
        "crude_rate", "directly_standardized_rate", "expected_events", "poisson_interval", "rate_reliability",
        "standardized_ratio",
    ),
    "change": ("detectable", "dispersion", "exact_test", "percent_change", "poisson_z", "rate_ratio", "verdict"),
    "poisson_tests": ("poisson_difference_test", "rate_ratio_log", "rate_ratio_score", "rate_ratio_test"),
    "clearance": (
        "clearance_within", "cohort_clearance", "reported_clearance", "share_of", "wilson_interval",
    ),
    "flow": (
        "Incidence", "cox", "cumulative_incidence", "incidence_of_counts", "logrank", "median_time", "stage_flow", "survival",
    ),
    "disparity": ("outcome_test", "rate_difference", "rate_ratio_by_group", "risk_ratio"),
    "small_areas": ("funnel_limits", "funnel_place", "smooth_rates", "smooth_rates_by_neighbors"),
    "multiple": ("adjust_for_many", "permutation_p"),
    "hotspots": ("local_g", "unusual_cells"),
    "clustering": ("find_clusters", "global_g", "knox", "map_accuracy", "morans_i"),
    "anomaly": (
        "control_limits", "level_shifts", "record_probability", "scan_probability", "seasonal_decompose",
    ),
    "goals": ("expected_to_date", "goal_outlook", "goal_path", "goal_probability", "seasonal_share"),
    "forecast": ("backtest", "beats_simple_methods", "forecast_counts", "interval_score"),
    "gaps": ("chance_at_any", "chance_of_quiet"),
    "seasonal_models": ("fit_airline", "fit_local_level"),
    "evaluate": ("Effect", "cumulative_difference", "did_means", "displacement", "wdd", "wdd_harm"),
    "evaluate_models": ("did_counts", "interrupted_time_series", "pretrend_test", "structural_counterfactual"),
    "evaluate_synthetic": ("by_predictors", "placebo_strangeness", "synthetic_control"),
    "evaluate_checks": ("detectable_ratio", "placebo_ratios", "placebo_test", "power"),
}  # fmt: skip

# The names under which textbooks and other software know some of them.
ALSO_KNOWN_AS: dict[str, str] = {
    "empirical_bayes": "smooth_rates",
    "spatial_empirical_bayes": "smooth_rates_by_neighbors",
    "funnel_class": "funnel_place",
    "adjust_pvalues": "adjust_for_many",
    "getis_ord": "local_g",
    "dbscan_clusters": "find_clusters",
    "predictive_accuracy_index": "map_accuracy",
}

# These import statsmodels when called: for a refresh, never for a page.
AT_REFRESH_ONLY = (
    "backtest", "clearance_within", "cox", "did_counts", "fit_airline", "fit_local_level", "forecast_counts", "pretrend_test",
    "seasonal_decompose", "structural_counterfactual",
)  # fmt: skip

_MODULES = {name: module for module, names in INTERFACE.items() for name in names}


def __getattr__(name: str) -> Any:
    known = ALSO_KNOWN_AS.get(name, name)
    if known not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[known]}"), known)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES, *ALSO_KNOWN_AS])
