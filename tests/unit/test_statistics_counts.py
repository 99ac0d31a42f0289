"""Windows, counts by period and the usual range."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harborlight.statistics.counts import (
    WindowCounts,
    compare_windows,
    count_by_period,
    outside_usual,
    rolling_sum,
    usual_range,
    year_to_date,
)
from harborlight.statistics.windows import (
    Window,
    WindowError,
    check_windows,
    last_days,
    last_months,
    nearest_windows,
    overlap_days,
    shift_years,
    year_to_date_window,
)

D = date
some_day = st.dates(D(2005, 1, 1), D(2035, 12, 31))
spans = st.builds(lambda start, days: Window(start, start + timedelta(days)), some_day, st.integers(0, 1200))


def refusal(a: Window, b: Window, data_through: date | None = None) -> WindowError:
    with pytest.raises(WindowError) as caught:
        check_windows(a, b, data_through)
    return caught.value


def test_overlapping_windows_are_refused_with_the_nearest_valid_pair() -> None:
    # A 2023 city message compared these two and found "-25.2 %".
    error = refusal(Window(D(2021, 1, 1), D(2022, 5, 31)), Window(D(2022, 1, 1), D(2023, 5, 31)))
    assert error.code == "overlap"
    assert "151 days" in str(error)
    assert error.nearest == (Window(D(2022, 1, 1), D(2023, 5, 31)), Window(D(2020, 1, 1), D(2021, 5, 31)))


def test_unequal_windows_are_refused_with_the_nearest_valid_pair() -> None:
    # The correction of that message compared 516 days with 549.
    error = refusal(Window(D(2022, 1, 1), D(2023, 5, 31)), Window(D(2020, 7, 1), D(2021, 12, 31)))
    assert error.code == "unequal_length"
    assert "516 days" in str(error)
    assert "549" in str(error)
    assert error.nearest == (Window(D(2022, 1, 1), D(2023, 5, 31)), Window(D(2020, 1, 1), D(2021, 5, 31)))


def test_windows_past_the_data_are_refused() -> None:
    later, earlier = Window(D(2026, 1, 1), D(2026, 12, 31)), Window(D(2025, 1, 1), D(2025, 12, 31))
    error = refusal(later, earlier, D(2026, 11, 8))
    assert error.code == "after_data"
    assert error.nearest == (Window(D(2026, 1, 1), D(2026, 11, 8)), Window(D(2025, 1, 1), D(2025, 11, 8)))
    assert refusal(later, earlier, D(2025, 11, 8)).nearest is None


def test_a_leap_day_is_no_reason_to_refuse() -> None:
    check_windows(Window(D(2024, 1, 1), D(2024, 12, 31)), Window(D(2023, 1, 1), D(2023, 12, 31)))
    assert refusal(Window(D(2024, 1, 1), D(2024, 12, 31)), Window(D(2023, 1, 2), D(2023, 12, 31))).code


def test_a_window_cannot_end_before_it_starts() -> None:
    with pytest.raises(WindowError) as caught:
        Window(D(2024, 2, 2), D(2024, 2, 1))
    assert caught.value.code == "reversed"


@given(spans, spans, st.none() | some_day)
def test_the_nearest_pair_is_always_valid(a: Window, b: Window, data_through: date | None) -> None:
    pair = nearest_windows(a, b, data_through)
    if pair is None:
        assert data_through is not None
        assert max(a, b).date_from > data_through
    else:
        check_windows(*pair, data_through)


@given(spans, spans)
def test_overlap_counts_the_days_in_both(a: Window, b: Window) -> None:
    days = {a.date_from + timedelta(i) for i in range(a.days)}
    assert overlap_days(a, b) == len(days & {b.date_from + timedelta(i) for i in range(b.days)})


def test_year_to_date_ends_on_the_same_calendar_day() -> None:
    assert year_to_date_window(D(2026, 11, 8)) == Window(D(2026, 1, 1), D(2026, 11, 8))
    assert year_to_date_window(D(2026, 11, 8), 2024) == Window(D(2024, 1, 1), D(2024, 11, 8))
    assert year_to_date_window(D(2028, 2, 29), 2027) == Window(D(2027, 1, 1), D(2027, 2, 28))
    assert year_to_date_window(D(2028, 2, 29), 2027).days == year_to_date_window(D(2028, 2, 29)).days - 1


def test_whole_weeks_keep_their_length_a_year_before() -> None:
    window = last_days(D(2028, 3, 10))
    assert (window, window.days) == (Window(D(2028, 2, 12), D(2028, 3, 10)), 28)
    before = shift_years(window, 1, keep_length=True)
    assert (before, before.days) == (Window(D(2027, 2, 11), D(2027, 3, 10)), 28)
    assert shift_years(window, 1).days == 27


@pytest.mark.parametrize(
    ("through", "start", "end"),
    [
        (D(2026, 11, 8), D(2025, 11, 1), D(2026, 10, 31)),
        (D(2026, 10, 31), D(2025, 11, 1), D(2026, 10, 31)),
        (D(2025, 12, 31), D(2025, 1, 1), D(2025, 12, 31)),
        (D(2024, 2, 28), D(2023, 2, 1), D(2024, 1, 31)),
        (D(2024, 2, 29), D(2023, 3, 1), D(2024, 2, 29)),
    ],
)
def test_twelve_months_change_only_when_a_month_is_over(through: date, start: date, end: date) -> None:
    assert last_months(through) == Window(start, end)


def test_years_of_months_lie_end_to_end_through_a_leap_year() -> None:
    now = last_months(D(2025, 2, 28))
    before = shift_years(now, 1)
    assert before == Window(D(2023, 3, 1), D(2024, 2, 29))
    assert before.date_to + timedelta(1) == now.date_from
    check_windows(now, before)


@given(some_day, st.integers(1, 48))
def test_months_before_join_the_window(through: date, months: int) -> None:
    now = last_months(through, months)
    before = last_months(now.date_from - timedelta(1), months)
    assert before.date_to + timedelta(1) == now.date_from
    assert now.date_from.day == before.date_from.day == 1


def test_compared_windows_bring_their_days() -> None:
    dates = [D(2023, 1, 1), D(2023, 12, 31), D(2024, 2, 29), D(2024, 6, 1), D(2025, 1, 1)]
    year = Window(D(2024, 1, 1), D(2024, 12, 31)), Window(D(2023, 1, 1), D(2023, 12, 31))
    assert compare_windows(dates, *year) == WindowCounts(2, 366, 2, 365)
    with pytest.raises(WindowError):
        compare_windows(dates, *year, data_through=D(2024, 12, 30))


def test_year_to_date_counts_each_year_to_the_same_day() -> None:
    dates = [D(2024, 2, 29), D(2024, 3, 1), D(2024, 3, 2), D(2025, 2, 28), D(2025, 3, 1), D(2020, 1, 1)]
    assert year_to_date(dates, D(2025, 3, 1), [2024, 2025, 2023]) == {2024: 2, 2025: 2, 2023: 0}


@given(st.lists(st.dates(D(2022, 3, 1), D(2024, 12, 31)), max_size=30), st.dates(D(2022, 3, 1), D(2024, 12, 31)))
def test_year_to_date_does_not_change_when_every_date_moves_a_year(dates: list[date], through: date) -> None:
    # Over years without 29 February between January and the cut: 2022 and 2023 against 2021 and 2022.
    kept = [day for day in dates if day.year < 2024]
    through = through.replace(year=2023, day=min(through.day, 28))
    moved = [day.replace(year=day.year - 1) for day in kept]
    now = year_to_date(kept, through, [2022, 2023])
    before = year_to_date(moved, through.replace(year=2022), [2021, 2022])
    assert list(now.values()) == list(before.values())
    assert year_to_date(reversed(kept), through, [2022, 2023]) == now


def test_periods_without_events_are_zero_and_unfinished_ones_left_out() -> None:
    dates = [D(2024, 1, 31), D(2024, 3, 1), D(2024, 3, 31), D(2024, 4, 2)]
    assert count_by_period(dates, "month", D(2024, 4, 29)) == {
        D(2024, 1, 1): 1,
        D(2024, 2, 1): 0,
        D(2024, 3, 1): 2,
    }
    assert count_by_period(dates, "month", D(2024, 4, 30))[D(2024, 4, 1)] == 1
    assert count_by_period(dates[:1], "week", D(2024, 2, 11)) == {D(2024, 1, 29): 1, D(2024, 2, 5): 0}
    assert count_by_period(dates, "year", D(2024, 12, 30)) == {}
    assert count_by_period([], "day", D(2024, 12, 30)) == {}
    with pytest.raises(ValueError, match="frequency"):
        count_by_period(dates, "hour", D(2024, 12, 30))  # type: ignore[arg-type]


@given(st.lists(st.dates(D(2022, 1, 1), D(2024, 12, 31)), max_size=50), st.sampled_from(["day", "week", "month"]))
def test_periods_add_up_to_the_whole(dates: list[date], frequency: str) -> None:
    counts = count_by_period(dates, frequency, D(2025, 2, 28))  # type: ignore[arg-type]
    assert sum(counts.values()) == len(dates)


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 30))
def test_rolling_sum_is_the_sum_of_its_days(series: list[int], days: int) -> None:
    expected = [sum(series[i + 1 - days : i + 1]) if i + 1 >= days else None for i in range(len(series))]
    assert rolling_sum(series, days) == expected


def test_rolling_sum_refuses_bad_input() -> None:
    with pytest.raises(ValueError, match="days"):
        rolling_sum([1, 2], 0)
    with pytest.raises(ValueError, match="whole number"):
        rolling_sum([1, -2], 1)


def test_usual_range_in_words() -> None:
    assert usual_range([11, 10, 12]) == (4, 19)
    assert outside_usual(3, (4, 19)) == "below"
    assert outside_usual(20, (4, 19)) == "above"
    assert outside_usual(4, (4, 19)) is outside_usual(19, (4, 19)) is None
    assert usual_range([0, 0, 0]) == (0, 2)


@given(st.integers(0, 400), st.integers(3, 5))
def test_equal_years_give_the_bayesian_prediction(k: int, years: int) -> None:
    predicted = stats.nbinom(k * years + 0.5, years / (years + 1))
    assert usual_range([k] * years) == (predicted.ppf(0.025), predicted.ppf(0.975))


@given(st.lists(st.integers(0, 800), min_size=3, max_size=5), st.floats(1, 20))
def test_a_usual_range_holds_the_mean_and_widens(history: list[int], phi: float) -> None:
    low, high = usual_range(history, phi)
    assert 0 <= low <= math.ceil(sum(history) / len(history))
    assert high >= math.floor(sum(history) / len(history))
    assert usual_range(history[::-1], phi) == (low, high)
    chance_low, chance_high = usual_range(history)
    assert low <= chance_low < chance_high <= high


@pytest.mark.parametrize("mean", [2.0, 9.0, 40.0])
def test_an_unchanged_year_is_usual_95_times_in_100(mean: float) -> None:
    draws = stats.poisson.rvs(mean, size=(1500, 6), random_state=11)
    inside = sum(outside_usual(int(now), usual_range([int(k) for k in past])) is None for now, *past in draws)
    assert 0.945 < inside / 1500 < 0.995


def test_usual_range_needs_three_years() -> None:
    with pytest.raises(ValueError, match="3 earlier years"):
        usual_range([4, 5])
    with pytest.raises(ValueError, match="whole number"):
        usual_range([4, 5, math.nan])  # type: ignore[list-item]
