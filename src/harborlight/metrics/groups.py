"""Reads the published tables of groups: counts with unknown kept as a group, rates by residents, ratios, and why there is none.

Everything comes from an open release; hidden counts stay hidden and nothing is worked out from a table that hides part of what it
would need. A rate needs to know who people are: where more than 10 % of a period are unknown there are counts only, and the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from harborlight.catalog.groups import ALL, CATEGORIES, CHILD_BANDS, CHILDREN, CITY, GROUP_COLUMNS, UNKNOWN
from harborlight.metrics.rates import PER
from harborlight.statistics.disparity import FEWEST_BENCHMARKS, GroupRatio, rate_ratio_by_group
from harborlight.statistics.estimate import SMALL_COUNT, UNSTABLE_COUNT, Estimate, Flag
from harborlight.statistics.rates import directly_standardized_rate, poisson_interval
from harborlight.store import Connection, read_rows

MOST_UNKNOWN = 0.10
MOST_YEARS = 12  # that a picture shows, and the table beside it
YEARS = {"month": 1 / 12, "quarter": 0.25, "year": 1.0, "rolling_12_months": 1.0}
Reason = Literal[
    "unknown", "hidden", "no_rates", "no_denominator", "one_benchmark", "too_few", "not_offered", "no_period", "no_reference",
]  # fmt: skip


@dataclass(frozen=True)
class GroupTable:
    """One table as the release lists it. `dims` are columns of groups; `narrowed` is what the whole table is about.

    `grain` is None where the table is not offered; then `why_not` is too_few, not_recorded or not_reviewed.
    `n_hidden` and `hidden_share` are rounded.
    `hidden_events` is the share of events that all sensitive tables together hide, rounded too.
    """

    id: str
    subject: str
    title: str
    unit: str
    tier: str
    grain: str | None
    dims: tuple[str, ...]
    narrowed: Mapping[str, str]
    by_area: bool
    lines: str | None
    denominators: tuple[str, ...]
    closed_through: date | None
    n_cells: int
    n_hidden: int
    hidden_share: float
    why_not: str | None
    hidden_events: float | None = None


@dataclass(frozen=True)
class GroupCount:
    """One count: `groups` names a group for each of the table's dims (`all` where summed). `n` is None where it is hidden."""

    area_id: str
    groups: tuple[str, ...]
    n: int | None
    is_hidden: bool


@dataclass(frozen=True)
class PeriodCounts:
    """All counts of one table and period, in the table's order."""

    table: GroupTable
    period: str
    grain: str
    cells: tuple[GroupCount, ...]

    def cell(self, area_id: str = CITY, **groups: str) -> GroupCount | None:
        """The count of these groups, columns that are not named being summed; None where the table tells them not apart."""
        wanted = tuple(groups.get(column, self._whole(column)) for column in self.table.dims)
        return next((c for c in self.cells if c.area_id == area_id and c.groups == wanted), None)

    def total(self, area_id: str = CITY) -> GroupCount | None:
        return self.cell(area_id)

    def by(self, column: str, area_id: str = CITY) -> tuple[GroupCount, ...]:
        """One count for each group of one column, unknown included, in the fixed order of groups."""
        place = self.table.dims.index(column)
        rest = [self._whole(c) for c in self.table.dims]
        own = [
            c for c in self.cells
            if c.area_id == area_id and c.groups[place] != rest[place]
            and all(g == rest[i] for i, g in enumerate(c.groups) if i != place)
        ]  # fmt: skip
        order = [*CHILD_BANDS, *CATEGORIES[column]]
        return tuple(sorted(own, key=lambda c: order.index(c.groups[place])))

    def _whole(self, column: str) -> str:
        return self.table.narrowed.get(column, ALL)


@dataclass(frozen=True)
class Refused:
    """Why there is no rate or ratio. `share` is the share of unknown where that is the reason; `column` what is unknown."""

    reason: Reason
    column: str = ""
    share: float | None = None


@dataclass(frozen=True)
class People:
    """One count of residents by group, with its vintage. `counts` maps (age band, sex, race, ethnicity) to people."""

    id: str
    title: str
    year: int
    vintage: str
    note: str
    attribution: str
    page: str
    counts: Mapping[tuple[str, ...], int]

    @property
    def name(self) -> str:
        """What a rate says that it is divided by."""
        return f"{self.title}, {self.vintage}"

    def of(self, **groups: str) -> int | None:
        """People in a group; added up from finer rows only where those are everybody."""
        wanted = tuple(groups.get(column, ALL) for column in GROUP_COLUMNS[:4])
        if wanted in self.counts:
            return self.counts[wanted]
        finer = [key for key in self.counts if all(_is_in(own, want) for own, want in zip(key, wanted, strict=True)) and key != wanted]
        leaves = [key for key in finer if not any(other != key and _holds(key, other) for other in finer)]
        if not leaves or not self._are_everybody(wanted):
            return None
        return sum(self.counts[key] for key in leaves)

    def _are_everybody(self, wanted: tuple[str, ...]) -> bool:
        """Whether the rows by race add up to the stated total, where races are summed: a count may lack some of them."""
        total = self.counts.get((ALL,) * 4)
        leaves = [key for key in self.counts if not any(other != key and _holds(key, other) for other in self.counts)]
        return wanted[2] != ALL or total is None or sum(self.counts[key] for key in leaves) == total


@dataclass(frozen=True)
class GroupRate:
    """A group's rate per 100,000 residents and year with its exact (Garwood) 95 % interval."""

    group: str
    denominator: str
    people: int
    rate: Estimate


@dataclass(frozen=True)
class GroupRates:
    """Rates of every group of one column in one period; `unknown` people are in no rate. `missing` groups have no count of residents."""

    table: GroupTable
    period: str
    column: str
    denominator: str
    rates: tuple[GroupRate, ...]
    unknown: int
    unknown_share: float
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Disparity:
    """Ratios of each group's rate to the reference group's, under two benchmarks or more."""

    table: GroupTable
    period: str
    column: str
    reference: str
    benchmarks: tuple[str, ...]
    ratios: tuple[GroupRatio, ...]
    unknown_share: float


def _is_in(own: str, wanted: str) -> bool:
    return wanted in (ALL, own) or (wanted == CHILDREN and own in CHILD_BANDS)


def _holds(whole: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return all(_is_in(own, want) for own, want in zip(part, whole, strict=True))


# ------------------------------------------------------------------------------------------------ reading


def read_tables(con: Connection) -> dict[str, GroupTable]:
    """Every table of groups that the release lists, by id; those that are not offered say why."""
    return {row["id"]: _table(row) for row in read_rows(con, "select * from group_tables order by id")}


def _table(row: Mapping[str, Any]) -> GroupTable:
    narrowed = dict(part.split("=", 1) for part in (row["narrowed"] or "").split(",") if part)
    lists = {name: tuple(part for part in (row[name] or "").split(",") if part) for name in ("dims", "denominators")}
    return GroupTable(**{**row, **lists, "narrowed": narrowed})


def read_periods(con: Connection, table: GroupTable) -> tuple[tuple[str, str], ...]:
    """(grain, period) of a table, oldest first; rolling twelve months last."""
    rows = con.execute(
        "select distinct grain, period from groups where table_id = ? order by grain = 'rolling_12_months', period", [table.id]
    ).fetchall()
    return tuple((str(grain), str(period)) for grain, period in rows)


def read_counts(con: Connection, table: GroupTable, period: str) -> PeriodCounts | Refused:
    """The counts of one period, or why there are none."""
    if table.grain is None:
        return Refused("not_offered")
    rows = read_rows(con, "select * from groups where table_id = ? and period = ?", [table.id, period])
    if not rows:
        return Refused("no_period")
    cells = tuple(GroupCount(r["area_id"], tuple(r[c] for c in table.dims), r["n"], r["is_hidden"]) for r in rows)
    return PeriodCounts(table, period, str(rows[0]["grain"]), cells)


def read_people(con: Connection) -> tuple[People, ...]:
    """Every count of residents, the preferred one first."""
    rows = read_rows(con, "select * from group_population order by sort")
    found = []
    for sort in dict.fromkeys(row["sort"] for row in rows):
        own = [row for row in rows if row["sort"] == sort]
        facts = {name: own[0][name] for name in ("id", "title", "year", "vintage", "note", "attribution", "page")}
        found.append(People(**facts, counts={tuple(row[c] for c in GROUP_COLUMNS[:4]): int(row["n"]) for row in own}))
    return tuple(found)


# ------------------------------------------------------------------------------------------ what may be said


def unknown_share(counts: PeriodCounts, column: str, area_id: str = CITY) -> float | Refused:
    """The share of a period's people whose group is not known; refused where that is hidden or there is nobody."""
    total = counts.total(area_id)
    unknown = counts.cell(area_id, **{column: UNKNOWN})
    if total is None or unknown is None or total.n == 0:
        return Refused("too_few", column)
    if total.n is None or unknown.n is None:
        return Refused("hidden", column)
    return unknown.n / total.n


def check_rates(counts: PeriodCounts, column: str, area_id: str = CITY) -> float | Refused:
    """The share of unknown if rates by this column may be given, else why not: at most 10 % unknown, in a table that rates suit."""
    if "residents" not in counts.table.denominators:
        return Refused("no_rates", column)
    share = unknown_share(counts, column, area_id)
    if isinstance(share, float) and share > MOST_UNKNOWN:
        return Refused("unknown", column, share)
    return share


def group_rates(counts: PeriodCounts, column: str, people: Sequence[People]) -> GroupRates | Refused:
    """City-wide rates by one column, divided by the first count of residents that knows these groups."""
    share = check_rates(counts, column)
    if isinstance(share, Refused):
        return share
    known = [c for c in counts.by(column) if c.groups[counts.table.dims.index(column)] != UNKNOWN]
    names = [c.groups[counts.table.dims.index(column)] for c in known]
    for source in people:
        residents = {name: source.of(**{**counts.table.narrowed, column: name}) for name in names}
        if any(residents.values()):
            return _rates(counts, column, source, dict(zip(names, known, strict=True)), residents, share)
    return Refused("no_denominator", column)


def _rates(
    counts: PeriodCounts, column: str, source: People, known: Mapping[str, GroupCount], residents: Mapping[str, int | None], share: float
) -> GroupRates:
    years, rates, missing = YEARS[counts.grain], [], []
    for name, cell in known.items():
        n_people = residents[name]
        if not n_people:
            missing.append(name)
        elif cell.n is not None:
            rates.append(GroupRate(name, source.name, n_people, exact_rate(cell.n, n_people, years)))
    unknown = counts.cell(**{column: UNKNOWN})
    return GroupRates(
        counts.table, counts.period, column, source.name, tuple(rates), int(unknown.n or 0) if unknown else 0, share, tuple(missing)
    )


def exact_rate(n: int, people: int, years: float) -> Estimate:
    """Events per 100,000 residents and year with Garwood's exact limits (1936, Biometrika 28:437)."""
    low, high = poisson_interval(n)
    scale = PER / (people * years)
    flags: tuple[Flag, ...] = ("small_count",) if n < SMALL_COUNT else ("unstable",) if n < UNSTABLE_COUNT else ()
    return Estimate(
        value=n * scale, low=low * scale, high=high * scale, confidence=0.95, unit="per 100,000 residents a year", method="exact",
        n_events=n, exposure=people * years, flags=flags,
    )  # fmt: skip


def standardised_rate(counts: PeriodCounts, column: str, group: str, people: People, standard: Mapping[str, float]) -> Estimate | Refused:
    """One group's rate as if it were as old as the standard (age band → people), directly; the table must tell ages apart too.

    Refused where an age is hidden, or ages or the column are unknown for more than 10 %.
    """
    if "age_band" not in counts.table.dims or column not in counts.table.dims:
        return Refused("no_rates", column)
    for name in (column, "age_band"):
        share = check_rates(counts, name)
        if isinstance(share, Refused):
            return share
    bands = [band for band in CATEGORIES["age_band"] if band != UNKNOWN]
    cells = [counts.cell(**{"age_band": band, column: group}) for band in bands]
    events = [cell.n for cell in cells if cell is not None and cell.n is not None]
    if len(events) < len(bands):
        return Refused("hidden", "age_band")
    residents = [people.of(**{"age_band": band, column: group}) for band in bands]
    known = [n for n in residents if n]
    if len(known) < len(bands) or any(band not in standard for band in bands):
        return Refused("no_denominator", column)
    years = YEARS[counts.grain]
    found = directly_standardized_rate(events, [n * years for n in known], [standard[band] for band in bands])
    return Refused("too_few", column) if found.value is None else found


def disparity(counts: PeriodCounts, column: str, reference: str, people: Sequence[People]) -> Disparity | Refused:
    """Ratios of rates with exact intervals under every count of residents that knows all groups shown: two at least."""
    share = check_rates(counts, column)
    if isinstance(share, Refused):
        return share
    place = counts.table.dims.index(column)
    shown = {c.groups[place]: c.n for c in counts.by(column) if c.groups[place] != UNKNOWN and c.n is not None}
    if reference not in shown:
        return Refused("no_reference", column)
    years, benchmarks = YEARS[counts.grain], dict[str, Mapping[str, float]]()
    groups = [g for g in shown if sum(bool(source.of(**{column: g})) for source in people) >= FEWEST_BENCHMARKS]
    if reference not in groups:
        return Refused("one_benchmark", column)
    for source in people:
        residents = {g: source.of(**{**counts.table.narrowed, column: g}) for g in groups}
        if all(residents.values()):
            benchmarks[source.name] = {g: float(n or 0) * years for g, n in residents.items()}
    if len(benchmarks) < FEWEST_BENCHMARKS:
        return Refused("one_benchmark", column)
    ratios = rate_ratio_by_group({g: int(shown[g] or 0) for g in groups}, benchmarks, reference)
    return Disparity(counts.table, counts.period, column, reference, tuple(benchmarks), tuple(ratios), share)
