"""One chart's drawing surface: rows of marks in, SVG out.

In go rows with places in data values or pixels, out come the layers of a Vega-Lite specification and, from
them, the finished SVG. The specification is written as plain data, since Altair's objects take ten times as
long to build as the chart takes to draw; this is the only module that loads the renderer, so a page server
never imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import vl_convert

from harborlight.charts import formats, layout, svg

INK, SOFT_INK, GRID, BASE = "#1b1b1b", "#565c65", "#e3e6e8", "#71767a"
# Okabe and Ito's order (2008), blue first; PALE is the blue at the lightest that still has 3:1 on white.
ACCENT, PALE, MISSING = "#0072b2", "#5c9dc9", "#eceeef"
ABSENT, OUTLINE = "#ffffff", "#c6cace"
HEAT = ("#e9f1f8", "#cfe1ef", "#93bfdd", "#4a90c2", "#0b5688")
WIDE, NARROW = 680, 328
UPRIGHT_WORD = 18
MARK_STYLES: dict[layout.Kind, dict[str, Any]] = {
    "break": {"stroke": INK},
    "intervention": {"stroke": BASE, "strokeDash": [2, 3]},
    "gap": {"stroke": OUTLINE},
}
PLACES = ("x", "x2", "y", "y2")
Row = Mapping[str, Any]
Layer = dict[str, Any]


@dataclass(frozen=True)
class Plot:
    """The plot's place in the picture, in pixels, and the data values at its edges."""

    width: float
    height: float
    left: float
    top: float
    bottom: float
    total: int
    xs: tuple[float, float]
    ys: tuple[float, float]

    def layer(self, rows: Sequence[Row], mark: str, **options: Any) -> Layer:
        """Draw `rows` with keys x, y (and x2, y2, text, group where given) in data values.

        A fixed place in pixels is given as `x_pixel`, `x2_pixel`, `y_pixel`, `y2_pixel`.
        """
        pixels = {name: options.pop(f"{name}_pixel") for name in PLACES if f"{name}_pixel" in options}
        channels: dict[str, Any] = {}
        for name in PLACES:
            if name in pixels:
                channels[name] = {"value": pixels[name]}
            elif name in ("x", "y"):
                domain = list(self.xs if name == "x" else self.ys)
                scale = {"domain": domain, "nice": False, "zero": False}
                channels[name] = {"field": name, "type": "quantitative", "scale": scale, "axis": None}
            elif rows and name in rows[0]:
                channels[name] = {"field": name}
        if mark == "text":
            channels["text"] = {"field": "text", "type": "nominal"}
        if rows and "group" in rows[0]:
            channels["detail"] = {"field": "group", "type": "nominal"}
        data = {"values": [dict(row) for row in rows]}
        return {"data": data, "mark": {"type": mark, **options}, "encoding": channels}

    def text(self, rows: Sequence[Row], **options: Any) -> Layer:
        """Draw texts, 12 pixels high unless told otherwise."""
        style = {"fontSize": layout.FONT_SIZE, "fill": SOFT_INK, "align": "center", "baseline": "middle"}
        return self.layer(rows, "text", **{**style, **options})

    def note(self, text: str, x: float, y: float, **options: Any) -> Layer:
        """Draw one text at a place in pixels from the plot's upper left corner."""
        return self.text([{"text": text}], x_pixel=x, y_pixel=y, **{"align": "left", **options})

    def render(self, layers: Sequence[Layer], title: str, description: str) -> str:
        """Draw the layers, first at the back, and finish the SVG."""
        padding = {
            "left": self.left,
            "right": self.total - self.left - self.width,
            "top": self.top,
            "bottom": self.bottom,
        }
        spec = {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "layer": list(layers), "width": self.width, "height": self.height, "padding": padding,
            "autosize": {"type": "none"}, "background": "#ffffff",
            "config": {"aria": False, "font": "sans-serif", "view": {"stroke": None}},
        }  # fmt: skip
        return svg.finish(vl_convert.vegalite_to_svg(spec), title, description)


def check_counts(counts: Iterable[int | None]) -> None:
    """Raise ValueError if a count is negative; None (no number) is allowed."""
    for n in counts:
        if n is not None and n < 0:
            raise ValueError(f"a count may not be negative: {n}")


def room_on_top(labels: Sequence[layout.Label]) -> float:
    """Return the height over the plot that the unit and the labels take."""
    return 30 + max((label.end_row for label in labels), default=0) * layout.LINE_HEIGHT


def draw_grid(plot: Plot, steps: Sequence[int], unit: str, locale: str) -> list[Layer]:
    """Horizontal lines with their values, the base line, and the unit over the axis."""
    x, x2 = plot.xs
    lines = [{"x": x, "x2": x2, "y": n} for n in steps[1:]]
    texts = [{"y": n, "text": formats.number(n, locale)} for n in steps]
    return [
        plot.layer(lines, "rule", stroke=GRID, strokeWidth=1),
        plot.layer([{"x": x, "x2": x2, "y": 0}], "rule", stroke=BASE, strokeWidth=1),
        plot.text(texts, align="right", x_pixel=-7),
        plot.note(unit, 4 - plot.left, 12 - plot.top, fill=INK),
    ]


def draw_marks(plot: Plot, labels: Sequence[layout.Label]) -> list[Layer]:
    """Breaks as solid lines, interventions dashed, narrow gaps as a stem; each with its label on top."""
    lines, boxes, texts = [], [], []
    for label in labels:
        top = (label.row + 0.5) * layout.LINE_HEIGHT + 20 - plot.top
        rule = MARK_STYLES[label.kind]
        end = 0 if label.kind == "gap" else plot.height
        x = plot.xs[0] + label.x / plot.width * (plot.xs[1] - plot.xs[0])
        line = [{"x": x}]
        lines.append(plot.layer(line, "rule", strokeWidth=1, y_pixel=top - 6, y2_pixel=end, **rule))
        box = {"x_pixel": label.left - 2, "x2_pixel": label.right, "y_pixel": top - 8}
        depth = len(label.lines) * layout.LINE_HEIGHT
        boxes.append(plot.layer([{}], "rect", fill="#ffffff", y2_pixel=top - 8 + depth, **box))
        for i, text in enumerate(label.lines):
            place = label.left if label.align == "left" else label.right
            y = top + i * layout.LINE_HEIGHT
            texts.append(plot.note(text, place, y, align=label.align, fill=INK))
    return lines + boxes + texts
