"""The charts of the site: numbers in, SVG text out.

In go rows of labels and counts with a title, unit and takeaway; out comes an SVG 680 or 328 pixels wide that
can be read by itself, by a screen reader too. No legend is needed: series, gaps, breaks and provisional
months are labelled where they are. Charts are made when a release is published, never by a process that
serves pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harborlight.charts import formats, layout, trend
from harborlight.charts.plot import (
    ABSENT,
    ACCENT,
    BASE,
    GRID,
    HEAT,
    INK,
    MISSING,
    NARROW,
    OUTLINE,
    PALE,
    SOFT_INK,
    UPRIGHT_WORD,
    WIDE,
    Layer,
    Plot,
    Row,
    check_counts,
    draw_grid,
    draw_marks,
    room_on_top,
)


def trend_chart(
    months: Sequence[tuple[str, int | None]], *, title: str, unit: str, takeaway: str,
    provisional_from: str | None = None, breaks: Sequence[tuple[str, str]] = (),
    interventions: Sequence[tuple[str, str]] = (), missing: Sequence[tuple[str, str, str]] = (),
    expected: Sequence[tuple[str, int, int]] = (), gap: str = "missing", narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return counts by month as a line. `gap` names the phrase that stands where there is no count.

    `months` are (`YYYY-MM`, count) in order without holes; a count of None is a gap, never a zero. `breaks`
    and `interventions` are (`YYYY-MM` or a full date, short label), `missing` (first month, last month,
    reason). Months from `provisional_from` on are pale and dashed. `expected` are (month, low, high): where a recent count may end.
    """
    series = trend.Series.of(months, provisional_from, breaks, interventions, missing, expected)
    description = trend.describe(series, takeaway, locale)
    values = [n for _, n in months if n is not None]
    steps = layout.ticks(max([*values, *(high for _, _, high in series.expected)], default=0), 4 if narrow else 5)
    total = NARROW if narrow else WIDE
    left = max(layout.text_width(formats.number(n, locale)) for n in steps) + 12
    right = max((layout.text_width(formats.number(n, locale), 13) for n in values[-1:]), default=0) + 12
    width = total - left - right
    count = max(1, len(months))
    word = formats.phrase(gap, locale)
    narrow_gaps = [gap for gap in series.gaps if (gap[1] - gap[0] + 1) * width / count < UPRIGHT_WORD]
    marks = [*series.marks, *(((a + b) / 2, word, "gap") for a, b in narrow_gaps)]
    places = [((x + 0.5) / count * width, text, kind) for x, text, kind in marks]
    labels = layout.place_labels(places, total - left - 4, line_width=150 if narrow else 210)
    axis = trend.axis_labels(series, width, locale)
    plot = Plot(
        width=width, height=170 if narrow else 230, left=left, total=total, top=room_on_top(labels),
        bottom=24 + (16 if axis.has_years_below else 0) + (20 if series.has_provisional else 0) + (20 if series.expected else 0),
        xs=(-0.5, count - 0.5), ys=(0, steps[-1]),
    )  # fmt: skip
    layers = [*draw_grid(plot, steps, unit, locale), *_gaps(plot, series, word), *draw_marks(plot, labels)]
    layers += [*_time_axis(plot, axis), *_draw_expected(plot, series, locale), *_draw_line(plot, series), *_last_value(plot, series, locale)]
    layers += _provisional_note(plot, series, locale)
    if not months:
        layers.append(plot.note(formats.phrase("no_data", locale), width / 2, plot.height / 2, align="center"))
    return plot.render(layers, title, description)


def _gaps(plot: Plot, series: trend.Series, word: str) -> list[Layer]:
    """Grey bands where there are no numbers, with the word across, or up where the band is narrow."""
    if not series.gaps:
        return []
    bands = [{"x": a - 0.5, "x2": b + 0.5, "y": 0, "y2": plot.ys[1]} for a, b in series.gaps]
    layers = [plot.layer(bands, "rect", fill=MISSING)]
    step = plot.width / (plot.xs[1] - plot.xs[0])
    for a, b in series.gaps:
        space = (b - a + 1) * step
        place = [{"x": (a + b) / 2, "y": plot.ys[1] / 2, "text": word}]
        if space >= UPRIGHT_WORD:
            layers.append(plot.text(place, angle=0 if space >= layout.text_width(word) + 6 else 270))
    return layers


def _time_axis(plot: Plot, axis: trend.Axis) -> list[Layer]:
    ticks = [{"x": x} for x in axis.ticks]
    texts = [{"x": x, "text": text} for x, text in axis.labels]
    years = [{"x": x, "text": text} for x, text in axis.years_below]
    return [
        plot.layer(ticks, "rule", stroke=BASE, y_pixel=plot.height, y2_pixel=plot.height + 5),
        plot.text(texts, y_pixel=plot.height + 15),
        plot.text(years, y_pixel=plot.height + 31),
    ]


def _draw_line(plot: Plot, series: trend.Series) -> list[Layer]:
    """Draw the settled line, the provisional tail, and dots for months that stand alone between gaps."""
    settled, tail = series.segments()
    alone = series.alone()
    dots: dict[str, Any] = {"filled": True, "size": 36, "opacity": 1}
    stroke: dict[str, Any] = {"strokeWidth": 2, "strokeJoin": "round", "strokeCap": "round"}
    return [
        plot.layer(tail, "line", stroke=PALE, **{**stroke, "strokeDash": [1, 4]}),
        plot.layer(settled, "line", stroke=ACCENT, **stroke),
        plot.layer([dot for dot in alone if not dot["late"]], "point", fill=ACCENT, **dots),
        plot.layer([dot for dot in alone if dot["late"]], "point", fill=PALE, **dots),
    ]


def _last_value(plot: Plot, series: trend.Series, locale: str) -> list[Layer]:
    """The number of the last month, beside the end of the line."""
    last = series.last()
    if last is None:
        return []
    value = {**last, "text": formats.number(last["y"], locale)}
    return [plot.text([value], align="left", dx=7, fontSize=13, fontWeight="bold", fill=ACCENT)]


def _draw_expected(plot: Plot, series: trend.Series, locale: str) -> list[Layer]:
    """A bar with ends from the lowest to the highest final count of each recent month, and what it means under the axis."""
    if not series.expected:
        return []
    reach = 3 / plot.width * (plot.xs[1] - plot.xs[0])
    bars = [{"x": i, "y": low, "y2": high} for i, low, high in series.expected]
    ends = [{"x": i - reach, "x2": i + reach, "y": n} for i, low, high in series.expected for n in (low, high)]
    text = formats.phrase("expected", locale)
    start, y = plot.width - layout.text_width(text) - 4, plot.height + plot.bottom - (30 if series.has_provisional else 10)
    stroke: dict[str, Any] = {"stroke": SOFT_INK, "strokeWidth": 1.5}
    sample = plot.layer([{}], "rule", **stroke, x_pixel=start - 16, y_pixel=y - 6, y2_pixel=y + 6)
    caps = [plot.layer([{}], "rule", **stroke, x_pixel=start - 19, x2_pixel=start - 13, y_pixel=y + at) for at in (-6, 6)]
    return [plot.layer(bars, "rule", **stroke), plot.layer(ends, "rule", **stroke), sample, *caps, plot.note(text, start, y)]


def _provisional_note(plot: Plot, series: trend.Series, locale: str) -> list[Layer]:
    """A sample of the dashed line and what it means, under the axis."""
    if not series.has_provisional or series.provisional_from is None:
        return []
    month = formats.month_words(series.provisional_from, locale)
    text = formats.phrase("provisional", locale, month=month)
    start = plot.width - layout.text_width(text) - 4
    y = plot.height + plot.bottom - 10
    sample: dict[str, Any] = {"strokeWidth": 2, "strokeDash": [1, 4], "strokeCap": "round"}
    place = {"x_pixel": start - 26, "x2_pixel": start - 6, "y_pixel": y}
    return [plot.layer([{}], "rule", stroke=PALE, **sample, **place), plot.note(text, start, y)]


def bar_chart(
    rows: Sequence[tuple[str, int | None]], *, title: str, unit: str, takeaway: str,
    narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return one horizontal bar for each row, in the order given, with its number; None is "not shown".

    The label stands before the bar, in the narrow chart above it.
    """
    check_counts(n for _, n in rows)
    total, high = NARROW if narrow else WIDE, max((n or 0 for _, n in rows), default=0)
    lines = [layout.wrap(label, total - 16 if narrow else 220) for label, _ in rows]
    label_width = max((layout.text_width(line) for each in lines for line in each), default=0)
    left = 4 if narrow else label_width + 12
    right = layout.text_width(formats.number(high, locale), 13) + 12
    rows_high = [_bar_row(len(each), narrow) for each in lines]
    plot = Plot(
        width=total - left - right, height=sum(rows_high) or 24, left=left, top=30, bottom=6, total=total,
        xs=(0, max(1, high)), ys=(sum(rows_high) or 24, 0),
    )  # fmt: skip
    bars, numbers, absent, labels, top = [], [], [], [], 0.0
    for (_, n), text, row_high in zip(rows, lines, rows_high, strict=True):
        depth = len(text) * layout.LINE_HEIGHT
        start = top + depth + 1 if narrow else top + (row_high - 16) / 2
        first = top + 7 if narrow else top + (row_high - depth) / 2 + 8
        if n is None:
            absent.append({"x": 0, "y": start + 8, "text": formats.phrase("not_shown", locale)})
        else:
            bars.append({"x": 0, "x2": n, "y": start, "y2": start + 16})
            numbers.append({"x": n, "y": start + 8, "text": formats.number(n, locale)})
        labels += [{"y": first + k * layout.LINE_HEIGHT, "text": line} for k, line in enumerate(text)]
        top += row_high
    layers = [
        plot.note(unit, 4 - left, -18, fill=INK),
        plot.layer(bars, "rect", fill=ACCENT),
        plot.text(labels, x_pixel=0 if narrow else -8, align="left" if narrow else "right", fill=INK),
        plot.text(numbers, align="left", dx=6, fontSize=13, fontWeight="bold", fill=INK),
        plot.text(absent, align="left", dx=6),
    ]
    if not narrow and rows:
        layers.append(plot.layer([{"x": 0, "y": plot.ys[0], "y2": 0}], "rule", stroke=BASE))
    if not rows:
        layers.append(plot.note(formats.phrase("no_data", locale), 4, 12))
    return plot.render(layers, title, takeaway)


def _bar_row(lines: int, narrow: bool) -> float:
    """Height of a bar's row: the bar beside its label, or under it in the narrow chart."""
    return lines * layout.LINE_HEIGHT + 28 if narrow else max(26, lines * layout.LINE_HEIGHT + 8)


def year_chart(
    years: Sequence[tuple[int, int | None]], *, title: str, unit: str, takeaway: str, part_year: int | None =
    None, breaks: Sequence[tuple[int, str]] = (), narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return one upright bar for each year, with its number where there is room for all of them.

    `part_year` is not over: its bar is pale. A break is a line before the first year of the new way of
    counting.
    """
    check_counts(n for _, n in years)
    total, count = NARROW if narrow else WIDE, max(1, len(years))
    values = [n for _, n in years if n is not None]
    steps = layout.ticks(max(values, default=0), 4 if narrow else 5)
    widest = max((layout.text_width(formats.number(n, locale)) for n in (*values, steps[-1])), default=0)
    has_numbers = (total - 12) / count >= widest + 2
    left = 6 if has_numbers else widest + 8
    width = total - left - 6
    first = years[0][0] if years else 0
    places: list[tuple[float, str, layout.Kind]] = [
        ((year - first) / count * width, text, "break") for year, text in breaks if first < year < first + count
    ]
    labels = layout.place_labels(places, total - left - 4, line_width=150 if narrow else 210)
    plot = Plot(
        width=width, height=150 if narrow else 200, left=left, top=room_on_top(labels) + (6 if has_numbers
        else 0), bottom=44 if part_year is not None else 24, total=total, xs=(-0.5, count - 0.5), ys=(0,
        max([1, *values]) if has_numbers else steps[-1]),
    )  # fmt: skip
    layers = draw_grid(plot, [0] if has_numbers else steps, "" if has_numbers else unit, locale)
    layers = [plot.note(unit, 4 - left, 12 - plot.top, fill=INK), *(layers[1:2] if has_numbers else layers)]
    layers += [*draw_marks(plot, labels), *_year_bars(plot, years, part_year, has_numbers, locale)]
    if not values:
        layers.append(plot.note(formats.phrase("no_data", locale), width / 2, plot.height / 2, align="center"))
    return plot.render(layers, title, takeaway)


def _year_bars(
    plot: Plot, years: Sequence[tuple[int, int | None]], part_year: int | None, has_numbers: bool, locale: str
) -> list[Layer]:
    def bar(i: int, n: int) -> Row:
        return {"x": i - 0.37, "x2": i + 0.37, "y": 0, "y2": n}

    known = [(i, year, n) for i, (year, n) in enumerate(years) if n is not None]
    step = layout.year_step(len(years), plot.width)
    names = [{"x": i, "text": str(year)} for i, (year, _) in enumerate(years) if year % step == 0 or step == 1]
    holes: list[dict[str, Any]] = [
        {"x": i, "y": plot.ys[1] / 2, "text": formats.phrase("missing", locale)}
        for i, (_, n) in enumerate(years) if n is None and known
    ]  # fmt: skip
    gaps = [{"x": hole["x"] - 0.5, "x2": hole["x"] + 0.5, "y": 0, "y2": plot.ys[1]} for hole in holes]
    layers = [
        plot.layer(gaps, "rect", fill=MISSING),
        plot.text(holes, angle=270),
        plot.layer([bar(i, n) for i, year, n in known if year != part_year], "rect", fill=ACCENT),
        plot.layer([bar(i, n) for i, year, n in known if year == part_year], "rect", fill=PALE),
        plot.text(names, y_pixel=plot.height + 14),
    ]
    if has_numbers:
        numbers = [{"x": i, "y": n, "text": formats.number(n, locale)} for i, _, n in known]
        layers.append(plot.text(numbers, dy=-9, fill=INK))
    if part_year is not None:
        note = formats.phrase("part_year", locale, year=part_year)
        layers.append(plot.note(note, plot.width, plot.height + 34, align="right"))
    return layers


def heat_map(
    cells: Sequence[tuple[int, int, int | None]], *, title: str, unit: str, takeaway: str,
    narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return counts by weekday (1 is Monday) and hour (0-23), darker for more.

    A cell that is not given, or None, is an empty box, named "not shown": it is no zero.
    """
    counts = {(weekday, hour): n for weekday, hour, n in cells}
    if len(counts) != len(cells) or any(not (1 <= day <= 7 and 0 <= hour <= 23) for day, hour in counts):
        raise ValueError("cells are (weekday 1-7, hour 0-23, count), each pair once")
    check_counts(counts.values())
    steps = layout.shade_steps(max((n or 0 for n in counts.values()), default=0), len(HEAT))
    names = [formats.weekday_words(day, locale, "short") for day in range(1, 8)]
    total, left = NARROW if narrow else WIDE, max(layout.text_width(name) for name in names) + 14
    has_absent = sum(n is not None for n in counts.values()) < 7 * 24
    plot = Plot(
        width=total - left - 8,
        height=7 * 23,
        left=left,
        top=50,
        bottom=52 + (22 if has_absent else 0),
        total=total,
        xs=(0, 24),
        ys=(7, 0),
    )
    groups: dict[str, list[Row]] = {}
    for day in range(7):
        for hour in range(24):
            box = {"x": hour, "x2": hour + 1, "y": day, "y2": day + 1}
            groups.setdefault(_shade(counts.get((day + 1, hour)), steps), []).append(box)
    absent = groups.pop(ABSENT, [])
    layers = [plot.layer(groups[fill], "rect", fill=fill, stroke="#ffffff") for fill in sorted(groups)]
    layers.append(plot.layer(absent, "rect", fill=ABSENT, stroke=OUTLINE, strokeWidth=0.75))
    layers += [
        plot.note(unit, 4 - left, -38, fill=INK),
        plot.text([{"y": i + 0.5, "text": name} for i, name in enumerate(names)], align="right", x_pixel=-6),
        plot.text(
            [{"x": hour, "text": formats.hour_words(hour, locale)} for hour in (0, 6, 12, 18)],
            align="left", y_pixel=-10,
        ),
        *_shade_key(plot, steps, has_absent, locale),
    ]  # fmt: skip
    return plot.render(layers, title, takeaway)


def _shade(n: int | None, steps: Sequence[int]) -> str:
    if n is None:
        return ABSENT
    return HEAT[n // steps[1]]


def _shade_key(plot: Plot, steps: Sequence[int], has_absent: bool, locale: str) -> list[Layer]:
    """A strip of the shades with the numbers at their edges."""
    size = max(34, layout.text_width(formats.number(steps[-1], locale)) + 8)
    top = plot.height + 14
    layers = []
    for i, fill in enumerate(HEAT[: len(steps) - 1]):
        box = {"x_pixel": i * size, "x2_pixel": (i + 1) * size, "y_pixel": top, "y2_pixel": top + 12}
        layers.append(plot.layer([{}], "rect", fill=fill, stroke=OUTLINE, strokeWidth=0.5, **box))
    for i, n in enumerate(steps):
        layers.append(plot.note(formats.number(n, locale), i * size, top + 23, align="center"))
    if has_absent:
        box = {"x_pixel": 0, "x2_pixel": 12, "y_pixel": top + 38, "y2_pixel": top + 50}
        layers.append(plot.layer([{}], "rect", fill=ABSENT, stroke=OUTLINE, strokeWidth=0.75, **box))
        layers.append(plot.note(formats.phrase("not_shown", locale), 18, top + 44))
    return layers


def spark_chart(
    months: Sequence[tuple[str, int | None]], *, title: str, takeaway: str,
    provisional_from: str | None = None, locale: str = "en",
) -> str:  # fmt: skip
    """Return the line alone, 160 by 40 pixels, for a card that gives the numbers beside it."""
    series = trend.Series.of(months, provisional_from, (), (), ())
    highest = max((n for _, n in months if n is not None), default=0)
    plot = Plot(
        width=152, height=32, left=4, top=4, bottom=4, total=160,
        xs=(-0.5, max(1, len(months)) - 0.5), ys=(0, max(1, highest)),
    )  # fmt: skip
    base = plot.layer([{"x": plot.xs[0], "x2": plot.xs[1], "y": 0}], "rule", stroke=GRID)
    return plot.render([base, *_draw_line(plot, series)], title, trend.describe(series, takeaway, locale))
