"""Canaries: invented names, addresses and phone numbers in the raw feeds that may never surface.

A seed goes in; the list of texts comes out. They are made of syllables that no person, street or exchange
has, so that a search for them in anything served, stored for serving or logged has no false alarms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harborlight.demo.world import PERSON, Ints

NAMES, ADDRESSES, PHONES = 200, 60, 60
# Canaries that stand in single fields of planted rows (traps.py, feeds.py).
IN_FIELDS = (
    "Zzqoffense 0004", "Zzqoffense 0005", "Zzqoffense 0006", "Zzqdistrict 0001", "Zzqage 3O", "Zzqdate 0001",
)  # fmt: skip


@dataclass(frozen=True)
class Canaries:
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    phones: tuple[str, ...]

    def names_of(self, victim: Ints, number: Ints) -> list[str]:
        """A name for every person, nothing for businesses and society."""
        n = len(self.names)
        return [
            self.names[k % n] if v == PERSON else ""
            for v, k in zip(victim.tolist(), number.tolist(), strict=True)
        ]

    def into(self, locations: list[str], number: Ints) -> list[str]:
        """Locations, one in seventeen with a name, an address or a phone number that someone typed in."""
        for i in np.flatnonzero(number % 17 == 1).tolist():
            kind, k = int(number[i]) // 17 % 3, int(number[i]) // 51
            typed = (self.names[k % NAMES], self.addresses[k % ADDRESSES], self.phones[k % PHONES])[kind]
            locations[i] = f"{locations[i]} ({typed})"
        return locations


def make_canaries(seed: int) -> Canaries:
    rng = np.random.default_rng([seed, 77])
    numbers = rng.choice(10_000, NAMES + ADDRESSES + PHONES, replace=False).tolist()
    return Canaries(
        tuple(f"Zzqanary Testperson {n:04d}" for n in numbers[:NAMES]),
        tuple(f"{n:04d} Zzqstreet Lane" for n in numbers[NAMES : NAMES + ADDRESSES]),
        tuple(f"zzq-555-01{n:04d}" for n in numbers[NAMES + ADDRESSES :]),
    )


def canaries(seed: int = 20260101) -> list[str]:
    """Every text of the raw feeds that must never surface."""
    made = make_canaries(seed)
    return [*made.names, *made.addresses, *made.phones, *IN_FIELDS]
