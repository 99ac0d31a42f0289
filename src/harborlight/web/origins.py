"""From marked numbers to the pages that tell how they were made."""

from __future__ import annotations

from collections.abc import Iterable
from html import unescape
from re import findall

from harborlight.metrics.questions import read_question
from harborlight.metrics.shapes import Window
from harborlight.provenance import Count, Said, plain
from harborlight.web.context import Link, Table


def how_href(asked: str) -> str:
    """The page that tells how the answer to a question was made; the question as a marked number carries it."""
    metric_id, _ = read_question(asked)
    rest = "&".join(part for part in asked.split("&") if not part.startswith("metric="))
    return f"/metrics/{metric_id}/how" + (f"?{rest}" if rest else "")


def questions_in(text: str) -> list[str]:
    """The questions of the counts that a text shows, in order."""
    if not isinstance(text, Said):
        return []
    return [unescape(asked) for asked in findall(r'data-(?:query|before)="([^"]*)"', text.__html__())]


def origins_of(table: Table) -> tuple[Link, ...]:
    """How the counts of a table are made: a link for each question, named after the first cell that answers it."""
    found: dict[str, str] = {}
    for group in table.groups:
        for row in group.rows:
            for column, cell in zip(table.columns, row, strict=True):
                for asked in (*questions_in(cell.text), *questions_in(cell.note)):
                    found.setdefault(asked, f"{plain(row[0].text)}, {plain(column.label)}")
    return tuple(Link(text, how_href(asked)) for asked, text in found.items())


def origins_of_windows(windows: Iterable[tuple[str, Window | None]]) -> tuple[Link, ...]:
    """How the counts of windows are made, each under its name."""
    return tuple(Link(plain(name), how_href(w.n.question.asked)) for name, w in windows if w and isinstance(w.n, Count))
