"""Charts with a band: weeks against what is usual for them, and a year against earlier years.

In go counts with the ends of their bands, out comes SVG text in the manner of `charts.py`. The band is the palest blue and
named where it lies; the line over it is what was counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from harborlight.charts import formats, layout
from harborlight.charts.plot import (
    ACCENT,
    BASE,
    INK,
    MISSING,
    NARROW,
    PALE,
    SOFT_INK,
    WIDE,
    Layer,
    Plot,
    Row,
    check_counts,
    draw_grid,
    draw_marks,
    room_on_top,
)  # fmt: skip

BAND = "#e1ecf5"
DOTTED: dict[str, Any] = {"strokeDash": [1, 4], "strokeCap": "round"}
LINE: dict[str, Any] = {"strokeWidth": 2, "strokeJoin": "round", "strokeCap": "round"}
Ends = tuple[float, float] | None
Mark = tuple[str, str]


def control_chart(
    weeks: Sequence[tuple[date, int | None, Ends]], *, title: str, unit: str, band: str, takeaway: str,
    provisional_from: date | None = None, breaks: Sequence[Mark] = (), interventions: Sequence[Mark] = (),
    narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return weekly counts as dots on a line over the band that is usual for each week; `weeks` are (Monday, count, band).

    A count outside its band is a ring with its number. Weeks that end after `provisional_from` are pale. `band` names the band.
    """
    check_counts(n for _, n, _ in weeks)
    total, count = NARROW if narrow else WIDE, max(1, len(weeks))
    values = [n for _, n, _ in weeks if n is not None]
    highest = max([*values, *(math.ceil(ends[1]) for _, _, ends in weeks if ends)], default=0)
    steps = layout.ticks(highest, 4 if narrow else 5)
    left = max(layout.text_width(formats.number(n, locale)) for n in steps) + 12
    width = total - left - 14
    first = weeks[0][0] if weeks else date(1900, 1, 1)
    marks: list[tuple[float, str, layout.Kind]] = [
        *((_week_place(day, first), text, "break") for day, text in breaks),
        *((_week_place(day, first), text, "intervention") for day, text in interventions),
    ]
    places = [((x + 0.5) / count * width, text, kind) for x, text, kind in marks if -0.5 <= x <= count - 0.5]
    labels = layout.place_labels(places, total - left - 4, line_width=150 if narrow else 210)
    has_tail = provisional_from is not None and any(
        n is not None and _is_late(start, provisional_from) for start, n, _ in weeks
    )
    plot = Plot(
        width=width, height=160 if narrow else 200, left=left, total=total, top=room_on_top(labels), bottom=60 + (20 if has_tail else 0),
        xs=(-0.5, count - 0.5), ys=(0, steps[-1]),
    )  # fmt: skip
    layers = [*_band_steps(plot, weeks), *draw_grid(plot, steps, unit, locale), *_week_gaps(plot, weeks), *draw_marks(plot, labels)]
    layers += [*_month_names(plot, [start for start, _, _ in weeks], locale), *_week_line(plot, weeks, provisional_from)]
    layers += [*_outside(plot, weeks, provisional_from, locale), *_key(plot, band, 46)]
    if has_tail and provisional_from:
        text = formats.phrase("provisional_day", locale, day=formats.day_words(provisional_from, locale))
        layers += _tail_key(plot, text, 66)
    if not values:
        layers.append(plot.note(formats.phrase("no_data", locale), width / 2, plot.height / 2, align="center"))
    return plot.render(layers, title, takeaway)


def season_chart(
    months: Sequence[tuple[int | None, int | None, Ends]], *, title: str, unit: str, year: str, before: str, band: str,
    takeaway: str, provisional_from: int | None = None, narrow: bool = False, locale: str = "en",
) -> str:  # fmt: skip
    """Return counts since January over the range of earlier years: twelve of (this year, the year before, range).

    `year` and `before` name the two lines, `band` the range. Months from number `provisional_from` on are dotted.
    """
    check_counts(n for pair in months for n in pair[:2])
    total = NARROW if narrow else WIDE
    now = [n for n, _, _ in months if n is not None]
    highest = max([*now, *(n or 0 for _, n, _ in months), *(round(ends[1]) for _, _, ends in months if ends)], default=0)
    steps = layout.ticks(highest, 4 if narrow else 5)
    left = max(layout.text_width(formats.number(n, locale)) for n in steps) + 12
    names = [f"{year}: {formats.number(now[-1], locale)}" if now else year, before]
    right = layout.text_width(before) + 14
    plot = Plot(
        width=total - left - right, height=180 if narrow else 230, left=left, total=total, top=30, bottom=50,
        xs=(0, 11), ys=(0, steps[-1]),
    )  # fmt: skip
    layers = [*_band_area(plot, months), *draw_grid(plot, steps, unit, locale), *_season_axis(plot, narrow, locale)]
    layers += _season_lines(plot, months, provisional_from)
    layers += [*_season_names(plot, months, names, steps[-1]), *_key(plot, band, 40)]
    return plot.render(layers, title, takeaway)


# ----------------------------------------------------------------------------------------------------- weeks


def _week_place(day: str | date, first: date) -> float:
    """Place of a day: a week (and its Monday) begins half a week before its point."""
    day = date.fromisoformat(day if len(day) > 7 else f"{day}-01") if isinstance(day, str) else day
    return (day - first).days / 7 - 0.5


def _is_late(start: date, provisional_from: date | None) -> bool:
    return provisional_from is not None and start + timedelta(days=6) >= provisional_from


def _band_steps(plot: Plot, weeks: Sequence[tuple[date, int | None, Ends]]) -> list[Layer]:
    # A little wider than a week, so that no hairline shows between two boxes.
    boxes = [{"x": i - 0.5, "x2": i + 0.53, "y": ends[0], "y2": ends[1]} for i, (_, _, ends) in enumerate(weeks) if ends]
    return [plot.layer(boxes, "rect", fill=BAND)] if boxes else []


def _week_gaps(plot: Plot, weeks: Sequence[tuple[date, int | None, Ends]]) -> list[Layer]:
    """Weeks without a number: grey, never a zero."""
    if not any(n is not None for _, n, _ in weeks):
        return []
    boxes = [
        {"x": i - 0.5, "x2": i + 0.5, "y": 0, "y2": plot.ys[1]} for i, (_, n, _) in enumerate(weeks) if n is None
    ]
    return [plot.layer(boxes, "rect", fill=MISSING)] if boxes else []


def _week_line(plot: Plot, weeks: Sequence[tuple[date, int | None, Ends]], edge: date | None) -> list[Layer]:
    settled: list[dict[str, Any]] = []
    tail: list[dict[str, Any]] = []
    group = 0
    for i, (start, n, _) in enumerate(weeks):
        if n is None:
            group += 1
            continue
        point = {"x": i, "y": n, "group": group}
        if _is_late(start, edge):
            if not tail and settled and settled[-1]["x"] == i - 1:
                tail.append(settled[-1])
            tail.append(point)
        else:
            settled.append(point)
    dots: dict[str, Any] = {"filled": True, "size": 14, "opacity": 1}
    late = [dot for dot in tail if dot not in settled]
    return [
        plot.layer(tail, "line", stroke=PALE, **LINE, strokeDash=[1, 4]),
        plot.layer(settled, "line", stroke=ACCENT, **{**LINE, "strokeWidth": 1.25}),
        plot.layer(settled, "point", fill=ACCENT, **dots),
        plot.layer(late, "point", fill=PALE, **dots),
    ]


def _outside(
    plot: Plot, weeks: Sequence[tuple[date, int | None, Ends]], edge: date | None, locale: str
) -> list[Layer]:
    """Rings around the weeks outside their band, each with its count."""
    found: list[Row] = []
    for i, (start, n, ends) in enumerate(weeks):
        if n is not None and ends and (n > ends[1] or (n < ends[0] and not _is_late(start, edge))):
            found.append({"x": i, "y": n, "text": formats.number(n, locale)})
    if not found:
        return []
    return [
        plot.layer(found, "point", filled=False, stroke=INK, strokeWidth=1.5, size=70, opacity=1),
        plot.text(found, dy=-13, fill=INK, fontWeight="bold"),
    ]


def _month_names(plot: Plot, starts: Sequence[date], locale: str) -> list[Layer]:
    """Month names under the weeks in which they begin, years on a second line."""
    firsts = [
        (i, start + timedelta(days=6)) for i, start in enumerate(starts) if (start + timedelta(days=6)).day <= 7
    ]
    room = max(1, int(plot.width // 44))
    step = next(step for step in (1, 2, 3, 6, 12) if -(-len(firsts) // step) <= room or step == 12)
    shown = [(i, day) for i, day in firsts if (day.month - 1) % step == 0]
    places = [(_week_place(day.replace(day=1), starts[0]), day) for _, day in shown]
    ticks = [{"x": x} for x, _ in places]
    names = [{"x": x, "text": formats.month_name(f"{day:%Y-%m}", locale)} for x, day in places]
    years = [
        {"x": x, "text": str(day.year)} for n, (x, day) in enumerate(places) if n == 0 or day.year != places[n - 1][1].year
    ]
    return [
        plot.layer(ticks, "rule", stroke=BASE, y_pixel=plot.height, y2_pixel=plot.height + 5),
        plot.text(names, y_pixel=plot.height + 15),
        plot.text(years, y_pixel=plot.height + 30),
    ]


# ---------------------------------------------------------------------------------------------------- season


def _band_area(plot: Plot, months: Sequence[tuple[int | None, int | None, Ends]]) -> list[Layer]:
    rows = [{"x": i, "y": ends[0], "y2": ends[1]} for i, (_, _, ends) in enumerate(months) if ends]
    return [plot.layer(rows, "area", fill=BAND, opacity=1)] if rows else []


def _season_axis(plot: Plot, narrow: bool, locale: str) -> list[Layer]:
    shown = range(0, 12, 3 if narrow else 1)
    names = [{"x": i, "text": formats.month_name(f"2001-{i + 1:02}", locale)} for i in shown]
    ticks = [{"x": i} for i in shown]
    return [
        plot.layer(ticks, "rule", stroke=BASE, y_pixel=plot.height, y2_pixel=plot.height + 5),
        plot.text(names, y_pixel=plot.height + 15),
    ]


def _season_lines(
    plot: Plot, months: Sequence[tuple[int | None, int | None, Ends]], edge: int | None
) -> list[Layer]:
    before = [{"x": i, "y": n} for i, (_, n, _) in enumerate(months) if n is not None]
    now = [{"x": i, "y": n} for i, (n, _, _) in enumerate(months) if n is not None]
    settled = [point for point in now if edge is None or point["x"] + 1 < edge]
    tail = now[max(0, len(settled) - 1) :] if len(settled) < len(now) else []
    return [
        plot.layer(before, "line", stroke=SOFT_INK, strokeWidth=1.25, strokeDash=[5, 3]),
        plot.layer(tail, "line", stroke=PALE, **{**LINE, **DOTTED, "strokeWidth": 2.5}),
        plot.layer(settled, "line", stroke=ACCENT, **{**LINE, "strokeWidth": 2.5}),
        plot.layer(now[-1:], "point", fill=PALE if tail else ACCENT, filled=True, size=40, opacity=1),
    ]


def _season_names(
    plot: Plot, months: Sequence[tuple[int | None, int | None, Ends]], names: Sequence[str], top: int
) -> list[Layer]:
    """This year's name below the end of its line, where neither line runs; the year before beside its own end."""
    now = [(i, n) for i, (n, _, _) in enumerate(months) if n is not None]
    layers = []
    if months and months[-1][1] is not None:
        layers.append(plot.text([{"x": 11, "y": months[-1][1], "text": names[1]}], align="left", dx=7, fill=SOFT_INK))
    if now:
        i, n = now[-1]
        room = plot.total - plot.left - i / 11 * plot.width - 8
        has_room = layout.text_width(names[0], 13) <= room
        place: dict[str, Any] = {"align": "left", "dx": 8, "dy": 14} if has_room else {"align": "right", "dx": 6, "dy": 24}
        row = {"x": i, "y": max(n, top * 0.12), "text": names[0]}
        layers.append(plot.text([row], fontSize=13, fontWeight="bold", fill=ACCENT, **place))
    return layers


# ------------------------------------------------------------------------------------------------------ keys


def _key(plot: Plot, text: str, below: float) -> list[Layer]:
    """A box of the band's colour and what it is, under the axis."""
    y = plot.height + below
    box = {"x_pixel": 4 - plot.left, "x2_pixel": 22 - plot.left, "y_pixel": y - 6, "y2_pixel": y + 6}
    return [plot.layer([{}], "rect", fill=BAND, stroke=PALE, strokeWidth=0.5, **box), plot.note(text, 28 - plot.left, y)]


def _tail_key(plot: Plot, text: str, below: float) -> list[Layer]:
    y = plot.height + below
    place = {"x_pixel": 4 - plot.left, "x2_pixel": 22 - plot.left, "y_pixel": y}
    return [plot.layer([{}], "rule", stroke=PALE, strokeWidth=2, **DOTTED, **place), plot.note(text, 28 - plot.left, y)]
