"""Arrests by first decision, how court cases ended and after how long, and how much could be linked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harborlight.catalog.models import COURTS
from harborlight.charts import formats
from harborlight.metrics.flows import (
    DECISIONS,
    ENDS,
    LINKS,
    MONTHS,
    OUTCOMES,
    Part,
    followed_months,
    picture_name,
    read_parts,
    read_times,
)
from harborlight.metrics.shapes import Facts
from harborlight.provenance import plain, say
from harborlight.statistics.flow import Incidence
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.context_outcomes import OutcomeFigure, Stack
from harborlight.web.outcome_flows import make_row, source_words
from harborlight.web.outcome_words import (
    Asked,
    break_notes,
    cohort_words,
    count_cell,
    count_words,
    figure_links,
    offense_words,
    parts_of,
    percent_words,
    reached_words,
    share_words,
)
from harborlight.web.reader import Reader
from harborlight.web.trend import chart_image
from harborlight.web.wording import Wording

MIX_BANDS = (
    ("convicted", 4, ("convicted",)), ("probation", 6, ("probation_before_judgment", "not_criminally_responsible")),
    ("stet", 10, ("stet",)),
    ("not_convicted", 7, ("acquitted", "dismissed", "dropped")),
)  # fmt: skip


def make_decisions(reader: Reader, asked: Asked, facts: Facts, wording: Wording) -> OutcomeFigure:
    """Arrests of the months of the cohort, by first decision: all offenses together, whichever is asked for."""
    part = parts_of(asked)["decisions"]
    counts = reader.using(lambda con: read_parts(con, part, ("offense_group", "decision_code")))
    title = wording.text("outcomes.decisions_title", cohort=cohort_words(asked.cohort.id, wording))
    takeaway = wording.text("outcomes.decisions_takeaway", n=counts.total(), number=count_words(counts.total(), part, wording))
    return OutcomeFigure(
        id="decisions", heading=wording.text("outcomes.decisions_heading"), title=title,
        takeaway=takeaway if counts else wording.text("outcomes.decisions_none"), stack=None, image=None,
        table=_by_offense(counts, asked, part, "decision_code", DECISIONS, "arrests", title, wording) if counts else None, is_folded=False, notes=(),
        source=source_words(asked, facts, wording), links=figure_links(asked, "decisions", wording),
    )  # fmt: skip


def make_mix(reader: Reader, asked: Asked, facts: Facts, wording: Wording) -> OutcomeFigure:
    """Cases that ended in the months of the cohort, by offense and outcome."""
    part = parts_of(asked)["dispositions"]
    counts = reader.using(lambda con: read_parts(con, part, ("offense_group", "outcome_code")))
    title = wording.text("outcomes.mix_title", cohort=cohort_words(asked.cohort.id, wording))
    takeaway = wording.text("outcomes.mix_takeaway", n=counts.total(), number=count_words(counts.total(), part, wording))
    return OutcomeFigure(
        id="dispositions", heading=wording.text("outcomes.mix_heading"), title=title,
        takeaway=takeaway if counts else wording.text("outcomes.mix_none"), image=None,
        stack=_mix_stack(counts, asked, part, wording) if counts else None,
        table=_by_offense(counts, asked, part, "outcome_code", OUTCOMES, "cases", title, wording) if counts else None, is_folded=True,
        notes=(wording.text("outcomes.one_document"),), source=source_words(asked, facts, wording),
        links=figure_links(asked, "dispositions", wording),
    )  # fmt: skip


def _by_offense(
    counts: Mapping[tuple[str, str], int], asked: Asked, part: Part, column: str, codes: Sequence[str], unit: str, caption: str, wording: Wording
) -> Table:  # fmt: skip
    """Rows are offenses in the order of their codes, never by size; the last is all of them."""
    kind = "decision" if unit == "arrests" else "outcome"
    used = [code for code in codes if any(own == code for _, own in counts)]
    rows = []
    for group, title in (*_offenses(counts, asked), ("", wording.text("outcomes.total"))):
        own = part.but(offense_group=group) if group else part
        cells = [sum(n for (g, c), n in counts.items() if group in ("", g) and c == code) for code in used]
        row = (count_cell(n, own.but(**{column: code}), wording) for n, code in zip(cells, used, strict=True))
        rows.append((Cell(title, kind="head"), count_cell(sum(cells), own, wording), *row))
    heads = [*(wording.text(f"outcomes.head_{name}") for name in ("offense", unit)), *(wording.text(f"outcomes.{kind}_{code}") for code in used)]
    return Table(caption, tuple(Column(head, i > 0) for i, head in enumerate(heads)), (RowGroup("", tuple(rows)),), is_wide=True)


def _offenses(counts: Mapping[tuple[str, str], int], asked: Asked) -> list[tuple[str, str]]:
    known = {group for group, _ in counts}
    return [(group, title) for group, title in asked.span.groups if group in known]


def _mix_stack(counts: Mapping[tuple[str, str], int], asked: Asked, part: Part, wording: Wording) -> Stack:
    names = {kind: wording.text(f"outcomes.band_{name}") for name, kind, _ in MIX_BANDS}
    rows = []
    for group, title in _offenses(counts, asked):
        bands = [(kind, names[kind], sum(counts.get((group, code), 0) for code in codes)) for _, kind, codes in MIX_BANDS]
        n = sum(n for _, _, n in bands)
        number = count_words(n, part.but(offense_group=group), wording)
        rows.append(make_row(title, bands, wording.text("outcomes.stack_cases", n=n, number=number), wording))
    used = {band.kind for row in rows for band in row.bands}
    return Stack(tuple((kind, name) for kind, name in names.items() if kind in used), tuple(rows))


def make_ended(reader: Reader, asked: Asked, facts: Facts, files: frozenset[str], wording: Wording) -> OutcomeFigure:
    """Cases that ended by month since the records of courts begin, with breaks of the courts; the picture is of all open offenses."""
    part = parts_of(asked)["ended"]
    counts = reader.using(lambda con: read_parts(con, part, ("disposed_month",)))
    key = "outcomes.ended_title_group" if asked.group else "outcomes.ended_title"
    title, last = wording.text(key, offense=offense_words(asked, wording)), f"{asked.span.as_of:%Y-%m}"
    year_before = f"{asked.span.as_of.year - 1}{last[4:]}"
    recent = {month: n for month, n in counts.items() if month > year_before}
    months = f"{year_before[:4]}-{int(last[5:]) + 1:02}..{last}" if last[5:] != "12" else f"{last[:4]}-01..{last}"
    n = sum(recent.values())
    takeaway = wording.text("outcomes.ended_takeaway", n=n, number=count_words(n, part.but(disposed_month=months), wording))
    image = None if asked.group else chart_image(facts.release_id, "outcome-dispositions", files, plain(takeaway))
    return OutcomeFigure(
        id="ended", heading=wording.text("outcomes.ended_heading"), title=title, takeaway=takeaway, stack=None, image=image,
        table=_month_grid(counts, part, last, title, wording) if counts else None, is_folded=image is not None,
        notes=break_notes(facts, COURTS, wording),
        source=source_words(asked, facts, wording), links=figure_links(asked, "ended", wording),
    )  # fmt: skip


def _month_grid(counts: Mapping[str, int], part: Part, last: str, caption: str, wording: Wording) -> Table:
    """Years as rows and months as columns; months that the records do not cover are empty."""
    first = min(counts)
    rows = []
    for year in range(int(last[:4]), int(first[:4]) - 1, -1):
        months = [f"{year}-{number:02}" for number in range(1, 13)]
        row = (count_cell(counts.get(m, 0), part.but(disposed_month=m), wording) if first <= m <= last else Cell("", kind="quiet") for m in months)
        rows.append((Cell(str(year), kind="head"), *row))
    heads = (Column(wording.text("outcomes.head_year")), *(Column(formats.month_name(f"2001-{n:02}", wording.language), True) for n in range(1, 13)))
    return Table(caption, heads, (RowGroup("", tuple(rows)),), is_wide=True)


def make_times(reader: Reader, asked: Asked, facts: Facts, files: frozenset[str], wording: Wording) -> OutcomeFigure:
    """Time from filing to the end by kind of end, with the number still waiting."""
    part, found = parts_of(asked)["times"], reader.using(lambda con: read_times(con, asked.group))
    months = [month for month in MONTHS if month < followed_months(found)]
    title = wording.text("outcomes.times_title", offense=offense_words(asked, wording))
    takeaway = _times_words(found, part, months[-1], wording) if months else wording.text("outcomes.times_none")
    image = chart_image(facts.release_id, picture_name(asked.group), files, plain(takeaway)) if months else None
    return OutcomeFigure(
        id="times", heading=wording.text("outcomes.times_heading"), title=title, takeaway=takeaway, stack=None, image=image,
        table=_times_table(found, part, months, title, wording) if months else None, is_folded=image is not None,
        notes=(wording.text("outcomes.times_note"),) if months else (), source=source_words(asked, facts, wording),
        links=figure_links(asked, "times", wording),
    )  # fmt: skip


def _times_words(found: Incidence, part: Part, month: int, wording: Wording) -> str:
    reached = found.at("convicted", month)
    share = reached_words(reached, part, ENDS["convicted"], "pending", month, wording)[0] if reached else ""
    return wording.text("outcomes.times_takeaway", months=str(month), share=share, waiting=_waiting_words(found, part, month, wording))


def _waiting_words(found: Incidence, part: Part, month: int, wording: Wording) -> str:
    """What all ends leave."""
    left = 1 - sum(reached.share for end in ENDS if (reached := found.at(end, month)))
    codes = ",".join(code for codes in ENDS.values() for code in codes)
    facts = {"table": part.table, "where": part.words, "codes": codes, "waiting": "pending", "month": str(month), "limit": "rest"}
    return say(percent_words(max(0.0, left), wording), max(0.0, left), "outcome_time", **facts)


def _times_table(found: Incidence, part: Part, months: Sequence[int], caption: str, wording: Wording) -> Table:
    rows = []
    for month in months:
        cells = [Cell(str(month), kind="head"), Cell(_risk_words(found, part, month, wording), kind="number")]
        for end, codes in ENDS.items():
            reached = found.at(end, month)
            words, interval = reached_words(reached, part, codes, "pending", month, wording) if reached else ("", "")
            cells.append(Cell(words, kind="number", note=interval))
        rows.append((*cells, Cell(_waiting_words(found, part, month, wording), kind="number")))
    heads = ("month", "risk", *ENDS, "waiting")
    columns = tuple(Column(wording.text(f"outcomes.head_{head}"), head != "month") for head in heads)
    return Table(caption, columns, (RowGroup("", tuple(rows)),), is_wide=True)


def _risk_words(found: Incidence, part: Part, month: int, wording: Wording) -> str:
    n = found.at_risk[month]
    return say(formats.number(n, wording.language), n, "outcome_risk", table=part.table, where=part.words, month=str(month))


def make_links(reader: Reader, asked: Asked, facts: Facts, wording: Wording) -> OutcomeFigure | None:
    """The last twelve months of every kind of link, newest first."""
    part = parts_of(asked)["links"]
    counts = reader.using(lambda con: read_parts(con, part, ("month", "link_code", "is_linked")))
    months = sorted({month for month, _, _ in counts}, reverse=True)[:12]
    kinds = [kind for kind in LINKS if any(own == kind for _, own, _ in counts)]
    if not months:
        return None
    title = wording.text("outcomes.links_title")
    rows = []
    for month in months:
        cells = [Cell(formats.month_words(month, wording.language), kind="head")]
        for kind in kinds:
            yes, every = counts[month, kind, "yes"], counts[month, kind, "yes"] + counts[month, kind, "no"]
            own = part.but(month=month, link_code=kind)
            found = own.but(is_linked="yes")
            note = wording.text("outcomes.link_cell", linked=count_words(yes, found, wording), all=count_words(every, own, wording))
            share = share_words(yes, every, found, own, wording)
            cells.append(Cell(share, kind="number", note=note) if every else Cell(wording.text("outcomes.none_here"), kind="quiet"))
        rows.append(tuple(cells))
    heads = (wording.text("outcomes.head_link_month"), *(wording.text(f"outcomes.link_{kind}") for kind in kinds))
    table = Table(title, tuple(Column(head, i > 0) for i, head in enumerate(heads)), (RowGroup("", tuple(rows)),), is_wide=True)
    return OutcomeFigure(
        id="links", heading=wording.text("outcomes.links_heading"), title=title, takeaway=wording.text("outcomes.links_takeaway"), stack=None,
        image=None, table=table, is_folded=False, notes=(), source=source_words(asked, facts, wording), links=figure_links(asked, "links", wording),
    )  # fmt: skip
