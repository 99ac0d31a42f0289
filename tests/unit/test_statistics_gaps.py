"""The chance of a quiet: equal to its formula, to a published example in words, and to a simulation of places that nothing happens to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harborlight.statistics import chance_at_any, chance_of_quiet


def test_two_a_year_and_a_year_of_quiet() -> None:
    """At 2 a year, 365 days without one: 13.5 %."""
    found = chance_of_quiet(10, 5 * 365, 365)
    assert found.value == pytest.approx(math.exp(-2)) and f"{found.value:.1%}" == "13.5%"
    assert found.low < (found.value or 0) < found.high and found.flags == () and found.n_events == 10


@pytest.mark.parametrize(("events", "years", "quiet"), [(10, 5, 478), (3, 5, 120), (25, 5, 40), (0, 5, 900)])
def test_the_formula(events: int, years: int, quiet: int) -> None:
    watched = years * 365.25
    assert chance_of_quiet(events, watched, quiet).value == pytest.approx(math.exp(-events / watched * quiet))


def test_the_interval_is_that_of_the_rate() -> None:
    """Garwood's limits for 4 events are 1.0899 and 10.2416."""
    found = chance_of_quiet(4, 1000, 500)
    assert found.low == pytest.approx(math.exp(-10.2416 / 2), rel=1e-3) and found.high == pytest.approx(math.exp(-1.0899 / 2), rel=1e-3)
    assert found.flags == ("small_count",)
    assert chance_of_quiet(0, 1000, 500).high == 1.0


def test_a_simulation_gives_the_same_chance() -> None:
    """Events on single days at 2 a year: how often the last 365 days of a long watch hold none, at one place and at any of eight."""
    rng = np.random.default_rng(11)
    runs, places = 4000, 8
    events = rng.poisson(2.0 / 365, size=(runs, places, 365)).sum(axis=2)
    one, anywhere = (events[:, 0] == 0).mean(), (events == 0).any(axis=1).mean()
    expected = chance_of_quiet(10, 5 * 365, 365).value or 0.0
    assert one == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / runs))
    everywhere = chance_at_any([expected] * places)
    assert everywhere == pytest.approx(1 - (1 - math.exp(-2)) ** 8)
    assert anywhere == pytest.approx(everywhere, abs=4 * math.sqrt(everywhere * (1 - everywhere) / runs))


def test_the_backward_wait_is_what_is_compared() -> None:
    """The days since the last event, seen on a fixed day, are exponential: not the longest gap of the record, which is longer."""
    rng = np.random.default_rng(12)
    gaps = rng.exponential(182.5, size=(3000, 60))
    at = gaps.cumsum(axis=1)
    seen = 3000.0
    last = np.where(at <= seen, at, 0.0).max(axis=1)
    chance = chance_of_quiet(10, 1825, 365).value or 0.0
    assert (seen - last >= 365).mean() == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / 3000))
    inside = np.where(at <= seen, gaps, 0.0).max(axis=1)
    assert (inside >= 365).mean() > 2 * chance


def test_places_of_their_own_rates() -> None:
    assert chance_at_any([]) == 0.0
    assert chance_at_any([0.1, 0.5]) == pytest.approx(0.55)
    assert chance_at_any([1.0, 0.2]) == 1.0


@pytest.mark.parametrize(("events", "watched", "quiet"), [(-1, 10, 1), (1.5, 10, 1), (1, 0, 1), (1, 10, -1), (1, 10, math.nan)])
def test_nonsense_is_refused(events: float, watched: float, quiet: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        chance_of_quiet(events, watched, quiet)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="between 0 and 1"):
        chance_at_any([1.2])
