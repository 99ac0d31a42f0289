"""Small linked tables for the tests of disclosure control, and their referee: every table of whole numbers that fits what is shown."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from harborlight.publish.disclosure import Cell, Equation, Known, Pattern, protect

MANY = 31  # values that the referee tries for a count that nothing limits


@dataclass(frozen=True)
class Linked:
    """Counts by key, the lines that add up, and the cells that are public anyway."""

    counts: Mapping[str, int]
    equations: tuple[Equation, ...]
    public: frozenset[str] = frozenset()

    @property
    def cells(self) -> list[Cell]:
        return [Cell(key, n, "public" if key in self.public else "sensitive") for key, n in self.counts.items()]

    def shown(self, pattern: Pattern) -> dict[str, int]:
        return {key: n for key, n in self.counts.items() if key not in pattern.hidden}

    def with_counts(self, changed: Mapping[str, int]) -> Linked:
        return replace(self, counts={**self.counts, **changed})


def protected(table: Linked, *, k: int = 5, width: int = 5, kept: Mapping[str, bool] | None = None, rule: Known = "tried") -> Pattern:
    return protect(table.cells, table.equations, k=k, width=width, kept=kept, rule=rule)


def cube(inner: np.ndarray, names: tuple[str, ...] = ("r", "c", "t"), public: frozenset[str] = frozenset()) -> Linked:
    """All sums over all dimensions of an array: `r0.c1` is a cell, `r0.all` and `all.all` are totals."""
    counts: dict[str, int] = {}
    equations: list[Equation] = []
    for index in itertools.product(*[range(size + 1) for size in inner.shape]):
        part = tuple(slice(None) if i == size else i for i, size in zip(index, inner.shape, strict=True))
        counts[_key(index, inner.shape, names)] = int(inner[part].sum())
        for axis, size in enumerate(inner.shape):
            if index[axis] == size:
                below = [(*index[:axis], i, *index[axis + 1 :]) for i in range(size)]
                parts = tuple(_key(cell, inner.shape, names) for cell in below)
                equations.append(Equation(_key(index, inner.shape, names), parts))
    return Linked(counts, tuple(equations), public)


def _key(index: tuple[int, ...], shape: tuple[int, ...], names: tuple[str, ...]) -> str:
    return ".".join("all" if i == size else f"{name}{i}" for i, size, name in zip(index, shape, names, strict=False))


def possible_tables(shown: Mapping[str, int], hidden: frozenset[str], equations: tuple[Equation, ...]) -> Iterator[dict[str, int]]:
    """Every way to fill the hidden counts with whole numbers from 0 up so that all lines add up."""
    lines: list[tuple[dict[str, int], int]] = []
    for line in equations:
        signs = {line.total: -1} | dict.fromkeys(line.parts, 1)
        left = {key: sign for key, sign in signs.items() if key in hidden}
        rest = -sum(sign * shown[key] for key, sign in signs.items() if key in shown)
        if left:
            lines.append((left, rest))
        elif rest:
            return
    order = _order(sorted(hidden), [set(left) for left, _ in lines])
    touching = [[(left, rest, [k for k in left if k in order[i + 1 :]]) for left, rest in lines if key in left] for i, key in enumerate(order)]
    yield from _fill(order, touching, 0, {})


def _order(names: list[str], lines: list[set[str]]) -> list[str]:
    """Counts that a line fixes come as soon as it does, so that wrong starts end early."""
    order: list[str] = []
    while len(order) < len(names):
        rest = [name for name in names if name not in order]
        order.append(min(rest, key=lambda name: min((len(line - {*order, name}) for line in lines if name in line), default=99)))
    return order


def _fill(
    order: list[str], touching: list[list[tuple[dict[str, int], int, list[str]]]], at: int, filled: dict[str, int]
) -> Iterator[dict[str, int]]:
    if at == len(order):
        yield dict(filled)
        return
    name, low, high = order[at], 0, 10**9
    for signs, rest, later in touching[at]:
        left = (rest - sum(sign * filled[key] for key, sign in signs.items() if key in filled)) * signs[name]
        others = {signs[key] * signs[name] for key in later}
        high = min(high, left) if -1 not in others else high
        low = max(low, left) if 1 not in others else low
    for value in range(low, min(high + 1, low + MANY)):
        filled[name] = value
        yield from _fill(order, touching, at + 1, filled)
        del filled[name]


def possible_values(
    shown: Mapping[str, int], hidden: frozenset[str], equations: tuple[Equation, ...], *, most: int = 20_000, enough: int = 10**9
) -> dict[str, set[int]] | None:
    """The values that each hidden count takes in some possible table; None if there are more than `most` tables.

    Stops as soon as every count has two values that are `enough` apart: more tables can only add to that.
    """
    values: dict[str, set[int]] = {key: set() for key in hidden}
    for number, table in enumerate(possible_tables(shown, hidden, equations)):
        if number >= most:
            return None
        for key, value in table.items():
            values[key].add(value)
        if number % 500 == 0 and all(max(found) - min(found) >= enough for found in values.values()):
            break
    return values
