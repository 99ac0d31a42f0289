"""How often the site says "higher" or "lower" where nothing changed, and how often it sees a change that is there.

Each series has 36 months with a season and the same expected counts every year; the last twelve months are compared with
the twelve before, by the functions that every card uses. Where counts cluster (phi above 1) the clustering is not known
but estimated from the same 36 months, as on the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import stats

from harborlight.metrics import compare
from harborlight.metrics.headline import make_change
from harborlight.metrics.query import make_query
from harborlight.metrics.series import Series, _Totals
from harborlight.metrics.shapes import Facts
from harborlight.statistics import change
from tests.tiny import load_tiny, make_store, make_store_facts

MONTHS = 36
SEASON = 1 + 0.25 * np.sin(np.arange(MONTHS) / 12 * 2 * np.pi)
# Events a year. The small ones are the hardest: there the logarithm of a count is far from normal.
MEANS = (12, 36, 100, 400, 1200)
PHIS = (1.0, 1.5, 2.0, 3.0)
ALLOWED = {1.0: 0.055, 1.5: 0.07, 2.0: 0.07, 3.0: 0.07}


def simulate(a_year: float, phi: float, runs: int, last_year: float = 1.0) -> np.ndarray:
    """Monthly counts, a row a run: Poisson, or negative binomial with phi times the variance."""
    rng = np.random.default_rng([int(a_year), int(phi * 10), int(last_year * 10)])
    means = a_year / 12 * SEASON
    means[-12:] *= last_year
    if phi == 1:
        return rng.poisson(means, (runs, MONTHS))
    return rng.negative_binomial(means / (phi - 1), 1 / phi, (runs, MONTHS))


def words(series: np.ndarray, days_before: int = 365) -> Iterator[str]:
    for months in series:
        counts = [int(n) for n in months]
        phi = max(1.0, change.dispersion(counts))
        yield change.verdict(sum(counts[-12:]), 365, sum(counts[-24:-12]), days_before, phi)


def share_of_words(series: np.ndarray) -> float:
    return sum(word != "no_clear_change" for word in words(series)) / len(series)


def bound(share: float, runs: int, side: float) -> float:
    """Clopper and Pearson's one-sided bound: 0.99 the upper, 0.01 the lower."""
    hits = round(share * runs)
    return float(stats.beta.ppf(side, hits + 1, runs - hits) if side > 0.5 else stats.beta.ppf(side, hits, runs - hits + 1))


@pytest.mark.parametrize("phi", PHIS)
def test_few_words_where_nothing_changed(phi: float) -> None:
    share = share_of_words(simulate(100, phi, 1000))
    assert bound(share, 1000, 0.01) <= ALLOWED[phi] and share > 0.01


@pytest.mark.deep
@pytest.mark.parametrize("a_year", MEANS)
@pytest.mark.parametrize("phi", PHIS)
def test_few_words_in_ten_thousand_series(phi: float, a_year: int, record_property: Callable[[str, object], None]) -> None:
    share = share_of_words(simulate(a_year, phi, 10_000))
    record_property("share", f"{a_year} a year, phi {phi}: {share:.4f}, at most {bound(share, 10_000, 0.99):.4f}")
    assert bound(share, 10_000, 0.99) <= ALLOWED[phi]


def test_a_fall_of_thirty_percent_is_seen() -> None:
    """Saying nothing at all would pass every test above."""
    found = list(words(simulate(100, 1.0, 1000, last_year=0.7)))
    assert found.count("lower") / 1000 >= 0.5 and found.count("higher") == 0


@pytest.mark.deep
def test_a_fall_of_thirty_percent_is_seen_in_ten_thousand_series(record_property: Callable[[str, object], None]) -> None:
    share = list(words(simulate(100, 1.0, 10_000, last_year=0.7))).count("lower") / 10_000
    record_property("power", f"{share:.4f}")
    assert bound(share, 10_000, 0.01) >= 0.5


def test_an_estimate_from_few_months_is_trusted_less_than_a_known_factor() -> None:
    """Taken for exact, an estimated phi of 3 makes the share of words climb beyond what is allowed."""
    known, estimated = 0, 0
    for months in simulate(36, 3.0, 3000):
        counts = [int(n) for n in months]
        phi = max(1.0, change.dispersion(counts))
        k1, k2 = sum(counts[-12:]), sum(counts[-24:-12])
        known += change.verdict(k1, 365, k2, 365, float(phi)) != "no_clear_change"
        estimated += change.verdict(k1, 365, k2, 365, phi) != "no_clear_change"
    assert known / 3000 > 0.07 > estimated / 3000


# -------------------------------------------------------------------------------------------- the site's own way


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    catalog = load_tiny(tmp_path_factory.mktemp("city"), supplies={"reports": "[{offense_groups: [all]}]"})
    days = [date(2023, 1, 1), date(2025, 12, 31)]
    con = make_store(catalog, [{"record_id": f"r{n}", "offense_code": "120", "occurred_date": day} for n, day in enumerate(days)])
    found = make_store_facts(con, catalog)
    con.close()
    return found


class Made(Series):
    """A series of given months instead of one that is read from a release."""

    def __init__(self, facts: Facts, months: list[int]) -> None:
        self.facts, self.metric = facts, facts.metrics["robberies"]
        self.query = make_query(self.metric, facts)
        self._counts = _Totals({date(2023 + i // 12, i % 12 + 1, 15): n for i, n in enumerate(months)})
        self._all = self._placed = self._counts
        self._dispersions = {}


@pytest.mark.parametrize("phi", PHIS)
def test_cards_say_what_is_simulated(facts: Facts, phi: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "MOST_SEARCHED", 0)
    series = simulate(60, phi, 60, last_year=0.6)
    whole = replace(facts, metric_from={**facts.metric_from, "robberies": date(2023, 1, 1)})
    said = [make_change(Made(whole, [int(n) for n in months]), date(2025, 12, 31)).verdict for months in series]
    assert said == list(words(series, days_before=366)) and len(set(said)) > 1
