"""`/changes`: every published count that later changed, with before, after and why; what moved; how late reports come in."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from harborlight.charts import formats
from harborlight.metrics.shapes import Facts
from harborlight.provenance import join_said, say
from harborlight.web.changes_query import (
    GRAINS,
    PARTS,
    WHYS,
    Asked,
    area_names,
    count_changes,
    read_changes,
    read_flows,
    read_span,
)
from harborlight.web.context import Cell, Choice, Column, Link, Option, RowGroup, Table
from harborlight.web.context_history import ChangesPage, Picker
from harborlight.web.reader import Reader, Row
from harborlight.web.release_entry import ReleaseEntry
from harborlight.web.wording import Wording

MOST_ROWS = 200


def make_changes(reader: Reader, asked: Asked, releases: Sequence[ReleaseEntry], wording: Wording) -> ChangesPage:
    """Changes asked for, flows, delays and the releases that can be switched to."""
    rows, n = read_changes(reader, asked, MOST_ROWS), count_changes(reader, asked)
    query = urlencode(asked.params())
    more = f"?{query}" if query else ""
    first, last = read_span(reader)
    summary = wording.text("changes.summary", n=n) if n else wording.text("changes.none")
    if n > len(rows):
        summary += " " + wording.text("changes.newest", n=len(rows))
    flows = read_flows(reader, asked.since)
    delays = make_delays(reader, wording)
    return ChangesPage(
        choices=_choices(reader, asked, wording),
        picker=Picker("/changes", str(asked.since or ""), str(first or ""), str(last or "")),
        summary=summary,
        revisions=make_revisions(rows, reader.facts, wording),
        links=(
            Link(wording.text("figures.csv"), f"/api/v1/changes.csv{more}"),
            Link(wording.text("figures.json"), f"/api/v1/changes{more}"),
            Link(wording.text("changes.ledger"), "/data/ledger"),
        ),
        flows=_flows(flows, reader.facts, wording),
        flows_note=wording.text("changes.flows_note") if flows else wording.text("changes.flows_none"),
        delays=delays,
        delays_note=wording.text("changes.delays_note") if delays else wording.text("changes.delays_none"),
        releases=_releases(releases, reader.facts, wording),
    )


def _choices(reader: Reader, asked: Asked, wording: Wording) -> tuple[Choice, ...]:
    facts = reader.facts
    areas = {"city": wording.text("changes.place_city"), **area_names(facts), "unlocated": wording.text("changes.place_unlocated")}
    options = {
        "metric": {m: facts.metrics[m].title for m in reader.metric_ids()},
        "area": areas,
        "grain": {grain: wording.text(f"changes.grain_{grain}") for grain in GRAINS},
        "why": {why: wording.text(f"changes.why_{why}") for why in WHYS},
    }
    return tuple(
        Choice(
            name, wording.text(f"changes.choose_{name}"),
            (Option("", wording.text(f"changes.all_{name}"), getattr(asked, name) is None),
             *(Option(value, text, getattr(asked, name) == value) for value, text in offered.items())),
        )
        for name, offered in options.items()
    )  # fmt: skip


def make_revisions(rows: Sequence[Row], facts: Facts, wording: Wording, *, is_of_one: bool = False) -> Table | None:
    """Changes as a table; `is_of_one` leaves measure and place out, where the page is about one."""
    if not rows:
        return None
    names = area_names(facts)
    heads = (
        *(Column(wording.text(f"changes.head_{n}")) for n in (("period",) if is_of_one else ("measure", "period", "place"))),
        *(Column(wording.text(f"changes.head_{n}"), True) for n in ("before", "after")),
        Column(wording.text("changes.head_why")), Column(wording.text("changes.head_known")),
    )  # fmt: skip
    lines = tuple(_revision(row, facts, names, wording, is_of_one) for row in rows)
    return Table(wording.text("changes.revisions"), heads, (RowGroup("", lines),), is_wide=True)


def _revision(row: Row, facts: Facts, names: dict[str, str], wording: Wording, is_of_one: bool) -> tuple[Cell, ...]:
    metric = facts.metrics.get(row["metric"])
    title = Cell(metric.title if metric else row["metric"], f"/metrics/{row['metric']}" if metric else "", "head")
    return (
        *(() if is_of_one else (title,)),
        Cell(period_words(row, wording), kind="head" if is_of_one else ""),
        *(() if is_of_one else (Cell(place_words(row["area_id"], names, wording)),)),
        *(published_cell(row[name], row, wording) for name in ("before", "after")),
        Cell(wording.text(f"changes.why_{row['why']}"), note=parts_words(row, wording)),
        Cell(formats.date_words(row["known_on"], wording.language)),
    )  # fmt: skip


def published_cell(n: int | None, row: Row, wording: Wording, note: str = "") -> Cell:
    """A count as it stood in some release, of a row with metric, period and area_id."""
    if n is None:
        return count_cell(None, wording)
    return Cell(say_published(n, row, wording.language), kind="number", note=note)


def say_published(n: int, row: Row, language: str) -> str:
    """The same in words: not an answer of this release, so it names what it was published as."""
    return say(formats.number(n, language), n, "published", **_facts(row))


def _facts(row: Row) -> dict[str, str]:
    return {"metric": row["metric"], "period": row["period"], "area": row["area_id"]}


def parts_words(row: Row, wording: Wording) -> str:
    """What the causes brought and took, where there is more than one: "+14 reported late, -2 unfounded"."""
    parts = [(name, int(row[name])) for name in PARTS if row[name]]
    if len(parts) < 2:
        return ""
    said = ((name, say(signed(n, wording.language), n, "part", **_facts(row))) for name, n in parts)
    return join_said((wording.text(f"changes.part_{name}", number=number) for name, number in said), ", ")


def signed(n: int, language: str) -> str:
    """For instance "+14" or "−2"."""
    return ("+" if n > 0 else "\u2212") + formats.number(abs(n), language)


def place_words(area_id: str, names: dict[str, str], wording: Wording) -> str:
    if area_id in ("city", "unlocated"):
        return wording.text(f"changes.place_{area_id}")
    return names.get(area_id, area_id)


def period_words(row: Row, wording: Wording) -> str:
    if row["period"] == "undated":
        return wording.text("unknown.month")
    return formats.month_words(row["period"], wording.language) if row["grain"] == "month" else str(row["period"])


def count_cell(n: int | None, wording: Wording) -> Cell:
    """A count, or that it was missing."""
    if n is None:
        return Cell(wording.text("tables.missing"), kind="quiet")
    return Cell(formats.number(n, wording.language), kind="number")


def _flows(rows: Sequence[Row], facts: Facts, wording: Wording) -> Table | None:
    if not rows:
        return None
    groups = {o.group: o.group_title for o in facts.offenses} | {"unfounded": wording.text("changes.why_unfounded")}
    names = area_names(facts)
    heads = (
        *(Column(wording.text(f"changes.head_{n}")) for n in ("from_group", "to_group", "period", "to_period")),
        Column(wording.text("changes.head_offenses"), True), Column(wording.text("changes.head_areas")),
        Column(wording.text("changes.head_known")),
    )  # fmt: skip
    undated = wording.text("unknown.month")
    lines = tuple(
        (
            Cell(groups.get(str(r["from_group"])) or "", kind="head"), Cell(groups.get(str(r["to_group"])) or ""),
            Cell(r["period"] or undated), Cell(r["to_period"] or undated),
            count_cell(r["n"], wording),
            Cell(", ".join(f"{place_words(a['area_id'], names, wording)} {a['n']}" for a in r["areas"]), kind="quiet"),
            Cell(formats.date_words(r["known_on"], wording.language)),
        )
        for r in rows[:MOST_ROWS]
    )  # fmt: skip
    return Table(wording.text("changes.flows"), heads, (RowGroup("", lines),), is_wide=True)


def make_delays(reader: Reader, wording: Wording) -> Table | None:
    """By measure: how long until 90, 95 and 99 percent are known, and whether ranges are earned."""
    rows = reader.rows(
        "select t.*, " + ", ".join(f"min(d.lag_days) filter (where d.share >= {s}) as d{int(s * 100)}" for s in (0.9, 0.95, 0.99))
        + " from delay_tests as t join delays as d using (metric) group by all order by metric", {},
    )  # fmt: skip
    if not rows:
        return None
    keys = ("d90", "d95", "d99")
    heads = (
        Column(wording.text("changes.head_measure")), *(Column(wording.text(f"changes.head_{key}"), True) for key in keys),
        Column(wording.text("changes.head_learnt")), Column(wording.text("changes.head_earned")),
    )  # fmt: skip
    facts, lang = reader.facts, wording.language
    lines = tuple(
        (
            Cell(facts.metrics[r["metric"]].title, f"/metrics/{r['metric']}", "head"),
            *(Cell(wording.text("changes.days", n=int(r[key])) if r[key] is not None else wording.text("tables.missing")) for key in keys),
            Cell(wording.text("changes.learnt", n=int(r["n_events"]), day=formats.date_words(r["learnt_from"], lang))),
            Cell(earned_words(r, wording)),
        )
        for r in rows if r["metric"] in facts.metrics
    )  # fmt: skip
    return Table(wording.text("changes.delays"), heads, (RowGroup("", lines),), is_wide=True)


def earned_words(row: Row, wording: Wording) -> str:
    """How the test of expected ranges came out, in a sentence."""
    key = "changes.earned" if row["is_earned"] else "changes.not_earned" if row["trials"] else "changes.not_tested"
    return wording.text(key, inside=int(row["inside"]), trials=int(row["trials"]))


def _releases(releases: Sequence[ReleaseEntry], facts: Facts, wording: Wording) -> Table:
    lang = wording.language
    rows = tuple(
        (
            Cell(formats.date_words(r.made_at.date(), lang) if r.made_at else "", kind="head",
                 note=wording.text("changes.current") if r.id == facts.release_id else ""),
            Cell(r.id, kind="code"),
            Cell(r.content_sha256[:16], kind="code"),
        )
        for r in releases
    )  # fmt: skip
    heads = tuple(Column(wording.text(f"changes.head_{name}")) for name in ("made", "release", "hash"))
    return Table(wording.text("changes.releases"), heads, (RowGroup("", rows),))
