"""The auditor against its referee, and against leaks planted one at a time: it must catch each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from harborlight.errors import CheckFailed
from harborlight.publish.audit import Audit, audit
from harborlight.publish.audit_facts import (
    Fact,
    bin_fact,
    difference_fact,
    known_fact,
    percent_facts,
    rank_facts,
    rate_fact,
    same_fact,
    sum_fact,
)
from harborlight.publish.disclosure import Equation, Pattern
from tests.linked_tables import Linked, cube, possible_values, protected

K, WIDTH = 10, 5


@dataclass(frozen=True)
class Published:
    """Everything that is public about one table, and the private counts that a leak is taken from."""

    table: Linked
    pattern: Pattern
    shown: Mapping[str, int]
    hidden: frozenset[str]
    equations: tuple[Equation, ...]
    facts: tuple[Fact, ...] = field(default=())

    def n(self, key: str) -> int:
        return self.table.counts[key]

    def audit(self) -> Audit:
        return audit(self.shown, self.hidden, self.equations, primary=self.pattern.primary & self.hidden, width=WIDTH, facts=self.facts)

    def revealing(self, *keys: str) -> Published:
        return replace(self, shown={**self.shown, **{key: self.n(key) for key in keys}}, hidden=self.hidden - set(keys))

    def knowing(self, *facts: Fact) -> Published:
        return replace(self, facts=(*self.facts, *facts))

    def with_total(self, name: str, *parts: str) -> Published:
        shown = {**self.shown, name: sum(self.n(part) for part in parts)}
        return replace(self, shown=shown, equations=(*self.equations, Equation(name, parts)))


@cache
def published() -> Published:
    """4 districts x 4 groups x 2 years with one small group: what the site would show."""
    rng = np.random.default_rng(8)
    table = cube(rng.poisson(np.array([30, 22, 41, 5])[None, :, None] * np.array([1, 1.5, 0.9, 1.2])[:, None, None], size=(4, 4, 2)), ("d", "g", "y"))
    pattern = protected(table, k=K)
    return Published(table, pattern, table.shown(pattern), pattern.hidden, table.equations)


def small_one() -> str:
    """A small count that is neither 0 nor a total."""
    return min(key for key in published().pattern.primary if published().n(key) > 0 and "all" not in key)


def line_of(key: str) -> Equation:
    """A line of cells with that small one in it: the one with the fewest hidden counts."""
    lines = [line for line in published().equations if key in line.parts]
    return min(lines, key=lambda line: len(published().hidden & {line.total, *line.parts}))


def others_on_line(key: str) -> list[str]:
    line = line_of(key)
    return sorted(published().hidden & {line.total, *line.parts} - {key})


def test_what_is_published_holds() -> None:
    found = published().audit()
    assert published().pattern.primary and published().pattern.complementary
    assert found.is_safe and not found.ranges
    assert (found.n_cells, found.n_hidden) == (len(published().table.counts), len(published().hidden))


def a_complementary_cell_is_shown() -> Published:
    return published().revealing(*others_on_line(small_one()))


def complementary_suppression_is_left_out() -> Published:
    return published().revealing(*published().pattern.complementary)


def a_small_count_is_shown_and_gives_away_the_next() -> Published:
    key = small_one()
    return published().revealing(*others_on_line(key)[:-1]).knowing(known_fact(others_on_line(key)[-1], published().n(others_on_line(key)[-1])))


def a_total_over_the_hidden_is_added() -> Published:
    return published().with_total("others together", *others_on_line(small_one()))


def a_subtotal_of_two_is_added() -> Published:
    key = small_one()
    open_ = others_on_line(key)
    return published().revealing(*open_[1:]).with_total("two together", key, open_[0]).knowing(bin_fact(open_[0], published().n(open_[0]) - 1, published().n(open_[0]) + 1))


def a_rate_is_left_in() -> Published:
    key = small_one()
    return published().knowing(rate_fact(key, 41_250, round(published().n(key) / 41_250 * 100_000, 1)))


def a_coarse_rate_is_left_in() -> Published:
    key = small_one()
    return published().knowing(rate_fact(key, 260_000, round(published().n(key) / 260_000 * 100_000), decimals=0))


def a_percentage_is_left_in() -> Published:
    key = small_one()
    total = line_of(key).total
    return published().knowing(*percent_facts(key, total, round(100 * published().n(key) / published().n(total), 1), decimals=1))


def a_list_is_sorted_by_the_hidden_count() -> Published:
    """A list in order, with shown counts right above and below the hidden one."""
    key, base = small_one(), published()
    n = base.n(key)
    shown = {**base.shown, "elsewhere, above": n + 1, "elsewhere, below": max(n - 1, 0)}
    return replace(base, shown=shown).knowing(*rank_facts(["elsewhere, above", key, "elsewhere, below"]))


def a_bar_has_a_length() -> Published:
    key = small_one()
    return published().knowing(bin_fact(key, published().n(key), published().n(key) + 1))


def a_map_class_is_narrow() -> Published:
    key = small_one()
    low = published().n(key) // 3 * 3
    return published().knowing(bin_fact(key, low, low + 2))


def a_second_layer_shows_it() -> Published:
    key = small_one()
    base = replace(published(), shown={**published().shown, "same place, other layer": published().n(key)})
    return base.knowing(same_fact(key, "same place, other layer"))


def two_versions_of_lines_differ_by_one_block() -> Published:
    key = small_one()
    shown = {**published().shown, "district before": 300, "district after": 300 + published().n(key)}
    return replace(published(), shown=shown).knowing(Fact({"district after": 1, "district before": -1, key: -1}, 0, 0))


def a_later_release_shows_what_was_hidden() -> Published:
    return published().knowing(*[known_fact(key, published().n(key)) for key in others_on_line(small_one())])


def an_earlier_release_hid_other_cells() -> Published:
    hidden = sorted(published().pattern.complementary)
    return published().knowing(*[known_fact(key, published().n(key)) for key in hidden[: len(hidden) // 2 + 1]])


def the_change_since_a_shown_year_is_said() -> Published:
    key = small_one()
    shown = {**published().shown, "the year before": 14}
    return replace(published(), shown=shown).knowing(difference_fact(key, "the year before", published().n(key) - 14))


def the_year_to_date_stands_beside_its_months() -> Published:
    key = small_one()
    shown = {**published().shown, "to last month": 57, "to this month": 57 + published().n(key)}
    return replace(published(), shown=shown, equations=(*published().equations, Equation("to this month", ("to last month", key))))


def the_rolling_year_loses_one_month() -> Published:
    key = small_one()
    shown = {**published().shown, "12 months to May": 80, "12 months to June": 80 - published().n(key) + 12, "June": 12}
    line = Fact({"12 months to June": 1, "12 months to May": -1, "June": -1, key: 1}, 0, 0)
    return replace(published(), shown=shown).knowing(line)


def all_and_not_domestic_are_both_shown() -> Published:
    key = small_one()
    return replace(published(), shown={**published().shown, "all": 93, "not domestic": 93 - published().n(key)},
                   equations=(*published().equations, Equation("all", ("not domestic", key))))  # fmt: skip


def an_average_is_left_in() -> Published:
    key, other = small_one(), others_on_line(small_one())[0]
    return published().knowing(
        Fact({key: 0.5, other: 0.5}, (published().n(key) + published().n(other)) / 2, (published().n(key) + published().n(other)) / 2),
        sum_fact([other], published().n(other)),
    )


def the_legend_ends_at_the_largest_hidden_count() -> Published:
    largest = max(published().n(key) for key in published().pattern.primary)
    return published().knowing(*[bin_fact(key, 0, min(largest, 4)) for key in published().pattern.primary if published().n(key) <= 4])


def the_number_of_rows_of_a_page_counts_it() -> Published:
    key = small_one()
    return published().knowing(sum_fact([key], published().n(key)))


def zero_is_marked_with_another_word() -> Published:
    zeros = [key for key in published().pattern.primary if published().n(key) == 0]
    key = zeros[0] if zeros else small_one()
    return published().knowing(known_fact(key, published().n(key)))


def a_rounded_count_is_left_in() -> Published:
    key = small_one()
    near = 3 * round(published().n(key) / 3)
    return published().knowing(bin_fact(key, max(near - 1, 0), near + 1))


LEAKS: list[Callable[[], Published]] = [
    a_complementary_cell_is_shown, complementary_suppression_is_left_out, a_small_count_is_shown_and_gives_away_the_next,
    a_total_over_the_hidden_is_added, a_subtotal_of_two_is_added, a_rate_is_left_in, a_coarse_rate_is_left_in, a_percentage_is_left_in,
    a_list_is_sorted_by_the_hidden_count, a_bar_has_a_length, a_map_class_is_narrow, a_second_layer_shows_it,
    two_versions_of_lines_differ_by_one_block, a_later_release_shows_what_was_hidden, an_earlier_release_hid_other_cells,
    the_change_since_a_shown_year_is_said, the_year_to_date_stands_beside_its_months, the_rolling_year_loses_one_month,
    all_and_not_domestic_are_both_shown, an_average_is_left_in, the_legend_ends_at_the_largest_hidden_count,
    the_number_of_rows_of_a_page_counts_it, zero_is_marked_with_another_word, a_rounded_count_is_left_in,
]  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_every_leak_is_caught(leak: Callable[[], Published]) -> None:
    found = leak().audit()
    assert not found.is_safe
    for key, (least, greatest) in found.ranges.items():
        assert least <= published().n(key) <= greatest, "what the auditor says must be true"


slowly = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@slowly
@given(st.data())
def test_agrees_with_the_referee(data: st.DataObject) -> None:
    """Any cells hidden, well or badly: exact ones, narrow ones and their limits are those of the list of all possible tables."""
    shape = data.draw(st.sampled_from([(2, 3), (3, 3), (2, 2, 2)]))
    size = int(np.prod(shape))
    table = cube(np.array(data.draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))).reshape(shape))
    hidden = frozenset(data.draw(st.sets(st.sampled_from(sorted(table.counts)), min_size=1, max_size=9)))
    shown = {key: n for key, n in table.counts.items() if key not in hidden}
    values = possible_values(shown, hidden, table.equations)
    assume(values is not None)
    assert values is not None
    found = audit(shown, hidden, table.equations, primary=hidden, width=WIDTH)
    assert found.exact == {key for key, possible in values.items() if len(possible) == 1}
    assert found.narrow == {key for key, possible in values.items() if max(possible) - min(possible) < WIDTH}
    for key, limits in found.ranges.items():
        assert limits == (min(values[key]), max(values[key]))


def test_needs_whole_numbers_to_call_a_count_safe() -> None:
    # 2a + 2b = 7 has no whole-numbered table; 2a + 4b = 6 leaves a in {1, 3}.
    with pytest.raises(CheckFailed, match="no table of whole numbers"):
        audit({}, ["a", "b"], [], primary=["a"], facts=[Fact({"a": 2, "b": 2}, 7, 7)])
    found = audit({}, ["a", "b"], [], primary=["a"], width=3, facts=[Fact({"a": 2, "b": 4}, 6, 6)])
    assert found.narrow == {"a"} and found.ranges["a"] == (1, 3)


def test_refuses_what_contradicts_itself() -> None:
    with pytest.raises(CheckFailed, match="contradict"):
        audit({"a": 1, "b": 2, "ab": 4}, [], [Equation("ab", ("a", "b"))], primary=[])
    with pytest.raises(CheckFailed, match="neither shown nor hidden"):
        audit({"a": 1, "ab": 4}, [], [Equation("ab", ("a", "b"))], primary=[])
    with pytest.raises(CheckFailed, match="both shown and hidden"):
        audit({"a": 1}, ["a"], [], primary=[])


def test_a_hidden_count_on_no_line_is_safe() -> None:
    assert audit({}, ["a"], [], primary=["a"]).is_safe


def test_large_groups_get_the_same_answer_from_random_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    table = cube(rng.poisson(6, size=(6, 7)))
    hidden = {key for key in table.counts if "all" not in key and table.counts[key] < 6}
    shown = {key: n for key, n in table.counts.items() if key not in hidden}
    exactly = audit(shown, hidden, table.equations, primary=hidden)
    monkeypatch.setattr("harborlight.publish.audit.DENSE", 0)
    assert audit(shown, hidden, table.equations, primary=hidden).ranges == exactly.ranges
