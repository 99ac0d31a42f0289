"""How often, when and where things happen in Port Calvert: one table of kinds and the curves that it names.

Yearly levels, seasons, hours and trends go out as plain tables; `world.py` draws from them. Levels are of the
order that US cities of about 300,000 people report (homicides 60 to 110 a year, about two people shot and
survived for each of them, a fall over the last two years); they describe no city in particular.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from harborlight.demo.geography import BLOCKS_EACH, neighborhoods

FIRST_DAY = date(2020, 11, 1)
UNKNOWN_CODE = "99Z"


@dataclass(frozen=True)
class Kind:
    """One kind of incident. `yearly` is its level with trend 1; `victims` says who is harmed.

    `legacy` is its rank in the old hierarchy (1 is most serious; 0: the old feed never carried it).
    """

    name: str
    code: str
    yearly: float
    hours: str
    places: str
    trend: str = "flat"
    season: float = 0.05
    weekend: float = 1.0
    legacy: int = 0
    victims: str = "person"
    several: float = 0.0
    extras: tuple[tuple[str, float], ...] = ()
    gun: float = 0.0
    domestic: float = 0.0
    cleared: float = 0.2


KINDS: tuple[Kind, ...] = (
    Kind("homicide", "09A", 89, "night", "violence", "guns", 0.16, 1.2, 1, several=0.05, gun=0.82,
         domestic=0.09,
         cleared=0.45, extras=(("520", 0.10),)),
    Kind("shooting", "13A", 146, "night", "violence", "guns", 0.20, 1.25, 4, several=0.17, gun=1.0,
         domestic=0.03,
         cleared=0.22, extras=(("520", 0.15),)),
    Kind("justified", "09C", 1.5, "night", "violence", "guns", legacy=1, gun=0.8, cleared=1.0),
    Kind("negligent", "09B", 5, "evening", "traffic", legacy=1, gun=0.1, cleared=0.5),
    Kind("aggravated assault", "13A", 1150, "evening", "violence", "assault", 0.13, 1.2, 4, several=0.15,
         gun=0.45,
         domestic=0.24, cleared=0.4, extras=(("520", 0.08), ("290", 0.05))),
    Kind("simple assault", "13B", 3050, "evening", "people", "assault", 0.10, 1.15, 9, several=0.12,
         domestic=0.42,
         cleared=0.42, extras=(("290", 0.06), ("13C", 0.03))),
    Kind("intimidation", "13C", 850, "day", "people", "assault", 0.05, several=0.08, gun=0.15, domestic=0.3),
    Kind("robbery", "120", 860, "evening", "street", "robbery", 0.08, 1.1, 3, several=0.09, gun=0.48,
         cleared=0.24,
         extras=(("240", 0.06), ("26B", 0.05), ("520", 0.02))),
    Kind("rape", "11A", 120, "night", "people", season=0.08, weekend=1.2, legacy=2, domestic=0.25),
    Kind("sodomy", "11B", 18, "night", "people"),
    Kind("fondling", "11D", 85, "day", "people", several=0.03),
    Kind("statutory rape", "36B", 14, "day", "people"),
    Kind("kidnapping", "100", 34, "evening", "people", domestic=0.4, extras=(("13B", 0.3),)),
    Kind("sex trafficking", "64A", 5, "day", "people"),
    Kind("burglary", "220", 1380, "overnight", "homes", "burglary", 0.06, 0.92, 5, "owner", cleared=0.15,
         extras=(("23H", 0.12), ("290", 0.08), ("240", 0.02))),
    Kind("larceny", "23H", 2050, "day", "people", "theft", 0.08, 0.95, 6, "owner", cleared=0.07),
    Kind("theft from building", "23D", 820, "day", "centre", "theft", 0.05, 0.9, 6, "owner", cleared=0.07),
    Kind("shoplifting", "23C", 1180, "shop", "centre", "theft", 0.04, 0.95, 6, "business", cleared=0.35,
         extras=(("13B", 0.03), ("90J", 0.05))),
    Kind("theft from vehicle", "23F", 1750, "overnight", "homes", "theft", 0.10, 1.0, 6, cleared=0.03,
         extras=(("290", 0.10), ("26B", 0.02))),
    Kind("theft of vehicle parts", "23G", 420, "overnight", "homes", "theft", 0.03, legacy=6, cleared=0.03),
    Kind("auto theft", "240", 1650, "overnight", "homes", "autos", 0.04, 1.0, 7, several=0.03, cleared=0.09,
         extras=(("290", 0.05), ("23F", 0.03))),
    Kind("arson", "200", 58, "night", "homes", legacy=8, victims="owner"),
    Kind("fraud", "26A", 640, "office", "people", "frauds", 0.02, 0.7, victims="owner", cleared=0.06),
    Kind("card fraud", "26B", 330, "office", "centre", "frauds", 0.02, 0.8, victims="owner", cleared=0.05),
    Kind("impersonation", "26C", 120, "office", "people", "frauds", victims="person", cleared=0.04),
    Kind("identity theft", "26F", 170, "office", "people", "frauds", victims="person", cleared=0.03),
    Kind("counterfeiting", "250", 80, "office", "centre", "frauds", victims="business", cleared=0.12),
    Kind("embezzlement", "270", 55, "office", "centre", "frauds", victims="business", cleared=0.2),
    Kind("extortion", "210", 16, "day", "people"),
    Kind("vandalism", "290", 2080, "overnight", "homes", "theft", 0.09, 1.1, victims="owner", cleared=0.13),
    Kind("stolen property", "280", 95, "day", "street", victims="society", cleared=0.9),
    Kind("drugs", "35A", 820, "evening", "street", "police", 0.03, 0.9, victims="society", cleared=0.93,
         extras=(("35B", 0.22), ("520", 0.12))),
    Kind("drug equipment", "35B", 110, "evening", "street", "police", victims="society", cleared=0.9),
    Kind("weapons", "520", 430, "night", "street", "police", 0.06, 1.1, victims="society", gun=0.9,
         cleared=0.9, extras=(("35A", 0.2),)),
    Kind("prostitution", "40A", 18, "night", "street", "police", victims="society", cleared=0.95),
    Kind("animal cruelty", "720", 28, "day", "homes", victims="society"),
    Kind("pornography", "370", 14, "day", "people", victims="society"),
    Kind("trespass", "90J", 380, "day", "centre", victims="society", cleared=0.8),
    Kind("disorderly conduct", "90C", 300, "evening", "street", weekend=1.2, victims="society", cleared=0.8),
    Kind("driving under the influence", "90D", 240, "night", "traffic", weekend=1.7, victims="society",
         cleared=1.0),
    Kind("family offense", "90F", 60, "day", "homes", domestic=1.0),
    Kind("all other", "90Z", 190, "day", "people", victims="society", cleared=0.5),
)  # fmt: skip

CODES: tuple[str, ...] = (
    *sorted({k.code for k in KINDS} | {c for k in KINDS for c, _ in k.extras}),
    UNKNOWN_CODE,
)
CODE: dict[str, int] = {code: index for index, code in enumerate(CODES)}
SOCIETY = frozenset({"280", "35A", "35B", "520", "40A", "720", "370", "90J", "90C", "90D", "90Z"})
PERSONS = frozenset(
    {"09A", "09B", "09C", "100", "11A", "11B", "11D", "13A", "13B", "13C", "36B", "64A", "90F"}
)
KILLED = frozenset({"09A", "09B", "09C"})

# Control points of the yearly multipliers, joined by straight lines.
TRENDS: dict[str, tuple[tuple[str, float], ...]] = {
    "flat": (("2020-11-01", 1.0),),
    "guns": (("2020-11-01", 1.10), ("2022-01-01", 1.16), ("2023-06-01", 1.06), ("2024-10-01", 0.98),
             ("2025-06-01", 0.82), ("2027-03-01", 0.62)),
    "assault": (("2020-11-01", 0.95), ("2022-06-01", 1.03), ("2024-06-01", 1.02), ("2027-03-01", 0.90)),
    "robbery": (("2020-11-01", 0.95), ("2023-06-01", 1.15), ("2025-01-01", 0.95), ("2027-03-01", 0.72)),
    "burglary": (("2020-11-01", 1.15), ("2023-01-01", 1.0), ("2027-03-01", 0.82)),
    "theft": (("2020-11-01", 0.88), ("2023-01-01", 1.05), ("2025-01-01", 1.03), ("2027-03-01", 0.96)),
    "autos": (("2020-11-01", 0.62), ("2022-06-01", 0.85), ("2023-07-01", 1.70), ("2024-07-01", 1.45),
              ("2025-07-01", 1.0), ("2027-03-01", 0.76)),
    "frauds": (("2020-11-01", 0.9), ("2027-03-01", 1.15)),
    "police": (("2020-11-01", 0.8), ("2023-01-01", 1.0), ("2025-06-01", 1.15), ("2027-03-01", 1.1)),
}  # fmt: skip

HOURS: dict[str, tuple[int, ...]] = {  # relative weight of each local hour, 0 to 23
    "night": (62, 58, 50, 36, 22, 12, 9, 9, 11, 13, 16, 19, 23, 25, 28, 32, 35, 39, 44, 50, 57, 63, 67, 66),
    "evening": (45, 38, 31, 21, 14, 11, 13, 20, 26, 30, 34, 39, 43, 45, 50, 57, 60, 62, 64, 65, 64,
                62, 58, 52),
    "day": (20, 14, 10, 8, 7, 9, 16, 27, 38, 44, 48, 53, 58, 56, 55, 57, 58, 57, 52, 45, 38, 33, 29, 24),
    "shop": (2, 1, 1, 1, 1, 2, 5, 11, 20, 32, 45, 55, 62, 64, 66, 68, 66, 62, 54, 42, 28, 15, 7, 3),
    "overnight": (52, 46, 42, 38, 34, 31, 34, 40, 42, 36, 31, 28, 30, 28, 29, 33, 39, 44, 48, 50, 52,
                  54, 57, 56),
    "office": (6, 4, 3, 2, 2, 4, 9, 22, 44, 60, 64, 62, 70, 60, 58, 54, 46, 34, 24, 18, 15, 12, 10, 8),
    "flat": (1,) * 24,
}  # fmt: skip

# A made-up strategy with a known effect: gun violence in one district falls by this share from this day on.
STRATEGY_DISTRICT = 1
STRATEGY_FROM = date(2024, 7, 1)
STRATEGY_EFFECT = 0.30


def trend(name: str, days: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """The yearly multiplier on each day."""
    points = TRENDS[name]
    at = np.array([np.datetime64(day) for day, _ in points]).astype("datetime64[D]").astype(float)
    level: NDArray[np.float64] = np.interp(
        days.astype("datetime64[D]").astype(float), at, [value for _, value in points]
    )
    return level


def daily_level(kind: Kind, days: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Expected incidents per local day: level, trend, season (highest in late July) and weekday."""
    day_of_year = (days - days.astype("datetime64[Y]")).astype(float)
    season = 1 + kind.season * np.cos(2 * np.pi * (day_of_year - 205) / 365.25)
    weekday = (days.astype(int) + 3) % 7  # Monday is 0
    week = np.where(weekday >= 5, kind.weekend, 1 + (1 - kind.weekend) * 2 / 5)
    level: NDArray[np.float64] = kind.yearly / 365.25 * trend(kind.trend, days) * season * week
    return level


def hour_shares(kind: Kind) -> NDArray[np.float64]:
    weights = np.array(HOURS[kind.hours], dtype=float)
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def neighborhood_shares() -> dict[str, NDArray[np.float64]]:
    """Place pattern → share of each neighbourhood. Fixed numbers of the plan, not of the seed."""
    rng = np.random.default_rng([1729, 5])
    n = len(neighborhoods())
    column = np.array([place.cell[0] for place in neighborhoods()], dtype=float)
    row = np.array([place.cell[1] for place in neighborhoods()], dtype=float)
    centre = np.exp(-((column - 3.5) ** 2 + (row - 2.8) ** 2) / 3.0)
    people = rng.lognormal(0.0, 0.35, n)
    strain = rng.lognormal(0.0, 0.85, n)
    shares = {
        "people": people * (0.7 + centre),
        "homes": people * rng.lognormal(0.0, 0.25, n),
        "violence": people * strain,
        "street": people * strain**0.6 * (0.5 + 2 * centre),
        "centre": 0.15 * people + 3 * centre,
        "traffic": 0.5 + centre,
    }
    return {name: weight / weight.sum() for name, weight in shares.items()}


def block_shares(places: str) -> NDArray[np.float64]:
    """Shares of the blocks within a neighbourhood: a few carry much, most carry little."""
    steep = {"centre": 1.1, "street": 0.9, "violence": 0.8}.get(places, 0.45)
    weight = 1 / np.arange(1, BLOCKS_EACH + 1) ** steep
    shares: NDArray[np.float64] = weight / weight.sum()
    return shares
