"""How cases end over time: one line for each possible end, with the number still waiting under the axis.

In go shares by month for each end, out comes SVG text in the manner of `charts.py`. Lines are named where they end; what all of
them leave to 100 percent is still waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harborlight.charts import formats, layout
from harborlight.charts.plot import BASE, INK, NARROW, WIDE, Layer, Plot, Row, draw_grid

# Okabe and Ito's blue, bluish green and vermilion, dark enough on white, each with its own dash.
COLORS = ("#0072b2", "#00785a", "#b34700", "#7a4b76")
DASHES: tuple[list[int], ...] = ([], [6, 3], [2, 3], [8, 3, 2, 3])
STEPS = (0, 25, 50, 75, 100)
RIGHT, NARROW_RIGHT = 160, 112
BOLD = 1.12  # wider than what is measured
Curve = tuple[str, Sequence[float]]


def incidence_chart(
    curves: Sequence[Curve], at_risk: Sequence[int], *, title: str, unit: str, waiting: str, months: str, takeaway: str,
    narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return one line for each (label, share 0 to 1 by month 0, 1, 2, ...), and how many were still waiting under some months.

    `waiting` names those numbers, `months` the axis. Raises ValueError for curves of another length than `at_risk`.
    """
    if not curves or len(curves) > len(COLORS) or any(len(shares) != len(at_risk) for _, shares in curves):
        raise ValueError("each of one to four curves has one share for each month")
    total, right = (NARROW, NARROW_RIGHT) if narrow else (WIDE, RIGHT)
    left = 40
    width, last = total - left - right, max(1, len(at_risk) - 1)
    plot = Plot(
        width=width, height=180 if narrow else 230, left=left, total=total, top=30, bottom=82, xs=(0, last), ys=(0, 100),
    )  # fmt: skip
    layers = draw_grid(plot, STEPS, unit, locale)
    for i, (_, shares) in enumerate(curves):
        rows: list[Row] = [{"x": month, "y": share * 100} for month, share in enumerate(shares)]
        stroke: dict[str, Any] = {"stroke": COLORS[i], "strokeWidth": 2, "interpolate": "step-after"}
        layers.append(plot.layer(rows, "line", **stroke, **({"strokeDash": DASHES[i]} if DASHES[i] else {})))
    layers += [*_names(plot, curves, right - 12, locale), *_axis(plot, at_risk, waiting, months, locale)]
    return plot.render(layers, title, takeaway)


def _names(plot: Plot, curves: Sequence[Curve], room: float, locale: str) -> list[Layer]:
    """Each line's name and last share at its end, moved apart where they would touch."""
    placed: list[tuple[float, int, tuple[str, ...]]] = []
    for i, (label, shares) in enumerate(curves):
        lines = layout.wrap(f"{label} {formats.percent(shares[-1], 0, locale)}", room / BOLD, 4)
        placed.append((plot.height * (1 - shares[-1]), i, lines))
    placed.sort()
    tops: list[float] = []
    for y, _, lines in placed:
        least = tops[-1] if tops else -8.0
        start = max(y - len(lines) * layout.LINE_HEIGHT / 2, least)
        tops.append(start + len(lines) * layout.LINE_HEIGHT + 3)
    shift = max(0.0, (tops[-1] if tops else 0) - plot.height - 8)
    layers = []
    for (_, i, lines), end in zip(placed, tops, strict=True):
        start = end - 3 - len(lines) * layout.LINE_HEIGHT - shift
        for k, line in enumerate(lines):
            place = {"fill": COLORS[i], "fontWeight": "bold"}
            layers.append(plot.note(line, plot.width + 8, start + (k + 0.5) * layout.LINE_HEIGHT, **place))
    return layers


def _axis(plot: Plot, at_risk: Sequence[int], waiting: str, months: str, locale: str) -> list[Layer]:
    """Months, what they are, and how many were still waiting at the start of each that is named."""
    last = len(at_risk) - 1
    widest = max(layout.text_width(formats.number(n, locale)) for n in at_risk) + 10
    step = next(s for s in (1, 2, 3, 6, 12, 24, 48, 96) if (last / s) * widest <= plot.width or s == 96)
    shown = range(0, last + 1, step)
    ticks = [{"x": m} for m in shown]
    names = [{"x": m, "text": str(m)} for m in shown]
    numbers = [{"x": m, "text": formats.number(at_risk[m], locale)} for m in shown]
    return [
        plot.layer(ticks, "rule", stroke=BASE, y_pixel=plot.height, y2_pixel=plot.height + 5),
        plot.text(names, y_pixel=plot.height + 15),
        plot.note(months, 4 - plot.left, plot.height + 33),
        plot.note(waiting, 4 - plot.left, plot.height + 54, fill=INK),
        plot.text(numbers, y_pixel=plot.height + 71, fill=INK),
    ]
