"""`/outcomes`: what became of the incidents of one year or quarter, how many were cleared, and how court cases end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harborlight.errors import QueryError
from harborlight.metrics.flows import find_cohort, read_span
from harborlight.web.context import Choice, Link, Option
from harborlight.web.context_outcomes import OutcomesPage
from harborlight.web.group_reader import read_tables
from harborlight.web.outcome_cases import make_decisions, make_ended, make_links, make_mix, make_times
from harborlight.web.outcome_clearance import make_measures, make_years
from harborlight.web.outcome_flows import make_arrest_flow, make_flow, make_groups, read_states
from harborlight.web.outcome_way import make_way
from harborlight.web.outcome_words import Asked, cohort_words, count_words, offense_words, parts_of
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

PARAMETERS = ("cohort", "offense")
WORDS = ("cohort", "case", "disposition", "clearance", "pending", "nolle", "stet", "pbj", "ncr", "merged", "forwarded")
LEFT_OUT = ("children", "sensitive", "groups", "sealed")
ARRESTS = "arrests"


def read_asked(reader: Reader, given: Mapping[str, str], wording: Wording) -> Asked | None:
    """The question; None without court records. Raises QueryError (400) for a cohort or an offense that is not there."""
    span = reader.using(read_span)
    if span is None:
        return None
    group = given.get("offense", "")
    if group and group not in dict(span.groups):
        raise QueryError(wording.text("outcomes.bad_offense"), parameter="offense", allowed=[name for name, _ in span.groups])
    cohort = find_cohort(span, given.get("cohort", ""), wording.text("outcomes.bad_cohort"))
    return Asked(span, cohort, group, not given)


def make_outcomes(reader: Reader, given: Mapping[str, str], files: frozenset[str], wording: Wording) -> OutcomesPage:
    """The page; without court records it says that the city has not supplied them."""
    asked = read_asked(reader, given, wording)
    page = OutcomesPage(
        lede=wording.text("outcomes.lede"), caution=wording.text("outcomes.caution"), missing=wording.text("outcomes.missing"), choices=(), answer="",
        groups=(), flows=(), clearance_title="", clearance=(), years=None, figures=(),
        glossary=tuple((wording.text(f"courts.word_{word}"), wording.text(f"courts.mean_{word}")) for word in WORDS),
        left_out=tuple(wording.text(f"outcomes.left_{name}") for name in LEFT_OUT), links=_links(reader, wording),
    )  # fmt: skip
    return page if asked is None else _filled(page, reader, asked, files, wording)


def _filled(page: OutcomesPage, reader: Reader, asked: Asked, files: frozenset[str], wording: Wording) -> OutcomesPage:
    facts, states = reader.facts, read_states(reader, asked)
    part = parts_of(asked)["states"].but(as_of=str(asked.span.as_of))
    names = {"offense": offense_words(asked, wording), "cohort": cohort_words(asked.cohort.id, wording)}
    n = sum(states[asked.span.as_of].values())
    answer = wording.text("outcomes.answer", n=n, number=count_words(n, part, wording), day=asked.span.as_of, **names)
    links = make_links(reader, asked, facts, wording)
    return replace(
        page, missing="", choices=_choices(asked, wording), answer=answer, groups=make_groups(states, asked, wording),
        flows=tuple(make(states, asked, facts, wording) for make in (make_flow, make_arrest_flow, make_way)) if n else (),
        clearance_title=wording.text("outcomes.clearance_title", **names), clearance=make_measures(reader, asked, wording),
        years=make_years(reader, asked, facts, wording),
        figures=(
            make_decisions(reader, asked, facts, wording), make_mix(reader, asked, facts, wording), make_times(reader, asked, facts, files, wording),
            make_ended(reader, asked, facts, files, wording), *([links] if links else []),
        ),
    )  # fmt: skip


def _choices(asked: Asked, wording: Wording) -> tuple[Choice, ...]:
    cohorts = tuple(
        Option(
            c.id,
            wording.text("outcomes.part_year", year=c.id) if "-" not in c.id and len(c.quarters) < 4 else cohort_words(c.id, wording),
            c.id == asked.cohort.id,
        )
        for c in asked.span.cohorts
    )
    groups = tuple(Option(group, title, group == asked.group) for group, title in asked.span.groups)
    every = Option("", wording.text("outcomes.every_offense"), not asked.group)
    return (
        Choice("cohort", wording.text("outcomes.choose_cohort"), cohorts),
        Choice("offense", wording.text("outcomes.choose_offense"), (every, *groups)),
    )  # fmt: skip


def _links(reader: Reader, wording: Wording) -> tuple[Link, ...]:
    """Where to go on; arrests only where the city supplies them, and by group only where a table of them is offered."""
    arrests: list[Link] = []
    if reader.facts.metric_sources.get(ARRESTS):
        arrests.append(Link(wording.text("outcomes.link_area"), f"/metrics/{ARRESTS}?by=area&window=12m"))
        if any(table.subject == ARRESTS and table.grain and table.dims and not table.by_area for table in read_tables(reader).values()):
            arrests.append(Link(wording.text("outcomes.link_people"), f"/demographics?subject={ARRESTS}"))
    return (
        *arrests, Link(wording.text("outcomes.link_lookup"), "/look-up"), Link(wording.text("outcomes.link_warrants"), "/warrants"),
        Link(wording.text("outcomes.link_table"), "/data/outcome_states"),
    )  # fmt: skip
