"""Numbers of outcomes as marked text, names of states, and the parts of the published tables that each figure shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from harborlight.charts import formats
from harborlight.metrics.flows import Cohort, Part, Span, narrowed
from harborlight.metrics.shapes import Facts
from harborlight.provenance import say
from harborlight.statistics.estimate import Estimate
from harborlight.statistics.flow import Reached
from harborlight.web.context import Cell, Link
from harborlight.web.wording import Wording

PAGE = "/outcomes"
API = "/api/v1/outcomes"
FIGURES = ("states", "clearance", "cohorts", "decisions", "dispositions", "ended", "times", "links")
SMALL_SHARE = 0.095


@dataclass(frozen=True)
class Asked:
    """One question of the page: which incidents, of which offense; empty offense for all open ones."""

    span: Span
    cohort: Cohort
    group: str
    is_default: bool

    @property
    def group_title(self) -> str:
        return dict(self.span.groups).get(self.group, "")

    @property
    def params(self) -> dict[str, str]:
        return {"cohort": self.cohort.id} | ({"offense": self.group} if self.group else {})


def parts_of(asked: Asked) -> Mapping[str, Part]:
    """Figure → the rows of a published table that it shows."""
    cohort, group = asked.cohort, asked.group
    return {
        "states": narrowed("outcome_states", group, cohort_quarter=",".join(cohort.quarters)),
        "clearance": narrowed("outcome_clearance", group),
        "cohorts": narrowed("outcome_cohorts", group),
        "decisions": narrowed("outcome_decisions", "", month=cohort.months),
        "dispositions": narrowed("outcome_dispositions", group, disposed_month=cohort.months),
        "ended": narrowed("outcome_dispositions", group),
        "times": narrowed("outcome_case_times", group),
        "links": Part("outcome_links", {}),
    }


def figure_links(asked: Asked, figure: str, wording: Wording, place: str = "") -> tuple[Link, ...]:
    """The same rows as files, and the address of this figure alone, which stands at `place` of the page."""
    query = urlencode({"figure": figure, **asked.params})
    return (
        Link(wording.text("figures.csv"), f"{API}.csv?{query}"), Link(wording.text("figures.json"), f"{API}?{query}"),
        Link(wording.text("groups.permalink"), f"{PAGE}?{urlencode(asked.params)}#{place or figure}"),
    )  # fmt: skip


def count_words(n: int, part: Part, wording: Wording) -> str:
    """A count that says which rows it adds up."""
    return say(formats.number(n, wording.language), n, "outcome", table=part.table, where=part.words)


def share_words(n: int, of: int, part: Part, whole: Part, wording: Wording) -> str:
    """A percentage that says which rows it divides by which."""
    if not of:
        return wording.text("outcomes.no_share")
    return say(percent_words(n / of, wording), n / of, "outcome_share", table=part.table, where=part.words, of=whole.words)


def percent_words(share: float, wording: Wording) -> str:
    """Whole percents; one decimal where the share is small."""
    return formats.percent(share, 1 if 0 < share < SMALL_SHARE else 0, wording.language)


def interval_words(found: Estimate, method: str, part: Part, whole: Part, wording: Wording, key: str = "outcomes.interval") -> str:
    """Where chance leaves a share or ratio, both ends marked."""
    ends = {
        name: say(percent_words(value, wording), value, "outcome_bound", end=name, method=method, table=part.table, where=part.words, of=whole.words)
        for name, value in (("low", found.low), ("high", min(found.high, 99.0)))
    }
    return wording.text(key, **ends)


def reached_words(found: Reached, part: Part, codes: Sequence[str], waiting: str, month: int, wording: Wording) -> tuple[str, str]:
    """The share that had come to one of the ends `codes` by a month, and its interval; `waiting` is the code of those followed no further."""
    facts = {"table": part.table, "where": part.words, "codes": ",".join(codes), "waiting": waiting, "month": str(month)}
    low, high = (
        say(percent_words(value, wording), value, "outcome_time", limit=name, **facts) for name, value in (("low", found.low), ("high", found.high))
    )
    return (
        say(percent_words(found.share, wording), found.share, "outcome_time", **facts),
        wording.text("outcomes.interval_short", low=low, high=high),
    )  # fmt: skip


def count_cell(n: int, part: Part, wording: Wording) -> Cell:
    return Cell(count_words(n, part, wording), kind="number")


def break_notes(facts: Facts, what: str, wording: Wording) -> tuple[str, ...]:
    """Series breaks that touch a measure, or the courts, in words."""
    touching = sorted((b for b in facts.city.breaks if what in b.metrics), key=lambda b: b.date)
    return tuple(wording.text("outcomes.break", day=b.date, title=b.title, text=b.text.strip()) for b in touching)


def state_words(code: str, wording: Wording) -> str:
    return wording.text(f"courts.state_{code}")


def offense_words(asked: Asked, wording: Wording) -> str:
    """The offense in a sentence: all open offenses, or its title."""
    return asked.group_title.lower() if asked.group else wording.text("outcomes.all_offenses")


def cohort_words(cohort_id: str, wording: Wording) -> str:
    """2024, or the months of a quarter."""
    year, _, quarter = cohort_id.partition("-Q")
    return year if not quarter else wording.text(f"outcomes.quarter_{quarter}", year=year)
