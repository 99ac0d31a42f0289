"""Reads people and housing units by census block, and adds them up for any area: a block counts where its point lies."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harborlight.catalog import Population
from harborlight.errors import ConfigError
from harborlight.places.locate import Numbers
from harborlight.places.projection import Floats

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """One census block per place of each array, ordered by longitude, then latitude: the file's order decides nothing."""

    longitude: Floats
    latitude: Floats
    people: Counts
    housing: Counts


def read_blocks(path: Path, stated: Population) -> Blocks:
    """The blocks of a CSV file. Raises ConfigError that names the file, the line and the column."""
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig", errors="replace"), newline=""))
    names = (stated.longitude, stated.latitude, stated.population, stated.housing)
    for name in names:
        if name not in (reader.fieldnames or ()):
            raise ConfigError(
                f"there is no column {name!r}", where=path.name, hint="Correct its name in population.yaml."
            )
    rows = []
    for row in reader:
        rows.append([_number(row[name], f"{path.name}:{reader.line_num}", name) for name in names])
        if rows[-1][2] < 0 or rows[-1][3] < 0:
            raise ConfigError("a block with fewer than 0 people or homes", where=f"{path.name}:{reader.line_num}")
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    table = table[np.lexsort((table[:, 3], table[:, 2], table[:, 1], table[:, 0]))]
    return Blocks(table[:, 0], table[:, 1], table[:, 2].astype(np.int64), table[:, 3].astype(np.int64))


def _number(text: str | None, where: str, column: str) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ConfigError(f"{column} is not a number", where=where, hint="Correct the file.")
    return number


def sum_by_area(area: Numbers, amounts: Counts, n: int) -> Counts:
    """The sum of the blocks in each of `n` areas; blocks in no area (negative) are left out."""
    inside = area >= 0
    return np.bincount(area[inside], weights=amounts[inside], minlength=n).astype(np.int64)
