"""The firearms feed of Port Calvert: one row per recovered firearm, with a few tags twice and some places not known.

The world and a seed go in. Privately made firearms grow from one in forty to one in seven, and in the spring of 2025 a week of
buy-back brings many that are handed in: the number follows what police do. There is no trace column, as in no city's public file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from harborlight.demo.canary import Canaries
from harborlight.demo.clock import Times, mend_gaps
from harborlight.demo.coordinates import EMPTY, EXACT, write_points
from harborlight.demo.feeds import Feed
from harborlight.demo.geography import BLOCKS_EACH, blocks, neighborhoods
from harborlight.demo.names import DISTRICTS
from harborlight.demo.patterns import neighborhood_shares
from harborlight.demo.world import Ints, World, stated_district

FIRST_DAY = np.datetime64("2021-01-01", "D")
BUY_BACK = np.datetime64("2025-04-07", "D")
KINDS, KIND_SHARES = ("Pistol", "Revolver", "Rifle", "Shotgun", "Other", ""), (0.68, 0.12, 0.09, 0.06, 0.03, 0.02)
REASONS = ("Arrest", "Vehicle or street stop", "Search warrant", "Crime scene", "Found", "Turned in", "Other", "")
REASON_SHARES = (0.36, 0.21, 0.17, 0.09, 0.08, 0.05, 0.02, 0.02)
UNPLACED, TWICE, HANDED_IN = 0.09, 0.01, 5


@dataclass(frozen=True)
class Firearms:
    """One element per firearm, in the order of the days; -1 is not known."""

    at: Times
    neighborhood: Ints
    block: Ints
    kind: Ints
    made: Ints
    reason: Ints
    is_placed: Ints


def make_firearms(world: World, seed: int) -> Firearms:
    """Draw the recoveries of the whole story, later editions included: about one for every thirty incidents."""
    rng = np.random.default_rng([seed, 5])
    last = world.incidents.occurred.max().astype("datetime64[D]")
    span = int((last - FIRST_DAY).astype(int))
    n = max(60, len(world.incidents.kind) // 30)
    day = FIRST_DAY + np.sort(rng.integers(0, span + 1, n)).astype("timedelta64[D]")
    swap = rng.random(n) < 0.02
    day = np.sort(np.where(swap, BUY_BACK + rng.integers(0, 6, n).astype("timedelta64[D]"), day))
    is_swap = (day >= BUY_BACK) & (day < BUY_BACK + 6) & (rng.random(n) < 0.8)
    at = mend_gaps(day.astype("datetime64[m]") + rng.integers(0, 1440, n).astype("timedelta64[m]"))
    where = rng.choice(len(neighborhoods()), n, p=neighborhood_shares()["violence"])
    years = (day - FIRST_DAY).astype(int) / 365.25
    home_made = rng.random(n) < np.clip(0.025 + 0.035 * years, 0, 0.14)
    return Firearms(
        at=at, neighborhood=where, block=where * BLOCKS_EACH + rng.integers(0, BLOCKS_EACH, n),
        kind=rng.choice(len(KINDS), n, p=KIND_SHARES), made=np.where(rng.random(n) < 0.03, -1, home_made.astype(np.int64)),
        reason=np.where(is_swap, HANDED_IN, rng.choice(len(REASONS), n, p=REASON_SHARES)),
        is_placed=(rng.random(n) >= UNPLACED).astype(np.int64),
    )  # fmt: skip


def firearms_feed(firearms: Firearms, canaries: Canaries, on: date) -> Feed:
    """What the feed holds at the end of a day; every hundredth tag stands in it twice."""
    known = np.flatnonzero(firearms.at.astype("datetime64[D]") <= np.datetime64(on))
    again = known[known % 100 == 17]
    index = np.sort(np.concatenate([known, again]))
    plan, where = blocks(), firearms.neighborhood[index]
    placed = firearms.is_placed[index].astype(bool)
    points = write_points(plan.longitude[firearms.block[index]], plan.latitude[firearms.block[index]], where, np.where(placed, EXACT, EMPTY))
    stated = stated_district(where, firearms.at[index])
    columns = {
        "RowID": [f"F{row + 1:06d}" for row in range(len(index))],
        "PropertyTag": [f"G{i + 1:06d}" for i in index.tolist()],
        "RecoveredAt": [text.replace("T", " ") for text in np.datetime_as_string(firearms.at[index], unit="m").tolist()],
        "District": [DISTRICTS[d][3] if p else "" for d, p in zip(stated.tolist(), placed.tolist(), strict=True)],
        "FirearmType": [KINDS[k] for k in firearms.kind[index].tolist()],
        "PrivatelyMade": [("N", "Y", "")[m] for m in firearms.made[index].tolist()],
        "HowRecovered": [REASONS[r] for r in firearms.reason[index].tolist()],
        "Location": canaries.into([plan.text[b] for b in firearms.block[index].tolist()], index),
        "Longitude": points.longitude,
        "Latitude": points.latitude,
    }
    return Feed("firearms", "utf-8", np.arange(len(index)), columns)
