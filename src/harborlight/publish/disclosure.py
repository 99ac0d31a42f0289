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
from harborlight.publish.suppression import Lines, Mask, Numbers, Places, Plan, complete, open_for, too_narrow

State = Literal["free", "sensitive", "public"]
DEAR = 50.0  # how much dearer a total is than its expected count says: many lines hang on it
ATTEMPTS = 8
HARD_LIMIT = 5  # no city may show counts under this one


@dataclass(frozen=True)
class Cell:
    """One count. `public`: known anyway, never hidden (a zero by definition is public too). `sensitive`: hidden when small.

    `free`: not sensitive by itself, but may be hidden to protect others.
    """

    key: str
    n: int
    state: State = "sensitive"


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


def protect(
    cells: Iterable[Cell],
    equations: Iterable[Equation],
    *,
    k: int,
    width: int = 5,
    kept: Mapping[str, bool] | None = None,
) -> Pattern:
    """Choose what to hide, so that whoever knows everything shown leaves each small cell `width` values to guess among.

    `kept` holds decisions of earlier releases: True was shown and stays shown, False was hidden and stays hidden.
    Raises DisclosureError where even hiding every sensitive total protects too little.
    """
    if k < max(width, HARD_LIMIT):
        raise ValueError(f"the minimum {k} must be at least {max(width, HARD_LIMIT)}")
    table = _read(cells, equations)
    kept = kept or {}
    shown_before = np.array([kept.get(key) is True for key in table.keys], dtype=bool)
    hidden_before = np.array([kept.get(key) is False for key in table.keys], dtype=bool)
    primary = _small(table, k) & ~hidden_before
    _check_kept(table, primary, shown_before)
    fixed = shown_before | np.array([state == "public" for state in table.states], dtype=bool)
    hidden = _choose(table, primary | hidden_before, fixed, _small(table, k), k, width)
    small = _small(table, k)
    return Pattern(
        primary=frozenset(table.keys[i] for i in np.flatnonzero(small)),
        complementary=frozenset(table.keys[i] for i in np.flatnonzero(hidden & ~small)),
        shares=_shares(table, hidden),
    )


def _choose(table: _Table, start: Mask, fixed: Mask, small: Mask, k: int, width: int) -> Mask:
    """Totals first, with what is known without them; then the rest. Where a count stays narrow, its totals are hidden and all is done again."""
    forced = np.zeros_like(start)
    wanted = np.flatnonzero(start)
    narrow = stuck = wanted
    for _ in range(ATTEMPTS):
        known = fixed | (table.is_total & ~table.is_part & ~start & ~forced)
        plan = _plan(table, start, forced, fixed, known, k, width)
        stuck = complete(plan, wanted)
        totals = (plan.used & table.is_total & ~start) | forced
        if np.any(totals & known):  # a grand total that is to be hidden had a say in the prices: price again without it
            forced |= totals & known
            continue
        known = fixed | (table.is_total & ~start & ~totals)
        plan = _plan(table, start, totals, known, known, k, width)
        complete(plan, wanted)
        narrow = too_narrow(table.lines, start | forced | plan.used, table.counts, np.flatnonzero(small), width)
        if narrow.size:
            open_for(plan, narrow)
            narrow = too_narrow(table.lines, start | forced | plan.used, table.counts, np.flatnonzero(small), width)
        if not narrow.size:
            return start | forced | plan.used
        more = (_totals_above(table, narrow) | totals) & ~fixed & ~start & ~forced & ~plan.used & (table.counts >= k)
        if not np.any(more):
            break
        forced |= more
    raise _unprotectable(table, narrow if narrow.size else stuck)


def _plan(table: _Table, start: Mask, totals: Mask, fixed: Mask, known: Mask, k: int, width: int) -> Plan:
    """What may be hidden, at what price, and how far each cell may surely fall. `totals` are to be hidden besides `start`."""
    candidates = ~start & (totals | (~fixed & (table.counts >= k)))
    expected = _expected(table, known, start, k)
    price = np.log2(2.0 + expected) * np.where(table.is_total, DEAR * np.sqrt(table.depth), 1.0)
    closed = _closed(table, start, candidates & ~table.is_total, totals)
    is_large = candidates | (start & (table.counts >= k))  # hidden by an earlier release, though not small
    fall = np.where(closed, np.floor(np.minimum(expected, k - 1)), np.where(is_large, float(k), 0.0))
    return Plan(table.lines, width, start | totals, candidates, price, fall, closed)


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
        totals, is_total, is_part, _depth(matrix, totals, is_total),
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
