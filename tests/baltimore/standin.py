"""Writes a stand-in for the city's live NIBRS layer, and counts it again in plain Python.

In goes the profile of the layer: counts per code and description, per month and per victim value, blanks per
column. Out comes a CSV of fictional rows that has exactly these counts; same profile and seed, same bytes.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

Columns = dict[str, np.ndarray]
LOCAL = ZoneInfo("America/New_York")
COLUMNS = [
    "RowID",
    "CCNumber",
    "CrimeDateTime",
    "CrimeCode",
    "Description",
    "Inside_Outside",
    "Weapon",
    "Shooting",
    "Post",
    "Gender",
    "Age",
    "Race",
    "Ethnicity",
    "Location",
    "Old_District",
    "New_District",
    "Neighborhood",
    "Latitude",
    "Longitude",
    "GeoLocation",
    "PremiseType",
    "Total_Incidents",
]
DISTRICTS = [
    "CENTRAL",
    "EASTERN",
    "NORTHEAST",
    "NORTHERN",
    "NORTHWEST",
    "SOUTHERN",
    "SOUTHEAST",
    "SOUTHWEST",
    "WESTERN",
]
WEAPONS = [
    "PERSONAL_WEAPONS",
    "FIREARM",
    "HANDGUN",
    "KNIFE_CUTTING_INSTRUMENT",
    "BLUNT_OBJECT",
    "MOTOR_VEHICLE",
    "OTHER",
    "NONE",
    "UNKNOWN",
]
PREMISES = [
    "HIGHWAY_ROAD_ALLEY_STREET_SIDEWALK",
    "RESIDENCE_HOME",
    "PARKING_LOT_GARAGE",
    "SPECIALTY_STORE",
    "SCHOOL_COLLEGE",
    "OTHER_UNKNOWN",
]
STREETS = ["MADEUP AVE", "SAMPLE ST", "PRETEND RD", "FICTION CT", "STANDIN WAY"]
NEIGHBORHOODS = [f"INVENTED {number}" for number in range(1, 279)]
ADDRESSES = [f"{block * 100} {street}" for block in range(1, 60) for street in STREETS]

# What an offense is against, written down a second time, so that the shipped table is checked.
AGAINST_PERSONS = {"09A", "100", "11A", "11B", "11C", "11D", "13A", "13B", "13C", "36A", "36B", "64A", "64B"}
AGAINST_SOCIETY = {"35A", "35B", "370", "40C", "520", "720"}
SENSITIVE = {"11A", "11B", "11C", "11D", "36A", "36B", "64A", "64B", "370", "40C"}
FLAGGED = {"09A": 400, "13A": 1760, "120": 30}  # rows flagged Y; the rest of the flags say N


@dataclass(frozen=True)
class Counted:
    """What the rows of the stand-in add up to, by the counting rules and nothing else."""

    rows: int
    incidents: int
    public_incidents: int
    offenses: Counter[str]
    victims: Counter[str]
    homicides_by_year: Counter[int]
    shot_not_killed_by_year: Counter[int]


def load_profile(shared: Path) -> dict:
    """The profile of the live layer."""
    path = shared / "data/baltimore/incidents/LIVE_LAYER_PROFILE_nibrs_groupa.json"
    return json.loads(path.read_text(encoding="utf-8"))


def write_standin(profile: dict, path: Path, seed: int = 1729) -> None:
    """Write the rows, ordered by time."""
    columns = make_columns(profile, np.random.default_rng(seed))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(zip(*(columns[name].tolist() for name in COLUMNS), strict=True))


def make_columns(profile: dict, rng: np.random.Generator) -> Columns:
    """All columns: offenses dealt to months, rows joined into incidents, then the other columns in groups."""
    columns = _deal_incidents(profile, rng)
    columns["RowID"] = np.arange(1, profile["rows"] + 1)
    columns["Total_Incidents"] = np.ones(profile["rows"], dtype=int)
    _add_victims(columns, profile, rng)
    _add_shootings(columns, profile, rng)
    _add_places(columns, profile, rng)
    return columns


def _words(values: Iterable[str]) -> np.ndarray:
    return np.array(list(values), dtype=object)


def _pick(values: Iterable[str], n: int, rng: np.random.Generator) -> np.ndarray:
    words = _words(values)
    return words[rng.integers(words.size, size=n)]


def _dealt(counts: dict[str, int], rng: np.random.Generator) -> np.ndarray:
    """Every value as often as `counts` says, in random order."""
    return _words(counts)[rng.permutation(np.repeat(np.arange(len(counts)), list(counts.values())))]


def _deal_incidents(profile: dict, rng: np.random.Generator) -> Columns:
    """Codes, times, complaint numbers. A row begins an incident or joins that of the row before it."""
    listed, total = profile["code_description_rows"], profile["rows"]
    sizes = list(profile["rows_by_month"].values())
    month = np.repeat(np.arange(len(sizes)), sizes)
    kind = rng.permutation(np.repeat(np.arange(len(listed)), [n for *_, n in listed]))
    # Most rows lie beside rows of their own code, so that several victims of one offense are common.
    beside = np.where(rng.random(total) < 0.7, kind, rng.permutation(kind))
    kind = kind[np.lexsort((rng.random(total), beside, month))]
    begins_month = np.isin(np.arange(total), np.concatenate([[0], np.cumsum(sizes)[:-1]]))
    n_joins = total - profile["columns"]["CCNumber"]["distinct"]
    joins = np.isin(np.arange(total), rng.choice(np.flatnonzero(~begins_month), n_joins, replace=False))
    incident = np.cumsum(~joins) - 1
    minute = _minutes(profile, month[~joins], begins_month[~joins], rng)
    order = np.lexsort((incident, minute[incident]))
    incident, kind = incident[order], kind[order]
    return {
        "CCNumber": _words(f"X{number + 100_001}" for number in incident.tolist()),
        "CrimeDateTime": np.datetime_as_string((minute[incident] * 60).astype("datetime64[s]")),
        "CrimeCode": _words(code for code, *_ in listed)[kind],
        "Description": _words(text for _, text, _ in listed)[kind],
        "Location": _pick(ADDRESSES, minute.size, rng)[incident],
    }


def _minutes(profile: dict, month: np.ndarray, begins_month: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Minutes since 1970 (UTC): each month begins at local midnight, a hundredth fall in its last minute."""
    starts = [date.fromisoformat(f"{name}-01") for name in profile["rows_by_month"]]
    edges = [*starts, date.fromisoformat(profile["date_max"]) + timedelta(days=1)]
    utc = np.array([int(datetime(d.year, d.month, d.day, tzinfo=LOCAL).timestamp()) // 60 for d in edges])
    first, last = utc[:-1][month], utc[1:][month] - 1
    minute = rng.integers(first, last + 1)
    minute[::100] = last[::100]
    return np.where(begins_month, first, minute)


def _add_victims(columns: Columns, profile: dict, rng: np.random.Generator) -> None:
    """Exact numbers of each Gender, Race and Ethnicity; NA only where the victim is no person."""
    total = profile["rows"]
    counts = {name: dict(profile["values"][name]) for name in ("Gender", "Race", "Ethnicity")}
    n_things = counts["Gender"].pop("NA")
    things = np.flatnonzero(~np.isin(columns["CrimeCode"].astype(str), list(AGAINST_PERSONS)))
    people = np.setdiff1d(np.arange(total), rng.choice(things, n_things, replace=False))
    counts["Race"][""] -= n_things
    counts["Ethnicity"][""] -= n_things
    ages = np.minimum(rng.gamma(6, 6, people.size).astype(int), 104)
    unknown_ages = rng.choice(people, _blanks(profile, "Age") - n_things, replace=False)
    for name, values in counts.items():
        columns[name] = np.full(total, "NA" if name == "Gender" else "", dtype=object)
        columns[name][people] = _dealt(values, rng)
    columns["Age"] = np.full(total, "", dtype=object)
    columns["Age"][people] = _words(map(str, range(105)))[ages]
    columns["Age"][unknown_ages] = ""


def _add_shootings(columns: Columns, profile: dict, rng: np.random.Generator) -> None:
    columns["Shooting"] = np.full(profile["rows"], "", dtype=object)
    others = profile["rows"] - _blanks(profile, "Shooting") - sum(FLAGGED.values())
    for code, n, flag in [(code, n, "Y") for code, n in FLAGGED.items()] + [("13B", others, "N")]:
        columns["Shooting"][rng.choice(np.flatnonzero(columns["CrimeCode"] == code), n, replace=False)] = flag


def _add_places(columns: Columns, profile: dict, rng: np.random.Generator) -> None:
    """Invented places; the older district column fills the first rows in time, the newer one the last."""
    total = profile["rows"]
    at = np.arange(total)
    columns["Inside_Outside"] = _pick("IO", total, rng)
    columns["Post"] = _pick(map(str, range(111, 945)), total, rng)
    columns["Weapon"] = _pick(WEAPONS, total, rng)
    columns["PremiseType"] = _pick(PREMISES, total, rng)
    columns["Neighborhood"] = _pick(NEIGHBORHOODS, total, rng)
    columns["Latitude"] = _pick((f"39.{n}" for n in range(2100, 3600)), total, rng)
    columns["Longitude"] = _pick((f"-76.{n}" for n in range(5400, 7000)), total, rng)
    for name in ("Inside_Outside", "Post", "Weapon", "Neighborhood", "Location", "Latitude"):
        columns[name][rng.choice(total, _blanks(profile, name), replace=False)] = ""
    columns["Longitude"][columns["Latitude"] == ""] = ""
    points = zip(columns["Latitude"], columns["Longitude"], strict=True)
    columns["GeoLocation"] = _words(f"({latitude},{longitude})" for latitude, longitude in points)
    columns["Old_District"] = _pick(DISTRICTS, total, rng)
    columns["Old_District"][at >= total - _blanks(profile, "Old_District")] = ""
    columns["New_District"] = _pick([*DISTRICTS, "UNKNOWN"], total, rng)
    columns["New_District"][at < _blanks(profile, "New_District")] = ""


def _blanks(profile: dict, name: str) -> int:
    """How many rows of a column are blank."""
    return round(profile["rows"] * profile["columns"][name]["blank_pct"] / 100)


def count_standin(path: Path) -> Counted:
    """Count offenses, victims and incidents from the file itself: the csv module, sets and counters."""
    rows, incidents, public, once = 0, set(), set(), set()
    offenses, victims, killed, shot = Counter[str](), Counter[str](), Counter[int](), Counter[int]()
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        at = {name: place for place, name in enumerate(next(reader))}
        for row in reader:
            rows += 1
            code, number, flag = row[at["CrimeCode"]], row[at["CCNumber"]], row[at["Shooting"]]
            incidents.add(number)
            if code not in SENSITIVE:
                public.add(number)
            if code in AGAINST_PERSONS or code == "240":
                offenses[code] += 1
            elif (number, code) not in once:
                once.add((number, code))
                offenses[code] += 1
            if code not in AGAINST_SOCIETY:
                victims[code] += 1
            if code == "09A":
                killed[_local_year(row[at["CrimeDateTime"]])] += 1
            elif flag == "Y":
                shot[_local_year(row[at["CrimeDateTime"]])] += 1
    return Counted(rows, len(incidents), len(public), offenses, victims, killed, shot)


def _local_year(text: str) -> int:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(LOCAL).year
