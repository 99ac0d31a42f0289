"""What became of the incidents of one police district: how many of one year police had cleared, and how many were open.

In go the reports that may have a page of their own, each with the state that its page says, out come sums. They tell of no district
less than ten reports of a kind together, and nothing that follows a clearance: who was arrested or charged stays with the whole city.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harborlight.charts import formats
from harborlight.metrics.flows import Cohort, Span, read_span
from harborlight.provenance import say
from harborlight.statistics.clearance import wilson_interval
from harborlight.statistics.estimate import SMALL_COUNT
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_areas import AreaOutcomes
from harborlight.web.outcome_words import PAGE, cohort_words, percent_words
from harborlight.web.places import Place
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

LAYER = "police_district"  # the layer that a report's own page names
# Reports of some months by district, most serious offense group as the site orders them, and state. By arrest and exceptionally are one state:
# a child who is let go without custody is an exceptional clearance.
REPORTS = """
with single as (
    select i.incident_key, i.police_district, min(o.ix) as ix, any_value(i.status_code) as status_code
    from (select *, unnest(string_split(offense_codes, ',')) as code from incident_pages where "month" between $first and $last) as i
    join offenses as o on o.code = i.code
    where i.police_district is not null and i.status_code is not null
    group by i.incident_key, i.police_district
)
select s.police_district as area, o.offense_group as offense, case s.status_code when 'open' then 'open' else 'cleared' end as state, count(*) as n
from single as s join offenses as o on o.ix = s.ix
group by all
"""
Offenses = tuple[str, ...]  # groups that are counted together
Counts = Counter[tuple[str, str, str]]  # district, offense group, state → reports


@dataclass(frozen=True)
class _Asked:
    """The reports of one cohort: how many by district, offense group and state, and how a number of them is said."""

    counts: Counts
    cohort: Cohort
    wording: Wording

    def n(self, areas: Iterable[str], offenses: Iterable[str], states: Iterable[str] = ("cleared", "open")) -> int:
        return sum(self.counts[area, offense, state] for area in areas for offense in offenses for state in states)

    def facts(self, areas: Iterable[str], offenses: Iterable[str]) -> dict[str, str]:
        return {"area": ",".join(areas), "offense": ",".join(offenses), "months": self.cohort.months}

    def say(self, areas: tuple[str, ...], offenses: Offenses, state: str = "") -> str:
        n = self.n(areas, offenses, (state,) if state else ("cleared", "open"))
        return say(formats.number(n, self.wording.language), n, "report", state=state, **self.facts(areas, offenses))

    def share(self, areas: tuple[str, ...], offenses: Offenses) -> tuple[str, str]:
        """The share that police had cleared, and where chance leaves it."""
        cleared, n, given = self.n(areas, offenses, ("cleared",)), self.n(areas, offenses), self.facts(areas, offenses)
        low, high = wilson_interval(cleared, n)
        ends = {
            name: say(percent_words(value, self.wording), value, "report_share", end=name, **given) for name, value in (("low", low), ("high", high))
        }
        share = say(percent_words(cleared / n, self.wording), cleared / n, "report_share", **given)
        return share, self.wording.text("outcomes.interval_short", **ends)


def make_area_outcomes(reader: Reader, place: Place, wording: Wording) -> AreaOutcomes | None:
    """The section of a police district by the lines in force; None for every other area, and where reports have no pages or no state."""
    in_force = place.lines.is_current if place.lines else not place.lines_text
    span = reader.using(read_span) if place.layer.id == LAYER and in_force else None
    if span is None:
        return None
    first, _, last = span.usual.months.partition("..")
    rows = reader.rows(REPORTS, {"first": first, "last": last})
    asked = _Asked(Counter({(row["area"], row["offense"], row["state"]): row["n"] for row in rows}), span.usual, wording)
    return _section(asked, span, reader, place) if rows else None


def _section(asked: _Asked, span: Span, reader: Reader, place: Place) -> AreaOutcomes:
    wording, day = asked.wording, reader.facts.data_through
    every = tuple(sorted({offense for _, offense, _ in asked.counts}))
    districts = tuple(area for area in sorted({area for area, _, _ in asked.counts}) if asked.n([area], every) >= SMALL_COUNT)
    names = {"cohort": cohort_words(asked.cohort.id, wording), "day": day}
    links = (Link(wording.text("area_outcomes.more", **names), f"{PAGE}?cohort={asked.cohort.id}"),)
    title = wording.text("area_outcomes.title")
    if place.id not in districts:
        return AreaOutcomes(title, wording.text("area_outcomes.few", **names), "", None, (), links)
    here, n = (place.id,), asked.n([place.id], every)
    answer = wording.text(
        "area_outcomes.answer", n=n, number=asked.say(here, every), cleared=asked.say(here, every, "cleared"), share=asked.share(here, every)[0],
        open=asked.say(here, every, "open"), **names,
    )  # fmt: skip
    groups = fold({area: {offense: asked.n([area], [offense]) for offense in every} for area in districts})
    notes = tuple(wording.text(key) for key in ("area_outcomes.cleared", "area_outcomes.court", "area_outcomes.reports"))
    beside = wording.text("area_outcomes.beside", share=asked.share(districts, every)[0])
    return AreaOutcomes(title, answer, beside, _table(asked, span, reader, place, districts, groups, every), notes, links)


def fold(counts: Mapping[str, Mapping[str, int]]) -> tuple[Offenses, Offenses]:
    """Offense groups that have a row of their own in every district, and those that share one: nowhere does a row hold fewer than ten.

    The same in all districts, so that the number of one cannot be worked out from the others.
    """
    groups = {offense for own in counts.values() for offense in own}
    least = {offense: min(own.get(offense, 0) for own in counts.values()) for offense in groups}
    single = sorted((g for g in groups if least[g] >= SMALL_COUNT), key=lambda g: (least[g], g), reverse=True)
    rest = groups - set(single)
    while rest and single and min(sum(own.get(g, 0) for g in rest) for own in counts.values()) < SMALL_COUNT:
        rest.add(single.pop())
    return tuple(single), tuple(sorted(rest))


def _table(
    asked: _Asked, span: Span, reader: Reader, place: Place, districts: tuple[str, ...], folded: tuple[Offenses, Offenses], every: Offenses
) -> Table:  # fmt: skip
    """Offenses in the order of their codes, never by size; then the others together, then all."""
    wording, (single, rest) = asked.wording, folded
    titles = {o.group: o.group_title for o in reader.facts.offenses}
    linked = {group for group, _ in span.groups}
    rows: list[tuple[Cell, Offenses]] = [
        (Cell(title, f"{PAGE}?cohort={asked.cohort.id}&offense={group}" if group in linked else "", "head"), (group,))
        for group, title in titles.items() if group in single
    ]  # fmt: skip
    rows += [(Cell(wording.text("area_outcomes.others"), kind="head"), rest)] if rest and rows else []
    rows.append((Cell(wording.text("area_outcomes.all"), kind="head"), every))
    heads = (
        Column(wording.text("offenses.offense")), Column(wording.text("area_outcomes.head_incidents"), True),
        Column(wording.text("area_outcomes.head_cleared"), True), Column(wording.text("area_outcomes.head_share"), True),
        Column(wording.text("area_outcomes.head_all"), True),
    )  # fmt: skip
    caption = wording.text("area_outcomes.caption", name=place.name, cohort=cohort_words(asked.cohort.id, wording), day=reader.facts.data_through)
    cells = tuple((head, *_cells(asked, (place.id,), districts, offenses)) for head, offenses in rows)
    return Table(caption, heads, (RowGroup("", cells),), wording.text("area_outcomes.table_note"))


def _cells(asked: _Asked, here: tuple[str, ...], districts: tuple[str, ...], offenses: Offenses) -> tuple[Cell, ...]:
    share, interval = asked.share(here, offenses)
    return (
        Cell(asked.say(here, offenses), kind="number"), Cell(asked.say(here, offenses, "cleared"), kind="number"),
        Cell(share, kind="number", note=interval), Cell(asked.share(districts, offenses)[0], kind="number"),
    )  # fmt: skip
