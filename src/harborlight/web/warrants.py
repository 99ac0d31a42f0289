"""`/warrants`: warrants issued, served, recalled and open, as counts of the whole city by closed month and one breakdown at a time.

In go the rows of table `warrant_counts`, out comes `WarrantsPage`. Nothing here is about a person, a place or an offense.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from harborlight.charts import formats
from harborlight.metrics.shapes import Facts
from harborlight.provenance import say
from harborlight.web.context import Bars, Cell, Column, Figure, Link, RowGroup, Table
from harborlight.web.context_warrants import WarrantPart, WarrantsPage
from harborlight.web.figures import make_bars, share
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

API = "/api/v1/warrants"
ROWS = 'select "month", measure, "by", value, n from warrant_counts order by "month", measure, "by", value'
MONTHS_SHOWN, YEAR = 36, 12
FLOWS = ("issued", "served", "recalled")
# Breakdowns with their values in the order in which they are read.
VALUES = {
    "age": ("under_90_days", "under_1_year", "under_5_years", "5_years"),
    "kind": ("arrest", "bench", "violation", "unknown"),
    "holder": ("police", "sheriff", "unknown"),
    "severity": ("felony", "misdemeanor", "unknown"),
}
MEANING = ("kinds", "issued", "served", "recalled", "open", "unit")
DEPENDS = ("courts", "holders", "neither")
LEFT_OUT = ("search", "before", "offense", "sealed", "undated")


@dataclass(frozen=True)
class Counts:
    """The published counts: (month, measure, breakdown, value) → n; `months` in order, all of them over."""

    n: dict[tuple[str, str, str, str], int]
    months: tuple[str, ...]

    @property
    def last_year(self) -> tuple[str, ...]:
        return self.months[-YEAR:]

    def has(self, by: str, value: str) -> bool:
        return (self.months[-1], "open", by, value) in self.n

    def words(self, measure: str, months: tuple[str, ...], wording: Wording, by: str = "all", value: str = "all") -> str:
        """The sum over some months as marked text."""
        n = sum(self.n.get((month, measure, by, value), 0) for month in months)
        asked = {"measure": measure, "by": by, "of": value, "first": months[0], "last": months[-1]}
        return say(formats.number(n, wording.language), n, "warrant", **asked)


def read_counts(reader: Reader) -> Counts | None:
    """None where the city has supplied no warrants."""
    rows = reader.rows(ROWS, {})
    found = {(row["month"], row["measure"], row["by"], row["value"]): int(row["n"]) for row in rows}
    return Counts(found, tuple(sorted({row["month"] for row in rows}))) if found else None


def make_warrants_page(reader: Reader, wording: Wording) -> WarrantsPage:
    """The page; without warrants it says that the city has not supplied them, and what would be counted."""
    counts = read_counts(reader)
    text = wording.text
    pages = (("courts", "/outcomes"), ("firearms", "/firearms"), ("report", "/report"))
    links = tuple(Link(text(f"warrants.link_{name}"), href) for name, href in pages)
    is_known = counts is not None
    left_out = LEFT_OUT if is_known else tuple(name for name in LEFT_OUT if name != "before")
    first = formats.month_words(counts.months[0], wording.language, "long") if counts else ""
    return WarrantsPage(
        lede=text("warrants.lede"), badge=text("warrants.badge"), caution=text("warrants.caution"),
        answer=_answer(counts, wording) if counts else "", missing="" if is_known else text("warrants.missing"),
        meaning=tuple((text(f"warrants.word_{name}"), text(f"warrants.mean_{name}")) for name in MEANING), law=_law(reader.facts, wording),
        depends=tuple(text(f"warrants.depends_{name}") for name in DEPENDS),
        left_out=tuple(text(f"warrants.left_{name}", first=first) if name == "before" else text(f"warrants.left_{name}") for name in left_out),
        parts=_parts(counts, reader.facts, wording) if counts else (),
        links=(Link(text("warrants.link_table"), "/data/warrant_counts"), *links) if is_known else links,
    )  # fmt: skip


def _law(facts: Facts, wording: Wording) -> str:
    """Maryland's own rule in Maryland and in the demo; elsewhere what the page does."""
    return wording.text("warrants.law" if facts.city.state == "Maryland" or facts.city.fictional else "warrants.law_plain")


def _answer(counts: Counts, wording: Wording) -> str:
    flows = {name: counts.words(name, counts.last_year, wording) for name in FLOWS}
    n = counts.words("open", counts.months[-1:], wording)
    return wording.text("warrants.answer", n=n, day=_last_day(counts), months=len(counts.last_year), **flows)


def _parts(counts: Counts, facts: Facts, wording: Wording) -> tuple[WarrantPart, ...]:
    agencies = ", ".join(dict.fromkeys(s.agency for s in facts.sources if s.kind == "warrants")) or facts.city.police_agency
    source = wording.text("trend.source", agencies=agencies, day=_last_day(counts))
    links = (Link(wording.text("figures.csv"), f"{API}.csv"), Link(wording.text("figures.json"), API))
    figures = {"month": _by_month(counts, wording), **{by: _by_value(counts, by, wording) for by in VALUES}}
    return tuple(
        WarrantPart(
            name, wording.text(f"warrants.title_{name}"),
            Figure(
                title=table.caption, takeaway=takeaway, image=None, bars=_bars(counts, table.caption, wording) if name == "month" else None,
                notes=(), table=table, links=links, source=source,
            ),
        )
        for name, (table, takeaway) in figures.items()
    )  # fmt: skip


def _by_month(counts: Counts, wording: Wording) -> tuple[Table, str]:
    """The last three years month by month, the newest first, as a table and a sentence."""
    heads = (Column(wording.text("breakdowns.month")), *(Column(wording.text(f"warrants.head_{name}"), True) for name in (*FLOWS, "open")))
    rows = tuple(
        (
            Cell(formats.month_words(month, wording.language), kind="head"),
            *(Cell(counts.words(name, (month,), wording), kind="number") for name in (*FLOWS, "open")),
        )
        for month in reversed(counts.months[-MONTHS_SHOWN:])
    )
    caption = wording.text("warrants.caption_month", months=_span(counts.months[-MONTHS_SHOWN:], wording))
    takeaway = ""
    if len(counts.months) > YEAR:
        before = counts.months[-YEAR - 1]
        takeaway = wording.text(
            "warrants.takeaway_month", n=counts.words("open", counts.months[-1:], wording), day=_last_day(counts),
            before=counts.words("open", (before,), wording), month=formats.month_words(before, wording.language, "long"),
        )  # fmt: skip
    return Table(caption, heads, (RowGroup("", rows),)), takeaway


def _by_value(counts: Counts, by: str, wording: Wording) -> tuple[Table, str]:
    """One breakdown: open at the end, and what came and went in twelve months; of ages, open ones now and a year before."""
    year_before = counts.months[-YEAR - 1 : -YEAR]
    names = ["open", *(FLOWS if by != "age" else ("before",) if year_before else ())]
    heads = (Column(wording.text(f"warrants.by_{by}")), *(Column(wording.text(f"warrants.head_{name}"), True) for name in names))
    values = [value for value in VALUES[by] if by == "age" or counts.has(by, value)]
    top = max((counts.n.get((counts.months[-1], "open", by, value), 0) for value in values), default=0)
    rows = []
    for value in values:
        n = counts.n.get((counts.months[-1], "open", by, value), 0)
        cells = [Cell(wording.text(f"warrants.{by}_{value}"), kind="head")]
        for name in names:
            months = {"open": counts.months[-1:], "before": year_before}.get(name, counts.last_year)
            said = counts.words("open" if name == "before" else name, months, wording, by, value)
            cells.append(Cell(said, kind="number", bar=share(n, top) if name == "open" else None))
        rows.append(tuple(cells))
    caption = wording.text(f"warrants.caption_{'age' if by == 'age' else 'value'}", what=wording.text(f"warrants.what_{by}"), day=_last_day(counts),
                           months=_span(counts.last_year, wording))  # fmt: skip
    return Table(caption, tuple(heads), (RowGroup("", tuple(rows)),), has_bars=top > 0), ""


def _bars(counts: Counts, label: str, wording: Wording) -> Bars:
    shown = counts.months[-MONTHS_SHOWN:]
    points = [(counts.n[month, "open", "all", "all"], "now") for month in shown]
    first, last = (formats.month_words(month, wording.language) for month in (shown[0], shown[-1]))
    return make_bars(points, label=label, first=first, last=last, wording=wording)


def _span(months: tuple[str, ...], wording: Wording) -> str:
    first, last = date.fromisoformat(f"{months[0]}-01"), _end_of(months[-1])
    return formats.month_range_words(first, last, wording.language)


def _last_day(counts: Counts) -> date:
    return _end_of(counts.months[-1])


def _end_of(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])
