"""Groups, periods and counts of the tables of groups in words; hidden counts say so, whatever the page.

Every count is marked with the table, period, place and groups that it stands under, so that it can be looked up.
"""

from __future__ import annotations

from datetime import date

from harborlight.catalog.groups import ALL, CITY, UNKNOWN
from harborlight.charts import formats
from harborlight.metrics.groups import GroupCount, GroupTable, Refused
from harborlight.provenance import say
from harborlight.web.wording import Wording


def group_words(column: str, group: str, wording: Wording) -> str:
    """One group in words: 18 to 24, Female, Not known."""
    if group == ALL:
        return wording.text("groups.everybody")
    if group == UNKNOWN:
        return wording.text("groups.not_known")
    if column != "age_band":
        return wording.text(f"groups.{column}_{group}")
    if group.endswith("+"):
        return wording.text("groups.age_over", first=group.removesuffix("+"))
    first, _, last = group.partition("-")
    return wording.text("groups.age_under", last=str(int(last) + 1)) if first == "0" else wording.text("groups.age_span", first=first, last=last)


def column_words(column: str, wording: Wording) -> str:
    """What a column tells apart: Age, Sex, Race."""
    return wording.text(f"groups.column_{column}")


def period_words(period: str, wording: Wording) -> str:
    """2025, Apr to Jun 2025, Mar 2025, or Nov 2025 to Oct 2026."""
    if "/" in period:
        first, _, last = period.partition("/")
        return wording.text("figures.range", low=formats.month_words(first, wording.language), high=formats.month_words(last, wording.language))
    if "-Q" in period:
        year, _, quarter = period.partition("-Q")
        months = [formats.month_words(date(int(year), m, 1), wording.language) for m in (3 * int(quarter) - 2, 3 * int(quarter))]
        return wording.text("figures.range", low=months[0].split(" ")[0], high=months[1])
    return formats.month_words(period, wording.language) if "-" in period else period


def count_words(table: GroupTable, period: str, cell: GroupCount | None, wording: Wording) -> str:
    """A count, marked with where it stands; "hidden to protect privacy"; or that there is none."""
    if cell is None:
        return wording.text("groups.not_told")
    if cell.n is None:
        return wording.text("tables.hidden")
    text = formats.number(cell.n, wording.language)
    return say(text, cell.n, "group", table=table.id, period=period, area="" if cell.area_id == CITY else cell.area_id, groups=",".join(cell.groups))


def reason_words(refused: Refused, unit: str, wording: Wording) -> str:
    """Why there is no rate, in a sentence."""
    if refused.reason == "no_rates":
        return ""
    share = formats.percent(refused.share or 0.0, 0, wording.language)
    what = column_words(refused.column, wording).lower() if refused.column else ""
    return wording.text(f"groups.why_{refused.reason}", what=what, share=share, unit=unit_words(unit, wording))


def unit_words(unit: str, wording: Wording) -> str:
    return wording.text(f"units.{unit}").lower()


def heading_words(table: GroupTable, wording: Wording) -> str:
    """What the groups of a table are by: "By age and sex"."""
    names = [column_words(column, wording).lower() for column in table.dims]
    if not names:
        return wording.text("groups.by_none")
    return wording.text("groups.by_two", one=names[0], other=names[1]) if len(names) == 2 else wording.text("groups.by", what=names[0])
