"""The right answers for one edition of the feeds, counted from the world itself and not from the files.

The rules are those of the shipped metrics: one source per date and offense, local days, unfounded and
justified left out, persons offenses by victim, vehicles by row, everything else by complaint; sensitive
groups outside the incident total. Plain dicts come out, so that tests, the referee and people can compare.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import numpy as np

from harborlight.demo.feeds import LEGACY_FROZEN, legacy_rows, nibrs_rows
from harborlight.demo.history import as_known
from harborlight.demo.layers import Lines, all_lines
from harborlight.demo.names import DISTRICTS
from harborlight.demo.patterns import CODES, UNKNOWN_CODE
from harborlight.demo.traps import LOST_MONTH, SWITCH, Planted
from harborlight.demo.world import UNFOUNDED, Bools, Ints, Times

# Groups whose records are published only as fixed tables (tier T1 of the shipped offense table).
SENSITIVE = frozenset({"11A", "11B", "11D", "36B", "64A", "40A", "370", "90F"})
METRICS = (
    "killed_or_shot_victims", "homicide_victims", "nonfatal_shooting_victims", "robberies",
    "aggravated_assaults", "burglaries",
    "auto_thefts", "incidents",
)  # fmt: skip
LOST = ("burglaries", "auto_thefts", "incidents")
UNLOCATED = ""
Layered = tuple[str, str]
Key = TypeVar("Key")


@dataclass(frozen=True)
class SourceTruth:
    """What staging should find in one file. `conflicting` keys are among the duplicates."""

    fetched: int
    accepted: int
    rejected: int
    duplicate: int
    conflicting: int
    being_classified: int


@dataclass(frozen=True)
class ArrestTruth:
    """What is right of the arrests of one edition. Counts are arrests; `rows` and `agreement` count rows.

    `by_year_district` is as stated, `by_year_area` by the coordinates; `""` is neither. `agreement` says for each
    version of the police districts how many rows state one, lie in one besides, and state the one they lie in.
    """

    rows: int
    rows_without_coordinates: int
    total: int
    by_year: dict[int, int]
    by_year_district: dict[tuple[int, str], int]
    by_year_area: dict[Layered, dict[tuple[int, str], int]]
    agreement: dict[str, tuple[int, int, int]]


@dataclass(frozen=True)
class CourtTruth:
    """What is right of the courts' files of one edition, as the stories tell it. `cases` are followed cases, by outcome or pending.

    `open_cases` are those of adults without a sensitive or unmapped charge. `traps` names each planted case by the key of its first row.
    """

    rows: int
    cases: dict[str, int]
    open_cases: dict[str, int]
    traps: dict[str, str]


@dataclass(frozen=True)
class DemoTruth:
    """Counts of one edition. Months are `YYYY-MM`, districts are area ids as stated (`""` is unlocated).

    `by_year_area` counts by the coordinates: metric → (layer, version) → (year, area id, `""` outside).
    `missing` lists months that a metric lacks; they are in no other dict. `traps` names the rows of each
    trap.
    """

    through: date
    vintage: int
    total: dict[str, int]
    by_year: dict[str, dict[int, int]]
    by_month: dict[str, dict[str, int]]
    by_hour: dict[str, dict[int | None, int]]
    by_year_district: dict[str, dict[tuple[int, str], int]]
    by_year_area: dict[str, dict[Layered, dict[tuple[int, str], int]]]
    sources: dict[str, SourceTruth]
    arrests: ArrestTruth
    courts: CourtTruth
    missing: dict[str, tuple[str, ...]]
    traps: dict[str, tuple[str, ...]] = field(repr=False)


@dataclass(frozen=True)
class Counted:
    """Rows that count, one per unit of any metric: where they belong and what they are.

    Rows without a complaint number have an `incident` of their own; `owner` is their place in the world.
    """

    incident: Ints
    owner: Ints
    code: Ints
    day: Times
    hour: Ints
    district: Ints
    is_shooting: Bools


def count_truth(
    planted: Planted, through: date, vintage: int, sources: dict[str, SourceTruth], arrests: ArrestTruth,
    courts: CourtTruth,
) -> DemoTruth:  # fmt: skip
    """Count every metric by year, month, hour and year × stated district."""
    counted = _counted(planted, through)
    total, years, months, hours, districts, areas = {}, {}, {}, {}, {}, {}
    numbers = [(lines, planted.points.area_numbers(lines)) for lines in all_lines()]
    lost = LOST_MONTH[0].strftime("%Y-%m")
    for metric in METRICS:
        mine = _units(metric, counted)
        month = np.datetime_as_string(counted.day[mine].astype("datetime64[M]"), unit="M").tolist()
        year = [int(m[:4]) for m in month]
        place = [DISTRICTS[d][0] if d >= 0 else UNLOCATED for d in counted.district[mine].tolist()]
        hour = [h if h >= 0 else None for h in counted.hour[mine].tolist()]
        shown = [m != lost or metric not in LOST for m in month]
        total[metric] = sum(shown)
        years[metric] = _tally(year, shown)
        months[metric] = _tally(month, shown)
        hours[metric] = _tally(hour, shown)
        districts[metric] = _tally(list(zip(year, place, strict=True)), shown)
        owner, counts = counted.owner[mine], np.array(shown)
        areas[metric] = {
            (lines.layer, lines.version): tally_areas(lines, number[owner[counts]], np.array(year)[counts])
            for lines, number in numbers
        }
    traps = {trap: tuple(_row_ids(planted, numbers)) for trap, numbers in planted.numbers.items()}
    return DemoTruth(
        through, vintage, total, years, months, hours, districts, areas, sources, arrests, courts,
        dict.fromkeys(LOST, (lost,)), traps,
    )  # fmt: skip


def tally_areas(lines: Lines, number: Ints, year: Ints) -> dict[tuple[int, str], int]:
    """Counts by year and area id; outside every area under `UNLOCATED`."""
    ids = [*(area.id for area in lines.areas), UNLOCATED]
    keys, counts = np.unique(year * len(ids) + number % len(ids), return_counts=True)
    pairs = (divmod(key, len(ids)) for key in keys.tolist())
    return {(y, ids[n]): count for (y, n), count in zip(pairs, counts.tolist(), strict=True)}


def _tally(keys: list[Key], shown: list[bool]) -> dict[Key, int]:
    return dict(Counter(key for key, yes in zip(keys, shown, strict=True) if yes))


def _row_ids(planted: Planted, numbers: tuple[int, ...]) -> list[str]:
    """Row ids as the official feed of their date writes them."""
    rows, incidents = planted.world.rows, planted.world.incidents
    first = len(rows.number) - sum(len(n) for n in planted.numbers.values())
    days = incidents.occurred[rows.incident].astype("datetime64[D]")
    position = {int(n): first + i for i, n in enumerate(rows.number[first:].tolist())}
    return [f"{'L' if days[position[n]] < np.datetime64(SWITCH) else 'N'}{n:07d}" for n in numbers]


def _counted(planted: Planted, through: date) -> Counted:
    """Visible rows of the source that is official for their date, classified and not unfounded."""
    world = planted.world
    rows, incidents = world.rows, world.incidents
    old, new = as_known(world, LEGACY_FROZEN), as_known(world, through)
    day = incidents.occurred.astype("datetime64[D]")[rows.incident]
    is_old = day < np.datetime64(SWITCH)
    code = np.where(is_old, old.code, new.code)
    status = np.where(is_old, old.status, new.status)
    official = np.where(is_old, legacy_rows(world, old), nibrs_rows(world, new))
    left_out = np.isin(code, [CODES.index(UNKNOWN_CODE), CODES.index("09C")])
    keep = np.flatnonzero(official & (status != UNFOUNDED) & ~left_out)
    owner = rows.incident[keep]
    hour = (
        (incidents.occurred - incidents.occurred.astype("datetime64[D]"))
        .astype("timedelta64[h]")
        .astype(np.int64)
    )
    hour = np.where(incidents.is_hour_known | (incidents.occurred < np.datetime64(SWITCH)), hour, -1)
    return Counted(
        incident=_own_incidents(planted, keep, owner),
        owner=owner,
        code=code[keep],
        day=day[keep],
        hour=hour[owner],
        district=_stated(planted, keep, is_old[keep]),
        is_shooting=rows.is_shooting[keep],
    )


def _own_incidents(planted: Planted, keep: Ints, owner: Ints) -> Ints:
    """Rows without a complaint number are incidents of their own."""
    alone = np.isin(planted.world.rows.number[keep], planted.numbers["no_number"])
    own: Ints = np.where(alone, -1 - keep, owner)
    return own


def _stated(planted: Planted, keep: Ints, is_old: Bools) -> Ints:
    """Districts as the rows state them; blank and unknown names are -1, the corrected row is mended."""
    world = planted.world
    number = world.rows.number[keep]
    blank = (number % 401 == 5) & (number < 9_000_000)
    blank |= np.isin(number, [*planted.numbers["unknown_district"], *planted.numbers["blank_district"]])
    stated: Ints = np.where(blank, -1, world.incidents.district[world.rows.incident[keep]])
    return stated


def _units(metric: str, counted: Counted) -> Ints:
    """Positions of the rows that stand for one unit of a metric."""

    def having(*codes: str) -> Bools:
        return np.asarray(np.isin(np.array(CODES)[counted.code], codes))

    killed = having("09A")
    shot = counted.is_shooting & ~having("09A", "09B")
    match metric:
        case "killed_or_shot_victims":
            return np.flatnonzero(killed | shot)
        case "homicide_victims":
            return np.flatnonzero(killed)
        case "nonfatal_shooting_victims":
            return np.flatnonzero(shot)
        case "robberies":
            return _once(counted, having("120"))
        case "aggravated_assaults":
            return np.flatnonzero(having("13A"))
        case "burglaries":
            return _once(counted, having("220"))
        case "auto_thefts":
            return np.flatnonzero(having("240"))
        case _:
            return _once(counted, ~having(*SENSITIVE))


def _once(counted: Counted, mask: Bools) -> Ints:
    """One row per incident among those of a mask: the first by row."""
    mine = np.flatnonzero(mask)
    first: Ints = np.sort(mine[np.unique(counted.incident[mine], return_index=True)[1]])
    return first
