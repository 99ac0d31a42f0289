"""Writes the three feeds of Port Calvert as portals would: each in its own words, clock, letters and dirt.

The world as known on a day goes in; CSV bytes come out. `legacy_crime.csv` is the old summary system (local
clock, Windows-1252, one class per incident by the hierarchy rule), `nibrs_offenses.csv` the current one
(UTC, every offense), `homicide_ledger.csv` the medical examiner's own list, which nobody has updated for
60 days.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from harborlight.demo.canary import Canaries
from harborlight.demo.clock import date_text, iso_text, to_utc, us_text
from harborlight.demo.geography import blocks
from harborlight.demo.history import Known, as_known
from harborlight.demo.names import DISTRICTS, NEIGHBORHOODS
from harborlight.demo.patterns import CODE, CODES, KILLED, KINDS
from harborlight.demo.traps import LOST_MONTH, OVERLAP_FROM, SWITCH, Planted
from harborlight.demo.words import (
    EXTRA_SPELLINGS,
    LEGACY_WORDS,
    NIBRS_INJURIES,
    NIBRS_PREMISES,
    NIBRS_RELATIONS,
    NIBRS_TITLES,
    NIBRS_WEAPONS,
    RACES,
)
from harborlight.demo.world import GUNSHOT, Bools, Ints, World

LEGACY_FROZEN = date(2023, 6, 30)
LEDGER_STALE_DAYS = 60
Texts = Sequence[str]


@dataclass(frozen=True)
class Feed:
    """One file: its rows' positions in the world, and its columns of text in order."""

    name: str
    encoding: str
    index: Ints
    columns: dict[str, list[str]]
    extra: tuple[dict[str, str], ...] = ()


def legacy_rows(world: World, known: Known) -> Bools:
    """Rows of the old feed: until the switch, of the incident's most serious class, the lost month left out.

    People wounded beside someone killed are listed too: shootings stood outside the hierarchy.
    """
    day = world.incidents.occurred.astype("datetime64[D]")[world.rows.incident]
    rank = np.array([RANK.get(code, 99) for code in CODES])[known.code]
    best = np.full(len(world.incidents.kind), 99)
    visible = known.is_visible & (day < np.datetime64(SWITCH))
    np.minimum.at(best, world.rows.incident[visible], rank[visible])
    wounded = world.rows.is_shooting & (known.code == CODE["13A"])
    keep = visible & (((rank == best[world.rows.incident]) & (rank < 99)) | wounded)
    lost = (day >= np.datetime64(LOST_MONTH[0])) & (day <= np.datetime64(LOST_MONTH[1]))
    lost &= np.isin(known.code, [CODE["220"], CODE["240"]])
    return np.asarray(keep & ~lost)


RANK = {k.code: k.legacy for k in KINDS if k.legacy} | {"99Z": 6}


def nibrs_rows(world: World, known: Known) -> Bools:
    """Rows of the current feed: every offense since the switch, and the trial weeks before it."""
    day = world.incidents.occurred.astype("datetime64[D]")[world.rows.incident]
    return np.asarray(known.is_visible & (day >= np.datetime64(OVERLAP_FROM)))


# ---------------------------------------------------------------------------------------------- columns


def _pick(words: Texts, codes: Ints) -> list[str]:
    """The word of each code; -1 is empty."""
    table = [*words, ""]
    return [table[code] for code in codes.tolist()]


def complaint_numbers(world: World) -> list[str]:
    """One per incident, in the order of its report within the year: stable in every edition."""
    years = world.incidents.reported.astype("datetime64[Y]").astype(int) + 1970
    order = np.argsort(world.incidents.reported, kind="stable")
    place = np.zeros(len(order), dtype=np.int64)
    seen: dict[int, int] = {}
    for position, year in zip(order.tolist(), years[order].tolist(), strict=True):
        place[position] = seen[year] = seen.get(year, 0) + 1
    return [
        f"PC{year % 100:02d}-{number:06d}"
        for year, number in zip(years.tolist(), place.tolist(), strict=True)
    ]


def _districts(stated: Ints, numbers: Ints, spelling: int, style: Callable[[str], str]) -> list[str]:
    """District names as the feed spells them; a few spellings vary and a few rows have none."""
    names = [style(d[spelling]) for d in DISTRICTS]
    out = _pick(names, stated)
    for i in np.flatnonzero((numbers % 211 == 3) & (numbers < 9_000_000)).tolist():
        out[i] = EXTRA_SPELLINGS.get(out[i], out[i])
    for i in np.flatnonzero((numbers % 401 == 5) & (numbers < 9_000_000)).tolist():
        out[i] = ""
    return out


def legacy_feed(planted: Planted, canaries: Canaries, numbers: list[str]) -> Feed:
    world = planted.world
    known = as_known(world, LEGACY_FROZEN)
    index = np.flatnonzero(legacy_rows(world, known))
    rows, incidents = world.rows, world.incidents
    owner, number = rows.incident[index], rows.number[index]
    code, premise = known.code[index], incidents.premise[owner]
    plan = blocks()
    shot = rows.is_shooting[index] & (code == CODE["13A"])
    columns = {
        "RowID": [f"L{n:07d}" for n in number.tolist()],
        "ComplaintNo": [numbers[i] for i in owner.tolist()],
        "CrimeDateTime": us_text(incidents.occurred[owner]),
        "ReportedDateTime": us_text(incidents.reported[owner]),
        "Description": [
            LEGACY_WORDS.describe(CODES[c], p, s) for c, p, s in zip(code, premise, shot, strict=True)
        ],
        "Weapon": _pick(LEGACY_WORDS.weapons, incidents.weapon[owner]),
        "District": _districts(incidents.district[owner], number, 2, str.upper),
        "Neighborhood": _pick([n.upper() for n in NEIGHBORHOODS], incidents.neighborhood[owner]),
        "Location": canaries.into([plan.text[b] for b in incidents.block[owner].tolist()], number),
        "Premise": _pick(LEGACY_WORDS.premises, premise),
        "VictimName": canaries.names_of(rows.victim[index], number),
        "VictimAge": [str(a) if a >= 0 else "" for a in rows.age[index].tolist()],
        "VictimSex": _pick(("M", "F", "U"), rows.sex[index]),
        "VictimRace": _pick(RACES, rows.race[index]),
        "Status": _pick(("OPEN", "CLOSED - ARREST", "CLOSED - EXCEPTION", "UNFOUNDED"), known.status[index]),
        "StatusDate": date_text(known.status_on[index]),
        "DateOfDeath": us_text(known.died[index]),
        "DateRuled": us_text(known.ruled[index]),
        "Longitude": [planted.points.longitude[i] for i in owner.tolist()],
        "Latitude": [planted.points.latitude[i] for i in owner.tolist()],
    }
    bad = {name: texts[0] for name, texts in columns.items()} | {
        "RowID": "L9900001",
        "CrimeDateTime": "13/45/2021 10:00",
    }
    return Feed("legacy_crime", "cp1252", index, columns, (bad,))


def nibrs_feed(planted: Planted, canaries: Canaries, numbers: list[str], on: date) -> Feed:
    world = planted.world
    known = as_known(world, on)
    index = np.flatnonzero(nibrs_rows(world, known))
    rows, incidents = world.rows, world.incidents
    owner, number, code = rows.incident[index], rows.number[index], known.code[index]
    plan = blocks()
    yes = ("N", "Y")
    columns = {
        "RowID": [f"N{n:07d}" for n in number.tolist()],
        "CaseNumber": [numbers[i] for i in owner.tolist()],
        "OccurredAt": iso_text(to_utc(incidents.occurred[owner])),
        "HourKnown": _pick(yes, incidents.is_hour_known[owner].astype(int)),
        "ReportedAt": iso_text(to_utc(incidents.reported[owner])),
        "NIBRSCode": _pick(CODES, code),
        "OffenseDescription": _pick([NIBRS_TITLES[c] for c in CODES], code),
        "Attempted": _pick(yes, incidents.is_attempted[owner].astype(int)),
        "Weapon": _pick(NIBRS_WEAPONS, incidents.weapon[owner]),
        "Shooting": _pick(yes, rows.is_shooting[index].astype(int)),
        "Domestic": _pick(yes, incidents.is_domestic[owner].astype(int)),
        "VictimType": _pick(("I", "B", "S", "U"), rows.victim[index]),
        "VictimName": canaries.names_of(rows.victim[index], number),
        "VictimAge": [str(a) if a >= 0 else "" for a in rows.age[index].tolist()],
        "VictimSex": _pick(("M", "F", "U"), rows.sex[index]),
        "VictimRace": _pick(RACES, rows.race[index]),
        "VictimEthnicity": _pick(("H", "N", "U"), rows.ethnicity[index]),
        "Injury": _pick(NIBRS_INJURIES, known.injury[index]),
        "Relationship": _pick(NIBRS_RELATIONS, rows.relation[index]),
        "District": _districts(incidents.district[owner], number, 3, str),
        "Neighborhood": _pick(NEIGHBORHOODS, incidents.neighborhood[owner]),
        "Location": canaries.into([plan.text[b] for b in incidents.block[owner].tolist()], number),
        "Premise": _pick(NIBRS_PREMISES, incidents.premise[owner]),
        "CaseStatus": _pick(
            ("Open", "Cleared by Arrest", "Exceptionally Cleared", "Unfounded"), known.status[index]
        ),
        "ClearedOn": date_text(known.status_on[index]),
        "DiedAt": iso_text(to_utc(known.died[index])),
        "RuledAt": iso_text(to_utc(known.ruled[index])),
        "Longitude": [planted.points.longitude[i] for i in owner.tolist()],
        "Latitude": [planted.points.latitude[i] for i in owner.tolist()],
        "LastUpdated": [
            f"{day}T09:00:00Z" for day in date_text(known.updated[index] + 1)
        ],  # the nightly export
    }
    _lay_over(columns, number, planted.overrides)
    bad_dates = ("2024-02-30T10:00:00Z", "Zzqdate 0001", "1900-01-01T05:00:00Z", "2062-05-04T12:00:00Z")
    first = {name: texts[0] for name, texts in columns.items()}
    extra = tuple(first | {"RowID": f"N990000{i}", "OccurredAt": text} for i, text in enumerate(bad_dates, 1))
    return Feed("nibrs_offenses", "utf-8", index, columns, extra)


def ledger_feed(planted: Planted, canaries: Canaries, numbers: list[str], through: date) -> Feed:
    """The medical examiner's deaths: justified killings included, and 60 days behind."""
    world = planted.world
    known = as_known(world, through - timedelta(days=LEDGER_STALE_DAYS))
    index = np.flatnonzero(
        known.is_visible & np.isin(known.code, [CODE[c] for c in KILLED - {"09B"}]) & ~np.isnat(known.died)
    )
    rows, incidents = world.rows, world.incidents
    owner = rows.incident[index]
    justified = known.code[index] == CODE["09C"]
    columns = {
        "LedgerNo": [f"ME{n:07d}" for n in rows.number[index].tolist()],
        "ComplaintNo": [numbers[i] for i in owner.tolist()],
        "InjuredDate": date_text(incidents.occurred[owner]),
        "DiedDate": date_text(known.died[index]),
        "RuledDate": date_text(known.ruled[index]),
        "Manner": ["Homicide, justified" if j else "Homicide" for j in justified.tolist()],
        "Cause": [
            "Gunshot" if r == GUNSHOT else "Other"
            for r in np.where(rows.is_shooting[index], GUNSHOT, 0).tolist()
        ],
        "District": _pick([d[1] for d in DISTRICTS], incidents.district[owner]),
        "Decedent": canaries.names_of(rows.victim[index], rows.number[index]),
        "Age": [str(a) if a >= 0 else "" for a in rows.age[index].tolist()],
        "Sex": _pick(("Male", "Female", "Unknown"), rows.sex[index]),
    }
    return Feed("homicide_ledger", "utf-8", index, columns)


def _lay_over(columns: dict[str, list[str]], number: Ints, overrides: dict[int, dict[str, str]]) -> None:
    place = {n: i for i, n in enumerate(number.tolist()) if n in overrides}
    for n, texts in overrides.items():
        for column, text in texts.items() if n in place else ():
            columns[column][place[n]] = text


# ------------------------------------------------------------------------------------------------ bytes


def lines_of(feed: Feed, conflicts: Iterable[str] = ()) -> list[tuple[str, ...]]:
    """All rows in file order: earlier wordings of a key first, repeated rows near the end, bad rows last."""
    names = list(feed.columns)
    valid = list(zip(*feed.columns.values(), strict=True))
    key_of, wanted = 0, set(conflicts)
    stale, repeated = [], []
    for row in valid:
        number = int(row[key_of].lstrip("ALNMEFCHSW"))
        if number % 499 == 7 and number < 9_000_000:
            repeated.append(row)
        if "LastUpdated" in names and (row[key_of] in wanted or (number % 997 == 11 and number < 9_000_000)):
            stale.append(_earlier(row, names, row[key_of] in wanted))
    bad = [tuple(row.get(name, "") for name in names) for row in feed.extra]
    return [*stale, *valid, *repeated, *bad]


def _earlier(row: tuple[str, ...], names: list[str], also_code: bool) -> tuple[str, ...]:
    """The same key as it was before: still open, an older stamp, for planted conflicts another offense."""
    said = dict(zip(names, row, strict=True))
    said |= {"CaseStatus": "Open", "ClearedOn": "", "LastUpdated": said["ReportedAt"]}
    if also_code:
        said |= {"NIBRSCode": "13B", "OffenseDescription": NIBRS_TITLES["13B"]}
    return tuple(said.values())


def csv_bytes(feed: Feed, lines: list[tuple[str, ...]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(feed.columns)
    writer.writerows(lines)
    return buffer.getvalue().encode(feed.encoding)
