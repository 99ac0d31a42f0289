"""Hides the small counts of sensitive tables, and enough others that no shown total gives one away.

In: cells with their private counts, the lines that add up (over all tables together, so that a cell hidden in one is
hidden in each), the minimum, and what earlier releases showed or hid. Out: which cells are hidden. What is hidden depends on
public numbers and on which cells are small, never on how small: a unit moved among hidden cells changes nothing.
The method is described in `suppression.py`, and what it promises is checked by `audit.py`, which shares no code with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csc_array, csr_array

from harborlight.errors import DisclosureError
from harborlight.publish.room import Rule, make_room, widen
from harborlight.publish.suppression import (
    Lines,
    Mask,
    Numbers,
    Places,
    Plan,
    complete,
    components,
    open_for,
    too_narrow,
)

State = Literal["free", "sensitive", "public"]
Known = Literal["unknown", "tried", "known"]
DEAR = 50.0  # how much dearer a total is than its expected count says: many lines hang on it
GROWTH = 0.7  # how the price of a cell grows with its usual size
ATTEMPTS = 8
HARD_LIMIT = 5  # no city may show counts under this one


@dataclass(frozen=True)
class Cell:
    """One count. `public`: known anyway, never hidden (a zero by definition is public too). `sensitive`: hidden when small.

    `free`: not sensitive by itself, but may be hidden to protect others. `is_listed`: stands in a table, so that one can see whether it
    is hidden. `usual`: what such a cell usually counts, known without its own count; None where nothing is known of it.
    """

    key: str
    n: int
    state: State = "sensitive"
    is_listed: bool = True
    usual: float | None = None


@dataclass(frozen=True)
class Equation:
    """One line that adds up: `total` is the sum of `parts`, whichever tables they stand in."""

    total: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Shares:
    """What hiding costs: cells and events. Events are those of cells that are no total."""

    cells: int
    hidden_cells: int
    events: int
    hidden_events: int


@dataclass(frozen=True)
class Pattern:
    """The cells that are hidden: `primary` because they are small, `complementary` so that those cannot be worked out."""

    primary: frozenset[str]
    complementary: frozenset[str]
    shares: Shares

    @property
    def hidden(self) -> frozenset[str]:
        return self.primary | self.complementary


@dataclass(frozen=True)
class _Table:
    """The same as arrays, cells in the order of their keys."""

    keys: list[str]
    counts: Numbers
    states: list[State]
    lines: Lines
    totals: Places  # the cell that each line adds up to
    is_total: Mask
    is_part: Mask
    depth: Numbers  # how many cells that are no total stand below
    is_listed: Mask
    usual: Numbers  # nan where nothing is known


def protect(
    cells: Iterable[Cell],
    equations: Iterable[Equation],
    *,
    k: int,
    width: int = 5,
    kept: Mapping[str, bool] | None = None,
    rule: Known = "known",
) -> Pattern:
    """Choose what to hide, so that whoever knows everything shown leaves each small cell `width` values to guess among.

    `kept` holds decisions of earlier releases: True was shown and stays shown, False was hidden and stays hidden.
    `rule`: what is done against those who know of each hidden cell in a table whether it is under `k`. "tried": what one can do without looking
    at any hidden count. "known": besides, more is hidden for cells that are left too little by what is shown, and none is left a single value.
    "unknown": nothing.
    Raises DisclosureError where even hiding every sensitive total protects too little.
    """
    if k < max(width, HARD_LIMIT):
        raise ValueError(f"the minimum {k} must be at least {max(width, HARD_LIMIT)}")
    table = _read(cells, equations)
    kept = kept or {}
    shown_before = np.array([kept.get(key) is True for key in table.keys], dtype=bool)
    hidden_before = np.array([kept.get(key) is False for key in table.keys], dtype=bool)
    small = _small(table, k)
    _check_kept(table, small & ~hidden_before, shown_before)
    fixed = shown_before | np.array([state == "public" for state in table.states], dtype=bool)
    task = _Task(table, small | hidden_before, fixed, small, k, width, rule)
    hidden = _without_idle(task, _choose(task))
    return Pattern(
        primary=frozenset(table.keys[i] for i in np.flatnonzero(small)),
        complementary=frozenset(table.keys[i] for i in np.flatnonzero(hidden & ~small)),
        shares=_shares(table, hidden),
    )


@dataclass(frozen=True)
class _Task:
    """What is asked for: `start` is hidden whatever it costs, `fixed` stays shown, `small` cells are to be protected."""

    table: _Table
    start: Mask
    fixed: Mask
    small: Mask
    k: int
    width: int
    rule: Known

    def narrow(self, hidden: Mask) -> Places:
        """Small cells that are too narrow for those who know what is shown."""
        return too_narrow(self.table.lines, hidden, self.table.counts, np.flatnonzero(self.small), self.width)


def _choose(task: _Task) -> Mask:
    """Totals first, with what is known without them; then the rest. Where a count stays narrow, its totals are hidden and all is done again."""
    table, start, fixed = task.table, task.start, task.fixed
    forced = np.zeros_like(start)
    wanted = np.flatnonzero(start)
    narrow = stuck = wanted
    rule = _rule(task, table.counts)
    best: tuple[int, Mask] | None = None  # how many cells are narrow for those who know the rule, none exactly known, and what is hidden
    for _ in range(ATTEMPTS):
        known = fixed | (table.is_total & ~table.is_part & ~start & ~forced)
        plan, _ = _plan(task, forced, fixed, known)
        stuck = complete(plan, wanted)
        totals = (plan.used & table.is_total & ~start) | forced
        if np.any(totals & known):  # a grand total that is to be hidden had a say in the prices: price again without it
            forced |= totals & known
            continue
        known = fixed | (table.is_total & ~start & ~totals)
        plan, rule = _plan(task, totals, known, known)
        complete(plan, wanted)
        plan.hidden = start | forced | plan.used
        narrow = task.narrow(plan.hidden)
        if narrow.size:
            open_for(plan, narrow)
            narrow = task.narrow(plan.hidden)
        if not narrow.size and task.rule != "unknown":
            make_room(plan, rule, np.flatnonzero(rule.is_small))
            if task.rule == "known":
                narrow = widen(plan, rule, np.flatnonzero(rule.is_small), table.counts)
                if (best is None or narrow.size < best[0]) and not _exact(task, rule, plan.hidden, narrow).size:
                    best = narrow.size, plan.hidden
        if not narrow.size:
            return plan.hidden
        more = (_totals_above(table, narrow) | totals) & ~fixed & ~plan.hidden & (table.counts >= task.k)
        if not np.any(more):
            break
        forced |= more
    if best is not None:
        return best[1]
    block = _block(task, narrow)
    if task.rule == "known" and narrow.size and not (task.narrow(block).size or _exact(task, rule, block, narrow).size):
        return block
    raise _unprotectable(table, narrow if narrow.size else stuck)


def _exact(task: _Task, rule: Rule, hidden: Mask, cells: Places) -> Places:
    """Those of the cells of which somebody who knows the rule knows the very count."""
    return too_narrow(task.table.lines, hidden, task.table.counts, cells, 1, rule.limits(hidden))


def _block(task: _Task, cells: Places) -> Mask:
    """Everything that may be hidden and hangs together with these cells, through any chain of lines: a whole table, or what is new in it."""
    table = task.table
    open_ = task.start | (~task.fixed & (table.counts >= task.k))
    columns = np.flatnonzero(open_)
    labels = components(csr_array(table.lines.by_cell[:, columns]))
    block = task.start.copy()
    block[columns[np.isin(labels, labels[np.searchsorted(columns, cells)])]] = True
    return block


def _without_idle(task: _Task, hidden: Mask) -> Mask:
    """The same without cells that protect nothing, because shown ones tell their count: a total that was hidden in vain."""
    idle = too_narrow(task.table.lines, hidden, task.table.counts, np.flatnonzero(hidden & ~task.start), 1)
    needed = hidden.copy()
    needed[idle] = False
    return needed


def _plan(task: _Task, totals: Mask, fixed: Mask, known: Mask) -> tuple[Plan, Rule]:
    """What may be hidden, at what price, and how far each cell may surely fall. `totals` are to be hidden besides `task.start`."""
    table, start, k = task.table, task.start, task.k
    candidates = ~start & (totals | (~fixed & (table.counts >= k)))
    expected = _expected(table, known, start, k)
    rule = _rule(task, expected)
    price = _size_price(task, expected, rule) * np.where(table.is_total, DEAR * np.sqrt(table.depth), 1.0)
    closed = _closed(table, start, candidates & ~table.is_total, totals)
    is_large = candidates | (start & (table.counts >= k))  # hidden by an earlier release, though not small
    fall = np.where(closed, np.floor(np.minimum(expected, k - 1)), np.where(is_large, float(k), 0.0))
    return Plan(table.lines, task.width, start | totals, candidates, price, fall, closed), rule


def _size_price(task: _Task, expected: Numbers, rule: Rule) -> Numbers:
    """What hiding a cell costs by its size. With the rule in mind cells with room are cheap, and the smallest of those cheapest."""
    if task.rule == "unknown":
        return np.log2(2.0 + expected)
    return (2.0 + rule.usual) ** GROWTH * rule.dearness(task.width)


def _rule(task: _Task, expected: Numbers) -> Rule:
    """What somebody who knows the rule knows of each cell."""
    table = task.table
    is_sensitive = np.array([state == "sensitive" for state in table.states], dtype=bool) & table.is_listed
    is_small, is_large = task.small & is_sensitive, is_sensitive & (table.counts >= task.k)
    usual = np.where(np.isnan(table.usual), expected, table.usual)
    return Rule(task.k, is_small, is_large, ~is_small & ~is_large & ~task.small, usual)


def _closed(table: _Table, start: Mask, candidates: Mask, totals: Mask) -> Mask:
    """Small cells on a line whose other parts are small too or shown for good, under a total that stays shown."""
    parts = table.lines.matrix.maximum(0)
    n_small, n_open = parts @ start.astype(float), parts @ (candidates | totals).astype(float)
    lines = (n_small >= 2) & (n_open == 0) & ~(start | totals)[table.totals]
    return np.asarray(start & ((parts.T @ lines.astype(float)) > 0))


def _expected(table: _Table, known: Mask, hidden: Mask, k: int) -> Numbers:
    """What an outsider would expect in each cell from the `known` ones: shares fitted to known totals, line by line, in turns."""
    guess = np.where(known, table.counts, np.where(hidden, k / 2.0, 2.0 * k)) * np.where(known, 1.0, np.sqrt(table.depth))
    guess = np.maximum(guess, 0.5)
    parts = csr_array(table.lines.matrix.maximum(0))
    free = ~known
    n_lines = np.maximum(parts.T @ np.ones(parts.shape[0]), 1.0)
    for _ in range(20):
        fixed_sum = parts @ np.where(known, table.counts, 0.0)
        free_sum = np.maximum(parts @ np.where(free, guess, 0.0), 1e-9)
        room = np.maximum(np.where(known[table.totals], table.counts[table.totals], guess[table.totals]) - fixed_sum, 0.5)
        step = parts.T @ np.log(room / free_sum) / n_lines
        guess = np.where(free, np.clip(guess * np.exp(step), 0.5, 1e9), guess)
    floor = np.where(hidden | known, 0.0, float(k))
    return np.asarray(np.round(np.maximum(guess, floor), 6))


def _small(table: _Table, k: int) -> Mask:
    """Sensitive cells under the minimum. Zero is one of them, unless it stands under a total that is a zero in public."""
    sensitive = np.array([state == "sensitive" for state in table.states], dtype=bool)
    zero = table.counts == 0
    safe = zero & ~sensitive
    parts = table.lines.matrix.maximum(0)
    while True:
        below = zero & ((parts.T @ safe[table.totals].astype(float)) > 0)
        if not np.any(below & ~safe):
            break
        safe |= below
    return np.asarray(sensitive & (table.counts < k) & ~safe)


def _read(cells: Iterable[Cell], equations: Iterable[Equation]) -> _Table:
    """Arrays, in an order that does not depend on that of the input. Raises DisclosureError where parts and total differ."""
    listed = sorted(cells, key=lambda cell: cell.key)
    place = {cell.key: i for i, cell in enumerate(listed)}
    if len(place) < len(listed):
        raise ValueError("a cell is listed twice")
    lines = sorted({(line.total, tuple(sorted(line.parts))) for line in equations})
    counts = np.array([cell.n for cell in listed], dtype=float)
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, (total, parts) in enumerate(lines):
        ids = [place[total], *(place[part] for part in parts)]
        rows += [row] * len(ids)
        columns += ids
        values += [-1.0] + [1.0] * len(parts)
    matrix = csr_array((values, (rows, columns)), shape=(len(lines), len(listed)))
    if np.any(wrong := np.asarray(matrix @ counts) != 0):
        raise DisclosureError(f"the parts of {lines[int(np.flatnonzero(wrong)[0])][0]} do not add up to it")
    totals = np.array([place[total] for total, _ in lines], dtype=np.intp)
    is_total, is_part = np.zeros(len(listed), dtype=bool), np.zeros(len(listed), dtype=bool)
    is_total[totals] = True
    is_part[[place[part] for _, parts in lines for part in parts]] = True
    return _Table(
        [cell.key for cell in listed], counts, [cell.state for cell in listed], Lines(matrix, csc_array(matrix)),
        totals, is_total, is_part, _depth(matrix, totals, is_total), np.array([cell.is_listed for cell in listed], dtype=bool),
        np.array([np.nan if cell.usual is None else cell.usual for cell in listed], dtype=float),
    )  # fmt: skip


def _depth(matrix: csr_array, totals: Places, is_total: Mask) -> Numbers:
    """How many cells that are no total stand below each cell; the largest over the lines that it is the total of."""
    depth = np.where(is_total, 0.0, 1.0)
    parts = csr_array(matrix.maximum(0))
    for _ in range(12):
        below = np.zeros_like(depth)
        np.maximum.at(below, totals, parts @ depth)
        new = np.where(is_total, below, 1.0)
        if np.array_equal(new, depth):
            break
        depth = new
    return np.maximum(depth, 1.0)


def _totals_above(table: _Table, places: Places) -> Mask:
    """Totals of the lines that these cells are parts of."""
    at = np.zeros(len(table.keys))
    at[places] = 1.0
    above = np.zeros(len(table.keys), dtype=bool)
    above[table.totals[np.asarray(table.lines.matrix.maximum(0) @ at) > 0]] = True
    return above


def _check_kept(table: _Table, primary: Mask, shown_before: Mask) -> None:
    if np.any(both := primary & shown_before):
        key = table.keys[int(np.flatnonzero(both)[0])]
        raise DisclosureError(
            f"{key} was shown in an earlier release and is now under the minimum",
            hint="Publish the earlier count as it was, or withdraw the table.",
        )


def _unprotectable(table: _Table, cells: Places) -> DisclosureError:
    first = table.keys[int(cells[0])]
    many = f"{len(cells)} small counts, first of all {first}," if len(cells) > 1 else f"The small count {first}"
    return DisclosureError(
        f"{many} could be worked out from what must stay shown.", hint="Publish this table in a coarser grain, or leave it out."
    )


def _shares(table: _Table, hidden: Mask) -> Shares:
    inner = ~table.is_total
    return Shares(
        cells=len(table.keys),
        hidden_cells=int(hidden.sum()),
        events=int(table.counts[inner].sum()),
        hidden_events=int(table.counts[inner & hidden].sum()),
    )
