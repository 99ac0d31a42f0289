"""The layers of Port Calvert: which quarter of which cell belongs to which area, drawn as maps of letters.

Every layer is a set of quarters per area, so that layers can cross each other and still share their borders.
Districts, neighbourhoods and ZIP codes end at the shore; state legislative districts run across the harbour,
as such lines do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from harborlight.demo.geography import (
    COLUMNS,
    LINES_BEFORE,
    LINES_SINCE,
    ROWS,
    Node,
    Ring,
    area_id,
    land_cells,
    neighborhoods,
    outline_quarters,
    quarters_of,
)
from harborlight.demo.names import COMMUNITIES, DISTRICTS

Ints = NDArray[np.int64]

# One letter per cell, north row first.
COMMUNITY_MAP = ("AABBBCCC", "AABBDDCC", "EEFFDDC.", "EEFGG...", "HHII..JJ", "HHII..JJ")
# One letter per quarter, north row first.
COUNCIL_MAP = (
    "1111112222233333", "1111112222233333", "1111112222233333", "1111122222233333",
    "44444455555533..", "44444455555533..", "4444445555......", "4444466555......",
    "66666677....7777", "66666677....7777", "66666677....7777", "66666677....7777",
)  # fmt: skip
LEGISLATURE_MAP = (
    "1111111122222222", "1111111122222222", "1111111122222222", "1111111122222222",
    "1111112222222222", "1111112222222222", "1111133333222222", "1133333333333333",
    "3333333333333333", "3333333333333333", "3333333333333333", "3333333333333333",
)  # fmt: skip
ZIP_MAP = (
    "1111122222233333", "1111122222233333", "1111122222233333", "4444442222233333",
    "44444455555533..", "44444455555533..", "4444665555......", "7777666655......",
    "77776666....8888", "77776666....8888", "77776666....8888", "77776666....8888",
)  # fmt: skip
# Census tracts in the order of the neighbourhoods: the whole cell, halves side by side or one above the other.
WHOLE = frozenset({15, 20, 34, 38})
# Police districts as they were until the redraw, and since.
BEFORE, SINCE = "1987", "2025"


@dataclass(frozen=True)
class Area:
    id: str
    name: str
    quarters: frozenset[Node]

    @property
    def rings(self) -> tuple[Ring, ...]:
        """Outlines, counter-clockwise. No area of the plan has a hole."""
        return outline_quarters(self.quarters)


@dataclass(frozen=True)
class Lines:
    """One version of one layer, its areas in the order of their names."""

    layer: str
    version: str
    areas: tuple[Area, ...]

    def area_of(self) -> Ints:
        """Number of the area of each quarter (column, row); -1 outside."""
        numbers: Ints = np.full((2 * COLUMNS, 2 * ROWS), -1, dtype=np.int64)
        for number, area in enumerate(self.areas):
            for column, row in area.quarters:
                numbers[column, row] = number
        return numbers


@lru_cache
def all_lines() -> tuple[Lines, ...]:
    """Every version of every layer, in the order in which the city lists them."""
    return (
        _police(BEFORE, LINES_BEFORE),
        _police(SINCE, LINES_SINCE),
        _make("neighborhood", "2019", [(n.id, n.name, quarters_of(n.cell)) for n in neighborhoods()]),
        _drawn("community_statistical_area", "2020", COMMUNITY_MAP,
               {letter: (area_id(name.replace("/", " ")), name) for letter, name in COMMUNITIES.items()}),
        _drawn("city_council_district", "2022", COUNCIL_MAP, {c: (c, f"District {c}") for c in "1234567"}),
        _drawn("state_legislative_district", "2022", LEGISLATURE_MAP, {c: (c, f"District {c}") for c in "123"}),
        _drawn("zip", "2020", ZIP_MAP, {c: (f"0010{c}", f"0010{c}") for c in "12345678"}),
        _make("census_tract", "2020", _tracts()),
    )  # fmt: skip


def lines_of(layer: str, version: str) -> Lines:
    return next(lines for lines in all_lines() if (lines.layer, lines.version) == (layer, version))


def _make(layer: str, version: str, areas: list[tuple[str, str, tuple[Node, ...]]]) -> Lines:
    made = [Area(id_, name, frozenset(quarters)) for id_, name, quarters in areas]
    return Lines(layer, version, tuple(sorted(made, key=lambda area: _numbers_in(area.name))))


def _numbers_in(name: str) -> list[tuple[int, str]]:
    """Sort key that puts tract 2.01 before tract 10.01."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _drawn(layer: str, version: str, rows: tuple[str, ...], named: dict[str, tuple[str, str]]) -> Lines:
    """A layer from its map of letters: one letter per quarter, or per cell if it has only that many rows."""
    found: dict[str, list[Node]] = {letter: [] for letter in named}
    for up, row in enumerate(reversed(rows)):
        for column, letter in enumerate(row):
            if letter != ".":
                found[letter] += quarters_of((column, up)) if len(rows) == ROWS else [(column, up)]
    return _make(layer, version, [(*named[letter], tuple(quarters)) for letter, quarters in found.items()])


def _police(version: str, rows: tuple[str, ...]) -> Lines:
    return _drawn("police_district", version, rows, {str(n): (d[0], d[1]) for n, d in enumerate(DISTRICTS)})


def _tracts() -> list[tuple[str, str, tuple[Node, ...]]]:
    """Tracts numbered 1.01, 1.02 and so on, under a state number that no state has."""
    made = []
    for number, (column, row) in enumerate(land_cells()):
        south_west, south_east, north_west, north_east = quarters_of((column, row))
        halves: tuple[tuple[Node, ...], ...]
        if number in WHOLE:
            halves = ((south_west, south_east, north_west, north_east),)
        elif (column + row) % 2:
            halves = (south_west, south_east), (north_west, north_east)
        else:
            halves = (south_west, north_west), (south_east, north_east)
        for part, quarters in enumerate(halves, 1):
            made.append((f"99001{number + 1:04d}{part:02d}", f"Census tract {number + 1}.{part:02d}", quarters))
    return made
