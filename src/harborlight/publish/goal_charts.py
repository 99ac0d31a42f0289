"""The chart of a goal's running year: counts since January over the range of earlier years, and the path to the target."""

from __future__ import annotations

from harborlight.charts.bands import season_chart
from harborlight.charts.formats import number
from harborlight.metrics.answer import answer
from harborlight.metrics.goal_path import make_path, path_query
from harborlight.metrics.shapes import Facts
from harborlight.store import Connection, read_rows

RUNNING = (
    "select * from goal_years where probability is not null and share_years <> '' and month(date_from) = 1 and day(date_from) = 1 "
    "order by goal, reading desc"
)


def draw_goals(con: Connection, facts: Facts, narrow: bool) -> dict[str, str]:
    """`goal-<id>-path` → SVG for every goal with a running calendar year; of two readings the one year on year."""
    drawn: dict[str, str] = {}
    for row in read_rows(con, RUNNING):
        name, goal = f"goal-{row['goal']}-path", facts.goals[row["goal"]]
        years, year = [int(past) for past in row["share_years"].split()], row["date_from"].year
        if name in drawn:
            continue
        rows = answer(con, facts, path_query(facts, goal, years, row["through"])).rows
        months = make_path(rows, years, year, row["through"], row["limit"])
        if months:
            noun = facts.metrics[goal.metric or ""].title
            drawn[name] = season_chart(
                [(month.n, round(month.expected), (month.low, month.high)) for month in months],
                title=f"{noun} since January {year}, and the path to the goal", unit=f"{noun} since January", year=str(year),
                before=f"goal {number(row['limit'])}", band=f"range of {years[0]} to {years[-1]}",
                takeaway=f"The line is what was counted; the dashed line is the path of a year that ends on {number(row['limit'])}.", narrow=narrow,
            )  # fmt: skip
    return drawn
