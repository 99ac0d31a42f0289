"""What is hidden is hidden for good: every whole-numbered table that fits what is shown is a possible one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from harborlight.errors import DisclosureError
from harborlight.publish.audit import Audit, audit
from harborlight.publish.disclosure import Cell, Equation, Pattern, Shares, protect
from harborlight.publish.group_audit import GUESSES, rule_facts
from tests.conftest import DEEP
from tests.linked_tables import Linked, cube, possible_tables, possible_values, protected

K = 5
slowly = settings(
    max_examples=100 if DEEP else 10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
small = st.one_of(st.integers(0, 6), st.integers(3, 14))


def array(shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    size = int(np.prod(shape))
    return st.lists(small, min_size=size, max_size=size).map(lambda values: np.array(values).reshape(shape))


tables = st.one_of(array((2, 3)), array((3, 3)), array((2, 2, 2))).map(cube)


def span(values: set[int]) -> int:
    return max(values) - min(values)


@slowly
@given(tables)
def test_no_small_count_can_be_worked_out(table: Linked) -> None:
    pattern = protected(table, k=K)
    assert all(n >= K or n == 0 for key, n in table.counts.items() if key not in pattern.hidden)
    values = possible_values(table.shown(pattern), pattern.hidden, table.equations, enough=5)
    assume(values is not None)
    assert values is not None
    for key in pattern.primary:
        assert span(values[key]) >= 5, (key, sorted(values[key]))
    for key in pattern.complementary:
        assert span(values[key]) >= 1, key


@slowly
@given(tables, st.randoms(use_true_random=False))
def test_a_unit_moved_among_hidden_counts_changes_nothing(table: Linked, random: np.random.RandomState) -> None:
    pattern = protected(table, k=K)
    assume(pattern.hidden)
    others = list(itertools.islice(possible_tables(table.shown(pattern), pattern.hidden, table.equations), 1000))
    random.shuffle(others)
    moved = [
        other for other in others if all((other[key] < K) == (key in pattern.primary) for key in pattern.hidden)
    ]
    for other in moved[:2]:
        assert protected(table.with_counts(other), k=K).hidden == pattern.hidden
    if others:
        kept = {key: key not in pattern.hidden for key in table.counts}
        assert protected(table.with_counts(others[0]), k=K, kept=kept).hidden == pattern.hidden


@settings(slowly, max_examples=40 if DEEP else 4)
@given(tables)
def test_the_order_of_the_input_does_not_matter(table: Linked) -> None:
    pattern = protected(table, k=K)
    backwards = [Equation(line.total, line.parts[::-1]) for line in reversed(table.equations)]
    assert protect(table.cells[::-1], backwards, k=K, rule="tried") == pattern


def test_a_small_count_takes_three_others_with_it() -> None:
    table = cube(np.array([[3, 20, 30], [40, 50, 60], [70, 80, 90]]))
    pattern = protected(table, k=10)
    assert pattern.primary == {"r0.c0"}
    assert len(pattern.complementary) == 3 and "all" not in "".join(pattern.complementary)
    assert "r0.c1" in pattern.complementary, "the smallest of the row is expected to cost least"


def test_hides_nothing_where_nothing_is_small() -> None:
    assert not protected(cube(np.array([[10, 20], [30, 40]])), k=10).hidden


def test_zero_counts_as_small_unless_its_whole_line_is_zero() -> None:
    table = cube(np.array([[0, 20, 30], [40, 50, 60], [0, 80, 90]]))
    assert {"r0.c0", "r2.c0"} <= protected(table, k=10).primary
    # A whole line of zeros: its total is small itself, so that "none of this group" is not said either.
    empty = cube(np.array([[0, 0], [30, 40], [50, 60]]))
    assert {"r0.all", "r0.c0", "r0.c1"} <= protected(empty, k=10).primary
    # ... unless the total is public.
    known = cube(np.array([[0, 0], [30, 40], [50, 60]]), public=frozenset({"r0.all"}))
    assert not protected(known, k=10).hidden


def test_zero_by_definition_is_public() -> None:
    table = cube(np.array([[0, 20, 30], [40, 50, 60]]), public=frozenset({"r0.c0"}))
    assert not protected(table, k=10).hidden


def test_public_counts_are_never_hidden() -> None:
    margins = frozenset({"r0.all", "r1.all", "r2.all", "all.c0", "all.c1", "all.c2", "all.all"})
    table = cube(np.array([[3, 20, 30], [40, 50, 60], [70, 80, 90]]), public=margins)
    pattern = protected(table, k=10)
    assert pattern.primary == {"r0.c0"} and not pattern.hidden & margins


def test_a_lone_small_part_takes_its_total_along() -> None:
    cells = [Cell("a", 3), Cell("b", 40, "public"), Cell("ab", 43), Cell("c", 60), Cell("d", 80), Cell("all", 183)]
    equations = [Equation("ab", ("a", "b")), Equation("all", ("ab", "c", "d"))]
    pattern = protect(cells, equations, k=10)
    assert pattern.hidden == {"a", "ab", "c"}


def test_fails_closed_where_public_totals_give_a_count_away() -> None:
    cells = [Cell("a", 3), Cell("b", 40, "public"), Cell("ab", 43, "public")]
    with pytest.raises(DisclosureError, match="The small count a could be worked out from what must stay shown"):
        protect(cells, [Equation("ab", ("a", "b"))], k=10)


def test_refuses_lines_that_do_not_add_up() -> None:
    with pytest.raises(DisclosureError, match="the parts of ab do not add up to it"):
        protect([Cell("a", 3), Cell("b", 4), Cell("ab", 8)], [Equation("ab", ("a", "b"))], k=10)


def test_refuses_a_minimum_that_protects_too_little() -> None:
    with pytest.raises(ValueError, match="must be at least 5"):
        protect([Cell("a", 3)], [], k=4)


def test_nested_areas_and_two_layers_are_protected_together() -> None:
    # Six blocks, counted by district (2) and by neighborhood (3, across districts): two layers over the same events.
    blocks = {"x1": 3, "x2": 25, "x3": 14, "x4": 30, "x5": 12, "x6": 41}
    layers = {"d1": ("x1", "x2", "x3"), "d2": ("x4", "x5", "x6"), "n1": ("x1", "x4"), "n2": ("x2", "x5"), "n3": ("x3", "x6")}
    counts = blocks | {name: sum(blocks[b] for b in parts) for name, parts in layers.items()} | {"city": 125}
    equations = (
        *(Equation(name, parts) for name, parts in layers.items()), Equation("city", ("d1", "d2")), Equation("city", ("n1", "n2", "n3")),
    )  # fmt: skip
    table = Linked(counts, equations)
    pattern = protected(table, k=10)
    values = possible_values(table.shown(pattern), pattern.hidden, equations)
    assert values is not None and span(values["x1"]) >= 5
    assert not pattern.hidden & {*layers, "city"}


def months(n: int, seed: int = 4) -> np.ndarray:
    """Counts of 4 districts x 3 groups x n months."""
    rng = np.random.default_rng(seed)
    return rng.poisson(np.array([[9, 25, 40]]) * np.array([[1], [2], [1], [3]]), size=(n, 4, 3)).transpose(1, 2, 0)


def test_twelve_months_in_turn_never_change_an_earlier_decision() -> None:
    kept: dict[str, bool] = {}
    whole = months(12)
    for n in range(1, 13):
        # Monthly tables without a running total: a year is added when it is closed.
        table = cube(whole[:, :, :n])
        if n < 12:
            closed = {key: value for key, value in table.counts.items() if not key.endswith(".all")}
            table = Linked(closed, tuple(line for line in table.equations if line.total in closed))
        pattern = protected(table, k=10, kept=kept)
        for key, was_shown in kept.items():
            assert (key not in pattern.hidden) == was_shown, key
        kept |= {key: key not in pattern.hidden for key in table.counts}
    assert sum(kept.values()) > len(kept) / 2


def test_a_count_that_was_shown_and_is_now_small_stops_the_release() -> None:
    with pytest.raises(DisclosureError, match="was shown in an earlier release"):
        protect([Cell("a", 3)], [], k=10, kept={"a": True})


def test_shares_count_what_is_hidden() -> None:
    shares = protected(cube(np.array([[3, 20, 30], [40, 50, 60], [70, 80, 90]])), k=10).shares
    assert (shares.cells, shares.hidden_cells, shares.events) == (16, 4, 443)
    assert 3 < shares.hidden_events < 443 / 2


# ------------------------------------------------------------------------------- who knows the rule knows more


def attacked(table: Linked, pattern: Pattern, k: int) -> Audit:
    """By somebody who knows of each hidden count whether it is under the minimum."""
    facts = rule_facts(pattern.hidden, pattern.primary, k)
    return audit(table.shown(pattern), pattern.hidden, table.equations, primary=pattern.primary, width=GUESSES - 1, facts=facts)


def test_the_rule_itself_is_knowledge() -> None:
    """Arrests of a quarter by age band (the last is 65+) and sex (female, male, unknown)."""
    table = cube(np.array([[120, 300, 0], [80, 250, 8], [60, 190, 7], [9, 47, 0]]))
    small = frozenset({"r3.c0", "r0.c2", "r1.c2", "r2.c2", "r3.c2"})
    naive = Pattern(small, frozenset({"r0.c0", "r3.c1", "r1.c1", "r2.c1"}), Shares(0, 0, 0, 0))
    assert audit(table.shown(naive), naive.hidden, table.equations, primary=small).is_safe, "what is shown alone gives nothing away"
    # Women of 65+ are 9 more than young people of unknown sex, as sums tell. Both are under 10: so they are 9 and 0.
    found = attacked(table, naive, 10)
    assert found.exact >= {"r3.c0", "r0.c2"} and found.ranges["r3.c0"] == (9, 9)
    pattern = protected(table, k=10, rule="known")
    assert pattern.primary == small and attacked(table, pattern, 10).is_safe


def test_knowing_the_rule_leaves_values_to_guess_among() -> None:
    left = 0
    for seed in (5, 7, 11):
        draw = np.random.default_rng(seed)
        table = cube(draw.poisson(np.array([[16, 60, 3], [60, 250, 8], [110, 450, 9], [70, 250, 6], [30, 120, 4], [8, 47, 2]])))
        left += len(attacked(table, protected(table, k=10, rule="unknown"), 10).narrow)
        pattern = protected(table, k=10, rule="known")
        found = attacked(table, pattern, 10)
        assert not found.narrow and not found.exact & pattern.primary
        assert len(pattern.hidden) <= 18
    assert left >= 3, "without it somebody who knows the rule is left too few"


def test_a_block_that_nothing_else_helps_is_hidden_whole() -> None:
    table = cube(np.array([[[10, 8], [7, 5]], [[11, 5], [4, 13]]]))
    pattern = protected(table, rule="known")
    assert not attacked(table, pattern, K).exact & pattern.primary
