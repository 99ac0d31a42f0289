"""How much more often something happens to one group than to another, and against which benchmark.

In go counts by group with two or more denominators, out come ratios and differences with their intervals. A ratio shows a
difference, not its cause, and not that there is no bias; with one denominator alone it mostly shows the choice of that
denominator, so one alone is refused. Outcome tests ask instead how often a contact led to what it was made for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from harborlight.statistics.change import rate_ratio
from harborlight.statistics.clearance import share_of
from harborlight.statistics.estimate import (
    SMALL_COUNT,
    UNSTABLE_COUNT,
    Estimate,
    Flag,
    check_confidence,
    check_count,
    check_exposure,
)
from harborlight.statistics.rates import poisson_interval

FEWEST_BENCHMARKS = 2


@dataclass(frozen=True)
class GroupRatio:
    """One group against the reference group under one denominator, with both counts and both denominators."""

    denominator: str
    group: str
    reference: str
    count: int
    exposure: float
    reference_count: int
    reference_exposure: float
    ratio: Estimate
    difference: Estimate


@dataclass(frozen=True)
class OutcomeTest:
    """How often contacts with a group had the outcome they were made for, against the reference group."""

    group: str
    reference: str
    share: Estimate
    reference_share: Estimate
    ratio: Estimate
    p_value: float


def rate_ratio_by_group(
    counts: Mapping[str, int],
    denominators: Mapping[str, Mapping[str, float]],
    reference: str,
    per: float = 100_000,
    confidence: float = 0.95,
) -> list[GroupRatio]:
    """Return each other group's rate over the reference group's, and their difference, under every denominator.

    `denominators` are by name, the name saying what and whence ("residents, census 2020"), then by group: two or more, each
    with every group of `counts`. ValueError otherwise: a ratio to one benchmark says little of its own.
    """
    if len(denominators) < FEWEST_BENCHMARKS:
        raise ValueError(f"a disparity needs {FEWEST_BENCHMARKS} denominators or more, got {len(denominators)}")
    if reference not in counts:
        raise ValueError(f"the reference {reference!r} is not among {', '.join(counts)}")
    found = []
    for name, exposures in denominators.items():
        missing = [group for group in counts if group not in exposures]
        if missing:
            raise ValueError(f"the denominator {name!r} lacks the group {missing[0]!r}")
        k2, e2 = counts[reference], exposures[reference]
        for group, k1 in counts.items():
            if group != reference:
                e1 = exposures[group]
                ratio = rate_ratio(k1, e1, k2, e2, confidence)
                difference = rate_difference(k1, e1, k2, e2, per, confidence)
                found.append(GroupRatio(name, group, reference, k1, e1, k2, e2, ratio, difference))
    return found


def rate_difference(k1: int, e1: float, k2: int, e2: float, per: float = 100_000, confidence: float = 0.95) -> Estimate:
    """Return k1/e1 - k2/e2 per `per`: limits recovered from the exact limits of each rate.

    Donner and Zou 2012, Statistical Methods in Medical Research 21:347-359.
    """
    k1, e1, k2, e2 = check_count(k1), check_exposure(e1), check_count(k2), check_exposure(e2)
    (low1, high1), (low2, high2) = (poisson_interval(k, "exact", confidence) for k in (k1, k2))
    rate1, rate2 = k1 / e1, k2 / e2
    low = rate1 - rate2 - math.hypot(rate1 - low1 / e1, high2 / e2 - rate2)
    high = rate1 - rate2 + math.hypot(high1 / e1 - rate1, rate2 - low2 / e2)
    return Estimate(
        value=(rate1 - rate2) * per, low=low * per, high=high * per, confidence=confidence,
        unit=f"difference per {per:,.0f}", method="limits recovered from exact limits", n_events=k1 + k2,
        exposure=e1 + e2, flags=_flags(k1, k2),
    )  # fmt: skip


def risk_ratio(cases: int, of: int, reference_cases: int, reference_of: int, confidence: float = 0.95) -> Estimate:
    """Return one share over another with limits on the log scale: Katz et al. 1978, Biometrics 34:469-474.

    Where either has no cases a logarithm says nothing: value 0, infinite or None, limits 0 to infinity.
    """
    k1, n1, k2, n2 = _check_shares(cases, of, reference_cases, reference_of)
    alpha = 1 - check_confidence(confidence)
    value: float | None
    if k1 and k2:
        value = (k1 / n1) / (k2 / n2)
        error = math.sqrt(1 / k1 - 1 / n1 + 1 / k2 - 1 / n2)
        reach = math.exp(float(special.ndtri(1 - alpha / 2)) * error)
        low, high = value / reach, value * reach
    else:
        value = 0.0 if k2 else (math.inf if k1 else None)
        low, high = 0.0, math.inf
    return Estimate(
        value=value, low=low, high=high, confidence=confidence, unit="ratio of shares", method="log (Katz)",
        n_events=k1 + k2, exposure=float(n1 + n2), flags=_flags(k1, k2),
    )  # fmt: skip


def outcome_test(
    outcomes: Mapping[str, int], contacts: Mapping[str, int], reference: str, confidence: float = 0.95
) -> list[OutcomeTest]:
    """Return for each group how often a contact had its outcome (a search that found something), against the reference.

    A lower share than the reference's suggests that less was needed for a contact. Shares of groups can also differ because
    groups differ (infra-marginality: Simoiu, Corbett-Davies and Goel 2017, Annals of Applied Statistics 11:1193-1216), so it
    is read beside the rates of contact. p is Fisher's exact test, two-sided.
    """
    from scipy.stats import fisher_exact

    if set(outcomes) != set(contacts) or reference not in outcomes:
        raise ValueError("outcomes and contacts must hold the same groups, the reference among them")
    base = outcomes[reference], contacts[reference]
    found = []
    for group, k in outcomes.items():
        if group == reference:
            continue
        k1, n1, k2, n2 = _check_shares(k, contacts[group], *base)
        found.append(
            OutcomeTest(
                group, reference, share_of(k1, n1, confidence), share_of(k2, n2, confidence),
                risk_ratio(k1, n1, k2, n2, confidence), float(fisher_exact(np.array([[k1, n1 - k1], [k2, n2 - k2]]))[1]),
            )
        )  # fmt: skip
    return found


def _check_shares(k1: int, n1: int, k2: int, n2: int) -> tuple[int, int, int, int]:
    k1, n1, k2, n2 = (check_count(n) for n in (k1, n1, k2, n2))
    if not (0 < n1 >= k1 and 0 < n2 >= k2):
        raise ValueError("a share needs at least one case and no more cases than there are")
    return k1, n1, k2, n2


def _flags(k1: int, k2: int) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    if min(k1, k2) < UNSTABLE_COUNT:
        flags.append("small_count" if min(k1, k2) < SMALL_COUNT else "unstable")
    if k2 == 0:
        flags.append("zero_base")
    return tuple(flags)
