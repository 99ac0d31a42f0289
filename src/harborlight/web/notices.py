"""Corrections where they are needed: the id in every row that one touches, the page's items, and the feed.

A page carries a notice for 28 days; a row of a measure carries its id for good, because a file is read years later.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from harborlight.catalog.models import Notice
from harborlight.charts import formats
from harborlight.metrics.shapes import Facts, Query
from harborlight.web.context import CorrectionsPage, NoticeItem
from harborlight.web.site import full_address
from harborlight.web.wording import Wording

FEED = "/corrections.atom"
Row = Mapping[str, Any]


# ------------------------------------------------------------------------------------------------- rows


def mark_rows(rows: Iterable[Row], query: Query, notices: Sequence[Notice]) -> list[dict[str, Any]]:
    """The rows with `notice` at their end: ids of the corrections that touch them, a space between two, or None."""
    touching = [n for n in notices if query.metric in n.metrics]
    return [{**row, "notice": _ids(row, query, touching) if touching else None} for row in rows]


def _ids(row: Row, query: Query, notices: Sequence[Notice]) -> str | None:
    first, last = row_days(row, query)
    found = [n.id for n in notices if (n.date_from or date.min) <= last and (n.date_to or date.max) >= first]
    return " ".join(found) or None


def row_days(row: Row, query: Query) -> tuple[date, date]:
    """First and last day of the period that a row counts, inside the question; the whole question where it names none."""
    first, last = query.date_from, query.date_to
    for name in ("day", "week", "month", "year"):
        value = row.get(name)
        if value is not None:
            start, end = _period(name, str(value))
            first, last = max(first, start), min(last, end)
    return first, last


def _period(name: str, value: str) -> tuple[date, date]:
    match name:
        case "year":
            return date(int(value), 1, 1), date(int(value), 12, 31)
        case "month":
            year, month = int(value[:4]), int(value[5:7])
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        case _:
            start = date.fromisoformat(value)
            return start, start + timedelta(days=6 if name == "week" else 0)


# ------------------------------------------------------------------------------------------------- page


def make_corrections(notices: Sequence[Notice], facts: Facts, wording: Wording) -> CorrectionsPage:
    """Written notices, newest first."""
    return CorrectionsPage(tuple(_item(notice, facts, wording) for notice in notices), FEED)


def _item(notice: Notice, facts: Facts, wording: Wording) -> NoticeItem:
    lang = wording.language
    touched = ""
    if notice.date_from or notice.date_to:
        first, last = notice.date_from or facts.data_from, notice.date_to or facts.data_through
        touched = formats.date_range_words(min(first, last), last, lang)
    parts = (
        ("since", formats.date_words(notice.wrong_since, lang) if notice.wrong_since else ""),
        ("touched", touched),
        ("measures", ", ".join(facts.metrics[m].title for m in notice.metrics if m in facts.metrics)),
        ("before", notice.before),
        ("after", notice.after),
        ("cause", notice.cause),
        ("fix", notice.fix),
        ("prevention", notice.prevention),
        ("id", notice.id),
    )
    return NoticeItem(
        id=notice.id,
        title=notice.title,
        kind=wording.text(f"corrections.kind_{notice.kind}"),
        published=formats.date_words(notice.published_on, lang),
        lines=tuple((wording.text(f"corrections.part_{name}"), text) for name, text in parts if text),
    )


# ------------------------------------------------------------------------------------------------- feed


def render_feed(notices: Sequence[Notice], facts: Facts, wording: Wording) -> str:
    """The corrections as an Atom feed (RFC 4287). Ids stay the same whatever address the site has."""
    base = f"urn:harborlight:{_slug(facts.city.name)}"
    updated = max((n.published_on for n in notices), default=facts.data_through)
    home, feed = (full_address(facts, path) or path for path in ("/corrections", FEED))
    title = wording.text("corrections.feed_title", site=facts.city.site_title)
    entries = "".join(_entry(notice, facts, base, wording) for notice in notices)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<id>{base}:corrections</id><title>{escape(title)}</title><updated>{_moment(updated)}</updated>\n"
        f"<author><name>{escape(facts.city.contact.office)}</name></author>\n"
        f"<link rel=\"alternate\" type=\"text/html\" href={quoteattr(home)}/><link rel=\"self\" href={quoteattr(feed)}/>\n"
        f"{entries}</feed>\n"
    )


def _entry(notice: Notice, facts: Facts, base: str, wording: Wording) -> str:
    item = _item(notice, facts, wording)
    path = f"/corrections#{notice.id}"
    text = "\n".join([f"{item.kind}.", *(f"{name}: {value}" for name, value in item.lines)])
    return (
        f"<entry><id>{base}:{notice.id}</id><title>{escape(notice.title)}</title><updated>{_moment(notice.published_on)}</updated>"
        f"<link rel=\"alternate\" type=\"text/html\" href={quoteattr(full_address(facts, path) or path)}/>"
        f"<category term=\"{notice.kind}\"/><content type=\"text\">{escape(text)}</content></entry>\n"
    )


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split())
