"""The arrests feed of Port Calvert, as such files are: half without a place, short district names, free-text charges.

The world and a seed go in. Cases that were cleared by arrest bring one each, warrants and stops the rest. Some
arrests stand in two rows under one number, some have no number, and one district in fifty is written wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from harborlight.demo.canary import Canaries
from harborlight.demo.clock import Times, mend_gaps
from harborlight.demo.coordinates import EMPTY, EXACT, NULL_ISLAND, OFFSHORE, Points, write_points
from harborlight.demo.feeds import Feed
from harborlight.demo.geography import BLOCKS_EACH, blocks, neighborhoods
from harborlight.demo.layers import BEFORE, SINCE, all_lines, lines_of
from harborlight.demo.names import DISTRICTS
from harborlight.demo.patterns import KINDS, neighborhood_shares
from harborlight.demo.truth import UNLOCATED, ArrestTruth, tally_areas
from harborlight.demo.words import ARREST_CHARGES, OTHER_CHARGES, RACES
from harborlight.demo.world import ARREST, PERSON, Bools, Ints, World, stated_district

FIRST_DAY = np.datetime64("2021-01-01", "D")
SHORT_NAMES = ("North", "Lantern", "Quay", "West", "Mill", "Salt")
UNNUMBERED, TWICE, UNPLACED, MISSTATED = 0.046, 0.004, 0.486, 0.019


@dataclass(frozen=True)
class Arrests:
    """One element per row of the feed, in the order of the days. `arrest` is the same in rows of one arrest."""

    arrest: Ints
    at: Times
    incident: Ints
    charge: tuple[str, ...]
    district: Ints
    block: Ints
    points: Points
    age: Ints
    sex: Ints
    race: Ints
    is_numbered: Bools


def make_arrests(world: World, seed: int) -> Arrests:
    """Draw the arrests of the whole story, later editions included."""
    rng = np.random.default_rng([seed, 3])
    cleared = np.flatnonzero((world.incidents.status == ARREST) & (world.incidents.status_on >= FIRST_DAY))
    others = int(0.7 * len(cleared))
    days = (int(world.incidents.status_on[cleared].max().astype(int)) - int(FIRST_DAY.astype(int))) if others else 0
    where = rng.choice(len(neighborhoods()), others, p=neighborhood_shares()["street"])
    day = np.concatenate(
        [world.incidents.status_on[cleared], FIRST_DAY + rng.integers(0, days + 1, others).astype("timedelta64[D]")]
    )
    incident = np.concatenate([cleared, np.full(others, -1)])
    where = np.concatenate([world.incidents.neighborhood[cleared], where])
    minutes = rng.integers(0, 1440, len(day)).astype("timedelta64[m]")
    order = np.argsort(day.astype("datetime64[m]") + minutes, kind="stable")
    at = mend_gaps((day.astype("datetime64[m]") + minutes)[order])
    return _describe(rng, world, at, incident[order], where[order])


def _describe(rng: np.random.Generator, world: World, at: Times, incident: Ints, where: Ints) -> Arrests:
    n, plan = len(at), blocks()
    block = where * BLOCKS_EACH + rng.integers(0, BLOCKS_EACH, n)
    kind = rng.random(n)
    dirt = np.select([kind < UNPLACED, kind < UNPLACED + 0.0005, kind < UNPLACED + 0.001],
                     [EMPTY, NULL_ISLAND, OFFSHORE], EXACT)  # fmt: skip
    points = write_points(plan.longitude[block], plan.latitude[block], where, dirt)
    stated = stated_district(where, at)
    stated = np.where(rng.random(n) < MISSTATED, (stated + 1 + rng.integers(0, 5, n)) % len(DISTRICTS), stated)
    stated = np.where((dirt == EMPTY) | (rng.random(n) < 0.003), -1, stated)
    spelling = rng.integers(0, 12, n)
    charges = tuple(_charge(world, i, s) for i, s in zip(incident.tolist(), spelling.tolist(), strict=True))
    age = np.clip(rng.gamma(6.0, 5.5, n), 14, 96).astype(np.int64)
    whole = Arrests(
        arrest=np.arange(n), at=at, incident=incident, charge=charges, district=stated, block=block, points=points,
        age=np.where(rng.random(n) < 0.001, -1, age), sex=np.where(rng.random(n) < 0.19, 1, 0),
        race=rng.choice(7, n, p=[0.40, 0.41, 0.07, 0.01, 0.005, 0.045, 0.06]), is_numbered=rng.random(n) >= UNNUMBERED,
    )  # fmt: skip
    again = np.flatnonzero((rng.random(n) < TWICE) & whole.is_numbered)
    return _pick(whole, np.sort(np.concatenate([np.arange(n), again])))


def _charge(world: World, incident: int, spelling: int) -> str:
    """Free text: mostly the usual words, sometimes a slip of the keyboard."""
    if incident < 0:
        return OTHER_CHARGES[spelling % len(OTHER_CHARGES)]
    words = ARREST_CHARGES.get(KINDS[int(world.incidents.kind[incident])].code, ("UNKNOWN CHARGE",))
    return words[0] if spelling else words[-1]


def _pick(arrests: Arrests, index: Ints) -> Arrests:
    points, where = arrests.points, index.tolist()
    lon, lat = ([texts[i] for i in where] for texts in (points.longitude, points.latitude))
    picked = {f.name: getattr(arrests, f.name)[index] for f in fields(Arrests) if f.name not in ("charge", "points")}
    return Arrests(
        **picked, charge=tuple(arrests.charge[i] for i in where), points=Points(lon, lat, points.quarters[index])
    )


def _known(arrests: Arrests, on: date) -> Arrests:
    """What the feed holds at the end of a day: it begins with the oldest, so rows keep their numbers."""
    return _pick(arrests, np.flatnonzero(arrests.at.astype("datetime64[D]") <= np.datetime64(on)))


def arrests_feed(
    arrests: Arrests, canaries: Canaries, numbers: list[str], on: date, decisions: tuple[list[str], list[str]]
) -> Feed:  # fmt: skip
    """`numbers` are the complaint numbers of the incidents; `decisions` words and days as known, by number of the arrest."""
    known = _known(arrests, on)
    index, plan = np.arange(len(known.at)), blocks()
    texts = np.datetime_as_string(known.at, unit="m").tolist()
    columns = {
        "RowID": [f"A{n + 1:07d}" for n in index.tolist()],
        "ArrestNumber": _arrest_numbers(known),
        "ArrestDateTime": [text.replace("T", " ") for text in texts],
        "CaseNumber": [numbers[i] if i >= 0 else "" for i in known.incident.tolist()],
        "District": [SHORT_NAMES[d] if d >= 0 else "" for d in known.district.tolist()],
        "Charge": list(known.charge),
        "Arrestee": canaries.names_of(np.full(len(index), PERSON), known.arrest),
        "Age": [str(a) if a >= 0 else "" for a in known.age.tolist()],
        "Sex": [("M", "F")[s] for s in known.sex.tolist()],
        "Race": [RACES[r] for r in known.race.tolist()],
        "Location": canaries.into([plan.text[b] for b in known.block.tolist()], known.arrest),
        "Longitude": known.points.longitude,
        "Latitude": known.points.latitude,
        "Decision": [decisions[0][a] for a in known.arrest.tolist()],
        "DecisionDate": [decisions[1][a] for a in known.arrest.tolist()],
    }
    bad = {name: column[0] for name, column in columns.items()}
    bad |= {"RowID": "A9900001", "ArrestNumber": "", "ArrestDateTime": "2025-02-30 10:00"}
    return Feed("arrests", "utf-8", index, columns, (bad,))


def numbers_of(arrests: Arrests) -> dict[int, str]:
    """The number of each arrest that has one, as the feed writes it."""
    return {a: text for a, text in zip(arrests.arrest.tolist(), _arrest_numbers(arrests), strict=True) if text}


def _arrest_numbers(known: Arrests) -> list[str]:
    """Year and number of the arrest; rows of one arrest share it, some have none."""
    years = known.at.astype("datetime64[Y]").astype(int) - 30
    return [
        f"{year:02d}{arrest + 1:06d}" if is_numbered else ""
        for year, arrest, is_numbered in zip(
            years.tolist(), known.arrest.tolist(), known.is_numbered.tolist(), strict=True
        )
    ]


def count_arrests(arrests: Arrests, on: date) -> ArrestTruth:
    """The right answers for the arrests known on a day."""
    rows = _known(arrests, on)
    once = _pick(rows, np.unique(rows.arrest, return_index=True)[1])
    year = once.at.astype("datetime64[Y]").astype(int) + 1970
    ids = [*(d[0] for d in DISTRICTS), UNLOCATED]
    stated = [ids[d] for d in once.district.tolist()]
    areas = {
        (lines.layer, lines.version): tally_areas(lines, once.points.area_numbers(lines), year) for lines in all_lines()
    }
    return ArrestTruth(
        rows=len(rows.at),
        rows_without_coordinates=sum(text == "" for text in rows.points.longitude),
        total=len(once.at),
        by_year=dict(Counter(year.tolist())),
        by_year_district=dict(Counter(zip(year.tolist(), stated, strict=True))),
        by_year_area=areas,
        agreement={version: _agreement(rows, version) for version in (BEFORE, SINCE)},
    )


def _agreement(rows: Arrests, version: str) -> tuple[int, int, int]:
    lines = lines_of("police_district", version)
    ids = [*(area.id for area in lines.areas), UNLOCATED]
    lies = np.array([ids[n] for n in rows.points.area_numbers(lines).tolist()])
    says = np.array([DISTRICTS[d][0] if d >= 0 else UNLOCATED for d in rows.district.tolist()])
    compared = (says != UNLOCATED) & (lies != UNLOCATED)
    return int((says != UNLOCATED).sum()), int(compared.sum()), int((compared & (says == lies)).sum())
