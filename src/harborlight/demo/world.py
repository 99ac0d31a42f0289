"""What really happened in Port Calvert: incidents and victim rows drawn from the patterns, as arrays.

A seed, a scale and a last day go in; the whole story comes out, the feeds' later editions included: each row
knows when it was entered, recoded, cleared, withdrawn, and `history.py` says what was known on a given day.
Times are local wall-clock minutes; `clock.py` turns them into UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from harborlight.demo import patterns
from harborlight.demo.clock import mend_gaps
from harborlight.demo.geography import BLOCKS_EACH, REDRAW, blocks, neighborhoods
from harborlight.demo.patterns import CODE, KINDS, PERSONS, SOCIETY

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Times = NDArray[np.datetime64]

NEVER = np.datetime64("2200-01-01", "D")
NO_TIME = np.datetime64("NaT", "m")
EDITIONS = 12  # weekly editions after the first one
OPEN, ARREST, EXCEPTIONAL, UNFOUNDED = 0, 1, 2, 3
PERSON, BUSINESS, PUBLIC, UNKNOWN_VICTIM = 0, 1, 2, 3
PREMISES = ("street", "residence", "business", "parking", "school", "vehicle", "other")
WEAPONS = ("", "none", "handgun", "rifle", "knife", "hands", "blunt object")
INJURIES = ("", "none", "minor", "major", "gunshot", "fatal")
MAJOR, GUNSHOT, FATAL = 3, 4, 5


@dataclass
class Incidents:
    """One element per incident. `occurred` and `reported` are local; `district` is as stated that day."""

    kind: Ints
    occurred: Times
    is_hour_known: Bools
    reported: Times
    neighborhood: Ints
    district: Ints
    block: Ints
    longitude: Floats
    latitude: Floats
    premise: Ints
    weapon: Ints
    is_domestic: Bools
    is_attempted: Bools
    status: Ints
    status_on: Times
    deleted_on: Times


@dataclass
class Rows:
    """One element per victim or offense row of an incident; before `recoded_on` it read `prior_code`."""

    incident: Ints
    code: Ints
    prior_code: Ints
    recoded_on: Times
    entered: Times
    victim: Ints
    age: Ints
    sex: Ints
    race: Ints
    ethnicity: Ints
    injury: Ints
    relation: Ints
    is_shooting: Bools
    died: Times
    ruled: Times
    number: Ints


@dataclass
class World:
    incidents: Incidents
    rows: Rows


def last_day(through: date) -> date:
    """The last day of the story: the last edition's."""
    return through + timedelta(days=7 * EDITIONS)


def make_world(seed: int, scale: float, through: date) -> World:
    """Draw everything. The same arguments give the same arrays, byte for byte."""
    rng = np.random.default_rng([seed, 1])
    days = np.arange(np.datetime64(patterns.FIRST_DAY), np.datetime64(last_day(through)) + 1)
    incidents = _draw_incidents(rng, days, scale)
    rows = _draw_rows(rng, incidents)
    order = np.argsort(rows.entered, kind="stable")
    rows = pick_rows(rows, order)
    rows.number = np.arange(1, len(rows.incident) + 1)
    return World(incidents, rows)


def pick_rows(rows: Rows, index: NDArray[np.int64] | Bools) -> Rows:
    return Rows(**{f.name: getattr(rows, f.name)[index] for f in fields(Rows)})


def stated_district(neighborhood: Ints, occurred: Times) -> Ints:
    """District number under the lines of the day; the redraw of 2025 moved six neighbourhoods."""
    before = np.array([n.district_before for n in neighborhoods()])[neighborhood]
    since = np.array([n.district_since for n in neighborhoods()])[neighborhood]
    moved: Ints = np.where(occurred.astype("datetime64[D]") >= np.datetime64(REDRAW), since, before)
    return moved


# ----------------------------------------------------------------------------------------------- incidents


def _draw_incidents(rng: np.random.Generator, days: Times, scale: float) -> Incidents:
    shares = patterns.neighborhood_shares()
    kinds, when, places, block = [], [], [], []
    for number, kind in enumerate(KINDS):
        per_day = rng.poisson(patterns.daily_level(kind, days) * scale)
        day = np.repeat(days, per_day)
        hour = rng.choice(24, len(day), p=patterns.hour_shares(kind))
        where = rng.choice(len(neighborhoods()), len(day), p=shares[kind.places])
        if kind.trend == "guns":
            keep = _strategy_keeps(rng, where, day)
            day, hour, where = day[keep], hour[keep], where[keep]
        local = day.astype("datetime64[m]") + hour.astype("timedelta64[h]") + _minutes(rng, len(day))
        kinds.append(np.full(len(day), number))
        when.append(local)
        places.append(where)
        block.append(
            where * BLOCKS_EACH + rng.choice(BLOCKS_EACH, len(day), p=patterns.block_shares(kind.places))
        )
    occurred = mend_gaps(np.concatenate(when))
    order = np.argsort(occurred, kind="stable")
    return _complete(
        rng,
        np.concatenate(kinds)[order],
        occurred[order],
        np.concatenate(places)[order],
        np.concatenate(block)[order],
    )


def _strategy_keeps(rng: np.random.Generator, where: Ints, day: Times) -> Bools:
    """Thin gun violence in the strategy's district after its start: what an evaluation has to find."""
    district = np.array([n.district_before for n in neighborhoods()])[where]
    treated = (district == patterns.STRATEGY_DISTRICT) & (day >= np.datetime64(patterns.STRATEGY_FROM))
    keeps: Bools = ~treated | (rng.random(len(day)) >= patterns.STRATEGY_EFFECT)
    return keeps


def _minutes(rng: np.random.Generator, n: int) -> NDArray[np.timedelta64]:
    """Minutes of the hour as people write them: often full, half or quarter hours."""
    rounded = rng.choice(np.array([0, 0, 0, 30, 30, 15, 45]), n)
    return np.where(rng.random(n) < 0.45, rounded, rng.integers(0, 60, n)).astype("timedelta64[m]")


def _complete(rng: np.random.Generator, kind: Ints, occurred: Times, where: Ints, block: Ints) -> Incidents:
    n = len(kind)
    plan = blocks()
    violent = np.array([k.name in ("homicide", "shooting") for k in KINDS])[kind]
    slow = np.array([k.hours == "office" for k in KINDS])[kind]
    delay = np.where(slow, rng.exponential(20 * 1440, n), rng.exponential(9 * 60, n))
    delay = np.where(violent, rng.exponential(12, n), delay) + rng.integers(2, 40, n)
    late = (rng.random(n) < 0.006) & ~violent
    delay = np.where(late, rng.uniform(90, 420, n) * 1440, delay)
    reported = occurred + delay.astype(np.int64).astype("timedelta64[m]")
    longitude = plan.longitude[block] + rng.normal(0, 2e-4, n)
    latitude = plan.latitude[block] + rng.normal(0, 2e-4, n)
    status, status_on = _status(rng, kind, reported)
    return Incidents(
        kind=kind,
        occurred=occurred,
        is_hour_known=violent | (rng.random(n) >= 0.02),
        reported=reported,
        neighborhood=where,
        district=stated_district(where, occurred),
        block=block,
        longitude=longitude,
        latitude=latitude,
        premise=_premises(rng, kind),
        weapon=_weapons(rng, kind),
        is_domestic=rng.random(n) < np.array([k.domestic for k in KINDS])[kind],
        is_attempted=(rng.random(n) < 0.04)
        & np.isin(kind, [i for i, k in enumerate(KINDS) if k.places == "homes"]),
        status=status,
        status_on=status_on,
        deleted_on=_some_dates(rng, reported, 0.0006, 20, 300),
    )


def _some_dates(rng: np.random.Generator, start: Times, share: float, low: int, high: int) -> Times:
    """For a share of the elements a day some time after `start`, NEVER for the rest."""
    later = start.astype("datetime64[D]") + rng.integers(low, high, len(start)).astype("timedelta64[D]")
    dates: Times = np.where(rng.random(len(start)) < share, later, NEVER)
    return dates


def _status(rng: np.random.Generator, kind: Ints, reported: Times) -> tuple[Ints, Times]:
    n = len(kind)
    cleared = rng.random(n) < np.array([k.cleared for k in KINDS])[kind]
    unfounded = rng.random(n) < 0.008
    status = np.where(cleared, np.where(rng.random(n) < 0.08, EXCEPTIONAL, ARREST), OPEN)
    status = np.where(unfounded, UNFOUNDED, status)
    wait = np.where(unfounded, rng.uniform(3, 60, n), rng.exponential(25, n)).astype(np.int64)
    status_on = np.where(
        status == OPEN, NEVER, reported.astype("datetime64[D]") + wait.astype("timedelta64[D]")
    )
    return status, status_on


def _premises(rng: np.random.Generator, kind: Ints) -> Ints:
    chances = {
        "violence": (0.52, 0.27, 0.08, 0.06, 0.0, 0.04, 0.03),
        "street": (0.60, 0.08, 0.18, 0.09, 0.0, 0.03, 0.02),
        "people": (0.22, 0.48, 0.12, 0.06, 0.05, 0.02, 0.05),
        "homes": (0.35, 0.45, 0.05, 0.12, 0.01, 0.0, 0.02),
        "centre": (0.05, 0.05, 0.74, 0.10, 0.01, 0.0, 0.05),
        "traffic": (0.80, 0.0, 0.02, 0.08, 0.0, 0.08, 0.02),
    }
    out = np.zeros(len(kind), dtype=np.int64)
    for number, k in enumerate(KINDS):
        mine = kind == number
        share = (0, 0.72, 0.24, 0, 0.02, 0, 0.02) if k.name == "burglary" else chances[k.places]
        out[mine] = rng.choice(len(PREMISES), int(mine.sum()), p=share)
    return out


def _weapons(rng: np.random.Generator, kind: Ints) -> Ints:
    out = np.zeros(len(kind), dtype=np.int64)
    for number, k in enumerate(KINDS):
        mine = kind == number
        n = int(mine.sum())
        if k.code not in PERSONS and k.code not in ("120", "520"):
            continue
        bare = (
            [0, 0.0, 0, 0, 0.35, 0.35, 0.3]
            if k.code in ("09A", "13A", "520")
            else [0, 0.35, 0, 0, 0.05, 0.55, 0.05]
        )
        gun = np.where(rng.random(n) < 0.92, 2, 3)
        out[mine] = np.where(rng.random(n) < k.gun, gun, rng.choice(len(WEAPONS), n, p=bare))
    return out


# ---------------------------------------------------------------------------------------------------- rows


def _draw_rows(rng: np.random.Generator, incidents: Incidents) -> Rows:
    """Main rows (one per victim or vehicle), further offenses, and people wounded beside someone killed."""
    kind = incidents.kind
    n = len(kind)
    several = np.array([k.several for k in KINDS])[kind]
    count = 1 + (rng.random(n) < several) * (1 + (rng.random(n) < 0.25) + (rng.random(n) < 0.08))
    main = np.repeat(np.arange(n), count)
    parts = [(main, np.array([CODE[k.code] for k in KINDS])[kind[main]])]
    for number, k in enumerate(KINDS):
        for code, share in k.extras:
            mine = np.flatnonzero(kind == number)
            mine = mine[rng.random(len(mine)) < share]
            parts.append((mine, np.full(len(mine), CODE[code])))
    killed = np.flatnonzero((kind == 0) & (incidents.weapon == 2))
    wounded = np.repeat(killed, rng.poisson(0.16, len(killed)))
    parts.append((wounded, np.full(len(wounded), CODE["13A"])))
    incident = np.concatenate([part[0] for part in parts])
    codes = np.concatenate([part[1] for part in parts])
    shot = np.isin(incidents.weapon[incident], (2, 3)) & (
        ((kind[incident] == 0) & np.isin(codes, (CODE["09A"], CODE["13A"])))
        | ((kind[incident] == 1) & (codes == CODE["13A"]))
    )
    return _describe_rows(rng, incidents, incident, codes, shot)


def _victims(rng: np.random.Generator, kind: Ints, codes: NDArray[np.str_]) -> Ints:
    """Person, business, society or unknown: by offense first, then by what the kind of incident is about."""
    n = len(codes)
    owner = np.array([{"person": 0, "owner": 1, "business": 2, "society": 3}[k.victims] for k in KINDS])[kind]
    victim = np.select([owner == 2, owner == 3], [BUSINESS, PUBLIC], PERSON)
    victim = np.where((owner == 1) & (rng.random(n) < 0.25), BUSINESS, victim)
    victim = np.where(
        np.isin(codes, list(SOCIETY)), PUBLIC, np.where(np.isin(codes, list(PERSONS)), PERSON, victim)
    )
    victim = np.where((rng.random(n) < 0.01) & ~np.isin(codes, [*PERSONS, *SOCIETY]), UNKNOWN_VICTIM, victim)
    return np.asarray(victim)


def _describe_rows(
    rng: np.random.Generator, incidents: Incidents, incident: Ints, code: Ints, shot: Bools
) -> Rows:
    n = len(incident)
    codes = np.array(patterns.CODES)[code]
    victim = _victims(rng, incidents.kind[incident], codes)
    is_person = victim == PERSON
    age = np.where(is_person, np.clip(rng.gamma(5.2, 6.6, n), 1, 96).astype(np.int64), -1)
    age = np.where(is_person & ~np.isin(codes, list(PERSONS)), np.maximum(age, 16), age)
    age = np.where((rng.random(n) < 0.04) & ~shot, -1, age)
    gendered = np.where(shot | (codes == "09A"), 0.86, 0.49)
    wound = rng.choice([1, 2, 3], n, p=[0.3, 0.4, 0.3])
    injury = np.select(
        [np.isin(codes, list(patterns.KILLED)), shot, codes == "13A", codes == "13B"],
        [FATAL, GUNSHOT, wound, np.minimum(wound, 2)],
        0,
    )
    related = rng.choice(10, n, p=[0, 0, 0, 0, 0, 0, 0, 0.33, 0.32, 0.35])
    family = rng.choice(10, n, p=[0.17, 0.36, 0.15, 0.07, 0.09, 0.07, 0.09, 0, 0, 0])
    entered = incidents.reported[incident].astype("datetime64[D]") + rng.choice([0, 0, 1, 1, 2, 4], n).astype(
        "timedelta64[D]"
    )
    sex = np.where(rng.random(n) < 0.015, 2, np.where(rng.random(n) < gendered, 0, 1))
    race = rng.choice(7, n, p=[0.40, 0.41, 0.07, 0.01, 0.005, 0.045, 0.06])
    rows = Rows(
        incident=incident,
        code=code,
        prior_code=code.copy(),
        recoded_on=np.full(n, NEVER),
        entered=entered,
        victim=victim,
        age=age,
        sex=np.where(is_person, sex, -1),
        race=np.where(is_person, race, -1),
        ethnicity=np.where(is_person, rng.choice(3, n, p=[0.12, 0.72, 0.16]), -1),
        injury=injury,
        relation=np.where(is_person, np.where(incidents.is_domestic[incident], family, related), -1),
        is_shooting=shot,
        died=np.full(n, NO_TIME),
        ruled=np.full(n, NO_TIME),
        number=np.zeros(n, dtype=np.int64),
    )
    _add_deaths(rng, incidents, rows)
    _add_recodings(rng, rows)
    return rows


def _add_deaths(rng: np.random.Generator, incidents: Incidents, rows: Rows) -> None:
    """When people died and when it was ruled; until the ruling someone who lived on reads as wounded."""
    killed = np.flatnonzero(np.isin(rows.code, [CODE[c] for c in patterns.KILLED]))
    n = len(killed)
    lag = np.select(
        [rng.random(n) < 0.82, rng.random(n) < 0.8],
        [rng.exponential(50, n), rng.uniform(1440, 14 * 1440, n)],
        rng.uniform(15, 200, n) * 1440,
    )
    rows.died[killed] = incidents.occurred[rows.incident[killed]] + lag.astype(np.int64).astype(
        "timedelta64[m]"
    )
    rows.ruled[killed] = rows.died[killed] + rng.integers(600, 4 * 1440, n).astype("timedelta64[m]")
    lived = killed[lag >= 1440]
    rows.prior_code[lived] = CODE["13A"]
    rows.recoded_on[lived] = rows.ruled[lived].astype("datetime64[D]") + 1


def _add_recodings(rng: np.random.Generator, rows: Rows) -> None:
    """About one row in a hundred is classified anew some weeks after it was entered."""
    swaps = (
        ("13A", "13B", 0.03),
        ("13B", "13A", 0.012),
        ("220", "23D", 0.02),
        ("23H", "220", 0.01),
        ("23F", "290", 0.01),
        ("120", "23H", 0.015),
    )
    for code, prior, share in swaps:
        mine = np.flatnonzero((rows.code == CODE[code]) & ~rows.is_shooting)
        mine = mine[rng.random(len(mine)) < share]
        rows.prior_code[mine] = CODE[prior]
        rows.recoded_on[mine] = rows.entered[mine] + rng.integers(5, 150, len(mine)).astype("timedelta64[D]")


def kind_of(name: str) -> int:
    return next(number for number, kind in enumerate(KINDS) if kind.name == name)
