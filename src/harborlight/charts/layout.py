"""Where things go in a chart: axis ticks, and labels that do not lie on each other.

In go numbers and texts, out come pixel positions. They are worked out here and not by the chart library,
which measures text with the fonts of the machine it runs on: the same numbers must give the same bytes
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["break", "intervention", "gap"]
FONT_SIZE = 12
LINE_HEIGHT = 15
# Mean width of a character as a share of the font size: generous, since the reader's font is not known.
CHARACTER = 0.57
ROUND = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)


@dataclass(frozen=True)
class Label:
    """A text beside the line at `x`, from `row` down; with `align` left it begins at the line."""

    x: float
    row: int
    lines: tuple[str, ...]
    align: Literal["left", "right"]
    kind: Kind

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
    """Break `text` into at most `most` lines of about `width` pixels; "…" ends the last one if it is cut."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1].rstrip(".,;") + " …"]
    return tuple(lines) or ("",)


def place_labels(wanted: Sequence[tuple[float, str, Kind]], width: float, line_width: float) -> tuple[Label, ...]:
    """Place labels (x, text, kind) over a plot with room as far as `width`, each in the highest free rows.

    No text lies on another. The line of a label starts at its own first row and goes down to the plot; it
    runs behind another text only where there is no other way.
    """
    placed: list[Label] = []
    for x, text, kind in sorted(wanted):
        sides = _sides(x, text, kind, width, line_width)
        rows = range(max((label.end_row for label in placed), default=0) + 1)
        choices = [replace(side, row=row) for row in rows for side in sides]
        free = [choice for choice in choices if not any(_texts_meet(choice, other) for other in placed)]
        clear = [choice for choice in free if not any(_lines_cross(choice, other) for other in placed)]
        placed.append((clear or free)[0])
    return tuple(placed)


def _sides(x: float, text: str, kind: Kind, width: float, line_width: float) -> list[Label]:
    """The label right and left of its line, wrapped to the room there; the roomier side if both are tight."""
    room: dict[Literal["left", "right"], float] = {"left": width - x - 4, "right": x - 4}
    least = max((text_width(word) for word in text.split()), default=0)
    enough = max(least, min(70, text_width(text)))
    sides: list[Literal["left", "right"]] = [side for side in room if room[side] >= enough]
    if not sides:
        sides = ["left" if room["left"] >= room["right"] else "right"]
    return [Label(x, 0, wrap(text, min(line_width, room[side])), side, kind) for side in sides]


def _texts_meet(one: Label, other: Label) -> bool:
    rows_meet = one.row < other.end_row and other.row < one.end_row
    return rows_meet and one.left < other.right + 6 and other.left < one.right + 6


def _lines_cross(one: Label, other: Label) -> bool:
    """Whether the line of either runs through the text of the other."""
    return any(
        text.left - 3 < line.x < text.right + 3 and text.end_row > line.row
        for line, text in ((one, other), (other, one))
    )


def ticks(highest: int, most: int = 5) -> list[int]:
    """Return round axis values from 0 to at least `highest`, in one to `most` whole steps."""
    step = 1
    for power in range(12):
        for factor in (1, 2, 5):
            step = factor * 10**power
            if step * most >= highest:
                return list(range(0, max(1, math.ceil(highest / step)) * step + 1, step))
    raise ValueError(f"{highest} is too large for an axis")


def shade_steps(highest: int, shades: int) -> list[int]:
    """Return the edges of at most `shades` equal classes of whole numbers from 0 that hold `highest`."""
    step = next(
        factor * 10**power
        for power, factors in ((0, (1, 2, 3, 4, 5, 6, 8)), *((power, ROUND) for power in range(12)))
        for factor in factors
        if factor * 10**power * shades > highest
    )
    return list(range(0, (highest // step + 1) * step + 1, step))


def year_step(years: int, width: float) -> int:
    """Return every how many years an axis `width` pixels wide can carry a four-figure label."""
    room = max(1, int(width // (text_width("0000") + 8)))
    return next(step for step in (1, 2, 5, 10, 20, 50, 100) if math.ceil(years / step) <= room or step == 100)
