"""Geometry of the small drawings that are made with the page: sparklines, bars, shades. Numbers in, coordinates out.

The large charts are drawn at publish; these have no text inside, so that they can stretch to any width while their
labels stay at reading size in the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from harborlight.charts import formats
from harborlight.metrics.shapes import SparkMonth
from harborlight.web.context import Bar, Bars
from harborlight.web.wording import Wording

SHADES = 6


def make_spark(months: Sequence[SparkMonth], wording: Wording) -> Bars | None:
    """36 months as bars: the last twelve strong, the earlier ones quiet, provisional ones pale, missing ones as gaps."""
    known = [m for m in months if m.n is not None]
    if not known:
        return None
    split = len(months) - 12
    points = [
        (month.n, "pale" if month.is_provisional else "now" if i >= split else "before")
        for i, month in enumerate(months)
    ]
    top, last = max(known, key=lambda m: m.n or 0), known[-1]
    label = wording.text(
        "figures.spark",
        first=_month(months[0].month, wording),
        last=_month(months[-1].month, wording),
        top=top.n or 0,
        top_month=_month(top.month, wording),
        n=last.n or 0,
        month=_month(last.month, wording),
    )
    return make_bars(
        points,
        label=label,
        first=_month(months[0].month, wording),
        last=_month(months[-1].month, wording),
        wording=wording,
        width=360,
        height=56,
        gap=0.25,
    )


def make_bars(
    points: Sequence[tuple[int | None, str]],
    *,
    label: str,
    first: str,
    last: str,
    wording: Wording,
    width: int = 720,
    height: int = 200,
    gap: float = 0.2,
    limits: Sequence[float | None] = (),
    under: Sequence[tuple[str, str]] = (),
) -> Bars:
    """One bar a period from a zero line; a missing period is a gap mark on the line, never a bar of height 0.

    `limits` are what the bars are held against, `under` the period and count under each.
    """
    lines = limits or [None] * len(points)
    top = max([*(n for n, _ in points if n is not None), *(math.ceil(line) for line in lines if line is not None)], default=0)
    step = width / max(1, len(points))
    bars = []
    for i, ((n, kind), line) in enumerate(zip(points, lines, strict=True)):
        at = None if line is None or not top else round(height - line / top * (height - 2), 2)
        tall = 0.0 if n is None else max(1.0 if n else 0.0, n / top * (height - 2) if top else 0.0)
        if n is None:
            bars.append(Bar(round(i * step, 2), height - 3, round(step * (1 - gap if limits else 1), 2), 3, "gap", at))
        else:
            bars.append(
                Bar(
                    round(i * step, 2),
                    round(height - tall, 2),
                    round(step * (1 - gap), 2),
                    round(tall, 2),
                    kind,
                    at,
                )
            )
    return Bars(width, height, tuple(bars), label, first, last, str(wording.write(top)), tuple(under))


def shade(n: int, top: int) -> int:
    """0 for none, then 1 to 6 in equal steps of the largest count."""
    return 0 if n == 0 or top == 0 else min(SHADES, 1 + (n * SHADES - 1) // max(1, top))


def share(n: int | None, top: int) -> float | None:
    """Length of a bar in percent of the longest."""
    return None if n is None or top == 0 else round(n / top * 100, 1)


def _month(month: str, wording: Wording) -> str:
    return formats.month_words(month, wording.language)
