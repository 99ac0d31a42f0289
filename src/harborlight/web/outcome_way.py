"""The way of one cohort from the report to the end in court: the picture for wide screens, and the table with the same numbers.

In go the states on the last day that the page tells, out come stages and their ends. Each incident is where it stands, once, and the
states are those of the bars: nothing is told that the bars do not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from harborlight.charts.sankey import End, Stage, way_chart
from harborlight.metrics.flows import OUTCOMES, STATES, Part
from harborlight.metrics.shapes import Facts
from harborlight.provenance import plain
from harborlight.web.context import Cell, Column, RowGroup, Table
from harborlight.web.context_outcomes import OutcomeFigure, WidePicture
from harborlight.web.embed import make_embed
from harborlight.web.outcome_flows import ALL_BANDS, ARREST_BANDS, States, source_words
from harborlight.web.outcome_words import (
    API,
    PAGE,
    Asked,
    cohort_words,
    count_cell,
    count_words,
    figure_links,
    offense_words,
    parts_of,
    share_words,
)
from harborlight.web.wording import Wording

NAME = "way"
BANDS = {name: codes for name, _, codes in (*ALL_BANDS, *ARREST_BANDS)}
# Stages of the way, and the bands in which incidents stopped after each.
STAGES = (
    ("open", ("exceptional", "open")), ("arrest", ("diverted", "not_charged")), ("court", ("pending", "convicted", "other", "not_convicted")),
)  # fmt: skip
# The colors of these bands in the bars (`_outcomes.scss`).
COLORS = {
    "open": "#dfe3e6", "exceptional": "#98a2ab", "not_charged": "#e8b54a", "diverted": "#cc79a7", "pending": "#a9d3ec",
    "convicted": "#0b5c80", "other": "#00785a", "not_convicted": "#b34700",
}  # fmt: skip


def make_way(states: States, asked: Asked, facts: Facts, wording: Wording) -> OutcomeFigure:
    """The figure; the cohort has at least one incident."""
    now, title, takeaway = states[asked.span.as_of], _title(asked, wording), _takeaway(states, asked, wording)
    query = urlencode(asked.params)
    page, picture = f"{PAGE}?{query}#{NAME}", f"{API}.svg?{query}"
    return OutcomeFigure(
        id=NAME, heading=wording.text("way.heading"), title=title, takeaway=takeaway, stack=None, image=None,
        wide=WidePicture(picture, plain(f"{title}. {plain(takeaway)}")), table=_table(now, asked, title, wording), is_folded=True,
        notes=(wording.text("way.note"),), source=source_words(asked, facts, wording),
        links=figure_links(asked, "states", wording, NAME), embed=make_embed(page, picture, title, facts, wording, f"embed-{NAME}"),
    )  # fmt: skip


def draw_way(states: States, asked: Asked, wording: Wording) -> str:
    """The picture as SVG; empty where the cohort has no incident."""
    now = states[asked.span.as_of]
    if not sum(now.values()):
        return ""
    stages = [
        Stage(
            wording.text(f"way.stage_{stage}"),
            tuple(End(wording.text(f"outcomes.band_{name}"), _count(now, BANDS[name]), COLORS[name]) for name in names),
        )
        for stage, names in STAGES
    ]
    return way_chart(stages, title=_title(asked, wording), takeaway=plain(_takeaway(states, asked, wording)), locale=wording.language)


def _title(asked: Asked, wording: Wording) -> str:
    names = {"offense": offense_words(asked, wording), "cohort": cohort_words(asked.cohort.id, wording)}
    return wording.text("way.title", day=asked.span.as_of, **names)


def _takeaway(states: States, asked: Asked, wording: Wording) -> str:
    now, part = states[asked.span.as_of], _today(asked)
    sets = {"n": STATES, "arrested": STATES[2:], "charged": STATES[4:], "convicted": BANDS["convicted"], "pending": BANDS["pending"]}
    said = {name: count_words(_count(now, codes), part.but(state_code=",".join(codes)), wording) for name, codes in sets.items()}
    return wording.text("way.takeaway", **said)


def _table(now: Mapping[str, int], asked: Asked, caption: str, wording: Wording) -> Table:
    """Each stage with all who reached it, where they stopped, and how many went on."""
    groups, left = [], [STATES, STATES[2:], (*BANDS["pending"], *OUTCOMES)]
    for i, (stage, names) in enumerate(STAGES):
        rows = [(wording.text("outcomes.total"), left[i]), *((wording.text(f"outcomes.band_{name}"), BANDS[name]) for name in names)]
        if i + 1 < len(STAGES):
            onward = wording.text(f"way.stage_{STAGES[i + 1][0]}")
            rows.append((wording.text("way.went_on", stage=onward), left[i + 1]))
        groups.append(RowGroup(wording.text(f"way.stage_{stage}"), tuple(_row(now, asked, *row, wording) for row in rows)))
    heads = (Column(wording.text("way.head_place")), *(Column(wording.text(key), True) for key in ("outcomes.head_reported", "way.head_share")))
    return Table(caption, heads, tuple(groups))


def _row(now: Mapping[str, int], asked: Asked, label: str, codes: tuple[str, ...], wording: Wording) -> tuple[Cell, Cell, Cell]:
    n, whole = _count(now, codes), _today(asked)
    part = whole.but(state_code=",".join(codes))
    share = share_words(n, sum(now.values()), part, whole, wording)
    return Cell(label, kind="head"), count_cell(n, part, wording), Cell(share, kind="number")


def _today(asked: Asked) -> Part:
    return parts_of(asked)["states"].but(as_of=str(asked.span.as_of))


def _count(now: Mapping[str, int], codes: tuple[str, ...]) -> int:
    return sum(now.get(code, 0) for code in codes)
