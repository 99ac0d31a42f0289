"""The warrants feed of Port Calvert: arrest, bench and violation warrants with the days on which they were issued, served and recalled.

The world and a seed go in; columns of text come out. No person and no place is in what the site takes; a column of names is there so
that its absence elsewhere proves something.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from harborlight.demo.canary import NAMES, Canaries
from harborlight.demo.clock import date_text
from harborlight.demo.feeds import Feed
from harborlight.demo.world import Bools, Ints, Times, World

FIRST_DAY = np.datetime64("2019-01-01", "D")
KINDS = ("ARREST", "BENCH", "VIOLATION")
# Offense, severity and words; bench warrants are for not coming to court.
OFFENSES = (("120", "F"), ("13A", "F"), ("220", "F"), ("35A", "F"), ("13B", "M"), ("23H", "M"), ("90Z", "M"), ("11A", "F"), ("", ""))
SHARES = (0.06, 0.09, 0.06, 0.13, 0.22, 0.20, 0.20, 0.02, 0.02)


@dataclass(frozen=True)
class Warrants:
    """One element per warrant in the order of the days; NaT is not served, or not recalled."""

    kind: Ints
    is_sheriff: Bools
    issued: Times
    served: Times
    recalled: Times
    offense: Ints


def make_warrants(world: World, seed: int) -> Warrants:
    """Draw the warrants of the whole story, later editions included: about one for every twelve incidents."""
    rng = np.random.default_rng([seed, 7])
    last = world.incidents.occurred.max().astype("datetime64[D]")
    n = max(120, len(world.incidents.kind) // 12)
    issued = FIRST_DAY + np.sort(rng.integers(0, int((last - FIRST_DAY).astype(int)) + 1, n)).astype("timedelta64[D]")
    kind = rng.choice(3, n, p=[0.27, 0.55, 0.18])
    wait = np.floor(rng.exponential(np.array([45.0, 120.0, 90.0])[kind])).astype("timedelta64[D]")
    end = rng.random(n)
    never = np.datetime64("NaT", "D")
    return Warrants(
        kind=kind, is_sheriff=(rng.random(n) < np.array([0.08, 0.45, 0.75])[kind]), issued=issued,
        served=np.where(end < 0.68, issued + wait, never), recalled=np.where((end >= 0.66) & (end < 0.83), issued + wait * 2, never),
        offense=rng.choice(len(OFFENSES), n, p=SHARES),
    )  # fmt: skip


def warrants_feed(warrants: Warrants, canaries: Canaries, on: date) -> Feed:
    """What the file holds at the end of a day; one in two hundred stands in it twice."""
    today = np.datetime64(on)
    known = np.flatnonzero(warrants.issued <= today)
    index = np.sort(np.concatenate([known, known[known % 200 == 31]]))
    never = np.datetime64("NaT", "D")
    served, recalled = (np.where(days[index] <= today, days[index], never) for days in (warrants.served, warrants.recalled))
    columns = {
        "RowID": [f"W{row + 1:06d}" for row in range(len(index))],
        "WarrantNumber": [f"WR{i + 1:06d}" for i in index.tolist()],
        "Type": [KINDS[k] for k in warrants.kind[index].tolist()],
        "Holder": ["SHERIFF" if s else "POLICE" for s in warrants.is_sheriff[index].tolist()],
        "Issued": date_text(warrants.issued[index]),
        "Served": date_text(served),
        "Recalled": date_text(recalled),
        "NIBRSCode": [OFFENSES[o][0] for o in warrants.offense[index].tolist()],
        "Class": [OFFENSES[o][1] for o in warrants.offense[index].tolist()],
        "Subject": [canaries.names[i % NAMES] for i in index.tolist()],
    }
    return Feed("warrants", "utf-8", np.arange(len(index)), columns)
