"""Pieces: what is left when all lines of a city are laid over each other. One number tells every area of a coordinate."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harborlight.places.locate import NOWHERE, Numbers


def group_rows(areas: NDArray[np.int32]) -> tuple[NDArray[np.int32], Numbers]:
    """The distinct rows of a table of area numbers, in their order, and for each row which of them it is."""
    code = np.zeros(len(areas), dtype=np.int64)
    for column in areas.T:
        # Kept small at every step: the codes never outgrow a number, however many lines a city has.
        wide = code * (int(column.max(initial=0)) + 2) + (column - NOWHERE)
        code = np.unique(wide, return_inverse=True)[1]
    distinct, first = np.unique(code, return_index=True)
    return areas[first], np.asarray(code if len(distinct) else np.zeros(0), dtype=np.int32)


def number_pieces(
    rows: NDArray[np.int32], line_names: Sequence[str], area_ids: Sequence[Sequence[str]]
) -> NDArray[np.uint32]:
    """A number for each distinct row of areas, made from the areas' ids alone.

    It stays the same from release to release, and the numbers that are published do not tell how many others there are.
    """
    taken: set[int] = set()
    numbers = np.empty(len(rows), dtype=np.uint32)
    for index, row in enumerate(rows):
        stated = [
            f"{line}={ids[area]}" for line, ids, area in zip(line_names, area_ids, row, strict=True) if area != NOWHERE
        ]
        number = int.from_bytes(hashlib.blake2b("\0".join(stated).encode(), digest_size=4).digest())
        while number in taken:
            number = (number + 1) % 2**32
        taken.add(number)
        numbers[index] = number
    return numbers
