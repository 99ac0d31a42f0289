"""One small chart for each group, side by side on one scale: the same years, so that groups can be compared by eye.

In go labels of periods and a count for each group and period, out comes SVG text in the manner of `charts.py`. The groups keep
the order that they are given in; a period without a number is a grey space, never a zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from harborlight.charts import formats, layout
from harborlight.charts.plot import ACCENT, BASE, INK, MISSING, NARROW, WIDE, Layer, Plot, Row, check_counts

COLUMNS, NARROW_COLUMNS = 4, 2
SPACE, EDGE = 20, 4  # pixels between two panels, and at the edges of the picture
BARS, NUMBER, AXIS = 64, 18, 20  # pixels: the highest bar, the number over it, the periods under it
Panel = tuple[str, Sequence[int | None]]


def panel_chart(
    panels: Sequence[Panel], periods: Sequence[str], *, title: str, unit: str, takeaway: str, narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return a small column chart for each group (label, one count for each of `periods`), its first and last number written.

    All numbers are written where there is room. Raises ValueError where a group has more or fewer counts than there are periods.
    """
    if any(len(counts) != len(periods) for _, counts in panels):
        raise ValueError("each group has one count for each period")
    check_counts(n for _, counts in panels for n in counts)
    total, across = (NARROW, NARROW_COLUMNS) if narrow else (WIDE, COLUMNS)
    across = max(1, min(across, len(panels)))
    width = (total - 2 * EDGE - (across - 1) * SPACE) / (NARROW_COLUMNS if narrow else COLUMNS)
    if across < (NARROW_COLUMNS if narrow else COLUMNS):
        width = min((total - 2 * EDGE - (across - 1) * SPACE) / across, 2 * width)
    top = max((n for _, counts in panels for n in counts if n is not None), default=0)
    rows = [panels[i : i + across] for i in range(0, len(panels), across)]
    heads = [max(len(layout.wrap(label, width, 2)) for label, _ in row) * layout.LINE_HEIGHT for row in rows]
    height = sum(heads) + len(rows) * (NUMBER + BARS + AXIS + 12)
    plot = Plot(
        width=total - 2 * EDGE, height=height or 24, left=EDGE, top=30, bottom=4, total=total, xs=(0, total - 2 * EDGE), ys=(height or 24, 0),
    )  # fmt: skip
    layers, y = [plot.note(unit, 0, -18, fill=INK)], 0.0
    for row, head in zip(rows, heads, strict=True):
        for column, panel in enumerate(row):
            layers += _draw(plot, panel, periods, (column * (width + SPACE), y, width, head), max(1, top), locale)
        y += head + NUMBER + BARS + AXIS + 12
    if not panels:
        layers.append(plot.note(formats.phrase("no_data", locale), 4, 12))
    return plot.render(layers, title, takeaway)


def _draw(plot: Plot, panel: Panel, periods: Sequence[str], place: tuple[float, float, float, float], top: int, locale: str) -> list[Layer]:
    """One panel at (left, top, width, height of its label)."""
    left, y, width, head = place
    label, counts = panel
    base, step = y + head + NUMBER + BARS, width / max(1, len(periods))
    known = [(i, n) for i, n in enumerate(counts) if n is not None]
    bars: list[Row] = [
        {"x": left + i * step + step * 0.12, "x2": left + (i + 1) * step - step * 0.12, "y": base - n / top * BARS, "y2": base} for i, n in known
    ]
    gaps: list[Row] = [
        {"x": left + i * step, "x2": left + (i + 1) * step, "y": base - BARS, "y2": base} for i, n in enumerate(counts) if n is None
    ]
    widest = max((layout.text_width(formats.number(n, locale)) for _, n in known), default=0)
    said = known if widest + 2 <= step else [pair for i, pair in enumerate(known) if i in (0, len(known) - 1)]
    numbers = [
        {"x": _inside(left + (i + 0.5) * step, layout.text_width(formats.number(n, locale)), left, left + width),
         "y": base - n / top * BARS - 9, "text": formats.number(n, locale)}
        for i, n in said
    ]  # fmt: skip
    return [
        *(plot.note(line, left, y + 7 + i * layout.LINE_HEIGHT, fill=INK, fontWeight="bold") for i, line in enumerate(layout.wrap(label, width, 2))),
        plot.layer(gaps, "rect", fill=MISSING),
        plot.layer(bars, "rect", fill=ACCENT),
        plot.text(numbers, fill=INK),
        plot.layer([{"x": left, "x2": left + width, "y": base}], "rule", stroke=BASE),
        plot.note(periods[0] if periods else "", left, base + 13),
        plot.note(periods[-1] if len(periods) > 1 else "", left + width, base + 13, align="right"),
    ]


def _inside(x: float, width: float, left: float, right: float) -> float:
    """The middle of a text so that it stays between two edges."""
    return min(max(x, left + width / 2), right - width / 2)
