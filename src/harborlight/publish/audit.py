"""Attacks a release the way a stranger with time would, and says which hidden counts give way.

In: every shown count, the keys of the hidden ones, the lines that add up, and whatever else is public (`audit_facts.py`).
Out: the hidden counts that are known exactly, and the small ones that are left fewer than `width` values.
It shares no code with the engine that chose what to hide. It knows that counts are whole numbers from 0 up, and no more.

First a rank test: a count is fixed by the lines if no solution of the equations alone moves it. Then, in each group of hidden
counts that hang together, possible tables far from one another (linear programs towards random sides); two tables in whole
numbers that differ by the width in a count prove it safe. Only counts still open get a least and a greatest value of their own.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, linprog, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import lsmr

from harborlight.errors import CheckFailed
from harborlight.publish.audit_facts import Fact

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEAR = 1e-6
DENSE = 400  # hidden counts in a group up to which the rank test is an exact decomposition
PASSES = 40  # programs towards random sides, for each group
PATIENCE = 20.0  # seconds that one search for whole numbers may take; then the count is called unsafe


class Line(Protocol):
    """Anything with a total and parts that add up to it."""

    @property
    def total(self) -> str: ...
    @property
    def parts(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Audit:
    """What an outsider can work out. `ranges` holds the least and the greatest possible value of each count in `exact` and `narrow`."""

    exact: frozenset[str]
    narrow: frozenset[str]
    ranges: Mapping[str, tuple[int, int]]
    n_cells: int
    n_hidden: int
    n_groups: int
    n_programs: int
    seconds: float

    @property
    def is_safe(self) -> bool:
        return not self.exact and not self.narrow


@dataclass
class _Group:
    """Hidden counts that hang together: `low <= matrix @ x <= high`, x >= 0. `base` is one possible table, the rest its spread."""

    keys: list[str]
    matrix: csr_array
    low: Numbers
    high: Numbers
    aim: Numbers  # how far apart two possible values must be for a count to be safe
    base: Numbers = field(init=False)
    least: Numbers = field(init=False)
    greatest: Numbers = field(init=False)

    def is_open(self, at: Any) -> Mask:
        return np.asarray(self.greatest[at] - self.least[at] < self.aim[at])


def audit(
    cells_shown: Mapping[str, int],
    hidden: Collection[str],
    equations: Iterable[Line],
    *,
    primary: Collection[str],
    width: int = 5,
    facts: Iterable[Fact] = (),
    truth: Mapping[str, int] | None = None,
) -> Audit:
    """Attack everything at once: each hidden count must keep two possible values, a `primary` one two that differ by `width`.

    `truth` (the hidden counts themselves) only spares the search for a first possible table; what is found does not depend on it.
    Raises CheckFailed where what is published contradicts itself: then no count means anything.
    """
    start = time.perf_counter()
    names = sorted(set(hidden) | set(primary))
    if both := set(names) & cells_shown.keys():
        raise CheckFailed(f"{min(both)} is both shown and hidden")
    lines = [Fact({**dict.fromkeys(line.parts, 1.0), line.total: -1.0}, 0.0, 0.0) for line in equations]
    groups = _groups(names, [*lines, *facts], cells_shown, frozenset(primary), width)
    n_programs = 0
    exact: set[str] = set()
    narrow: set[str] = set()
    ranges: dict[str, tuple[int, int]] = {}
    for group in groups:
        n_programs += _attack(group, truth)
        for i in np.flatnonzero(group.is_open(slice(None))):
            key = group.keys[i]
            ranges[key] = (int(group.least[i]), int(group.greatest[i]))
            narrow |= {key} & set(primary)
            exact |= {key} if ranges[key][0] == ranges[key][1] else set()
    return Audit(
        exact=frozenset(exact), narrow=frozenset(narrow), ranges=ranges, n_cells=len(cells_shown) + len(names), n_hidden=len(names),
        n_groups=len(groups), n_programs=n_programs, seconds=time.perf_counter() - start,
    )  # fmt: skip


def _attack(group: _Group, truth: Mapping[str, int] | None) -> int:
    """Fill the spread of a group; how many programs that took."""
    group.base = _first(group) if truth is None else np.array([float(truth[key]) for key in group.keys])
    sums = group.matrix @ group.base
    if np.any((sums < group.low - NEAR) | (sums > group.high + NEAR)):
        raise CheckFailed(f"what is published about {group.keys[0]} does not fit the counts that it was made from")
    group.least, group.greatest = group.base.copy(), group.base.copy()
    free = np.flatnonzero(~_fixed_by_rank(group))
    done = _spread(group, free)
    for i in free:
        if group.is_open(i):
            done += 2
            _settle(group, int(i))
    return done


def _groups(names: list[str], facts: list[Fact], shown: Mapping[str, int], primary: frozenset[str], width: int) -> list[_Group]:
    """Put shown counts into every line, and split what is left where nothing hidden hangs together."""
    matrix, low, high = _system(names, facts, shown)
    label_of_row, label_of_column = _labels(matrix)
    columns_of: dict[int, list[int]] = {}
    rows_of: dict[int, list[int]] = {}
    for column, label in enumerate(label_of_column):
        columns_of.setdefault(int(label), []).append(column)
    for row, label in enumerate(label_of_row):
        rows_of.setdefault(int(label), []).append(row)
    groups = []
    for label, columns in columns_of.items():
        rows = rows_of.get(label, [])
        keys = [names[i] for i in columns]
        aim = np.array([float(width) if key in primary else 1.0 for key in keys])
        groups.append(_Group(keys, csr_array(matrix[rows][:, columns]), low[rows], high[rows], aim))
    return groups


def _system(names: list[str], facts: list[Fact], shown: Mapping[str, int]) -> tuple[csr_array, Numbers, Numbers]:
    """Lines over hidden counts alone, with their limits. Lines without a hidden count must hold as they stand."""
    place = {name: i for i, name in enumerate(names)}
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    limits: list[tuple[float, float]] = []
    for fact in facts:
        if unknown := fact.weights.keys() - place.keys() - shown.keys():
            raise CheckFailed(f"{min(unknown)} stands in a line but is neither shown nor hidden")
        known = sum(weight * shown[key] for key, weight in fact.weights.items() if key in shown)
        left = [(place[key], weight) for key, weight in fact.weights.items() if key in place]
        if not left and not fact.low - NEAR <= known <= fact.high + NEAR:
            raise CheckFailed(f"published numbers contradict each other in the line with {min(fact.weights)}")
        if left:
            rows += [len(limits)] * len(left)
            columns += [column for column, _ in left]
            values += [weight for _, weight in left]
            limits.append((fact.low - known, fact.high - known))
    matrix = csr_array((values, (rows, columns)), shape=(len(limits), len(names)), dtype=float)
    edges = np.array(limits, dtype=float).reshape(len(limits), 2)
    return matrix, edges[:, 0], edges[:, 1]


def _labels(matrix: csr_array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which component each row and each column belongs to."""
    rows, columns = matrix.shape
    entries = matrix.tocoo()
    links = csr_array((np.ones(entries.nnz), (entries.row, rows + entries.col)), shape=(rows + columns, rows + columns))
    labels: NDArray[np.intp] = np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)
    return labels[:rows], labels[rows:]


def _fixed_by_rank(group: _Group) -> Mask:
    """Counts that the equations alone determine: those at which every vector of the null space is 0.

    A vector of the null space drawn at random is 0 only there (with probability 1); large groups take two such vectors.
    """
    n, equal = len(group.keys), np.flatnonzero(group.high - group.low < NEAR)
    if not equal.size:
        return np.zeros(n, dtype=bool)
    part = csr_array(group.matrix[equal])
    if n <= DENSE:
        _, sizes, right = np.linalg.svd(part.toarray(), full_matrices=True)
        rank = int(np.sum(sizes > 1e-9 * sizes[0]))
        return np.asarray(np.sqrt(np.sum(right[rank:] ** 2, axis=0)) < 1e-7)
    rng, moved = np.random.default_rng(3), np.zeros(n)
    for _ in range(2):
        draw = rng.standard_normal(n)
        moved = np.maximum(moved, np.abs(draw - lsmr(part, part @ draw, atol=1e-13, btol=1e-13, maxiter=20 * n)[0]))
    return np.asarray(moved < NEAR)


def _limits(matrix: csr_array, low: Numbers, high: Numbers) -> dict[str, Any]:
    """The lines as `linprog` takes them."""
    equal = high - low < NEAR
    below, above = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
    limits: dict[str, Any] = {}
    if np.any(equal):
        limits |= {"A_eq": matrix[np.flatnonzero(equal)], "b_eq": (low[equal] + high[equal]) / 2}
    if np.any(below | above):
        unequal = vstack([matrix[np.flatnonzero(below)], -matrix[np.flatnonzero(above)]])
        limits |= {"A_ub": unequal, "b_ub": np.concatenate([high[below], -low[above]])}
    return limits


def _whole(group: _Group, aim: Numbers) -> Numbers | None:
    """The possible table in whole numbers with the least `aim @ x`; None if the search takes too long or there is none."""
    lines = LinearConstraint(group.matrix, group.low, group.high) if group.matrix.shape[0] else None
    answer = milp(aim, constraints=lines, integrality=np.ones(len(aim), dtype=int), options={"time_limit": PATIENCE})
    return np.rint(answer.x) if answer.status == 0 else None


def _is_whole(table: Numbers) -> bool:
    return bool(np.all(np.abs(table - np.rint(table)) < NEAR))


def _first(group: _Group) -> Numbers:
    """One possible table in whole numbers. Raises CheckFailed if there is none."""
    aim = np.zeros(len(group.keys))
    answer = linprog(aim, **_limits(group.matrix, group.low, group.high), bounds=(0, None), method="highs")
    found = np.rint(answer.x) if answer.x is not None and _is_whole(answer.x) else _whole(group, aim)
    if found is None:
        raise CheckFailed(f"no table of whole numbers fits what is published about {group.keys[0]}")
    return found


def _spread(group: _Group, free: NDArray[np.intp]) -> int:
    """Find possible tables far from each other, until every count is safe or new ones add nothing. How many programs it took."""
    rng, idle, done = np.random.default_rng(2), 0, 0
    left = free[group.is_open(free)]
    while left.size and idle < 4 and done < PASSES:
        chosen = left[rng.random(left.size) < 0.6] if done >= 6 else left
        pull = rng.choice([-1.0, 1.0], chosen.size) * rng.uniform(0.2, 1.0, chosen.size)
        for side in (pull, -pull) if chosen.size else ():
            _note(group, _pulled(group, chosen, side))
            done += 1
        still = left[group.is_open(left)]
        idle = 0 if still.size < left.size else idle + 1
        left = still
    return done


def _pulled(group: _Group, chosen: NDArray[np.intp], pull: Numbers) -> Numbers | None:
    """A possible table with the chosen counts pulled away from `base`, up where `pull` > 0; beyond its aim a count gains nothing.

    That way one program moves many counts a little instead of a few counts far. Columns: the counts, then how far each chosen one is.
    """
    n, m, sign = len(group.keys), len(chosen), np.sign(pull)
    ends = hstack([csr_array((sign, (np.arange(m), chosen)), shape=(m, n)), -eye_array(m)])
    wide = hstack([group.matrix, csr_array((group.matrix.shape[0], m))])
    limits = _limits(
        csr_array(vstack([wide, ends])), np.concatenate([group.low, sign * group.base[chosen]]),
        np.concatenate([group.high, np.full(m, np.inf)]),
    )  # fmt: skip
    bounds: Any = np.zeros((n + m, 2))
    bounds[:, 1] = np.concatenate([np.full(n, np.inf), group.aim[chosen]])
    bounds[n:, 0] = -np.inf
    answer = linprog(np.concatenate([np.zeros(n), -np.abs(pull)]), **limits, bounds=bounds, method="highs")
    return None if answer.x is None else np.asarray(answer.x[:n])


def _note(group: _Group, found: Numbers | None) -> None:
    """Widen the spread by a possible table where it is in whole numbers: changes that touch no common line stand alone."""
    if found is None:
        return
    change = found - group.base
    columns = np.flatnonzero(np.abs(change) > NEAR)
    _, labels = _labels(csr_array(group.matrix[:, columns]))
    broken = np.abs(change[columns] - np.rint(change[columns])) > NEAR
    whole = columns[~np.isin(labels, labels[broken])]
    group.least[whole] = np.minimum(group.least[whole], np.rint(found[whole]))
    group.greatest[whole] = np.maximum(group.greatest[whole], np.rint(found[whole]))


def _settle(group: _Group, at: int) -> None:
    """The least and the greatest value of one count. A search that takes too long does not widen: nothing is called safe unproved."""
    for sign in (1.0, -1.0):
        aim = np.zeros(len(group.keys))
        aim[at] = sign
        answer = linprog(aim, **_limits(group.matrix, group.low, group.high), bounds=(0, None), method="highs")
        if answer.status == 3:
            group.greatest[at] = group.base[at] + group.aim[at]
        elif answer.x is None or not _is_whole(answer.x):
            _note(group, _whole(group, aim))
        else:
            _note(group, np.asarray(answer.x))
