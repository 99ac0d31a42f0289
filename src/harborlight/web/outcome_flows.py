"""One cohort followed: a list of sentences, and bars of one length in which every incident is in exactly one state.

Pending is a band of its own; not charged and diverted are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from harborlight.metrics.flows import ENDS, OUTCOMES, STATES, Part, moments, read_parts
from harborlight.metrics.shapes import Facts
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.context_outcomes import Band, OutcomeFigure, Stack, StackRow, StateGroup, StateLine
from harborlight.web.outcome_words import (
    Asked,
    cohort_words,
    count_cell,
    count_words,
    figure_links,
    offense_words,
    parts_of,
    share_words,
    state_words,
)
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

Bands = Sequence[tuple[str, int, tuple[str, ...]]]
STAGES = (("open", STATES[:2]), ("arrest", STATES[2:4]), ("court", STATES[4:5]), ("ended", OUTCOMES))
ARRESTED = STATES[2:]
# Name, number of its color, and states; in the order of the way.
ALL_BANDS: Bands = (("open", 1, STATES[:1]), ("exceptional", 2, STATES[1:2]), ("arrested", 3, STATES[2:4]), ("court", 4, STATES[4:]))
ARREST_BANDS: Bands = (
    ("not_charged", 3, ("not_charged",)), ("diverted", 9, ("diverted",)), ("pending", 5, ("charged",)),
    ("convicted", 4, ENDS["convicted"]), ("other", 6, ENDS["other"]), ("not_convicted", 7, ENDS["not_convicted"]),
)  # fmt: skip
FITTING = 3  # columns of numbers that a phone shows side by side
States = Mapping[date, Mapping[str, int]]


def read_states(reader: Reader, asked: Asked) -> States:
    """Where the cohort stood at each month end that is shown."""
    part = parts_of(asked)["states"]
    days = moments(asked.cohort, asked.span.as_of)
    rows = reader.using(lambda con: read_parts(con, part.but(as_of=",".join(map(str, days))), ("as_of", "state_code")))
    return {day: Counter({code: n for (on, code), n in rows.items() if on == day}) for day in days}


def make_groups(states: States, asked: Asked, wording: Wording) -> tuple[StateGroup, ...]:
    """Where they stand now, as sentences with what each state means; states that nobody is in are left out."""
    part, now = parts_of(asked)["states"].but(as_of=str(asked.span.as_of)), states[asked.span.as_of]
    found = []
    for stage, codes in STAGES:
        lines = [
            StateLine(
                wording.text(
                    "outcomes.state_line", n=count_words(now[code], part.but(state_code=code), wording),
                    share=share_words(now[code], sum(now.values()), part.but(state_code=code), part, wording),
                ),
                state_words(code, wording), wording.text(f"courts.meaning_{code}"),
            )
            for code in codes if now.get(code)
        ]  # fmt: skip
        if lines:
            found.append(StateGroup(wording.text(f"courts.stage_{stage}"), tuple(lines)))
    return tuple(found)


def make_flow(states: States, asked: Asked, facts: Facts, wording: Wording) -> OutcomeFigure:
    """All incidents of the cohort over time; the table tells every state apart."""
    part, day = parts_of(asked)["states"], asked.span.as_of
    now = states[day]
    arrested = sum(now.get(code, 0) for code in ARRESTED)
    share = share_words(arrested, sum(now.values()), part.but(as_of=str(day), state_code=",".join(ARRESTED)), part.but(as_of=str(day)), wording)
    title = wording.text("outcomes.flow_all_title", **_names(asked, wording))
    return OutcomeFigure(
        id="states", heading=wording.text("outcomes.flow_all"), title=title, stack=make_stack(states, ALL_BANDS, part, wording),
        takeaway=wording.text("outcomes.flow_all_takeaway", day=day, share=share), image=None, table=_state_table(states, part, title, wording),
        is_folded=True, notes=(wording.text("outcomes.one_state"), wording.text("outcomes.one_case")), source=source_words(asked, facts, wording),
        links=figure_links(asked, "states", wording),
    )  # fmt: skip


def make_arrest_flow(states: States, asked: Asked, facts: Facts, wording: Wording) -> OutcomeFigure:
    """Only those with an arrest or a charge, so that what follows can be seen."""
    part, day = parts_of(asked)["states"], asked.span.as_of
    inner = {on: {code: n for code, n in own.items() if code in ARRESTED} for on, own in states.items()}
    total, pending = sum(inner[day].values()), inner[day].get("charged", 0)
    title = wording.text("outcomes.flow_arrests_title", **_names(asked, wording))
    on_day = part.but(as_of=str(day))
    takeaway = wording.text(
        "outcomes.flow_arrests_takeaway", n=count_words(total, on_day.but(state_code=",".join(ARRESTED)), wording),
        pending=count_words(pending, on_day.but(state_code="charged"), wording), day=day,
    )  # fmt: skip
    shown = {on: own for on, own in inner.items() if own}
    return OutcomeFigure(
        id="arrested", heading=wording.text("outcomes.flow_arrests"), title=title,
        takeaway=takeaway if total else wording.text("outcomes.flow_none", day=day),
        stack=make_stack(shown, ARREST_BANDS, part, wording) if shown else None, image=None,
        table=_band_table(shown, ARREST_BANDS, part, title, wording) if shown else None, is_folded=True, notes=(),
        source=source_words(asked, facts, wording), links=figure_links(asked, "states", wording)[:2],
    )  # fmt: skip


def make_stack(states: States, bands: Bands, part: Part, wording: Wording) -> Stack:
    """One bar for each day, all of one length; every band is marked in the table beside it."""
    rows = []
    for day, own in states.items():
        codes = [code for _, _, codes in bands for code in codes]
        n = sum(own.values())
        whole = wording.text("outcomes.stack_row", n=n, number=count_words(n, part.but(as_of=str(day), state_code=",".join(codes)), wording))
        counts = [(kind, wording.text(f"outcomes.band_{name}"), sum(own.get(c, 0) for c in codes)) for name, kind, codes in bands]
        rows.append(make_row(str(wording.write(day)), counts, whole, wording))
    used = {band.kind for row in rows for band in row.bands}
    keys = tuple((kind, wording.text(f"outcomes.band_{name}")) for name, kind, _ in bands if kind in used)
    return Stack(keys, tuple(rows))


def make_row(label: str, counts: Sequence[tuple[int, str, int]], whole: str, wording: Wording) -> StackRow:
    """One bar from (number of its color, name, count) of each band."""
    said = "; ".join(f"{name}: {wording.write(n)}" for _, name, n in counts if n)
    return StackRow(label, cut([(kind, n) for kind, _, n in counts]), whole, f"{label}. {said}")


def cut(parts: Sequence[tuple[int, int]]) -> tuple[Band, ...]:
    """Numbers of colors and counts as bands from 0 to 100."""
    whole, x, found = sum(n for _, n in parts), 0.0, []
    for kind, n in parts:
        if n:
            found.append(Band(round(x, 3), round(n / whole * 100, 3), kind))
            x += n / whole * 100
    return tuple(found)


def _state_table(states: States, part: Part, caption: str, wording: Wording) -> Table:
    """Every state by day, in the stages of the way, with the whole below."""
    known = {code for own in states.values() for code in own}
    groups = []
    for stage, codes in STAGES:
        rows = [
            (Cell(state_words(code, wording), kind="head"),
             *(count_cell(own.get(code, 0), part.but(as_of=str(day), state_code=code), wording) for day, own in states.items()))
            for code in codes if code in known
        ]  # fmt: skip
        if rows:
            groups.append(RowGroup(wording.text(f"courts.stage_{stage}"), tuple(rows)))
    total = (Cell(wording.text("outcomes.total"), kind="head"),
             *(count_cell(sum(own.values()), part.but(as_of=str(day)), wording) for day, own in states.items()))  # fmt: skip
    return Table(caption, _heads(states, wording), (*groups, RowGroup("", (total,))), is_wide=len(states) > FITTING)


def _band_table(states: States, bands: Bands, part: Part, caption: str, wording: Wording) -> Table:
    known = {code for own in states.values() for code in own}
    rows = [
        (Cell(wording.text(f"outcomes.band_{name}"), kind="head"),
         *(count_cell(sum(own.get(c, 0) for c in codes), part.but(as_of=str(day), state_code=",".join(codes)), wording)
           for day, own in states.items()))
        for name, _, codes in bands if known & set(codes)
    ]  # fmt: skip
    every = ",".join(code for _, _, codes in bands for code in codes)
    total = (Cell(wording.text("outcomes.total"), kind="head"),
             *(count_cell(sum(own.values()), part.but(as_of=str(day), state_code=every), wording) for day, own in states.items()))  # fmt: skip
    return Table(caption, _heads(states, wording), (RowGroup("", (*rows, total)),), is_wide=len(states) > FITTING)


def _heads(states: States, wording: Wording) -> tuple[Column, ...]:
    return (Column(wording.text("outcomes.head_state")), *(Column(str(wording.write(day)), True) for day in states))


def _names(asked: Asked, wording: Wording) -> dict[str, str]:
    return {"offense": offense_words(asked, wording), "cohort": cohort_words(asked.cohort.id, wording)}


def source_words(asked: Asked, facts: Facts, wording: Wording) -> str:
    return wording.text("outcomes.source", agency=facts.city.police_agency, day=asked.span.as_of)
