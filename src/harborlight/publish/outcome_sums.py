"""Tables of outcomes against each other: what one says must follow from the others, added up in plain Python.

Every incident of a cohort is in one state at each date; what is reported, cleared and disposed in a month is the same in each table
that tells of it, whichever month it is counted from. A removed record leaves its counts in all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harborlight.store import Connection

Sums = Counter[tuple[str, ...]]
REPORTED = "select month, offense_group, n from {}outcome_clearance where how = 'reported'"
CLEARED = "select month, offense_group, how, n from {}outcome_clearance where how <> 'reported'"
COHORTS = "select cohort_month, offense_group, how, months, n from {}outcome_cohorts"
STATES = "select cohort_quarter, offense_group, cast(as_of as varchar), n from {}outcome_states"
ENDED = "select disposed_month, offense_group, outcome_code, n from {}outcome_dispositions"
TIMES = "select filed_month, offense_group, outcome_code, months, n from {}outcome_case_times where outcome_code <> 'pending'"


def find_outcome_problems(con: Connection, public: str = "") -> list[str]:
    """What does not add up among the tables of outcomes, in sentences; `public` is the attached store ("fresh"), or the one in use."""
    home = f"{public}.main." if public else ""
    reported, cohorts = _add(con, REPORTED.format(home)), con.execute(COHORTS.format(home)).fetchall()
    followed, cleared = Sums(), Sums()
    for month, group, how, months, n in cohorts:
        followed[month, group] += n
        if how != "open":
            cleared[later(month, months), group, how] += n
    ended = Sums()
    for month, group, outcome, months, n in con.execute(TIMES.format(home)).fetchall():
        ended[later(month, months), group, outcome] += n
    return [
        *_differences("incidents reported", reported, followed, "outcome_clearance", "outcome_cohorts"),
        *_differences("incidents cleared", _add(con, CLEARED.format(home)), cleared, "outcome_clearance", "outcome_cohorts"),
        *_differences("cases ended", _add(con, ENDED.format(home)), ended, "outcome_dispositions", "outcome_case_times"),
        *_lost(_add(con, STATES.format(home)), reported),
    ]


def _add(con: Connection, sql: str) -> Sums:
    sums = Sums()
    for *key, n in con.execute(sql).fetchall():
        sums[tuple(key)] += n
    return sums


def _differences(what: str, ours: Sums, theirs: Sums, here: str, there: str) -> Iterator[str]:
    for key in sorted(ours.keys() | theirs.keys()):
        if ours[key] != theirs[key]:
            yield f"{what} ({', '.join(key)}): {ours[key]} in {here}, {theirs[key]} in {there}."


def _lost(states: Sums, reported: Sums) -> Iterator[str]:
    """Dates on which the states of a cohort are not all the incidents of its three months."""
    whole = Sums()
    for (month, group), n in reported.items():
        whole[f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}", group] += n
    for (quarter, group, day), n in sorted(states.items()):
        if n != whole[quarter, group]:
            yield f"incidents of {quarter} ({group}): {n} in one state on {day}, {whole[quarter, group]} reported."


def later(month: str, months: int) -> str:
    """The month so many months after another: 2024-11, 3 is 2025-02."""
    at = int(month[:4]) * 12 + int(month[5:]) - 1 + months
    return f"{at // 12}-{at % 12 + 1:02}"
