"""Totals of others beside ours: what differs without a reason first, then every year with every edition.

In go the rows of table `totals`, out comes `TotalsPart` of the status page. The table and its files hold the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from harborlight.charts import formats
from harborlight.metrics.query import make_query
from harborlight.metrics.questions import counted
from harborlight.metrics.shapes import Facts
from harborlight.web.context import Cell, Column, Link, RowGroup, Table, TotalsPart
from harborlight.web.wording import Wording

Row = Mapping[str, Any]
SAFE = ("https://", "http://")


def make_totals(rows: Sequence[Row], facts: Facts, today: date, wording: Wording) -> TotalsPart | None:
    """The part of the status page about independent totals; None where a city lists none."""
    if not rows:
        return None
    rows = [{**row, "ours": _asked(row, facts)} for row in rows]
    open_ones = sorted((r for r in rows if r["state"] == "unexplained"), key=lambda r: (r["differs_since"], r["year"]))
    numbers = {state: sum(1 for r in rows if r["state"] == state) for state in ("equal", "explained", "unexplained", "not_compared")}
    metrics = list(dict.fromkeys(r["metric"] for r in rows))
    return TotalsPart(
        summary=wording.text("totals.summary", n=len(rows), equal=numbers["equal"], explained=numbers["explained"]),
        open_summary=wording.text("totals.open", n=numbers["unexplained"]) if open_ones else wording.text("totals.open_none"),
        unexplained=_open_table(open_ones, facts, today, wording) if open_ones else None,
        grids=tuple(_grid([r for r in rows if r["metric"] == m], _title(m, facts), wording) for m in metrics),
        editions=tuple(_editions([r for r in rows if r["metric"] == m], _title(m, facts), wording) for m in metrics),
        sources=tuple(_sources(rows, wording)),
        links=(
            Link(wording.text("totals.csv"), "/api/v1/totals.csv"),
            Link(wording.text("totals.json"), "/api/v1/totals"),
            Link(wording.text("totals.dictionary"), "/data/totals"),
        ),
    )


def _asked(row: Row, facts: Facts) -> int | None:
    """Our count, which knows its question."""
    metric = facts.metrics.get(row["metric"])
    if row["ours"] is None or metric is None:
        return row["ours"]  # type: ignore[no-any-return]
    return counted(row["ours"], make_query(metric, facts, window=f"year:{row['year']}"), metric)


def _title(metric: str, facts: Facts) -> str:
    return facts.metrics[metric].title if metric in facts.metrics else metric


def _open_table(rows: Sequence[Row], facts: Facts, today: date, wording: Wording) -> Table:
    """Differences without a reason, the oldest first, with their age in days."""
    heads = [("measure", False), ("year", False), ("publisher", False), ("theirs", True), ("ours", True), ("difference", True), ("age", False)]
    lines = tuple(
        (
            Cell(_title(r["metric"], facts), kind="head"),
            Cell(str(r["year"])),
            Cell(r["publisher"], note=r["vintage"]),
            *_numbers(r, wording),
            Cell(
                wording.text("totals.age", n=max(0, (today - r["differs_since"]).days)),
                note=wording.text("totals.since", day=r["differs_since"]),
            ),
        )
        for r in rows
    )
    return Table(wording.text("totals.open_caption"), _heads(heads, wording), (RowGroup("", lines),), is_wide=True)


def _grid(rows: Sequence[Row], title: str, wording: Wording) -> Table:
    """One measure: a row a year, ours and then a column a publisher; editions of one publisher below each other."""
    sources = list(dict.fromkeys((r["source_id"], r["publisher"], r["source"]) for r in rows))
    years = sorted({r["year"] for r in rows}, reverse=True)
    columns = (
        Column(wording.text("tables.year")),
        Column(wording.text("totals.ours"), True),
        *(Column(source if len({p for _, p, _ in sources}) < len(sources) else publisher, True) for _, publisher, source in sources),
    )
    lines = []
    for year in years:
        ours = next(r for r in rows if r["year"] == year)
        cells = [Cell(str(year), kind="head"), _ours(ours, wording)]
        for source_id, _, _ in sources:
            found = [r for r in rows if r["year"] == year and r["source_id"] == source_id]
            cells.append(_theirs(found, wording))
        lines.append(tuple(cells))
    return Table(wording.text("totals.grid_caption", title=title), columns, (RowGroup("", tuple(lines)),), is_wide=True, show_caption=True)


def _ours(row: Row, wording: Wording) -> Cell:
    if row["ours"] is None:
        return Cell(wording.text("tables.missing"), kind="quiet")
    note = wording.text("totals.part") if row["ours_missing"] else ""
    return Cell(formats.number(row["ours"], wording.language), kind="provisional" if note else "number", note=note)


def _theirs(rows: Sequence[Row], wording: Wording) -> Cell:
    if not rows:
        return Cell("", kind="quiet")
    lang = wording.language
    latest = rows[-1]
    others = "; ".join(f"{formats.number(r['theirs'], lang)} ({r['vintage']})" for r in rows[:-1])
    note = wording.text("totals.earlier", others=others) if others else ""
    return Cell(formats.number(latest["theirs"], lang), kind="number", note=note)


def _editions(rows: Sequence[Row], title: str, wording: Wording) -> Table:
    """Year × source × vintage × rule, with the difference and its reason."""
    heads = [("publisher", False), ("vintage", False), ("rule", False), ("theirs", True), ("ours", True), ("difference", True), ("reason", False)]
    groups = tuple(
        RowGroup(str(year), tuple(_edition(r, wording) for r in rows if r["year"] == year))
        for year in sorted({r["year"] for r in rows}, reverse=True)
    )
    return Table(wording.text("totals.editions_caption", title=title), _heads(heads, wording), groups, is_wide=True)


def _edition(row: Row, wording: Wording) -> tuple[Cell, ...]:
    lang = wording.language
    published = wording.text("totals.published", day=row["published_on"]) if row["published_on"] else ""
    ours = wording.text("totals.ours_rule", rule=wording.text(f"totals.rule_{row['ours_rule']}")) if row["ours_rule"] else ""
    return (
        Cell(row["publisher"], kind="head", note=row["source"]),
        Cell(row["vintage"], note=published),
        Cell(wording.text(f"totals.rule_{row['rule']}"), note=ours),
        Cell(formats.number(row["theirs"], lang), kind="number"),
        *_numbers(row, wording)[1:],
        Cell(reason_words(row, wording), note=row["note"] if row["state"] == "explained" else ""),
    )


def _numbers(row: Row, wording: Wording) -> tuple[Cell, Cell, Cell]:
    lang = wording.language
    difference = row["difference"]
    return (
        Cell(formats.number(row["theirs"], lang), kind="number"),
        _ours(row, wording),
        Cell("", kind="quiet") if difference is None else Cell(signed(difference, lang), kind="number"),
    )


def signed(n: int, language: str) -> str:
    """A difference with its sign: +3, −2, 0."""
    text = formats.number(abs(n), language)
    return f"+{text}" if n > 0 else f"−{text}" if n < 0 else text


def reason_words(row: Row, wording: Wording) -> str:
    """Why a total differs, in words."""
    match row["state"]:
        case "explained":
            return wording.text(f"totals.reason_{row['reason']}")
        case "not_compared" if row["ours"] is None:
            return wording.text("totals.no_year")
        case state:
            return wording.text(f"totals.state_{state}")


def _sources(rows: Sequence[Row], wording: Wording) -> list[tuple[Link, str]]:
    """Each publisher once: title with its page, and what it counts."""
    found = {}
    for r in rows:
        text = wording.text("totals.source_line", publisher=r["publisher"], counts=r["counts"], day=r["read_on"])
        found[r["source_id"]] = (Link(r["source"], r["page"] if r["page"].startswith(SAFE) else ""), text)
    return list(found.values())


def _heads(names: Sequence[tuple[str, bool]], wording: Wording) -> tuple[Column, ...]:
    return tuple(Column(wording.text(f"totals.head_{name}"), is_number) for name, is_number in names)
