"""The one result shape of every estimate, and the checks that every function makes of its input.

In go plain numbers, out comes an `Estimate`: a value with its interval, the method by name and flags from a
closed list. One shape for all, so that pages, API and downloads can say how a number was made without knowing
which function made it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

Flag = Literal[
    "small_count", "unstable", "suppressed", "overdispersed", "incomplete", "definition_break", "zero_base",
    "low_geocode_rate", "placebo_limit",
]  # fmt: skip
FLAGS: tuple[str, ...] = get_args(Flag)

# Under ten events a count stands without a rate; under twenty a percentage or rate is unstable (NCHS).
SMALL_COUNT = 10
UNSTABLE_COUNT = 20


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    `value` is None where it is undefined (a ratio of nothing to nothing); an unbounded end is `math.inf`.
    `n_events` counts every event that went in, `exposure` is in the unit that the function names.
    `as_of` and `definition_version` are filled in by whoever knows where the counts come from.
    """

    value: float | None
    low: float
    high: float
    confidence: float = 0.95
    unit: str = ""
    method: str = ""
    n_events: int = 0
    exposure: float | None = None
    as_of: date | None = None
    definition_version: int | None = None
    flags: tuple[Flag, ...] = ()

    def __post_init__(self) -> None:
        unknown = [flag for flag in self.flags if flag not in FLAGS]
        if unknown:
            raise ValueError(f"unknown flag {unknown[0]!r}; the flags are {', '.join(FLAGS)}")

    @property
    def contains_one(self) -> bool:
        """Whether "no change" is inside the interval (for a ratio)."""
        return self.low <= 1.0 <= self.high


def check_count(k: float, name: str = "count") -> int:
    """Return `k` as a whole number; raise ValueError if it is negative, NaN or has a fraction."""
    if not math.isfinite(k) or k < 0 or k != math.floor(k):
        raise ValueError(f"{name} must be a whole number of events, 0 or more, not {k}")
    return int(k)


def check_exposure(exposure: float, name: str = "exposure") -> float:
    """Return `exposure`; raise ValueError unless it is a positive number."""
    if not math.isfinite(exposure) or exposure <= 0:
        raise ValueError(f"{name} must be a number above 0, not {exposure}")
    return float(exposure)


def check_amount(amount: float, name: str = "amount") -> float:
    """Return `amount`; raise ValueError unless it is a number of 0 or more."""
    if not math.isfinite(amount) or amount < 0:
        raise ValueError(f"{name} must be a number of 0 or more, not {amount}")
    return float(amount)


def check_confidence(confidence: float) -> float:
    """Return `confidence`; raise ValueError unless it lies strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return float(confidence)


def check_dispersion(dispersion: float) -> float:
    """Return at least 1: counts may cluster more than chance, a variance below chance is never claimed."""
    if not math.isfinite(dispersion) or dispersion < 0:
        raise ValueError(f"dispersion must be 0 or more, not {dispersion}")
    return max(1.0, float(dispersion))
