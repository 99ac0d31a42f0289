"""Which further cells to hide so that no hidden cell can be worked out from the ones that are shown.

In: lines of a table as a sparse matrix, which cells are hidden, what hiding another would cost. Out: the cells to hide as well.
The method is the sequential linear-programming heuristic of cell suppression (Sande 1984; Kelly, Golden and Assad 1992; CONFID,
Robertson 2000): a cell is safe when hidden cells can change together so that it moves by `width` while every shown total stays, and
the cheapest such change names the cells to hide. Many cells are served by one program; what it leaves over is served in turn.

A change is judged by what is public alone: a cell under the minimum is only ever raised (its value may be 0), any other
may fall by the minimum at most (it is known to hold that many). So the pattern is the same for every table with the same
small cells, and a change found here is possible in each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array, diags_array, hstack
from scipy.sparse.csgraph import connected_components

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Places = NDArray[np.intp]

NEAR = 1e-6  # a number of a linear program this near to a whole one is that one
REWARD = 1e5  # what serving a cell by one unit is worth; far above any cost, so that a cell is left unserved only if it must be
FREE = 1e-3  # share of its cost that a cell has once it is hidden: short changes are taken before long ones
PRICINGS = 3  # how often the first program is solved with new prices
SURROUNDINGS = 200


@dataclass(frozen=True)
class Lines:
    """Cells (columns) and the lines that add up (rows: +1 for a part, -1 for the total; each row sums to 0 over the table)."""

    matrix: csr_array
    by_cell: csc_array = field(repr=False)

    @property
    def n_cells(self) -> int:
        return int(self.matrix.shape[1])


@dataclass(frozen=True)
class Limits:
    """What an outsider knows of each hidden cell before looking at any line: its least and its greatest value."""

    low: Numbers
    high: Numbers


@dataclass
class Plan:
    """A pattern in the making: who is hidden, who may be, and what is known of each cell without knowing its value."""

    lines: Lines
    width: int
    hidden: Mask
    candidates: Mask
    cost: Numbers
    fall: Numbers  # how far a cell may surely fall
    closed: Mask  # small cells on a line where nothing but small cells can be hidden: they trade among themselves
    used: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.used = np.zeros_like(self.hidden)


def components(matrix: csr_array) -> Places:
    """A number for each column; columns that share a row, through any chain, have the same one."""
    rows, columns = matrix.shape
    entries = matrix.tocoo()
    links = csr_array(
        (np.ones(entries.nnz, dtype=np.int8), (entries.row, rows + entries.col)), shape=(rows + columns,) * 2
    )
    return np.asarray(connected_components(links, directed=False)[1][rows:], dtype=np.intp)


def cheapest_change(
    lines: Lines, active: Mask, cost: Numbers, fall: Numbers, wanted: Places, worth: Numbers, width: int, rise: Numbers | None = None
) -> Numbers:
    """The change (one number a cell) that raises the `wanted` cells by up to `width` each at the least cost per unit moved.

    Only `active` cells change, none falls by more than `fall` or rises by more than `rise` (None: by any number); `worth` weighs
    the wanted cells. Lines stay as they are.
    """
    if not wanted.size:
        return np.zeros(lines.n_cells)
    columns = np.flatnonzero(active)
    part = csr_array(lines.by_cell[:, columns])
    labels = components(part)
    is_wanted = np.zeros(lines.n_cells, dtype=bool)
    is_wanted[wanted] = True
    columns = columns[np.isin(labels, np.unique(labels[is_wanted[columns]]))]
    part = csr_array(lines.by_cell[:, columns])
    part = part[np.flatnonzero(np.diff(part.indptr))]
    at = np.searchsorted(columns, wanted)
    price = cost[columns].copy()
    falling = price.copy()
    falling[at] = worth * REWARD
    moves = hstack([part, -part, part[:, at]], format="csc")
    highest = np.full(len(columns), np.inf) if rise is None else rise[columns].astype(float)
    served_most = np.minimum(float(width), highest[at])
    highest[at] -= served_most
    top = np.concatenate([highest, fall[columns], served_most])
    aim = np.concatenate([price, falling, price[at] - worth * REWARD])
    bounds: Any = np.column_stack([np.zeros(len(top)), top])
    answer = linprog(aim, **_still(moves), bounds=bounds, method="highs-ds")
    change = np.zeros(lines.n_cells)
    if answer.x is not None:
        up, down, served = np.split(answer.x, [len(columns), 2 * len(columns)])
        change[columns] = up - down
        change[wanted] += served
    change[np.abs(change) < NEAR] = 0.0
    return change


def _still(moves: csc_array, sums: Numbers | None = None) -> dict[str, Any]:
    """Lines that stay as they are (or at `sums`), as `linprog` takes them."""
    if not moves.shape[0]:
        return {}
    return {"A_eq": moves, "b_eq": np.zeros(moves.shape[0]) if sums is None else sums}


def taking_part(lines: Lines, change: Numbers, cells: Places) -> Mask:
    """The cells that change together with any of these: joined by lines, through cells that change."""
    columns = np.flatnonzero(change)
    label_of = np.full(lines.n_cells, -1)
    label_of[columns] = components(csr_array(lines.by_cell[:, columns]))
    moved = cells[change[cells] != 0]
    return np.asarray(np.isin(label_of, label_of[moved])) & (label_of >= 0)


def complete(plan: Plan, wanted: Places) -> Places:
    """Hide candidates until each wanted cell can move by the width; return those for which no candidate helps.

    One program serves all cells at once. It need not heed how far a cell may fall: what it finds is a sum of simple changes with the
    same signs, and the simple change through one cell moves no other further than that one (in tables of two dimensions; in others
    seldom, which `too_narrow` then sees). It is solved again with prices that favor cells that move much, so that few are hidden.
    """
    others, trading = wanted[~plan.closed[wanted]], wanted[plan.closed[wanted]]
    loose = np.where(plan.closed | (plan.fall > 0), np.inf, 0.0)
    left = np.zeros(0, dtype=np.intp)
    for turn in range(2 if trading.size else 1):
        # of those that trade among themselves every second one takes from the rest, then the other way round
        chosen = np.sort(np.concatenate([others, trading[turn::2]]))
        change = sparse_change(plan, loose, chosen)
        part = taking_part(plan.lines, change, chosen)
        plan.hidden |= part
        plan.used |= part
        if turn == 0:
            left = others[change[others] < plan.width - NEAR]
    return left


def sparse_change(plan: Plan, fall: Numbers, wanted: Places, active: Mask | None = None, rise: Numbers | None = None) -> Numbers:
    """The cheapest change, with a price per cell rather than per unit moved: prices are divided by how far cells moved last time."""
    active = plan.hidden | plan.candidates if active is None else active
    price = np.where(plan.hidden, plan.cost * FREE, plan.cost)
    change, best, least = np.zeros(plan.lines.n_cells), np.zeros(plan.lines.n_cells), np.inf
    for _ in range(PRICINGS):
        per_unit = np.maximum(price * (plan.width / (plan.width + np.abs(change))), FREE * FREE)
        change = cheapest_change(plan.lines, active, per_unit, fall, wanted, np.ones(wanted.size), plan.width, rise)
        served = int(np.sum(change[wanted] >= plan.width - NEAR))
        bill = float(price[change != 0].sum()) - REWARD * served
        if bill < least:
            best, least = change, bill
    return best


def open_for(plan: Plan, cells: Places) -> Places:
    """Hide what these cells need if none may fall further than it surely can, one after another; return those that nothing helps."""
    failed = []
    for cell in cells:
        one = np.array([cell], dtype=np.intp)
        price = np.where(plan.hidden, plan.cost * FREE, plan.cost)
        change = cheapest_change(plan.lines, plan.hidden | plan.candidates, price, plan.fall, one, np.ones(1), plan.width)
        plan.hidden |= change != 0
        plan.used |= change != 0
        if change[cell] < plan.width - NEAR:
            failed.append(int(cell))
    return np.array(failed, dtype=np.intp)


def too_narrow(lines: Lines, hidden: Mask, counts: Numbers, wanted: Places, width: int, limits: Limits | None = None) -> Places:
    """The wanted cells whose possible values, seen from outside, span less than `width`; `limits` are what an outsider knows of hidden cells.

    `counts` is one point of what is possible; the answer is the same for every point with the same shown cells. Changes
    that move many cells are tried first, then changes in the surroundings of one cell, then its exact limits.
    """
    limits = limits or Limits(np.zeros(lines.n_cells), np.full(lines.n_cells, np.inf))
    spans = _Spans(lines, counts, limits, np.zeros(lines.n_cells), np.zeros(lines.n_cells), width)
    left, rng = wanted, np.random.default_rng(11)
    while left.size:
        before = left.size
        left = left[spans.try_change(hidden, left, 0.2 + rng.random(left.size))]
        if before - left.size < 0.2 * before:
            break
    hidden_by_line = csr_array(lines.matrix @ diags_array(hidden.astype(float)))
    hidden_by_line.eliminate_zeros()
    failed = []
    for cell in left:
        one = np.array([cell], dtype=np.intp)
        if spans.is_wide(one)[0]:
            continue
        near = _surroundings(lines, hidden_by_line, counts, int(cell))
        if spans.try_change(near, one, np.ones(1))[0] and _span(lines, hidden, counts, int(cell), limits) < width:
            failed.append(cell)
    return np.array(failed, dtype=np.intp)


@dataclass
class _Spans:
    """How far up and down each cell was seen to move, in whole units."""

    lines: Lines
    counts: Numbers
    limits: Limits
    up: Numbers
    down: Numbers
    width: int

    def is_wide(self, cells: Places) -> Mask:
        return np.asarray(self.up[cells] + self.down[cells] >= self.width)

    def try_change(self, active: Mask, cells: Places, worth: Numbers) -> Mask:
        """Move these cells up, and those that cannot rise far enough down, as far as shown counts and limits allow; which are still not seen
        to span the width."""
        cost = np.full(self.lines.n_cells, FREE)
        fall, rise = self.counts - self.limits.low, self.limits.high - self.counts
        for down, up, sign in ((fall, rise, 1.0), (rise, fall, -1.0)):
            left = ~self.is_wide(cells)
            change = cheapest_change(self.lines, active, cost, down, cells[left], worth[left], self.width, up)
            change = sign * np.where(_in_whole_units(self.lines, change), np.rint(change), 0.0)
            self.up, self.down = np.maximum(self.up, change), np.maximum(self.down, -change)
        return ~self.is_wide(cells)


def _in_whole_units(lines: Lines, change: Numbers) -> Mask:
    """Cells that change by whole units, together with all that change with them."""
    columns = np.flatnonzero(change)
    labels = components(csr_array(lines.by_cell[:, columns]))
    is_broken = np.abs(change[columns] - np.rint(change[columns])) > NEAR
    whole = np.zeros(lines.n_cells, dtype=bool)
    whole[columns[~np.isin(labels, labels[is_broken])]] = True
    return whole


def _surroundings(lines: Lines, hidden_by_line: csr_array, counts: Numbers, cell: int) -> Mask:
    """Up to about 200 hidden cells around one: of each line the largest few, then those of their lines."""
    found, fresh = {cell}, [cell]
    seen: set[int] = set()
    while fresh and len(found) < SURROUNDINGS:
        rows = {int(row) for at in fresh for row in lines.by_cell.indices[lines.by_cell.indptr[at] : lines.by_cell.indptr[at + 1]]}
        fresh = []
        for row in sorted(rows - seen):
            cells = hidden_by_line.indices[hidden_by_line.indptr[row] : hidden_by_line.indptr[row + 1]]
            largest = cells[np.argsort(-counts[cells], kind="stable")[:3]]
            fresh += [int(at) for at in largest if int(at) not in found]
            found.update(fresh)
        seen |= rows
    near = np.zeros(lines.n_cells, dtype=bool)
    near[sorted(found)] = True
    return near


def _span(lines: Lines, hidden: Mask, counts: Numbers, cell: int, limits: Limits) -> float:
    columns = np.flatnonzero(hidden)
    part = csr_array(lines.by_cell[:, columns])
    columns = columns[(labels := components(part)) == labels[np.searchsorted(columns, cell)]]
    part = csr_array(lines.by_cell[:, columns])
    part = part[np.flatnonzero(np.diff(part.indptr))]
    aim = (columns == cell).astype(float)
    bounds: Any = np.column_stack([limits.low[columns], limits.high[columns]])
    lines_still = _still(csc_array(part), np.asarray(part @ counts[columns]))
    ends = []
    for sign in (1.0, -1.0):
        answer = linprog(sign * aim, **lines_still, bounds=bounds, method="highs")
        if answer.status == 3:
            return float("inf")
        ends.append(float(answer.x @ aim))
    return float(np.floor(ends[1] + NEAR) - np.ceil(ends[0] - NEAR))
