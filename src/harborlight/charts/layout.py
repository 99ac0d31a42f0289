"""Where things go in a chart: axis ticks, and labels that do not lie on each other.

In go numbers and texts, out come pixel positions. They are worked out here and not by the chart library, which
measures text with the fonts of the machine it runs on: the same numbers must give the same bytes everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FONT_SIZE = 12
LINE_HEIGHT = 15
# Mean width of a character as a share of the font size: generous, since the reader's font is not known.
CHARACTER = 0.57


@dataclass(frozen=True)
class Label:
    """A text at the line `x`, `rows` lines high from `row` on; `align` says on which side of the line it stands."""

    x: float
    row: int
    lines: tuple[str, ...]
    align: Literal["left", "right"]
    is_break: bool

    @property
    def left(self) -> float:
        """Left edge of the text."""
        return self.x + 4 if self.align == "left" else self.x - 4 - self.width

    @property
    def right(self) -> float:
        """Right edge of the text."""
        return self.left + self.width

    @property
    def width(self) -> float:
        """Estimated width of the longest line."""
        return max(text_width(line) for line in self.lines)

    @property
    def end_row(self) -> int:
        """First row below the text."""
        return self.row + len(self.lines)


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """Estimate the width of `text` in pixels, rather too wide than too narrow."""
    return len(text) * size * CHARACTER


def wrap(text: str, width: float, most: int = 3) -> tuple[str, ...]:
    """Break `text` into at most `most` lines of about `width` pixels; the last one ends in "…" if it is cut."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1].rstrip(".,;") + " …"]
    return tuple(lines) or ("",)


def place_labels(
    wanted: Sequence[tuple[float, str, bool]], width: float, line_width: float
) -> tuple[Label, ...]:
    """Place labels (x, text, is_break) over a plot `width` pixels wide, each in the highest rows that are free.

    No text lies on another, and no line runs through a text: the line of a label starts at its own first row and
    goes down to the plot.
    """
    placed: list[Label] = []
    for x, text, is_break in sorted(wanted):
        lines = wrap(text, line_width)
        row = 0
        while (label := _fit(Label(x, row, lines, "left", is_break), placed, width)) is None:
            row += 1
        placed.append(label)
    return tuple(placed)


def _fit(wanted: Label, placed: Sequence[Label], width: float) -> Label | None:
    """The label on the first side of its line where it is free, or None if its row must move down."""
    for align in ("left", "right"):
        label = Label(wanted.x, wanted.row, wanted.lines, align, wanted.is_break)
        # A text too wide for both sides stands on the roomier one.
        fits = label.right <= width if align == "left" else label.left >= 0
        roomier = (label.x <= width / 2) == (align == "left")
        if (fits or (roomier and label.width > max(label.x, width - label.x) - 4)) and not any(
            _collide(label, other) for other in placed
        ):
            return label
    return None


def _collide(one: Label, other: Label) -> bool:
    def line_meets_text(line: Label, text: Label) -> bool:
        return text.left - 3 < line.x < text.right + 3 and text.end_row > line.row

    rows_meet = one.row < other.end_row and other.row < one.end_row
    texts_meet = rows_meet and one.left < other.right + 6 and other.left < one.right + 6
    return texts_meet or line_meets_text(one, other) or line_meets_text(other, one)


def ticks(highest: int, most: int = 5) -> list[int]:
    """Return whole, round axis values from 0 to at least `highest`: at most `most` steps, never fewer than one."""
    step = 1
    for power in range(12):
        for factor in (1, 2, 5):
            step = factor * 10**power
            if step * most >= highest:
                return list(range(0, max(1, math.ceil(highest / step)) * step + 1, step))
    raise ValueError(f"{highest} is too large for an axis")


def year_step(years: int, width: float) -> int:
    """Return every how many years an axis `width` pixels wide can carry a four-figure label."""
    room = max(1, int(width // (text_width("0000") + 12)))
    return next(step for step in (1, 2, 5, 10, 20, 50, 100) if math.ceil(years / step) <= room or step == 100)
