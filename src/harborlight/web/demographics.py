"""`/demographics`: who is harmed, and who is arrested, by age, sex, race and ethnicity, from the published tables of groups.

One subject and one period at a time; a table that does not have the period shows its latest one and says so in its title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from harborlight.catalog.groups import CHILDREN
from harborlight.errors import QueryError
from harborlight.metrics.groups import GroupTable, PeriodCounts, Refused
from harborlight.web.context import Choice, Link, Option
from harborlight.web.context_groups import DataNote, DemographicsPage, GroupFigure
from harborlight.web.group_figures import make_figure, make_over_time
from harborlight.web.group_note import make_note
from harborlight.web.group_ratios import make_ratios, make_standardised
from harborlight.web.group_reader import load_subjects, read_counts, read_people, read_periods, read_tables
from harborlight.web.group_words import period_words, unit_words
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording

PAGE = "/demographics"
CHILD = "child_victims"
# The order of the menu; whatever a release has besides comes after, by its id.
ORDER = ("homicide_victims", "shooting_victims", "robbery_victims", "aggravated_assault_victims", CHILD, "arrests")
DIMENSIONS = ("age_band", "sex_code", "race_code", "ethnicity_code")


@dataclass(frozen=True)
class Subject:
    """Who is counted, with the tables that the page shows of it, offered or not."""

    id: str
    title: str
    tables: tuple[GroupTable, ...]

    @property
    def offered(self) -> tuple[GroupTable, ...]:
        return tuple(table for table in self.tables if table.grain)


def make_demographics(
    reader: Reader, subject_id: str, period: str, wording: Wording, files: frozenset[str] = frozenset()
) -> DemographicsPage:
    """The page of one subject; `files` are the names of the release's pictures.

    Raises QueryError (400) for one that is not offered, or a period that it does not have."""
    facts = reader.facts
    tables = read_tables(reader)
    subjects = read_subjects(tables)
    offered = [subject for subject in subjects if subject.offered]
    subject = _find(offered, subject_id, wording)
    periods = {t.id: read_periods(reader, t) for t in subject.offered} if subject else {}
    period = _check_period(period, periods, wording)
    note = make_note(facts, [t for s in subjects for t in s.tables], wording) or DataNote((), ())
    counts = [c for t in subject.offered if (c := _read(reader, t, period, periods[t.id]))] if subject else []
    return DemographicsPage(
        lede=wording.text("demographics.lede", city=facts.city.name),
        subjects=tuple(Link(s.title, f"{PAGE}?subject={s.id}", s is subject) for s in offered),
        periods=_periods(period, periods, wording), subject=subject.id if subject else "",
        heading=subject.title if subject else wording.text("demographics.nothing"),
        answer=_answer(counts, wording), caution=wording.text("demographics.arrests") if subject and subject.id == "arrests" else "",
        figures=tuple(_figures(reader, subject, period, counts, periods, wording, files)) if subject else (),
        missing=missing_tables([t for s in subjects for t in s.tables], wording), note=note,
        partner=Link(wording.text("demographics.partner"), "/intimate-partner-violence"),
    )  # fmt: skip


def read_subjects(tables: Mapping[str, GroupTable]) -> list[Subject]:
    """Subjects in the order of the menu. Tables by area stand on pages of areas, those by relationship on a page of their own."""
    found: dict[str, list[GroupTable]] = {}
    for table in tables.values():
        if table.by_area or not table.dims or "relationship" in (*table.dims, *table.narrowed):
            continue
        key = CHILD if table.narrowed.get("age_band") == CHILDREN else table.subject
        found.setdefault(key, []).append(table)
    order = [*(key for key in ORDER if key in found), *sorted(key for key in found if key not in ORDER)]
    return [Subject(key, subject_title(key, tables), tuple(sorted(found[key], key=_place))) for key in order]


def subject_title(key: str, tables: Mapping[str, GroupTable]) -> str:
    """Who is counted: as declared, of sensitive offenses the group, of children the first words of their tables."""
    declared = load_subjects().get(key)
    if declared:
        return str(declared["title"])
    table = tables.get(key) or next(t for t in tables.values() if t.id.startswith(key))
    return table.title.split(" by ")[0]


def _place(table: GroupTable) -> tuple[int, tuple[int, ...], str]:
    """Age before sex before race, one before two."""
    return (len(table.dims), tuple(DIMENSIONS.index(name) for name in table.dims), table.id)


def _find(offered: Sequence[Subject], subject_id: str, wording: Wording) -> Subject | None:
    if not subject_id:
        return offered[0] if offered else None
    for subject in offered:
        if subject.id == subject_id:
            return subject
    raise QueryError(wording.text("demographics.bad_subject"), parameter="subject", allowed=[s.id for s in offered])


def _check_period(period: str, periods: Mapping[str, Sequence[str]], wording: Wording) -> str:
    known = sorted({p for own in periods.values() for p in own})
    if period and period not in known:
        raise QueryError(wording.text("groups.bad_period"), parameter="period", allowed=known)
    return period


def _read(reader: Reader, table: GroupTable, period: str, periods: Sequence[str]) -> PeriodCounts | None:
    """The period that was asked for, or the latest; None where the table has none yet."""
    chosen = period if period in periods else latest(periods)
    found = read_counts(reader, table, chosen) if chosen else None
    return found if isinstance(found, PeriodCounts) else None


def latest(periods: Sequence[str]) -> str:
    """The latest whole period; rolling twelve months, which overlap with it, have to be asked for."""
    whole = [p for p in periods if "/" not in p]
    return (whole or list(periods) or [""])[-1]


def _periods(period: str, periods: Mapping[str, Sequence[str]], wording: Wording) -> Choice | None:
    known = sorted({p for own in periods.values() for p in own}, key=lambda p: ("/" in p, p), reverse=True)
    if len(known) < 2:
        return None
    options = tuple(Option(p, period_words(p, wording), p == period) for p in known)
    first = Option("", wording.text("demographics.latest"), not period)
    return Choice("period", wording.text("demographics.period"), (first, *options))


def _answer(counts: Sequence[PeriodCounts], wording: Wording) -> str:
    """How many people the first table is about."""
    total = counts[0].total() if counts else None
    if total is None:
        return ""
    period = period_words(counts[0].period, wording)
    if total.n is None:
        return wording.text("demographics.answer_hidden", period=period)
    title = counts[0].table.title.split(" by ")[0].lower()
    return wording.text("demographics.answer", number=total.n, title=title, period=period, unit=unit_words(counts[0].table.unit, wording))


def _figures(
    reader: Reader, subject: Subject, period: str, counts: Sequence[PeriodCounts], periods: Mapping[str, Sequence[str]], wording: Wording,
    files: frozenset[str],
) -> list[GroupFigure]:  # fmt: skip
    """Each table, then ratios beside it, then the same over time."""
    facts, people = reader.facts, read_people(reader)
    asked = {"subject": subject.id} | ({"period": period} if period else {})
    address = f"{PAGE}?{urlencode(asked, safe='/')}"
    found: list[GroupFigure | None] = []
    for own in counts:
        found.append(make_figure(own, people, facts, address, wording))
        found.append(make_ratios(own, people, facts, address, wording))
        found.append(make_standardised(own, people, facts, address, wording))
    for own in counts:
        if len(own.table.dims) == 1:
            series = [read_counts(reader, own.table, p) for p in periods[own.table.id]]
            found.append(make_over_time([c for c in series if not isinstance(c, Refused)], facts, address, wording, files))
    return [figure for figure in found if figure]


def missing_tables(tables: Sequence[GroupTable], wording: Wording) -> tuple[tuple[str, str], ...]:
    """Tables that are not offered, each with the reason."""
    return tuple((t.title, wording.text(f"groups.because_{t.why_not or 'not_recorded'}")) for t in tables if not t.grain)
