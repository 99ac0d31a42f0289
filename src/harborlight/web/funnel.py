"""The funnel plot: an area among its layer, with the limits that chance alone would keep nearly all areas inside.

Across stand the events that an area would have at the city's own rate, up stands how many times that it had. Small areas
lie far from the middle by chance, so the limits open towards the left. There is no order of areas in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harborlight.statistics.small_areas import INNER, OUTER, funnel_limits, funnel_place

WIDTH, HEIGHT = 360, 200
LEAST_TOP, MOST_TOP = 2.5, 5.0


@dataclass(frozen=True)
class Member:
    """One area: `n` events, `expected` at the city's rate."""

    id: str
    n: int
    expected: float

    @property
    def ratio(self) -> float:
        return self.n / self.expected


@dataclass(frozen=True)
class Drawn:
    """`dots` are (id, x, y), `curves` (inner or outer, SVG path); `top` and `most` are the ends of the two axes."""

    dots: tuple[tuple[str, float, float], ...]
    curves: tuple[tuple[str, str], ...]
    middle: float
    top: float
    most: float


def draw_funnel(members: Sequence[Member]) -> Drawn | None:
    """Places in pixels; None with fewer than three areas, where there is nothing to lie among."""
    if len(members) < 3:
        return None
    most = max(m.expected for m in members) * 1.05
    top = min(MOST_TOP, max(LEAST_TOP, max(m.ratio for m in members) * 1.1))

    def at(expected: float, ratio: float) -> tuple[float, float]:
        return round(expected / most * WIDTH, 1), round(HEIGHT - min(ratio, top) / top * HEIGHT, 1)

    dots = tuple((m.id, *at(m.expected, m.ratio)) for m in members)
    curves = []
    for kind, confidence in (("inner", INNER), ("outer", OUTER)):
        for side in (0, 1):
            points = [at(*point) for point in _curve(most, confidence, side)]
            points = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
            if len(points) > 1:
                curves.append((kind, "M" + "L".join(f"{x:g} {y:g}" for x, y in points)))
    return Drawn(dots, tuple(curves), at(0, 1)[1], top, most)


def _curve(most: float, confidence: float, side: int) -> list[tuple[float, float]]:
    """Points (expected, ratio) of one limit; `side` 0 below the city's rate, 1 above."""
    points: list[tuple[float, float]] = []
    observed, step = 1, 1
    while observed < most * 4 + 40:
        ratio = funnel_limits(observed, confidence)[side]
        if ratio > 0:
            expected = observed / ratio
            if expected >= most:
                points.append(_at_edge(points[-1], (expected, ratio), most) if points else (most, ratio))
                break
            points.append((expected, ratio))
        step = max(1, observed // 12)
        observed += step
    return points


def _at_edge(one: tuple[float, float], other: tuple[float, float], edge: float) -> tuple[float, float]:
    """Where the line between two points meets the right edge."""
    share = (edge - one[0]) / (other[0] - one[0])
    return edge, one[1] + share * (other[1] - one[1])


def place_of(member: Member) -> str:
    """high, above, inside, below or low."""
    return funnel_place(member.n, member.expected)
