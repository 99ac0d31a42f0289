"""The way of one cohort as bands whose thickness is a count: from all of them, stage by stage, to where each one stopped.

In go stages with what stopped after each, out comes SVG text. It is put together here and not by the chart library, so that a page
server may draw it for any question; the bands of a stage are always together as thick as the stage itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from harborlight.charts import formats, layout, svg

WIDTH, NODE, LEFT, LABELS = 680, 12, 4, 214  # pixels: the picture, a bar, its left edge, room for the last labels
WHOLE = 250  # pixels: the thickness of all together
GAP, BESIDE = 10, 7  # pixels between two bars of a column, and between a bar and its label
ROW, BOLD = layout.LINE_HEIGHT, 1.12  # bold text is wider than what is measured
INK, STAGE = "#1b1b1b", "#565c65"
EDGE = f'stroke="{STAGE}" stroke-opacity="0.4" stroke-width="0.5"'


@dataclass(frozen=True)
class End:
    """Where some of them stopped."""

    label: str
    n: int
    color: str


@dataclass(frozen=True)
class Stage:
    """A stage of the way and those that stopped after it; all others went on to the next stage."""

    label: str
    ends: tuple[End, ...]


@dataclass(frozen=True)
class _Bar:
    column: int
    y: float
    text: float  # upper edge of the label
    n: int
    color: str
    lines: tuple[str, ...]
    is_stage: bool


def way_chart(stages: Sequence[Stage], *, title: str, takeaway: str, locale: str = "en") -> str:
    """Return the way as SVG: stages on top from left to right, ends under them, each named with its count.

    Stages that nobody reached and ends where nobody stopped are left out. Raises ValueError for a negative count, or nobody at all.
    """
    if any(end.n < 0 for stage in stages for end in stage.ends):
        raise ValueError("a count may not be negative")
    reached = [sum(end.n for later in stages[i:] for end in later.ends) for i in range(len(stages))]
    shown = [stage for stage, n in zip(stages, reached, strict=True) if n]
    if not shown:
        raise ValueError("nobody is on the way")
    step = (WIDTH - LEFT - NODE - LABELS) / len(stages)
    scale = WHOLE / reached[0]
    heads = [layout.wrap(_said(stage.label, n, locale), (step - 6) / BOLD, 4) for stage, n in zip(shown, reached, strict=False)]
    top = max(len(lines) for lines in heads) * ROW + 5.0
    bars = [_Bar(i, top, top - 5 - len(heads[i]) * ROW, reached[i], STAGE, heads[i], True) for i in range(len(shown))]
    height = top
    for i in reversed(range(len(shown))):
        y = height + GAP if i + 1 < len(shown) else top
        for end in (end for end in shown[i].ends if end.n):
            lines = layout.wrap(_said(end.label, end.n, locale), WIDTH - _x(i + 1, step) - NODE - BESIDE, 4)
            thick, deep = end.n * scale, len(lines) * ROW
            bars.append(_Bar(i + 1, y + max(ROW - thick, 0) / 2, y + max(thick - deep, 0) / 2, end.n, end.color, lines, False))
            y += max(thick, deep) + GAP
        height = max(y - GAP, top + reached[i] * scale)
    parts = [*_bands(bars, step, scale), *(part for bar in bars for part in _draw(bar, step, scale))]
    size = f'width="{WIDTH}" height="{height + 8:.0f}" viewBox="0 0 {WIDTH} {height + 8:.0f}"'
    ground = f'<rect width="{WIDTH}" height="{height + 8:.0f}" fill="#ffffff"/>'
    return svg.finish(f'<svg xmlns="{svg.NAMESPACE}" {size}>{ground}{"".join(parts)}</svg>', title, takeaway)


def _said(label: str, n: int, locale: str) -> str:
    return f"{label}: {formats.number(n, locale)}"


def _x(column: int, step: float) -> float:
    return LEFT + column * step


def _bands(bars: Sequence[_Bar], step: float, scale: float) -> Iterator[str]:
    """From each stage a band to the next stage and to each of its ends, as thick at both sides as their count says."""
    for stage in (bar for bar in bars if bar.is_stage):
        y, x1, x2 = stage.y, _x(stage.column, step) + NODE, _x(stage.column + 1, step)
        for bar in (bar for bar in bars if bar.column == stage.column + 1):
            thick, to, mid = bar.n * scale, bar.y, (x1 + x2) / 2
            yield (
                f'<path fill="{bar.color}" fill-opacity="0.45" {EDGE} d="M{x1:.2f},{y:.2f}C{mid:.2f},{y:.2f},{mid:.2f},{to:.2f},{x2:.2f},{to:.2f}'
                f'V{to + thick:.2f}C{mid:.2f},{to + thick:.2f},{mid:.2f},{y + thick:.2f},{x1:.2f},{y + thick:.2f}Z"/>'
            )
            y += thick


def _draw(bar: _Bar, step: float, scale: float) -> Iterator[str]:
    """A bar with its label: that of a stage above it, that of an end beside it."""
    x, thick = _x(bar.column, step), bar.n * scale
    yield (
        f'<rect x="{x:.2f}" y="{bar.y:.2f}" width="{NODE}" height="{thick:.2f}" fill="{bar.color}" stroke="{STAGE}" stroke-width="0.75"/>'
    )
    at, weight = (x, ' font-weight="bold"') if bar.is_stage else (x + NODE + BESIDE, "")
    for i, line in enumerate(bar.lines):
        yield f'<text x="{at:.2f}" y="{bar.text + i * ROW + 11.5:.2f}" font-size="{layout.FONT_SIZE}" fill="{INK}"{weight}>{escape(line)}</text>'
