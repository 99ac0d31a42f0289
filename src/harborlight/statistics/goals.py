"""How far a goal is from being met: paths of targets, what is due by today, and the chance that a year ends within its target.

In go counts, shares of a year and targets; out come events and probabilities. A goal of "15 % a year" has two readings, and
both are offered: each year against the year before, or compounded from one base. The chance rests on the events so far: with a
gamma prior of shape 1/2, what the rest of the year brings is negative binomial, R | y ~ NegBin(y + 1/2, f), where f is the share
of a usual year that has passed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from scipy import special

from harborlight.statistics.estimate import check_amount, check_count, check_dispersion

Kind = Literal["compound", "year_on_year"]
Outlook = Literal["on_track", "too_close", "off_track"]
ON_TRACK, OFF_TRACK = 0.9, 0.1
PRIOR = 0.5


def goal_path(
    baseline: float, annual_reduction: float, years: int, kind: Kind = "compound", observed: Sequence[float] = ()
) -> list[float]:
    """Return the most events that each of `years` years may have, the first after the base first.

    `annual_reduction` is a share: 0.15 for "15 % a year". Compound: base x (1 - r)^k. Year on year: (1 - r) x the count of the
    year before, taken from `observed` as far as it reaches; later years go on from the last target, as if it were met exactly.
    """
    base = check_amount(baseline, "baseline")
    if not 0 <= annual_reduction <= 1:
        raise ValueError(f"annual_reduction is a share from 0 to 1, not {annual_reduction}")
    if years < 1:
        raise ValueError(f"years must be 1 or more, not {years}")
    kept = 1 - annual_reduction
    if kind == "compound":
        return [base * kept**k for k in range(1, years + 1)]
    if kind != "year_on_year":
        raise ValueError(f"kind is compound or year_on_year, not {kind!r}")
    path = [base * kept]
    for k in range(1, years):
        before = check_amount(observed[k - 1], "observed") if k <= len(observed) else path[-1]
        path.append(before * kept)
    return path


def seasonal_share(years: Sequence[tuple[int, int]]) -> float:
    """Return the share of a year's events that has usually come by a day: the mean over earlier years of (so far / whole year).

    Years without events say nothing and are left out; ValueError where none is left.
    """
    shares = []
    for so_far, whole in years:
        if check_count(so_far, "so far") > check_count(whole, "whole year"):
            raise ValueError(f"{so_far} so far is more than {whole} in the whole year")
        if whole:
            shares.append(so_far / whole)
    if not shares:
        raise ValueError("no earlier year has any events")
    return sum(shares) / len(shares)


def expected_to_date(target: float, seasonal_share: float) -> float:
    """Return how many events a year that ends exactly on `target` usually has by now: target x share."""
    return check_amount(target, "target") * _check_share(seasonal_share)


def goal_probability(
    ytd: int, share_elapsed: float, target: float, dispersion: float = 1.0, direction: Literal["lower", "higher"] = "lower"
) -> float:
    """Return the chance that a year with `ytd` events so far ends within `target`: at most it, or for `higher` at least it.

    At dispersion 1 it is scipy's nbinom.cdf(T - y, y + 1/2, f). Where events cluster (phi > 1) counts are divided by phi,
    each taken at the middle of its whole number, so that phi widens the range and moves nothing. `share_elapsed` is above 0
    and at most 1; at 1 the year is over and the answer is 0 or 1.
    """
    y, phi, share = check_count(ytd, "ytd"), check_dispersion(dispersion), _check_share(share_elapsed)
    if share == 0:
        raise ValueError("nothing of the year has passed: there is no chance to work out yet")
    goal = check_amount(target, "target")
    if direction == "higher":
        room = math.ceil(goal - 1e-9) - 1 - y
        return 1.0 if room < 0 else 0.0 if share == 1 else 1 - _at_most(room, y, share, phi)
    if direction != "lower":
        raise ValueError(f"direction is lower or higher, not {direction!r}")
    room = math.floor(goal + 1e-9) - y
    return 0.0 if room < 0 else 1.0 if share == 1 else _at_most(room, y, share, phi)


def goal_outlook(probability: float) -> Outlook:
    """Return the word for a chance: `on_track` above 0.9, `off_track` below 0.1, `too_close` between and at both ends."""
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability is from 0 to 1, not {probability}")
    return "on_track" if probability > ON_TRACK else "off_track" if probability < OFF_TRACK else "too_close"


def _at_most(room: int, y: int, share: float, phi: float) -> float:
    """P(R <= room) for R / phi negative binomial; the second argument is room + 1 at phi = 1."""
    return float(special.betainc(y / phi + PRIOR, (room + 0.5) / phi + 0.5, share))


def _check_share(share: float) -> float:
    if not 0 <= share <= 1:
        raise ValueError(f"a share is from 0 to 1, not {share}")
    return share
