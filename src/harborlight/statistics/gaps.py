"""How long nothing happened, and how often chance alone makes a stretch as long.

In go the events of a watched stretch and the length of the quiet since the last one, out comes the chance of such a quiet where
events come independently at a steady rate: exp(-rate x days), the void probability of a Poisson process (Kingman, Poisson
Processes, 1993, section 4.1). Killings cluster, which makes long quiet stretches more usual than this says, never less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from harborlight.statistics.estimate import Estimate, Flag, check_confidence, check_count, check_exposure
from harborlight.statistics.rates import poisson_interval


def chance_of_quiet(events: int, watched_days: float, quiet_days: float, confidence: float = 0.95) -> Estimate:
    """Return the chance (0 to 1) that `quiet_days` pass without an event, at the rate of `events` in `watched_days`.

    The interval is that of the rate (exact Poisson), carried over: its high end belongs to the lowest rate. At 2 events in 365 days,
    365 days without one have a chance of exp(-2) = 13.5 %. Flag `small_count` under ten events.
    """
    n, watched, quiet = check_count(events), check_exposure(watched_days, "watched_days"), float(quiet_days)
    if not math.isfinite(quiet) or quiet < 0:
        raise ValueError(f"quiet_days must be 0 or more, not {quiet_days}")
    lowest, highest = poisson_interval(n, confidence=check_confidence(confidence))
    flags: tuple[Flag, ...] = ("small_count",) if n < 10 else ()
    chance, low, high = (math.exp(-k * quiet / watched) for k in (n, highest, lowest))
    return Estimate(
        chance, low, high, confidence, unit="probability", method="void probability of a Poisson process", n_events=n, exposure=watched, flags=flags,
    )  # fmt: skip


def chance_at_any(chances: Iterable[float]) -> float:
    """Return the chance that at least one of several places watched apart from each other shows such a quiet: 1 - product of (1 - p)."""
    quiet_nowhere = 1.0
    for p in chances:
        if not 0 <= p <= 1:
            raise ValueError(f"a chance lies between 0 and 1, not {p}")
        quiet_nowhere *= 1 - p
    return 1 - quiet_nowhere
