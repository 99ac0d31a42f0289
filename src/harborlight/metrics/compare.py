"""Compares two windows of one question: whether it is fair, by how much they differ, and what chance could have done.

The one engine behind cards, tables, the comparison tool and the API. A pair is refused where the comparison would mislead:
shared days, unequal lengths, days without data, a series break that touches the measure, an area whose lines changed; where only
whole months are counted, other days are no pair at all. A refusal carries both counts as asked, the reason and the nearest pair
that may be compared, worked out. A small base is no reason to refuse: it is an answer with a flag, without ratio and percentage.
One method decides interval, p-value and word (`statistics.change`); a break stops, recomputes or only notes, and touches nothing
but its own measures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar

from harborlight.errors import QueryError
from harborlight.metrics.facts import lines_of
from harborlight.metrics.notes import say_day
from harborlight.metrics.query_monthly import is_whole
from harborlight.metrics.query_places import default_lines
from harborlight.metrics.series import Series, Shared
from harborlight.metrics.shapes import Change, Facts, Query, Verdict, Window
from harborlight.statistics import change
from harborlight.statistics.multiple import adjust_for_many
from harborlight.statistics.windows import Window as Days
from harborlight.statistics.windows import nearest_pairs, overlap_days, shift_years
from harborlight.store import Connection

CompareCode = Literal["overlap", "unequal_length", "incomplete", "series_break", "boundary_version"]
# Below this share of records with a known place, counts by place follow the geocoder (Ratcliffe 2004).
LOWEST_LOCATED = 0.85
# Above this many events the search for what would have stood out is left out: the ratio says more.
MOST_SEARCHED = 5000
BASELINE_YEARS = (1, 3, 5)
# The share of false words among those that a table of many comparisons shows.
FALSE_SHARE = 0.05
Ratio = tuple[float, float, float]
Key = TypeVar("Key")


@dataclass(frozen=True)
class Reason:
    """Why two windows may not be compared. `flags` are those that a card shows."""

    code: CompareCode
    message: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """The first window against the mean of the same days in earlier years.

    `before` are those windows, the latest first, with their counts; `mean` is events in as many days as the first window
    has. Where it cannot be had, `reason` says why and the rest is empty.
    """

    years: int
    before: tuple[Window, ...] = ()
    mean: float | None = None
    ratio: Ratio | None = None
    p_value: float | None = None
    verdict: Verdict = "not_comparable"
    flags: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class CompareResult:
    """Window `a` against window `b`: `difference` is a less b, `ratio` a's daily rate over b's with its 95 % interval.

    `ratio` and `percent` are None under the city's percentage base, with the flag `small_count`. `fall_below` and
    `rise_above` say which counts in `a` would have been called lower or higher (None: no such count, or not searched).
    Flag `incomplete`: records may still arrive for one of the windows.
    """

    query: Query
    a: Window
    b: Window
    difference: int
    ratio: Ratio | None
    p_value: float
    verdict: Verdict
    percent: float | None
    fall_below: int | None
    rise_above: int | None
    dispersion: float
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    baselines: tuple[Baseline, ...] = ()


class CompareError(QueryError):
    """Two windows that may not be compared: the counts as asked, the reason, and what can be compared instead (None: nothing)."""

    def __init__(self, reason: Reason, query: Query, a: Window, b: Window, nearest: CompareResult | None) -> None:
        super().__init__(reason.message, parameter="b", allowed=_offer(nearest), code=reason.code, status=422)
        self.reason, self.query, self.a, self.b, self.nearest = reason, query, a, b, nearest


def compare(con: Connection, facts: Facts, query: Query, a: Days, b: Days, shared: Shared | None = None) -> CompareResult:
    """Compare the counts of `query` in two windows. Raises CompareError for a pair that may not be compared."""
    for name, days in (("a", a), ("b", b)):
        if not is_whole(days.date_from, days.date_to, facts.metrics[query.metric], facts):
            allowed = ["FROM the first day of a month", "TO the last day of a month"]
            raise QueryError("This measure is counted by whole months only.", parameter=name, allowed=allowed)
    series = Series(con, facts, query, shared)
    reason = find_reason(series, a, b)
    if reason is None:
        return _full_result(series, a, b)
    nearest = _nearest(con, series, a, b, reason, shared)
    raise CompareError(reason, query, series.count(a), series.count(b), nearest)


def find_reason(series: Series, a: Days, b: Days) -> Reason | None:
    """Why two windows of a series may not be compared, or None."""
    later, earlier = max(a, b), min(a, b)
    if shared := overlap_days(a, b):
        return Reason("overlap", f"The two windows share {shared} days, so the same events would stand on both sides.")
    if abs(a.days - b.days) > 1:
        return Reason("unequal_length", f"One window has {a.days} days and the other {b.days}; a longer one holds more events.")
    if later.date_to > series.through:
        return Reason("incomplete", f"The data end on {say_day(series.through)}; a window runs past that day.")
    if text := series.lacks(later) or series.lacks(earlier):
        return Reason("incomplete", text)
    if text := series.breaks_between(earlier.date_from, later.date_to):
        return Reason("series_break", text)
    if text := series.redrawn_between(earlier.date_from, later.date_to):
        return Reason("boundary_version", text, ("boundary_version",))
    share = min(series.located_share(later), series.located_share(earlier))
    if share < LOWEST_LOCATED:
        text = f"Only {share:.0%} of the city's records of one of the two periods can be placed."
        return Reason("incomplete", text, ("low_geocode_rate",))
    return None


def measure_change(series: Series, a: Days, b: Days) -> CompareResult:
    """The comparison of two windows that nothing speaks against: counts, interval, p-value and word by one method."""
    now, before, base = series.count(a), series.count(b), series.facts.city.percent_base
    k1, e1, k2, e2 = now.n, a.days, before.n, b.days
    phi = series.dispersion(max(a, b).date_to)
    estimate = change.rate_ratio(k1, e1, k2, e2, dispersion=phi)
    is_small = min(k1, k2) < base
    fall, rise = change.detectable(k2, e1, e2, dispersion=phi) if k2 < MOST_SEARCHED else (None, None)
    flags = [str(flag) for flag in estimate.flags]
    if is_small and "small_count" not in flags:
        flags.insert(0, "small_count")
    return CompareResult(
        query=series.query, a=now, b=before, difference=k1 - k2,
        ratio=None if is_small else (float(estimate.value or 0.0), estimate.low, estimate.high),
        p_value=change.exact_test(k1, e1, k2, e2, dispersion=phi), verdict=change.verdict(k1, e1, k2, e2, dispersion=phi),
        percent=change.percent_change(k1, k2, base), fall_below=fall, rise_above=rise, dispersion=float(phi), flags=tuple(flags),
    )  # fmt: skip


def make_change(series: Series, a: Days, b: Days) -> Change:
    """A comparison as cards and tables hold it: a refusal is the word `not_comparable` with its reason."""
    reason = find_reason(series, a, b)
    if reason:
        return Change(series.count(a), series.count(b), "not_comparable", None, None, None, None, None, reason.flags, reason.message)
    return as_change(measure_change(series, a, b))


def as_change(found: CompareResult) -> Change:
    """A comparison in the shape of cards and tables."""
    return Change(
        now=found.a, before=found.b, verdict=found.verdict, ratio=found.ratio, p_value=found.p_value, percent=found.percent,
        fall_below=found.fall_below, rise_above=found.rise_above, flags=found.flags,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ baselines


def make_baselines(series: Series, a: Days) -> tuple[Baseline, ...]:
    """Window `a` against last year, the mean of three and of five years, side by side: no base can be picked to please."""
    return tuple(_baseline(series, a, years) for years in BASELINE_YEARS)


def _baseline(series: Series, a: Days, years: int) -> Baseline:
    if a.days > 366:
        return Baseline(years, reason="The window is longer than a year, so the same days of earlier years overlap with it.")
    twins = [shift_years(a, back) for back in range(1, years + 1)]
    reason = next((found for twin in twins if (found := find_reason(series, a, twin))), None)
    if reason:
        return Baseline(years, reason=reason.message)
    now, before = series.count(a), tuple(series.count(twin) for twin in twins)
    k2, e2, phi = sum(int(w.n) for w in before), sum(w.days for w in before), series.dispersion(a.date_to)
    estimate = change.rate_ratio(now.n, a.days, k2, e2, dispersion=phi)
    is_small = min(now.n, k2 / years) < series.facts.city.percent_base
    return Baseline(
        years=years, before=before, mean=k2 / e2 * a.days,
        ratio=None if is_small else (float(estimate.value or 0.0), estimate.low, estimate.high),
        p_value=change.exact_test(now.n, a.days, k2, e2, dispersion=phi),
        verdict=change.verdict(now.n, a.days, k2, e2, dispersion=phi), flags=("small_count",) if is_small else (),
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- many at once


def judge_many(changes: Mapping[Key, Change]) -> tuple[dict[Key, Change], int]:
    """The comparisons of one table or list, with words only where few of those shown are false; and how many were judged.

    Benjamini and Hochberg: of twenty comparisons of nothing but chance, one would be called higher or lower. Changes that
    get no word anyway (refused, or a small base) are not among those judged.
    """
    judged = [key for key, found in changes.items() if found.p_value is not None and found.ratio is not None]
    adjusted = adjust_for_many([changes[key].p_value or 0.0 for key in judged])
    words = dict(changes)
    for key, p in zip(judged, adjusted, strict=True):
        if p >= FALSE_SHARE and changes[key].verdict in ("higher", "lower"):
            words[key] = replace(changes[key], verdict="no_clear_change", fall_below=None, rise_above=None)
    return words, len(judged)


# --------------------------------------------------------------------------------------------------- claims


@dataclass(frozen=True)
class Claim:
    """A published change in percent beside what the counts give.

    `asked` are the two counts as they were compared and `as_asked` what follows from them, `like_for_like` from the pair that may be compared
    (`result`), with `low` and `high` the ends of its 95 % interval. None under the city's percentage base or without a pair.
    """

    claimed: float
    asked: tuple[int, int]
    as_asked: float | None
    like_for_like: float | None
    low: float | None
    high: float | None
    result: CompareResult | None


def check_claim(claimed: float, a: Window, b: Window, fair: CompareResult | None, base: int) -> Claim:
    """Recompute a claim of the form "a is so many percent above b" from the counts as asked and from a fair pair."""
    ends = [None, None] if fair is None or fair.ratio is None else [(end - 1) * 100 for end in fair.ratio[1:]]
    low, high = (end if end is not None and math.isfinite(end) else None for end in ends)
    return Claim(claimed, (a.n, b.n), change.percent_change(a.n, b.n, base), fair.percent if fair else None, low, high, fair)


# ---------------------------------------------------------------------------------------------------- parts


def _full_result(series: Series, a: Days, b: Days) -> CompareResult:
    found, edge = measure_change(series, a, b), series.facts.provisional_from.get(series.metric.id)
    is_open = edge is not None and max(a, b).date_to >= edge
    return replace(
        found, flags=(*found.flags, "incomplete") if is_open else found.flags,
        notes=_notes(series, min(a, b).date_from, max(a, b).date_to), baselines=make_baselines(series, a),
    )  # fmt: skip


def _notes(series: Series, first: date, last: date) -> tuple[str, ...]:
    """Breaks between the windows that stop nothing: those that only want to be known, and redrawn lines for areas."""
    said, is_by_area = [], bool(series.query.area)
    for item in sorted(series.facts.city.breaks, key=lambda item: item.date):
        touches = {series.metric.id, "all"} & set(item.metrics)
        if touches and first < item.date <= last and (item.effect == "notes" or (item.effect == "recomputes" and is_by_area)):
            said.append(f"{item.title} ({say_day(item.date)}): {item.text}")
    return tuple(said)


def _nearest(
    con: Connection, series: Series, a: Days, b: Days, reason: Reason, shared: Shared | None
) -> CompareResult | None:
    """The nearest pair that may be compared, worked out; the later window stays on its side."""
    by_place = _by_place(con, series, shared) if reason.code == "boundary_version" else None
    if by_place and find_reason(by_place, a, b) is None:
        return _full_result(by_place, a, b)
    for later, earlier in nearest_pairs(a, b, series.stretches()):
        one, other = (later, earlier) if a > b else (earlier, later)
        if not all(is_whole(days.date_from, days.date_to, series.metric, series.facts) for days in (one, other)):
            continue
        if find_reason(series, one, other) is None:
            return _full_result(series, one, other)
    return None


def _by_place(con: Connection, series: Series, shared: Shared | None) -> Series | None:
    """The same question with both windows on the lines in force; None where the release has no lines or no such area."""
    layer, facts = series.query.layer or "", series.facts
    lines = lines_of(facts, layer)
    if lines is None or series.query.area not in [area.id for area in lines.areas]:
        return None
    return Series(con, facts, replace(series.query, lines=default_lines(facts, layer), lines_text=""), shared)


def _offer(nearest: CompareResult | None) -> list[str]:
    if nearest is None:
        return []
    return [f"{name}={window.date_from}/{window.date_to}" for name, window in (("a", nearest.a), ("b", nearest.b))]
