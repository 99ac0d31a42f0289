"""All estimates of one strategy from one panel of public counts: the same few designs each time, none left out afterwards.

In go counts by area and month with the part that each area plays; out come every estimate with its range, what the checks
say, and the one word that the whole may carry. A raw change and a series without a comparison are a *trend*; against other areas it is
a *comparison*; only with every check passed is it an *evaluation*. Uses statsmodels: at refresh only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harborlight.statistics.change import rate_ratio
from harborlight.statistics.estimate import UNSTABLE_COUNT
from harborlight.statistics.evaluate import Effect, wdd
from harborlight.statistics.evaluate_checks import (
    Placebo,
    detectable_ratio,
    log_ratios,
    placebo_ratios,
    placebo_test,
    power,
)
from harborlight.statistics.evaluate_models import (
    did_counts,
    interrupted_time_series,
    pretrend_test,
    structural_counterfactual,
)
from harborlight.statistics.evaluate_synthetic import Method, synthetic_control

Label = Literal["trend", "comparison", "evaluation"]
Verdict = Literal["fewer", "more", "no_clear_effect"]
Counts = NDArray[np.int64]
INSIDE, COMPARED, OUT = "inside", "compared", "out"
BLOCK = 3
FEWEST_BEFORE, FEWEST_AFTER = 12, 6
LEVEL = 0.05
FEWEST_PLACEBOS = 19
DRAWS: dict[Method, int] = {"outcomes": 199, "augmented": 99}
# Estimates from one series alone say nothing of cause, whatever the checks say.
ALWAYS_TREND = ("raw_change", "raw_compared", "interrupted_series")


@dataclass(frozen=True)
class Panel:
    """`counts` is areas by months; `roles` says of each area whether it is inside, compared, ring_1, ring_2 … or out.

    `start` is the first month after the start; the month in which a strategy starts in its middle is in no panel.
    """

    months: tuple[str, ...]
    start: int
    counts: Counts
    roles: tuple[str, ...]

    def rows(self, *roles: str) -> Counts:
        return self.counts[[role in roles for role in self.roles]]

    def sums(self, *roles: str) -> tuple[int, int]:
        """Events before and after."""
        total = self.rows(*roles).sum(0)
        return int(total[: self.start].sum()), int(total[self.start :].sum())

    @property
    def rings(self) -> tuple[str, ...]:
        return tuple(sorted({role for role in self.roles if role.startswith("ring_")}))


@dataclass(frozen=True)
class Line:
    """One estimate: what happened over what was expected, the same in events, and the range of both. Without numbers: `why_not`."""

    id: str
    label: Label = "comparison"
    n_before: int | None = None
    n_after: int | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    p_value: float | None = None
    flags: tuple[str, ...] = ()
    why_not: str = ""

    def events(self, ratio: float | None) -> float | None:
        """Events more (above 0) or fewer than expected, if the ratio is this one."""
        return None if not ratio or self.n_after is None else self.n_after - self.n_after / ratio


@dataclass(frozen=True)
class Evaluation:
    """Everything that one panel says. `lacks` names what keeps it from being an evaluation."""

    lines: tuple[Line, ...]
    label: Label
    lacks: tuple[str, ...]
    verdict: Verdict | None
    expected: tuple[float | None, ...] = ()
    pretrend_p: float | None = None
    placebo: Placebo | None = None
    error: float | None = None
    state: str = "evaluated"

    @property
    def detectable_fall(self) -> float | None:
        """The share by which counts had to fall to be noticed four times in five."""
        return 1 - detectable_ratio(self.error) if self.error else None

    @property
    def placebo_range(self) -> tuple[float, float] | None:
        """Ratios between which 19 in 20 placebos lie."""
        if self.placebo is None:
            return None
        low, high = np.quantile(self.placebo.spread, [LEVEL / 2, 1 - LEVEL / 2])
        return math.exp(float(low)), math.exp(float(high))

    def chance(self, ratio: float) -> float | None:
        """The chance that this study would have noticed a true ratio."""
        return power(ratio, self.error) if self.error else None


def evaluate_panel(panel: Panel, *, is_registered: bool, seed: int = 1) -> Evaluation:
    """Work out every estimate and every check. Too few events or months: the raw change only."""
    inside, compared = panel.sums(INSIDE), panel.sums(COMPARED)
    raw = [_raw("raw_change", inside, panel), _raw("raw_compared", compared, panel)]
    after = len(panel.months) - panel.start
    n_compared = sum(role == COMPARED for role in panel.roles)
    if min(inside[0], *compared) < UNSTABLE_COUNT or inside[1] < 1 or panel.start < FEWEST_BEFORE or after < FEWEST_AFTER or n_compared < 2:
        return Evaluation(tuple(raw), "trend", ("too_few",), None, state="too_few")
    blocks = by_quarter(panel)
    did, placebo = main_estimate(blocks, seed)
    p_before = _pretrend(blocks)
    lines = [
        _line("did", did, inside), _wdd(inside, compared),
        _synthetic("synthetic_control", blocks, "outcomes", seed), _synthetic("augmented", blocks, "augmented", seed),
        _structural(panel, inside, seed), _series(panel, inside),
        *(_line(ring, _did(blocks, (ring,)), panel.sums(ring)) for ring in panel.rings),
        *([_line("total", _did(blocks, (INSIDE, *panel.rings)), panel.sums(INSIDE, *panel.rings))] if panel.rings else []),
    ]  # fmt: skip
    has_rings = any(panel.sums(ring)[0] >= UNSTABLE_COUNT for ring in panel.rings)
    checks = {
        "registered": is_registered, "pretrend": p_before >= LEVEL, "placebo": placebo.smallest <= LEVEL, "displacement": has_rings,
    }  # fmt: skip
    lacks = tuple(name for name, passed in checks.items() if not passed)
    label: Label = "comparison" if lacks else "evaluation"
    told = tuple(replace(line, label="trend" if line.id in ALWAYS_TREND else label) for line in (*raw, *lines))
    verdict = read_verdict(did, placebo.p_value)
    return Evaluation(told, label, lacks, verdict, _expected(panel), p_before, placebo, did.error)


def main_estimate(blocks: Panel, seed: int = 1) -> tuple[Effect, Placebo]:
    """What the verdict rests on: the difference in differences, and how it stands among placebos."""
    return _did(blocks, (INSIDE,)), _placebo(blocks, seed)


def read_verdict(did: Effect, placebo_p: float) -> Verdict:
    """One rule, written before any outcome: the range of the difference in differences leaves out 1, and so do the placebos."""
    if did.contains_one or placebo_p > LEVEL:
        return "no_clear_effect"
    return "fewer" if did.high < 1 else "more"


# ------------------------------------------------------------------------------------------------ estimates


def _raw(name: str, sums: tuple[int, int], panel: Panel) -> Line:
    """After against before, per month, and nothing else."""
    after = len(panel.months) - panel.start
    if panel.start < 1 or after < 1:
        return Line(name, "trend", *sums, why_not="no_events")
    found = rate_ratio(sums[1], after, sums[0], panel.start)
    return _line(name, replace(Effect(found.value, found.low, found.high), flags=found.flags), sums, label="trend")


def _line(name: str, effect: Effect, sums: tuple[int, int], label: Label = "comparison") -> Line:
    if not effect.value or not math.isfinite(effect.value):
        return Line(name, label, *sums, flags=effect.flags, why_not="no_events")
    return Line(name, label, *sums, effect.value, _finite(effect.low), _finite(effect.high), effect.p_value, effect.flags)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _did(blocks: Panel, roles: tuple[str, ...]) -> Effect:
    ours, others = blocks.rows(*roles), blocks.rows(COMPARED)
    return did_counts(np.vstack([ours, others]), [True] * len(ours) + [False] * len(others), blocks.start)


def _wdd(inside: tuple[int, int], compared: tuple[int, int]) -> Line:
    """The comparison is scaled to the same count before, so that both sides are alike in size."""
    effect = wdd(compared, inside, area_weights=(compared[0] / inside[0], 1, 1, 1)).local
    ratio, low, high = (_as_ratio(inside[1], events) for events in (effect.value or 0.0, effect.low, effect.high))
    return Line("wdd", "comparison", *inside, ratio, low, high, effect.p_value, effect.flags, "" if ratio else "no_events")


def _as_ratio(n: int, events: float) -> float | None:
    """The ratio that belongs to a difference in events; None where nothing or less was to be expected."""
    return n / (n - events) if n > 0 and n - events > 0 else None


def _pretrend(blocks: Panel) -> float:
    rows = np.vstack([blocks.rows(INSIDE), blocks.rows(COMPARED)])
    return pretrend_test(rows, _treated(blocks), blocks.start)


def _treated(blocks: Panel) -> list[bool]:
    return [role == INSIDE for role in blocks.roles if role == INSIDE] + [False] * sum(role == COMPARED for role in blocks.roles)


def _placebo(blocks: Panel, seed: int) -> Placebo:
    """How our log ratio stands among those of random sets of comparison areas."""
    rows, treated = np.vstack([blocks.rows(INSIDE), blocks.rows(COMPARED)]), _treated(blocks)
    n, size = treated.count(False), min(treated.count(True), treated.count(False) // 2)
    draws = placebo_ratios(rows, treated, blocks.start, seed=seed)
    (t0, t1), (c0, c1) = blocks.sums(INSIDE), blocks.sums(COMPARED)
    own = float(log_ratios(*(np.array([k]) for k in (t0, t1, c0, c1)))[0])
    return placebo_test(own, (draws * _scale((t0, t1, c0, c1), rows, treated, size)).tolist(), math.comb(n, size))


def _scale(sums: Sequence[int], rows: Counts, treated: Sequence[bool], size: int) -> float:
    """How much further chance alone moves our sums than a placebo's, which may be of another size."""
    others = rows[[not flag for flag in treated]]
    c0, c1 = float(sums[2]), float(sums[3])
    share = size / len(others)
    theirs = (1 / c0 + 1 / c1) / (share * (1 - share))
    return math.sqrt(sum(1 / max(n, 0.5) for n in sums) / theirs)


def _synthetic(name: str, blocks: Panel, method: Method, seed: int) -> Line:
    """Range: what the same method gives for random sets of comparison areas, taken around our estimate."""
    inside, others, start = blocks.rows(INSIDE), blocks.rows(COMPARED), blocks.start
    sums = blocks.sums(INSIDE)
    own = _log_gap(np.vstack([inside, others]), list(range(len(inside))), start, method)
    size = min(len(inside), len(others) // 2)
    if own is None or len(others) - size < 2 or start < 3:
        return Line(name, "comparison", *sums, why_not="no_mix")
    rng = np.random.default_rng(seed)
    sets = [rng.permutation(len(others))[:size].tolist() for _ in range(DRAWS[method])] if size > 1 else [[i] for i in range(len(others))]
    gaps = [gap for rows in sets if (gap := _log_gap(others, rows, start, method)) is not None]
    flags = () if len(gaps) >= FEWEST_PLACEBOS else ("placebo_limit",)
    low: float | None = None
    high: float | None = None
    if len(gaps) >= FEWEST_PLACEBOS:
        ends = np.quantile(gaps, [1 - LEVEL / 2, LEVEL / 2])
        low, high = (math.exp(own - float(end)) for end in ends)
    share = placebo_test(own, gaps, math.comb(len(others), size)).p_value if gaps else None
    return Line(name, "comparison", *sums, math.exp(own), low, high, share, flags)


def _log_gap(rows: Counts, treated: Sequence[int], start: int, method: Method) -> float | None:
    """Logarithm of what happened over what the mix of others gives; None where there is nothing to divide by."""
    made = synthetic_control(rows, treated, start, method)
    path, ours = sum(made.path[start:]), float(rows[list(treated), start:].sum()) / len(treated)
    return math.log(ours / path) if path > 0 and ours > 0 else None


def _structural(panel: Panel, inside: tuple[int, int], seed: int) -> Line:
    compared = panel.rows(COMPARED).sum(0)
    found = structural_counterfactual(panel.rows(INSIDE).sum(0).tolist(), [compared.tolist()], panel.start, seed=seed)
    return _line("structural", found.ratio, inside)


def _series(panel: Panel, inside: tuple[int, int]) -> Line:
    waves = 2 if len(panel.months) >= 36 else 1
    return _line("interrupted_series", interrupted_time_series(panel.rows(INSIDE).sum(0).tolist(), panel.start, waves=waves), inside, "trend")


# ------------------------------------------------------------------------------------------------ periods


def by_quarter(panel: Panel) -> Panel:
    """The panel by quarters that are counted from the start, both ways; the outermost may be shorter."""
    first, last = -(-panel.start // BLOCK), -(-(len(panel.months) - panel.start) // BLOCK)
    edges = [0, *range(panel.start - BLOCK * (first - 1), panel.start + BLOCK * last, BLOCK)]
    counts = np.add.reduceat(panel.counts, edges, axis=1)
    return Panel(tuple(panel.months[edge] for edge in edges), first, counts, panel.roles)


def _expected(panel: Panel) -> tuple[float | None, ...]:
    """By month, what the compared areas lead one to expect inside: their count, scaled to the same count before."""
    (t0, _), (c0, _) = panel.sums(INSIDE), panel.sums(COMPARED)
    compared = panel.rows(COMPARED).sum(0)
    return tuple(float(n) * t0 / c0 for n in compared)


