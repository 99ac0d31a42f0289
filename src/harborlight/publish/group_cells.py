"""The cells of declared tables and the lines by which they add up, within a table, over time, and from one subject to another.

Pure: counts in, cells and equations out. A cell is the same cell in every table that holds it (its key does not name the table),
so that a count hidden in one is hidden in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product

from harborlight.catalog.groups import (
    ALL,
    CATEGORIES,
    CHILD_BANDS,
    CHILDREN,
    CITY,
    GROUP_COLUMNS,
    GroupSubject,
    GroupTable,
    column_of,
)
from harborlight.publish.disclosure import Equation

MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, order=True)
class Place:
    """What one count is about: subject, area, period and one group (or `all`) for each of GROUP_COLUMNS."""

    subject: str
    area: str
    period: str
    groups: tuple[str, ...]

    @property
    def key(self) -> str:
        return "|".join((self.subject, self.area, self.period, *self.groups))

    @property
    def is_plain(self) -> bool:
        """Whether it tells no group apart."""
        return all(group == ALL for group in self.groups)


@dataclass(frozen=True)
class Planned:
    """A table with the grain, the areas and the groups that it is laid out by; `groups` maps a column to what it tells apart."""

    subject: GroupSubject
    table: GroupTable
    grain: str
    periods: tuple[str, ...]
    areas: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]

    def options(self) -> list[tuple[str, ...]]:
        """For the area and then each of GROUP_COLUMNS: the total first, then its parts; a narrowed column has one value."""
        fixed = {column_of(name): group for name, group in self.table.where.items()}
        out: list[tuple[str, ...]] = [(CITY, *self.areas) if self.table.by_area else (CITY,)]
        for column in GROUP_COLUMNS:
            whole = fixed.get(column, ALL)
            out.append((whole, *self.groups[column]) if column in self.groups else (whole,))
        return out

    def places(self) -> Iterator[Place]:
        for period in self.periods:
            for area, *groups in product(*self.options()):
                yield Place(self.subject.id, area, period, tuple(groups))

    def is_inner(self, place: Place) -> bool:
        """Whether a cell is no total of this table."""
        options = self.options()
        return all(value != own[0] for value, own in zip((place.area, *place.groups), options, strict=True) if len(own) > 1)

    def equations(self) -> Iterator[Equation]:
        """Each total of one column (or of the areas) is the sum of its parts."""
        options = self.options()
        for position, own in enumerate(options):
            if len(own) == 1:
                continue
            others = [values if i != position else (own[0],) for i, values in enumerate(options)]
            for period in self.periods:
                for values in product(*others):
                    keys = [Place(self.subject.id, v[0], period, tuple(v[1:])).key for v in _lines(values, position, own)]
                    yield Equation(keys[0], tuple(keys[1:]))


def _lines(values: tuple[str, ...], position: int, own: tuple[str, ...]) -> Iterator[list[str]]:
    for value in own:
        line = list(values)
        line[position] = value
        yield line


# ------------------------------------------------------------------------------------------------ periods


def period_name(first: date, grain: str) -> str:
    """2024-03, 2024-Q1 or 2024."""
    if grain == "month":
        return f"{first.year}-{first.month:02}"
    return f"{first.year}-Q{(first.month + 2) // 3}" if grain == "quarter" else str(first.year)


def grain_of(period: str) -> str:
    """The grain of a period's name."""
    return "quarter" if "-Q" in period else "month" if "-" in period else "year"


def following(first: date, grain: str) -> date:
    """The first day of the next period."""
    index = first.year * 12 + first.month - 1 + MONTHS[grain]
    return date(index // 12, index % 12 + 1, 1)


def whole_periods(since: date, closed: date, grain: str, gaps: Iterable[tuple[date, date]]) -> list[date]:
    """First days of the periods that begin on `since` or later, end by `closed`, and touch no gap."""
    first, found, missing = date(since.year, 1, 1), [], list(gaps)
    while (end := following(first, grain) - timedelta(days=1)) <= closed:
        if first >= since and not any(start <= end and first <= stop for start, stop in missing):
            found.append(first)
        first = following(first, grain)
    return found


def parts_of_period(period: str) -> list[tuple[str, ...]]:
    """The finer periods that a period is made of, coarser ones first: quarters and then months of a year."""
    if "-Q" in period:
        year, quarter = period.split("-Q")
        return [tuple(f"{year}-{3 * int(quarter) - 2 + i:02}" for i in range(3))]
    if "-" in period:
        return []
    return [tuple(f"{period}-Q{i}" for i in range(1, 5)), tuple(f"{period}-{i:02}" for i in range(1, 13))]


# ------------------------------------------------------------------------------------- lines between tables


def link(places: Mapping[str, Place]) -> Iterator[Equation]:
    """Lines over time (a year and its quarters or months), and between the wide band of children and its narrower ones."""
    for place in places.values():
        for parts in parts_of_period(place.period):
            keys = tuple(replace(place, period=part).key for part in parts)
            if all(key in places for key in keys):
                yield Equation(place.key, keys)
                break
        if place.groups[0] == CHILDREN:
            keys = tuple(replace(place, groups=(band, *place.groups[1:])).key for band in CHILD_BANDS)
            if all(key in places for key in keys):
                yield Equation(place.key, keys)


@dataclass(frozen=True)
class Rest:
    """Counts that are never published but can be worked out, by key, with the line of each; `public` ones are known for certain."""

    counts: dict[str, int]
    lines: list[Equation]
    public: set[str]


def remainders(places: Mapping[str, Place], subjects: Iterable[GroupSubject], counts: Mapping[str, int]) -> Rest:
    """What is left of a subject beside those that are part of it: anyone can subtract. Subjects that share people stand in lines of their own.

    Of all people of a subject in the whole city, those harmed by sensitive offenses are all but the openly counted: so these are known,
    and the sensitive ones together are a sum that must not give its parts away.
    """
    rest = Rest({}, [], set())
    inside = [subject for subject in subjects if subject.part_of]
    for whole in sorted({subject.part_of for subject in inside if subject.part_of}):
        own = [s for s in inside if s.part_of == whole]
        kinds = [s.id for s in own if not s.overlaps and s.total_tier != "T0"]
        sets = [[s.id for s in own if not s.overlaps], *([s.id] for s in own if s.overlaps)]
        for place in [p for p in places.values() if p.subject == whole]:
            for number, ids in enumerate(sets):
                parts = [key for key in (replace(place, subject=s).key for s in ids) if key in places]
                left = counts[place.key] - sum(counts[part] for part in parts)
                if not parts or left < 0:
                    continue
                key = f"{place.key}|rest{number}"
                sensitive = [replace(place, subject=s).key for s in kinds]
                if number == 0 and sensitive and place.is_plain and place.area == CITY and all(k in places for k in sensitive):
                    together = f"{place.key}|rest_sensitive"
                    rest.counts[together] = sum(counts[part] for part in sensitive)
                    rest.lines.append(Equation(together, tuple(sensitive)))
                    rest.public.add(key)
                    parts = [*(part for part in parts if part not in sensitive), together]
                rest.counts[key] = left
                rest.lines.append(Equation(place.key, (*parts, key)))
    return rest


def unique(equations: Iterable[Equation]) -> list[Equation]:
    """Each line once, in an order that depends on nothing but the lines."""
    return [Equation(total, parts) for total, parts in sorted({(e.total, tuple(sorted(e.parts))) for e in equations})]


def categories_of(column: str, table: GroupTable, seen: Iterable[str]) -> tuple[str, ...]:
    """The groups of a column that a table tells apart, in their fixed order: those that ever occur. A group that never does is no zero to hide."""
    name = next(d for d in table.dims if column_of(d) == column)
    occurring = set(seen)
    if name == "age_band" and occurring & set(CHILD_BANDS):
        occurring.add(CHILDREN)
    return tuple(group for group in CATEGORIES[name] if group in occurring)
