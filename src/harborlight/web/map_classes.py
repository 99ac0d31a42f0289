"""Classes of color on a map: limits from the values that may stand on a scale, round numbers, none of them empty.

Rates get steps as wide as their usual margin: two areas that differ by chance alone have no business in two shades.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harborlight.metrics.rates import Rate, rate_of
from harborlight.metrics.shapes import Answer, Lines

MOST_CLASSES = 5


@dataclass(frozen=True)
class AreaValue:
    """One row of the map. `kind` is its class from 0, `few` (a count without a stable rate) or `none` (missing, hidden)."""

    id: str | None
    name: str
    n: int | None
    population: int | None
    rate: Rate | None
    kind: str
    missing: str = ""


@dataclass(frozen=True)
class Scale:
    """`limits` part the classes: a value belongs to the class above every limit that it reaches."""

    limits: tuple[float, ...]
    is_rate: bool

    def class_of(self, value: float) -> int:
        return bisect_right(self.limits, value)


def make_limits(values: Sequence[float]) -> tuple[float, ...]:
    """Limits between at most five classes of about equal size, as round as they can be; fewer where values are alike."""
    known = sorted(values)
    steps = sorted(set(known))
    count = min(MOST_CLASSES, len(steps))
    limits: dict[float, None] = {}
    for i in range(1, count):
        first = max(known[len(known) * i // count], steps[1])
        limits[round_between(steps[steps.index(first) - 1], first)] = None
    return tuple(sorted(limits))


def make_wide_limits(values: Sequence[float], margin: float) -> tuple[float, ...]:
    """Limits at equal, round steps that are no finer than `margin`, so that a shade never parts what chance does not.

    Limits with no value between them are left out.
    """
    if not values:
        return ()
    low, high = min(values), max(values)
    step = round_up(max((high - low) / MOST_CLASSES, margin))
    if math.floor(high / step) - math.floor(low / step) >= MOST_CLASSES:
        step = round_up(step * 1.5)
    limits = [step * i for i in range(math.floor(low / step) + 1, math.floor(high / step) + 1)]
    own = {bisect_right(limits, value) for value in values}
    return tuple(float(f"{limit:.10g}") for i, limit in enumerate(limits, start=1) if i in own)


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 ... (and their tenths)."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * first for first in (1, 2, 5, 10) if power * first >= value * (1 - 1e-9))


def round_between(below: float, value: float) -> float:
    """The roundest number above `below` and up to `value`: 41 for 40.2 and 41.3."""
    for digits in range(1, 17):
        step = 10.0 ** (math.floor(math.log10(value)) - digits + 1)
        rounded = float(f"{math.floor(value / step + 1e-9) * step:.10g}")
        if below < rounded <= value:
            return rounded
    return value


def value_areas(answer: Answer, lines: Lines | None) -> tuple[list[AreaValue], Scale]:
    """The rows of an answer by area with their classes.

    Rates are shown where people are counted in these areas, the whole question is covered and no shape narrows it;
    otherwise counts. Only values that are shown take part, so no class tells of a hidden one.
    """
    query = answer.query
    known = {area.id: area for area in lines.areas} if lines else {}
    is_rate = bool(
        any(area.population for area in known.values())
        and not query.shape
        and not any(row["partial"] for row in answer.rows)
    )
    days = (query.date_to - query.date_from).days + 1
    found = []
    for row in answer.rows:
        area, n = known.get(row["area_id"] or ""), None if row["suppressed"] else row["n"]
        rate = rate_of(n, area.population, days) if is_rate and area and n is not None else None
        found.append((row, n, area.population if area else None, rate))
    shown = [_on_scale(n, rate, is_rate) for row, n, _, rate in found if row["area_id"] is not None]
    stable = [value for value in shown if value is not None]
    margins = [(rate.high - rate.low) / 2 for row, _, _, rate in found if rate and rate.is_stable and row["area_id"] is not None]
    scale = Scale(make_wide_limits(stable, median(margins) if margins else 0.0) if is_rate else make_limits(stable), is_rate)
    return [_value(scale, *parts) for parts in found], scale


def _on_scale(n: int | None, rate: Rate | None, is_rate: bool) -> float | None:
    """What an area is colored by: a stable rate, or the count where no rates are shown."""
    if is_rate:
        return rate.per_100k if rate and rate.is_stable else None
    return None if n is None else float(n)


def _value(scale: Scale, row: dict[str, object], n: int | None, population: int | None, rate: Rate | None) -> AreaValue:
    value = _on_scale(n, rate, scale.is_rate)
    kind = "none" if n is None else "few" if value is None else str(scale.class_of(value))
    area_id = None if row["area_id"] is None else str(row["area_id"])
    return AreaValue(area_id, str(row["area_name"] or ""), n, population, rate, kind, str(row["missing"] or ""))
