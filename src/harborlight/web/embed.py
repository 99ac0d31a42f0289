"""A chart for other people's pages: a picture that carries its own title, numbers, source and date, and the lines to paste.

In goes an answered question, out comes SVG text without style, script or anything from elsewhere. Pages of this site may
not be framed; a picture with a link may stand anywhere (docs/decisions/charts-elsewhere-are-pictures.md).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from html import escape
from typing import Any

from harborlight.charts import formats
from harborlight.metrics.shapes import Answer, Facts
from harborlight.provenance import plain
from harborlight.web.context_drawings import Embed
from harborlight.web.site import full_address
from harborlight.web.tables import key_words
from harborlight.web.wording import Wording

Row = Mapping[str, Any]
WIDTH, LEFT, RIGHT = 720, 16, 16
LINE, BAR, PLOT = 20, 24, 220
MOST_BARS, MOST_COLUMNS, LABEL = 40, 400, 220
INK, QUIET, NOW, PALE, RULE = "#16222c", "#50606c", "#0b5c80", "#8fc0d8", "#8a979f"
FONT = "Public Sans, Helvetica, Arial, sans-serif"
TIMES = ("day", "week", "month", "year", "hour", "weekday")


def render_chart(answer: Answer, title: str, facts: Facts, wording: Wording) -> str:
    """The rows of an answer as a drawing: columns for one period, otherwise bars; without a breakdown the number itself."""
    heading = textwrap.wrap(title, 78) or [title]
    top = 16 + LINE * len(heading)
    by = answer.query.by
    if not by:
        body, height = _number(answer.rows[0], top, wording)
    elif len(by) == 1 and by[0] in TIMES and len(answer.rows) > 1:
        body, height = _columns(answer, facts, top, wording)
    else:
        body, height = _bars(answer, facts, top, wording)
    foot = [*_notes(answer, wording), plain(source_line(facts, answer.metric.id, wording)), _where(facts, wording)]
    lines = [part for text in foot for part in textwrap.wrap(text, 100)]
    bottom = top + height + 12
    total = bottom + 16 * len(lines) + 8
    parts = [_text(LEFT, 16 + LINE * i, line, size=16, weight="bold") for i, line in enumerate(heading)]
    parts += [body, *(_text(LEFT, bottom + 16 * (i + 1) - 4, line, size=12, fill=QUIET) for i, line in enumerate(lines))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" height="{total}" role="img" '
        f'aria-label="{escape(title)}" font-family="{FONT}"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{total}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


# ---------------------------------------------------------------------------------------------- drawings


def _number(row: Row, top: int, wording: Wording) -> tuple[str, int]:
    if row["n"] is None:
        return _text(LEFT, top + 32, plain(wording.text("tables.missing_because", reason=row["missing"])), size=16), 48
    return _text(LEFT, top + 44, formats.number(int(row["n"]), wording.language), size=44, weight="bold"), 60


def _columns(answer: Answer, facts: Facts, top: int, wording: Wording) -> tuple[str, int]:
    """One column a period, oldest first; a gap mark where the sources lack it."""
    name = answer.query.by[0]
    rows = [row for row in answer.rows if row[name] is not None][:MOST_COLUMNS]
    most = max((row["n"] or 0 for row in rows), default=0)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    base = top + 16 + PLOT
    edge = f"{answer.provisional_from:%Y-%m-%d}" if answer.provisional_from else "9999"
    shapes = [_text(LEFT, top + 10, formats.number(int(most), wording.language), size=12, fill=QUIET)]
    for i, row in enumerate(rows):
        x = LEFT + i * step
        if row["n"] is None:
            shapes.append(_rect(x, base - 3, step, 3, RULE))
            continue
        tall = row["n"] / most * PLOT if most else 0.0
        is_open = name in ("day", "week", "month") and str(row[name]) >= edge[: len(str(row[name]))]
        shapes.append(_rect(x, base - tall, step * 0.8, tall, PALE if is_open else NOW))
    shapes.append(f'<path d="M{LEFT} {base}H{WIDTH - RIGHT}" stroke="{INK}"/>')
    if rows:
        first, last = (plain(key_words(row, name, facts, wording)) for row in (rows[0], rows[-1]))
        shapes.append(_text(LEFT, base + 16, first, size=12))
        shapes.append(_text(WIDTH - RIGHT, base + 16, last, size=12, anchor="end"))
    return "".join(shapes), PLOT + 40


def _bars(answer: Answer, facts: Facts, top: int, wording: Wording) -> tuple[str, int]:
    """One bar a row with its words and its number."""
    rows = answer.rows[:MOST_BARS]
    most = max((row["n"] or 0 for row in rows), default=0)
    room = WIDTH - LEFT - RIGHT - LABEL - 64
    shapes = []
    for i, row in enumerate(rows):
        y = top + 8 + i * BAR
        words = " · ".join(plain(key_words(row, name, facts, wording)) for name in answer.query.by)
        shapes.append(_text(LEFT, y + 15, textwrap.shorten(words, 32, placeholder=" …"), size=13))
        if row["n"] is None:
            shapes.append(_text(LEFT + LABEL, y + 15, plain(wording.text("tables.missing")), size=13, fill=QUIET))
            continue
        wide = row["n"] / most * room if most else 0.0
        shapes.append(_rect(LEFT + LABEL, y + 4, wide, BAR - 8, NOW))
        shapes.append(_text(LEFT + LABEL + wide + 6, y + 15, formats.number(int(row["n"]), wording.language), size=13))
    return "".join(shapes), 8 + BAR * len(rows)


def _text(x: float, y: float, text: str, *, size: int, fill: str = INK, weight: str = "", anchor: str = "") -> str:
    more = (f' font-weight="{weight}"' if weight else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{more}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0.0):.2f}" height="{max(height, 0.0):.2f}" fill="{fill}"/>'


def _notes(answer: Answer, wording: Wording) -> list[str]:
    """What changes the reading, in the picture itself: it travels without its page."""
    found = []
    if answer.query.by and len(answer.rows) > MOST_BARS and answer.query.by[0] not in TIMES:
        found.append(plain(wording.text("tables.cut", shown=MOST_BARS, n=len(answer.rows))))
    if any(row["n"] is None for row in answer.rows):
        found.append(plain(wording.text("embed.gaps")))
    if answer.provisional_from and answer.query.by[:1] in (("day",), ("week",), ("month",)):
        found.append(plain(wording.text("embed.pale", day=answer.provisional_from)))
    return found


def source_line(facts: Facts, metric_id: str, wording: Wording) -> str:
    """Who holds the records of a measure, and through which day."""
    used = [s for s in facts.sources if s.id in facts.metric_sources[metric_id]]
    agencies = ", ".join(dict.fromkeys(s.agency for s in used))
    return wording.text("trend.source", agencies=agencies, day=facts.metric_through[metric_id])


def _where(facts: Facts, wording: Wording) -> str:
    words = wording.text("embed.release", site=facts.city.site_title, release=facts.release_id)
    return plain(words) + (" " + wording.text("shell.fictional", city=facts.city.name) if facts.city.fictional else "")


# ----------------------------------------------------------------------------------------- lines to paste


def make_embed(path: str, picture: str, title: str, facts: Facts, wording: Wording, name: str = "embed") -> Embed:
    """The lines to paste into another page: the picture, a link to the question behind it, and who publishes it.

    `name` tells apart the charts of one page.
    """
    page, image = (full_address(facts, address) or address for address in (path, picture))
    code = (
        f'<figure>\n  <a href="{escape(page)}"><img src="{escape(image)}" alt="{escape(plain(title))}" width="{WIDTH}" loading="lazy" /></a>\n'
        f'  <figcaption>{escape(plain(wording.text("embed.caption", title=title, site=facts.city.site_title)))} '
        f'<a href="{escape(page)}">{escape(wording.text("embed.origin"))}</a></figcaption>\n</figure>'
    )
    note = "" if facts.city.site_url else wording.text("embed.no_address")
    return Embed(id=name, address=page, code=code, picture=picture, note=note)


def picture_address(metric_id: str, asked: str = "") -> str:
    """Where the picture of a question lies: the API's address of the measure with `.svg`, open to every site.

    `view=rolling`, `season` or `weeks` instead of a question is one of the pictures that a release holds of every measure.
    """
    return f"/api/v1/metrics/{metric_id}.svg" + (f"?{asked}" if asked else "")
