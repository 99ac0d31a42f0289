"""Generalised locations: every coordinate moves to a node that at least eight homes share, and never over a guarded line.

Nodes are census blocks' own points; they and which of them stay depend on blocks and lines only, never on a record. So a
node tells nothing about the records shown at it but that each lay nearer to it than to any other node of its piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from harborlight.places.locate import NOWHERE, Numbers
from harborlight.places.projection import Floats

LEAST_ADDRESSES = 8


@dataclass(frozen=True)
class Nodes:
    """The blocks that became nodes, in the order of the blocks, with the homes in each catchment and the guarded piece."""

    block: NDArray[np.int64]
    homes: NDArray[np.int64]
    piece: Numbers


def choose_nodes(metres: Floats, homes: NDArray[np.int64], piece: Numbers) -> Nodes:
    """Drop the node with the fewest homes until each has eight, piece by piece (blocks in piece NOWHERE are left out).

    A dropped node's homes go to the nearest node that stays. `metres` are the blocks' points; of two equal choices the
    earlier block is taken.
    """
    chosen, counts = [], []
    blocks = np.flatnonzero((homes > 0) & (piece != NOWHERE))
    order = blocks[np.argsort(piece[blocks], kind="stable")]
    for members in np.split(order, np.flatnonzero(np.diff(piece[order])) + 1):
        node, amount = _thin_out(metres[members], homes[members])
        chosen.append(members[node])
        counts.append(amount)
    block = np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64)
    amount = np.concatenate(counts) if counts else np.zeros(0, dtype=np.int64)
    by_block = np.argsort(block)
    return Nodes(block[by_block], amount[by_block], piece[block[by_block]])


def _thin_out(metres: Floats, homes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The blocks of one piece that stay nodes, and the homes nearest to each."""
    if homes.sum() < LEAST_ADDRESSES:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    n = len(homes)
    stays, nearest, catchment = np.ones(n, dtype=bool), np.arange(n), homes.astype(np.int64)
    while True:
        smallest = int(np.argmin(np.where(stays, catchment, np.iinfo(np.int64).max)))
        if catchment[smallest] >= LEAST_ADDRESSES:
            break
        stays[smallest] = False
        left = np.flatnonzero(stays)
        for block in np.flatnonzero(nearest == smallest):
            away = ((metres[left] - metres[block]) ** 2).sum(axis=1)
            nearest[block] = left[np.argmin(away)]
            catchment[nearest[block]] += homes[block]
    kept = np.flatnonzero(stays)
    return kept, catchment[kept]


def find_nearest(metres: Floats, piece: Numbers, node_metres: Floats, node_piece: Numbers) -> Numbers:
    """For each point the nearest node of its own guarded piece (of equally near ones the first), or NOWHERE."""
    found = np.full(len(metres), NOWHERE, dtype=np.int32)
    order = np.argsort(piece, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(piece[order])) + 1):
        if not len(members) or piece[members[0]] == NOWHERE:
            continue
        nodes = np.flatnonzero(node_piece == piece[members[0]])
        if len(nodes):
            tree = KDTree(node_metres[nodes])
            away, _ = tree.query(metres[members])
            # All nodes within a hair of the nearest, so that ties do not hang on the tree's order.
            near: Any = tree.query_ball_point(metres[members], away + 1e-9, return_sorted=True)
            found[members] = nodes[np.fromiter((each[0] for each in near), dtype=np.int64, count=len(members))]
    return found
