"""How late reports come in, learnt from what each run saw for the first time, and what recent months may still grow to.

In go the open records with the day on which they were first seen, out come three small tables: `delays` (the share known after
so many days), `delay_tests` (how often an expected range would have been right) and `expected` (recent months). A range is
given only where the test earns it. What the first run already held came at an unknown earlier day. Delays count from the first run
that could have shown an event: weekly runs cannot tell Tuesday's reports from Friday's, and a plain lag would mix the two.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from harborlight.catalog.models import Metric
from harborlight.metrics.shapes import Facts
from harborlight.publish.moves import counts_in
from harborlight.statistics.completeness import Triangle, expected_completeness, nowcast_counts, reporting_triangle
from harborlight.store import Connection, write_rows

# Less than four weeks of looking, or fewer late arrivals than this, say nothing about delays.
FEWEST_DAYS = 28
FEWEST_EVENTS = 20
# A month of which this share is known is shown without a remark.
KNOWN = 0.995
MOST_MONTHS = 12
LOOK_BACK = 400
# A range is earned by this many trials, and by holding at least this share of what came (it claims 95 %).
FEWEST_TRIALS = 20
HELD = 0.9
TESTED_DAYS = 7
TESTED_BLOCKS = 4
# Runs that are tried, and how far back a trial looks: more would cost time and say little more.
TESTED_RUNS = 10
TRIED_BACK = 200

CURVES = {"metric": "varchar", "lag_days": "integer", "share": "double"}
TESTS = {
    "metric": "varchar", "learnt_from": "date", "through": "date", "n_events": "bigint", "trials": "bigint", "inside": "bigint",
    "is_earned": "boolean",
}  # fmt: skip
EXPECTED = {"metric": "varchar", "period": "varchar", "n": "bigint", "share": "double", "low": "bigint", "high": "bigint"}


@dataclass(frozen=True)
class Seen:
    """Events of one metric: the day of each, the day on which it was first seen, and the days of all runs, oldest first."""

    events: tuple[date, ...]
    first_seen: tuple[date, ...]
    runs: tuple[date, ...]

    @property
    def start(self) -> date:
        return self.runs[0]

    @property
    def through(self) -> date:
        return self.runs[-1]

    def as_of(self, day: date, since: date = date.min) -> Seen:
        """What was known on the day of an earlier run, of events from a day on."""
        kept = [(e, s) for e, s in zip(self.events, self.first_seen, strict=True) if s <= day and e >= since]
        return Seen(tuple(e for e, _ in kept), tuple(s for _, s in kept), tuple(run for run in self.runs if run <= day))

    def could_show(self, day: date) -> date:
        """The first run that could show an event of a day; before the first run, one in the usual rhythm."""
        if day > self.start:
            return self.runs[min(bisect_left(self.runs, day), len(self.runs) - 1)]
        rhythm = max(1, (self.through - self.start).days // max(1, len(self.runs) - 1))
        return self.start - timedelta(days=(self.start - day).days // rhythm * rhythm)

    def ages(self, first: date, last: date) -> list[int]:
        """For each day of a stretch, how long ago the first run was that could show it."""
        return [(self.through - self.could_show(first + timedelta(days=i))).days for i in range((last - first).days + 1)]

    def count(self, first: date, last: date) -> int:
        return sum(first <= day <= last for day in self.events)


def make_delays(con: Connection, facts: Facts, today: date, *, has_store: bool) -> None:
    """Create `public.main.delays`, `delay_tests` and `expected`, and schema `history` for the next run."""
    _look(con, today, has_store)
    curves: list[tuple[str, int, float]] = []
    tests: list[tuple[object, ...]] = []
    months: list[tuple[object, ...]] = []
    for metric in facts.metrics.values():
        seen = _read_seen(con, facts, metric, today) if metric.table == "events" else None
        triangle = learn(seen) if seen else None
        if seen is None or triangle is None:
            continue
        trials, inside = backtest(seen)
        is_earned = trials >= FEWEST_TRIALS and inside >= HELD * trials
        tests.append((metric.id, str(seen.start), str(seen.through), triangle.n_events, trials, inside, is_earned))
        curves += [(metric.id, lag, round(share, 4)) for lag, share in _curve(triangle)]
        months += [(metric.id, *row) for row in expect_months(seen, triangle, facts.metric_through[metric.id], is_earned)]
    write_rows(con, "public.main.delays", CURVES, curves)
    write_rows(con, "public.main.delay_tests", TESTS, tests)
    write_rows(con, "public.main.expected", EXPECTED, months)


# ------------------------------------------------------------------------------------------------ looking


def _look(con: Connection, today: date, has_store: bool) -> None:
    """Tables `history.seen` (open records that came after the first run that read their source) and `history.starts`."""
    con.execute("create or replace table history.starts (source_id varchar, day date)")
    con.execute("create or replace table history.seen (source_id varchar, record_id varchar, day date)")
    if has_store:
        con.execute("insert into history.starts select * from was.history.starts")
        con.execute(
            "insert into history.seen select s.* from was.history.seen as s join model.records as r using (source_id, record_id) "
            "where r.tier = 'T0' and not r.is_sealed"
        )
        con.execute(
            "insert into history.seen select r.source_id, r.record_id, $today from model.records as r "
            "join was.history.starts as h on h.source_id = r.source_id "
            "left join was.model.records as w on w.source_id = r.source_id and w.record_id = r.record_id and w.tier = 'T0' "
            "where r.tier = 'T0' and w.record_id is null and not r.is_sealed", {"today": today},
        )  # fmt: skip
    con.execute("insert into history.seen select source_id, record_id, seen_date from sealed.records where seen_date is not null")
    con.execute(
        "insert into history.starts select source_id, $today from staging.sources where source_id not in (select source_id from history.starts)",
        {"today": today},
    )


def _read_seen(con: Connection, facts: Facts, metric: Metric, today: date) -> Seen | None:
    """The metric's events of the last 400 days in sources that still grow; None where nobody has looked for long enough."""
    growing = [s.id for s in facts.sources if not s.is_closed and s.id in facts.metric_sources[metric.id]]
    starts = dict(con.execute("select source_id, day from history.starts").fetchall())
    start = max((starts[source] for source in growing if source in starts), default=today)
    if (today - start).days < FEWEST_DAYS:
        return None
    rows = con.execute(
        "select r.counted_date, greatest(coalesce(s.day, h.day), r.counted_date) from model.events as r "
        "join history.starts as h on h.source_id = r.source_id "
        "left join history.seen as s on s.source_id = r.source_id and s.record_id = r.record_id "
        f"where r.tier = 'T0' and r.counted_date > $oldest and r.source_id in (select unnest($growing)) and {counts_in(facts, metric)} order by all",
        {"oldest": start - timedelta(days=LOOK_BACK), "growing": growing},
    ).fetchall()
    days = con.execute("select distinct day from history.seen where day between $start and $today", {"start": start, "today": today}).fetchall()
    runs = tuple(sorted({start, today, *(day for (day,) in days)}))
    seen = Seen(tuple(r[0] for r in rows), tuple(r[1] for r in rows), runs).as_of(today)
    return seen if seen.events else None


# ------------------------------------------------------------------------------------------------ learning


def learn(seen: Seen) -> Triangle | None:
    """The reporting triangle, or None where too little was seen to say anything."""
    if (seen.through - seen.start).days < FEWEST_DAYS or not seen.events:
        return None
    shown = {day: seen.could_show(day) for day in set(seen.events)}
    events = [shown[day] for day in seen.events]
    first_seen = [max(shown[day], first) for day, first in zip(seen.events, seen.first_seen, strict=True)]
    triangle = reporting_triangle(events, first_seen, through=seen.through, start=seen.start)
    return triangle if triangle.n_events >= FEWEST_EVENTS else None


def _curve(triangle: Triangle) -> Iterator[tuple[int, float]]:
    """Share known by lag, up to the first day on which all is known."""
    for lag, share in enumerate(triangle.completeness):
        yield lag, share
        if share >= 1 - 1e-9:
            return


def backtest(seen: Seen) -> tuple[int, int]:
    """(trials, how many of them held): for every earlier day of looking, the last four weeks as they would have been expected.

    A trial learns from what was known on that day alone, and is judged where almost everything has come in since.
    """
    final = learn(seen)
    if final is None:
        return 0, 0
    trials = inside = 0
    for day in _tried_runs(seen):
        then = seen.as_of(day, day - timedelta(days=TRIED_BACK))
        triangle = learn(then)
        if triangle is None:
            continue
        for low, high, now in _trials(seen, then, triangle, final):
            trials += 1
            inside += low <= now <= high
    return trials, inside


def _tried_runs(seen: Seen) -> list[date]:
    """Earlier runs that had looked for four weeks, evenly chosen."""
    able = [day for day in seen.runs[1:-1] if (day - seen.start).days >= FEWEST_DAYS]
    step = -(-len(able) // TESTED_RUNS) or 1
    return able[::-1][::step]


def _trials(seen: Seen, then: Seen, triangle: Triangle, final: Triangle) -> Iterator[tuple[float, float, int]]:
    """(low, high, what came) of each week before a day whose count was not complete then and is now."""
    for block in range(TESTED_BLOCKS):
        last = then.through - timedelta(days=1 + TESTED_DAYS * block)
        first = last - timedelta(days=TESTED_DAYS - 1)
        ages = then.ages(first, last)
        if expected_completeness(triangle, min(ages)) >= KNOWN or expected_completeness(final, min(seen.ages(first, last))) < KNOWN:
            continue
        estimate = nowcast_counts([then.count(first, last)], [ages], triangle)[0]
        yield estimate.low, estimate.high, seen.count(first, last)


def expect_months(seen: Seen, triangle: Triangle, edge: date, is_earned: bool) -> list[tuple[object, ...]]:
    """(month, count, share known, low, high) of closed months of which less than 99.5 % is expected to be known; ranges if earned."""
    rows: list[tuple[object, ...]] = []
    for first, last in _closed_months(edge):
        ages = seen.ages(first, last)
        share = sum(expected_completeness(triangle, age) for age in ages) / len(ages)
        if share >= KNOWN:
            break
        n = seen.count(first, last)
        low, high = None, None
        if is_earned:
            estimate = nowcast_counts([n], [ages], triangle)[0]
            low, high = int(estimate.low), -int(-estimate.high // 1) if estimate.high < 1e9 else None
        rows.append((f"{first:%Y-%m}", n, round(share, 4), low, high))
    return rows[::-1]


def _closed_months(edge: date) -> Sequence[tuple[date, date]]:
    """First and last days of the newest whole months up to a day, newest first."""
    months: list[tuple[date, date]] = []
    year, month = edge.year, edge.month
    while len(months) < MOST_MONTHS:
        last = date(year, month, monthrange(year, month)[1])
        if last <= edge:
            months.append((date(year, month, 1), last))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return months
