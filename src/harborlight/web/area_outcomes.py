"""What became of the incidents of one police district: how many of one year police had cleared, and how many were open.

In go sums by year, district and offense as they are published, out come a sentence and a table. Nothing that follows a clearance is
told: who was arrested or charged stays with the whole city.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harborlight.metrics.flows import Part, Span, read_parts, read_span
from harborlight.statistics.clearance import wilson_interval
from harborlight.statistics.estimate import Estimate
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_areas import AreaOutcomes
from harborlight.web.outcome_words import PAGE, cohort_words, count_words, interval_words, share_words
from harborlight.web.places import Place
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

LAYER = "police_district"
TABLE = "outcome_districts"
OTHER = "other"
Counts = Counter[tuple[str, str, str]]  # district, offense group, state → incidents


@dataclass(frozen=True)
class _Asked:
    """The incidents of one year: how many by district, offense group and state, and how a number of them is said."""

    counts: Counts
    year: str
    wording: Wording

    def part(self, area: str = "", offense: str = "", state: str = "") -> Part:
        where = {"cohort_year": self.year, "police_district": area, "offense_group": offense, "state_code": state}
        return Part(TABLE, {name: value for name, value in where.items() if value})

    def n(self, area: str = "", offense: str = "", state: str = "") -> int:
        asked = (area, offense, state)
        return sum(n for key, n in self.counts.items() if all(not want or want == own for want, own in zip(asked, key, strict=True)))

    def say(self, area: str = "", offense: str = "", state: str = "") -> str:
        return count_words(self.n(area, offense, state), self.part(area, offense, state), self.wording)

    def share(self, area: str = "", offense: str = "") -> str:
        """The share that police had cleared."""
        cleared, n = self.n(area, offense, "cleared"), self.n(area, offense)
        return share_words(cleared, n, self.part(area, offense, "cleared"), self.part(area, offense), self.wording)

    def interval(self, area: str, offense: str) -> str:
        """Where chance leaves that share; empty where there is none."""
        cleared, n = self.n(area, offense, "cleared"), self.n(area, offense)
        if not n:
            return ""
        found = Estimate(cleared / n, *wilson_interval(cleared, n))
        return interval_words(found, "wilson", self.part(area, offense, "cleared"), self.part(area, offense), self.wording, "outcomes.interval_short")


def make_area_outcomes(reader: Reader, place: Place, wording: Wording) -> AreaOutcomes | None:
    """The section of a police district by the lines in force; None for every other area, and where no whole year has been followed."""
    in_force = place.lines.is_current if place.lines else not place.lines_text
    span = reader.using(read_span) if place.layer.id == LAYER and in_force else None
    if span is None:
        return None
    asked = _Asked(
        reader.using(lambda con: read_parts(con, Part(TABLE, {"cohort_year": span.usual.id}), ("police_district", "offense_group", "state_code"))),
        span.usual.id, wording,
    )  # fmt: skip
    return _section(asked, span, reader, place) if asked.counts else None


def _section(asked: _Asked, span: Span, reader: Reader, place: Place) -> AreaOutcomes:
    wording, names = asked.wording, {"cohort": cohort_words(asked.year, asked.wording), "day": span.as_of}
    page = Link(wording.text("area_outcomes.more", **names), f"{PAGE}?cohort={asked.year}")
    links = (page, Link(wording.text("area_outcomes.table"), f"/data/{TABLE}"))
    title, n = wording.text("area_outcomes.title"), asked.n(place.id)
    if not n:
        return AreaOutcomes(title, wording.text("area_outcomes.few", **names), "", None, (), links)
    answer = wording.text(
        "area_outcomes.answer", n=n, number=asked.say(place.id), cleared=asked.say(place.id, state="cleared"), share=asked.share(place.id),
        open=asked.say(place.id, state="open"), **names,
    )  # fmt: skip
    notes = tuple(wording.text(key) for key in ("area_outcomes.cleared", "area_outcomes.court", "area_outcomes.sensitive"))
    return AreaOutcomes(title, answer, wording.text("area_outcomes.beside", share=asked.share()), _table(asked, span, reader, place), notes, links)


def _table(asked: _Asked, span: Span, reader: Reader, place: Place) -> Table:
    """Offenses in the order of their codes, never by size; then the others together, then all."""
    wording, told = asked.wording, {offense for _, offense, _ in asked.counts}
    titles = {o.group: o.group_title for o in reader.facts.offenses}
    linked = {group for group, _ in span.groups}
    rows = [
        (Cell(title, f"{PAGE}?cohort={asked.year}&offense={group}" if group in linked else "", "head"), group)
        for group, title in titles.items() if group in told
    ]  # fmt: skip
    rows += [(Cell(wording.text("area_outcomes.others"), kind="head"), OTHER)] if OTHER in told and rows else []
    rows.append((Cell(wording.text("area_outcomes.all"), kind="head"), ""))
    heads = (
        Column(wording.text("offenses.offense")), Column(wording.text("area_outcomes.head_incidents"), True),
        Column(wording.text("area_outcomes.head_cleared"), True), Column(wording.text("area_outcomes.head_share"), True),
        Column(wording.text("area_outcomes.head_all"), True),
    )  # fmt: skip
    caption = wording.text("area_outcomes.caption", name=place.name, cohort=cohort_words(asked.year, wording), day=span.as_of)
    cells = tuple((head, *_cells(asked, place.id, offense)) for head, offense in rows)
    return Table(caption, heads, (RowGroup("", cells),), wording.text("area_outcomes.table_note"))


def _cells(asked: _Asked, area: str, offense: str) -> Iterable[Cell]:
    return (
        Cell(asked.say(area, offense), kind="number"), Cell(asked.say(area, offense, "cleared"), kind="number"),
        Cell(asked.share(area, offense), kind="number", note=asked.interval(area, offense)), Cell(asked.share("", offense), kind="number"),
    )  # fmt: skip
