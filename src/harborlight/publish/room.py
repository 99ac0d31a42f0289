"""Room for small counts to move in, against whoever knows the rule by which counts are hidden.

In: a pattern that keeps small counts from everybody who knows only what is shown. Out: the same with further cells hidden, so that
somebody who knows which hidden counts are under the minimum, and that the others are not, has values left to guess among too.
Each small count must then be able to move while all other small ones stay, borne by cells that are far enough above the
minimum. How far a cell is, its usual size says: like everything that is decided on here, it is known without the cell's own value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harborlight.publish.suppression import (
    FREE,
    NEAR,
    Limits,
    Mask,
    Numbers,
    Places,
    Plan,
    cheapest_change,
    sparse_change,
    taking_part,
    too_narrow,
)

TURNS = 3  # each asks for twice the room of the one before
TRIES = 2  # programs in turn that help hardly any cell before one gives up
AMPLE = 3.0  # widths of room with which a cell is no dearer for want of it
DEAREST = 30.0  # how many times dearer than others a cell without room is


@dataclass(frozen=True)
class Rule:
    """What the rule says of hidden cells: `small` ones are under `k`, `large` ones are not; of the rest it says nothing."""

    k: int
    is_small: Mask
    is_large: Mask
    is_free: Mask  # neither under the minimum nor in any table: what is left of a sum
    usual: Numbers  # what each cell usually counts

    @property
    def room(self) -> Numbers:
        """How far each cell may move down and surely stay what it is."""
        return np.where(self.is_large, np.maximum(self.usual - self.k, 0.0), np.where(self.is_free, self.usual, 0.0))

    def limits(self, hidden: Mask) -> Limits:
        low = np.where(hidden & self.is_large, float(self.k), 0.0)
        return Limits(low, np.where(hidden & self.is_small, self.k - 1.0, np.inf))

    def dearness(self, width: int) -> Numbers:
        """What the price of a cell is multiplied by: wide room costs nothing more, and none at all makes a cell the last to be taken."""
        return np.clip(AMPLE * width / np.maximum(self.room, 0.1), 1.0, DEAREST)


def make_room(plan: Plan, rule: Rule, wanted: Places) -> None:
    """Hide what the wanted small cells need to move one at a time. It follows from what stays shown and from which cells are small."""
    _open(plan, rule, wanted[~plan.closed[wanted]], least=float(plan.width))


def widen(plan: Plan, rule: Rule, wanted: Places, counts: Numbers) -> Places:
    """Hide more for cells that shown sums leave less than the width all the same; return those for which that does not do."""
    narrow, width = wanted, min(plan.width, rule.k - 1)
    for turn in range(TURNS):
        narrow = too_narrow(plan.lines, plan.hidden, counts, narrow, width, rule.limits(plan.hidden))
        for cell in narrow:
            _serve(plan, rule, np.array([cell], dtype=np.intp), least=float(plan.width * 2 ** (turn + 1)), give=(rule.k - 1) // 2)
    return too_narrow(plan.lines, plan.hidden, counts, narrow, width, rule.limits(plan.hidden))


def stiff(plan: Plan, rule: Rule, cells: Places) -> Places:
    """Those of the cells that cannot move by the width, up or down, while all other small ones stay."""
    room = np.where(plan.hidden, rule.room, 0.0)
    cost = np.full(plan.lines.n_cells, FREE)
    together = _raised(plan, room > 0, cost, cells)
    failed = list(cells[~together])  # what all cells together do not reach, none reaches alone
    for cell in cells[together]:
        one, active, rise = np.array([cell], dtype=np.intp), room > 0, room.copy()
        active[cell], rise[cell] = True, plan.width
        change = cheapest_change(plan.lines, active, cost, room, one, np.ones(1), plan.width, rise)
        if change[cell] < plan.width - NEAR:
            failed.append(cell)
    return np.array(sorted(failed), dtype=np.intp)


def _raised(plan: Plan, bearing: Mask, cost: Numbers, cells: Places) -> Mask:
    """Which of the cells rise by the width when all do at once and nothing else moves but what bears them, however far."""
    active, fall = bearing.copy(), np.where(bearing, np.inf, 0.0)
    active[cells] = True
    rise = fall.copy()
    rise[cells] = plan.width
    change = cheapest_change(plan.lines, active, cost, fall, cells, np.ones(cells.size), plan.width, rise)
    return np.asarray(change[cells] >= plan.width - NEAR)


def _open(plan: Plan, rule: Rule, cells: Places, least: float) -> None:
    """Serve those that can be served by halves, so that no two of them bear each other every time."""
    draw = np.random.default_rng(5)
    bearing = (plan.hidden | plan.candidates) & (rule.room >= least)
    cells = stiff(plan, rule, cells[_raised(plan, bearing, plan.cost, cells)])
    idle = 0
    while cells.size and idle < TRIES:
        chosen = cells[draw.random(cells.size) < 0.5] if cells.size > 1 else cells
        if chosen.size:
            _serve(plan, rule, chosen, least)
            left = stiff(plan, rule, cells)
            idle = idle + 1 if left.size > 0.8 * cells.size else 0
            cells = left


def _serve(plan: Plan, rule: Rule, cells: Places, least: float, give: float = 0.0) -> None:
    """Hide what it takes to raise these cells at the least price, with nothing moving besides but cells that have so much room.

    Small cells move with them by `give` at most, one way or the other.
    """
    bearing = (plan.hidden | plan.candidates) & (rule.room >= least)
    active = bearing | (rule.is_small if give else False)
    active[cells] = True
    fall = np.where(bearing, np.inf, np.where(active, give, 0.0))
    rise = fall.copy()
    rise[cells], fall[cells] = plan.width, 0.0
    part = taking_part(plan.lines, sparse_change(plan, fall, cells, active, rise), cells)
    plan.hidden |= part
    plan.used |= part
