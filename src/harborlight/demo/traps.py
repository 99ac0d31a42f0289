"""The traps of Port Calvert: single cases planted by hand, each of which a careless pipeline gets wrong.

Plants go into the world as ordinary incidents with row numbers from 9,000,001 on, the same for every seed
and scale, so that tests, corrections and people can name them. Texts that no good feed would hold are
overrides, laid over single rows.

| trap | what is planted |
|---|---|
| new_year | a shooting on 31 December 2023 at 23:30 local, which is 1 January 2024 in UTC |
| midnight | a robbery at 22:15 on the last evening of a month, next month in UTC |
| switch_night | a burglary at 23:45 on 31 December 2022: legacy feed; 2023 in UTC in the other feed |
| overlap | trial rows of 18-31 December 2022 in the NIBRS feed, also in the legacy feed: counted once |
| clock_change | a robbery in the hour that happens twice, another just after the hour that never happens |
| dies_later | shot on New Year's Eve 2024, died in 2025: a homicide of 2024 by injury, of 2025 by death |
| dies_next | shot before the last day, dies after it: shot now, a homicide victim in the next edition |
| ruled_late | injured in March 2021, died and ruled in late 2022 |
| justified_later | killed in September 2024, ruled justified a year later: no homicide any more |
| justified_next | a homicide now, ruled justified in the third later edition |
| redraw | two burglaries on one block, the day before and the day of the new district lines |
| several_victims | one complaint with three people shot; two stolen vehicles in one complaint |
| unfounded, reclassified | a shooting report unfounded later; a simple assault that became aggravated |
| unfounded_next, reclassified_next | the same two, in the second later edition |
| unfounded_before, reclassified_before, late_before | the same and a late report, in the last months before the first edition |
| withdrawn | a row that the source deletes between the first and the second later edition |
| late, late_next | a report entered a year after the event; another that only the next edition has |
| no_number | rows without a complaint number: each is its own incident |
| no_place, null_island, swapped | no coordinates, 0/0, latitude and longitude exchanged; all still count |
| in_harbor, offshore, abroad | in the water between the districts, in the sea beside the city, on another continent |
| on_border | robberies exactly on the border of two districts: each belongs to one of them |
| sensitive_place | rapes at one place where nothing else happens: it may appear on no map |
| home_now, home_before | an assault at home between partners, 6 days ago and 60 days ago: no hour, row or point for 28 days |
| unknown_code | a code or description that no table knows: quarantined as being classified |
| unknown_district, blank_district | districts that are none: unlocated, still in the total |
| bad_age | a negative age and one with letters: unknown ages, the rows count |
| corrected | a misspelt district, mended by `corrections/nibrs_offenses.yaml` |
| conflict | one key twice with different contents: the later row holds |
| bad_date | rows whose date cannot be: rejected with a reason (feeds.py) |
| duplicates | whole rows repeated (feeds.py) |
| lost_month | burglaries and auto thefts of May 2022, lost when the old system moved (feeds.py) |
| stale | a medical examiner's ledger that has not been updated for 60 days (feeds.py) |
| accent | street names in Windows-1252 (names.py) |
| rare | people of groups so small that a count of one would name them: very young, very old, of rare race |
| canaries | names, addresses and phone numbers that must never surface (feeds.py) |
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import TypeVar

import numpy as np

from harborlight.demo import geography
from harborlight.demo.coordinates import (
    ABROAD,
    ABROAD_POINT,
    EDGE,
    EMPTY,
    EXACT,
    HARBOR,
    HARBOR_POINTS,
    NULL_ISLAND,
    OFFSHORE,
    OFFSHORE_POINT,
    SWAPPED,
    Points,
    border_point,
    quarters_at,
    text_of,
    write_points,
)
from harborlight.demo.patterns import CODE, KINDS, UNKNOWN_CODE
from harborlight.demo.world import (
    BUSINESS,
    FATAL,
    GUNSHOT,
    NEVER,
    NO_TIME,
    OPEN,
    PERSON,
    PREMISES,
    UNFOUNDED,
    Incidents,
    Rows,
    World,
    kind_of,
    stated_district,
)

Arrays = TypeVar("Arrays", Incidents, Rows)

FIRST_NUMBER = 9_000_001
CORRECTED_NUMBER = FIRST_NUMBER  # corrections/nibrs_offenses.yaml names this row
MISSPELT = "Saltren"
LOST_MONTH = (date(2022, 5, 1), date(2022, 5, 31))
SWITCH = date(2023, 1, 1)
OVERLAP_FROM = date(2022, 12, 18)
SENSITIVE_POINT = (-68.012417, 36.975913)  # in Windlass
HOME_POINT = (-68.046271, 37.004519)  # in Brindle Park


def rare(age: str, sex: str, race: str, relation: str = "RU", ethnicity: str = "N") -> dict[str, str]:
    """Texts that make a planted person one of very few."""
    return {"VictimAge": age, "VictimSex": sex, "VictimRace": race, "VictimEthnicity": ethnicity, "Relationship": relation}


RARE_CHILD, RARE_ELDER, RARE_YOUTH = rare("7", "F", "I", "CH", "H"), rare("91", "F", "P", "SE"), rare("16", "M", "P")


@dataclass(frozen=True)
class Plant:
    """One planted incident with `victims` equal rows. Times are local; `text` overrides columns."""

    trap: str
    at: datetime
    kind: str
    place: str = "Old Ropewalk"
    code: str = ""
    victims: int = 1
    report_days: int = 0
    prior_code: str = ""
    recoded_on: date | None = None
    died: datetime | None = None
    ruled: datetime | None = None
    status: int = OPEN
    status_on: date | None = None
    deleted_on: date | None = None
    at_home: bool = False
    text: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Planted:
    """The world with its traps: where it is written to happen, trap → row numbers, row number → texts to lay over."""

    world: World
    points: Points
    numbers: dict[str, tuple[int, ...]]
    overrides: dict[int, dict[str, str]]


def plants(through: date) -> tuple[Plant, ...]:
    """Every planted incident. The first is the one that a correction names: never move it."""
    return (*_dated_plants(), *_moving_plants(through), *_placed_plants(through), *_earlier_plants(through))


def _dated_plants() -> tuple[Plant, ...]:
    return (
        Plant("corrected", datetime(2025, 3, 14, 18, 5), "auto theft", "Gannet Reach",
              text={"District": MISSPELT}),
        Plant("new_year", datetime(2023, 12, 31, 23, 30), "shooting", "Dunmarrow"),
        Plant("new_year", datetime(2025, 12, 31, 20, 15), "homicide", "Ashpole",
              died=datetime(2025, 12, 31, 20, 50), text=RARE_CHILD),
        Plant("midnight", datetime(2024, 6, 30, 22, 15), "robbery", "Saltmarket"),
        Plant("switch_night", datetime(2022, 12, 31, 23, 45), "burglary", "Brindle Park"),
        Plant("clock_change", datetime(2024, 11, 3, 1, 30), "robbery", "Saltmarket", text=rare("88", "F", "I")),
        Plant("clock_change", datetime(2025, 3, 9, 3, 5), "robbery", "Saltmarket"),
        Plant("dies_later", datetime(2024, 12, 31, 23, 30), "homicide", "Bellcaster", prior_code="13A",
              recoded_on=date(2025, 1, 12),
              died=datetime(2025, 1, 9, 4, 20), ruled=datetime(2025, 1, 11, 11, 0)),
        Plant("ruled_late", datetime(2021, 3, 5, 1, 15), "homicide", "Netherwick", prior_code="13A",
              recoded_on=date(2022, 12, 21),
              died=datetime(2022, 11, 10, 8, 0), ruled=datetime(2022, 12, 20, 14, 0)),
        Plant("justified_later", datetime(2024, 9, 14, 22, 10), "homicide", "Fathom Hill", code="09C",
              prior_code="09A", recoded_on=date(2025, 9, 20),
              died=datetime(2024, 9, 14, 22, 55), ruled=datetime(2024, 9, 16, 10, 0)),
        Plant("redraw", datetime(2025, 6, 30, 14, 0), "burglary", "Quillian Grove"),
        Plant("redraw", datetime(2025, 7, 1, 14, 0), "burglary", "Quillian Grove"),
        Plant("several_victims", datetime(2025, 8, 2, 0, 50), "shooting", "Larkmoor", victims=3, text=RARE_YOUTH),
        Plant("several_victims", datetime(2025, 8, 20, 3, 10), "auto theft", "Copperline", victims=2),
        Plant("unfounded", datetime(2025, 5, 17, 2, 5), "shooting", "Kittiwake Hill",
              status=UNFOUNDED, status_on=date(2025, 6, 3)),
        Plant("reclassified", datetime(2026, 2, 8, 19, 30), "aggravated assault", "Pinnace Row",
              prior_code="13B", recoded_on=date(2026, 4, 1)),
        Plant("late", datetime(2024, 2, 11, 12, 0), "larceny", "Capstan Green", report_days=392),
        *(Plant("no_number", datetime(2025, 4, day, 13, 20), "vandalism", "Tidewell",
                text={"CaseNumber": ""}) for day in (3, 3, 9)),
        Plant("no_place", datetime(2024, 5, 6, 9, 30), "robbery", "Greyline",
              text={"Longitude": "", "Latitude": ""}),
        Plant("null_island", datetime(2024, 5, 7, 9, 30), "robbery", "Greyline",
              text={"Longitude": "0", "Latitude": "0"}),
        Plant("swapped", datetime(2024, 5, 8, 9, 30), "robbery", "Greyline",
              text={"Longitude": "37.01512", "Latitude": "-68.00344"}),
        *(Plant("unknown_code", datetime(2025, 10, day, 16, 0), "vandalism", "Windlass", code=UNKNOWN_CODE,
                text={"OffenseDescription": f"Zzqoffense 000{day}"}) for day in (4, 5, 6)),
        Plant("unknown_code", datetime(2021, 10, 4, 16, 0), "larceny", "Windlass", code=UNKNOWN_CODE),
        Plant("unknown_district", datetime(2025, 2, 3, 15, 0), "burglary", "Reefcote",
              text={"District": "Zzqdistrict 0001"}),
        Plant("blank_district", datetime(2025, 2, 4, 15, 0), "burglary", "Reefcote", text={"District": ""}),
        Plant("bad_age", datetime(2025, 11, 2, 17, 0), "robbery", "Yardarm", text={"VictimAge": "-4"}),
        Plant("bad_age", datetime(2025, 11, 4, 17, 0), "robbery", "Yardarm", text={"VictimAge": "Zzqage 3O"}),
        Plant("conflict", datetime(2025, 12, 6, 23, 10), "aggravated assault", "Mizzen Point"),
    )  # fmt: skip


def _moving_plants(through: date) -> tuple[Plant, ...]:
    """Plants around the last day of the first edition."""

    def around(days: int, hour: int = 21) -> datetime:
        return datetime(through.year, through.month, through.day, hour, 40) + timedelta(days=days)

    return (
        Plant("dies_next", around(-19), "homicide", "Vesper Park", prior_code="13A",
              died=around(3, 5), ruled=around(4, 11), recoded_on=through + timedelta(days=5)),
        Plant("justified_next", around(-360), "homicide", "Wexcombe", code="09C", prior_code="09A",
              recoded_on=through + timedelta(days=16), died=around(-360, 22), ruled=around(-358, 10)),
        Plant("unfounded_next", around(-10), "robbery", "Saltmarket", status=UNFOUNDED,
              status_on=through + timedelta(days=12)),
        Plant("reclassified_next", around(-30), "aggravated assault", "Yardarm", prior_code="13B",
              recoded_on=through + timedelta(days=9)),
        Plant("withdrawn", around(-45), "robbery", "Tarrow Quay", deleted_on=through + timedelta(days=10)),
        Plant("late_next", around(-200), "robbery", "Capstan Green", report_days=203),
        Plant("last_day", around(0, 11), "larceny", "Saltmarket"),
    )  # fmt: skip


def _earlier_plants(through: date) -> tuple[Plant, ...]:
    """Plants that changed before the first edition: what the editions of earlier months held otherwise."""

    def around(days: int) -> datetime:
        return datetime(through.year, through.month, through.day, 21, 40) + timedelta(days=days)

    return (
        Plant("unfounded_before", around(-100), "robbery", "Saltmarket", status=UNFOUNDED, status_on=through - timedelta(days=20)),
        Plant("reclassified_before", around(-120), "aggravated assault", "Yardarm", prior_code="13B",
              recoded_on=through - timedelta(days=40)),
        Plant("late_before", around(-400), "burglary", "Capstan Green", report_days=380),
    )  # fmt: skip


def written_at(point: geography.Point) -> dict[str, str]:
    return dict(zip(("Longitude", "Latitude"), text_of(point), strict=True))


def _placed_plants(through: date) -> tuple[Plant, ...]:
    """Plants at places that are known to the last digit."""
    last = datetime(through.year, through.month, through.day, 22, 20)
    border = geography.neighborhood_index("Quillian Grove"), geography.neighborhood_index("Stellmoor")
    return (
        Plant("in_harbor", datetime(2024, 5, 9, 9, 30), "robbery", "Lower Fenwharf", text=written_at(HARBOR_POINTS[0])),
        Plant("offshore", datetime(2024, 5, 10, 9, 30), "robbery", "Corvane Heights", text=written_at(OFFSHORE_POINT)),
        Plant("abroad", datetime(2024, 5, 11, 9, 30), "robbery", "Corvane Heights", text=written_at(ABROAD_POINT)),
        *(Plant("on_border", datetime(2026, 3, day, 16, 40), "robbery", geography.neighborhoods()[place].name,
                text=written_at(border_point(place))) for day, place in enumerate(border, 3)),
        *(Plant("sensitive_place", datetime(2026, 4, day, 23, 10), "rape", "Windlass",
                text=written_at(SENSITIVE_POINT) | rare("9", "M", "I", "AQ"))
          for day in (2, 9, 16)),
        Plant("home_now", last - timedelta(days=6), "simple assault", "Brindle Park", at_home=True, text=written_at(HOME_POINT)),
        Plant("home_before", last - timedelta(days=60), "simple assault", "Brindle Park", at_home=True,
              text=written_at(HOME_POINT) | RARE_ELDER),
    )  # fmt: skip


def plant(world: World, through: date) -> Planted:
    """Append every planted incident to the world."""
    todo = plants(through)
    numbers: dict[str, list[int]] = {}
    overrides: dict[int, dict[str, str]] = {}
    number = FIRST_NUMBER
    for p in todo:
        for _ in range(p.victims):
            numbers.setdefault(p.trap, []).append(number)
            if p.text:
                overrides[number] = p.text
            if "VictimRace" in p.text:
                numbers.setdefault("rare", []).append(number)
            number += 1
    base = len(world.incidents.kind)
    incidents = _join(Incidents, world.incidents, _plant_incidents(todo))
    rows = _join(Rows, world.rows, _plant_rows(todo, base))
    named = {name: tuple(found) for name, found in numbers.items()}
    return Planted(World(incidents, rows), _points(incidents, base, todo), named, overrides)


def _points(incidents: Incidents, base: int, todo: tuple[Plant, ...]) -> Points:
    """What the feeds write for the place of each incident. A planted one has dirt only where its plant says so."""
    odd = (np.arange(len(incidents.kind)) * 7919) % 1000
    dirt = np.select([odd == 0, odd == 1, odd == 2, odd == 3, odd == 4, odd == 5, odd < 32],
                     [NULL_ISLAND, SWAPPED, HARBOR, ABROAD, OFFSHORE, EDGE, EMPTY], EXACT)  # fmt: skip
    dirt[base:] = EXACT
    points = write_points(incidents.longitude, incidents.latitude, incidents.neighborhood, dirt)
    for i, p in enumerate(todo, base):
        if "Longitude" in p.text:
            points.longitude[i], points.latitude[i] = p.text["Longitude"], p.text["Latitude"]
            points.quarters[i] = quarters_at(points.longitude[i], points.latitude[i])
    return points


def _join(cls: type[Arrays], first: Arrays, second: Arrays) -> Arrays:
    return cls(
        **{f.name: np.concatenate([getattr(first, f.name), getattr(second, f.name)]) for f in fields(cls)}
    )


def _plant_incidents(todo: tuple[Plant, ...]) -> Incidents:
    occurred = np.array([p.at for p in todo], dtype="datetime64[m]")
    where = np.array([geography.neighborhood_index(p.place) for p in todo])
    block = where * geography.BLOCKS_EACH + 7
    plan, n = geography.blocks(), len(todo)
    gun = np.array([p.kind in ("shooting", "homicide", "aggravated assault") for p in todo])
    return Incidents(
        kind=np.array([kind_of(p.kind) for p in todo]),
        occurred=occurred,
        is_hour_known=np.full(n, True),
        reported=occurred + 15 + np.array([p.report_days * 1440 for p in todo]),
        neighborhood=where,
        district=stated_district(where, occurred),
        block=block,
        longitude=plan.longitude[block],
        latitude=plan.latitude[block],
        premise=np.array([PREMISES.index("residence" if p.at_home else "street") for p in todo]),
        weapon=np.where(gun, 2, 0),
        is_domestic=np.array([p.at_home for p in todo]),
        is_attempted=np.full(n, False),
        status=np.array([p.status for p in todo]),
        status_on=np.array([p.status_on or NEVER for p in todo], dtype="datetime64[D]"),
        deleted_on=np.array([p.deleted_on or NEVER for p in todo], dtype="datetime64[D]"),
    )


def _plant_rows(todo: tuple[Plant, ...], base: int) -> Rows:
    owners = [i for i, p in enumerate(todo) for _ in range(p.victims)]
    each = [todo[i] for i in owners]
    n = len(each)
    natural = {kind.name: kind.code for kind in KINDS}
    code = np.array([CODE[p.code or natural[p.kind]] for p in each])
    shot = np.array([p.kind in ("shooting", "homicide") for p in each])
    fatal = np.array([p.kind == "homicide" for p in each])
    return Rows(
        incident=base + np.array(owners),
        code=code,
        prior_code=np.array([CODE[p.prior_code] if p.prior_code else code[i] for i, p in enumerate(each)]),
        recoded_on=np.array([p.recoded_on or NEVER for p in each], dtype="datetime64[D]"),
        entered=np.array([p.at.date() + timedelta(days=p.report_days) for p in each], dtype="datetime64[D]"),
        victim=np.array([BUSINESS if p.kind == "larceny" else PERSON for p in each]),
        age=np.array([24 + i % 40 for i in range(n)]),
        sex=np.arange(n) % 2,
        race=np.arange(n) % 3,
        ethnicity=np.full(n, 1),
        injury=np.where(fatal, FATAL, np.where(shot, GUNSHOT, 0)),
        relation=np.array([1 if p.at_home else 9 for p in each]),
        is_shooting=shot,
        died=np.array([p.died or NO_TIME for p in each], dtype="datetime64[m]"),
        ruled=np.array(
            [p.ruled or (p.died + timedelta(days=1) if p.died else NO_TIME) for p in each],
            dtype="datetime64[m]",
        ),
        number=FIRST_NUMBER + np.arange(n),
    )
