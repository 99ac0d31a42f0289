"""`/api/v1/groups`: the fixed tables of counts by group, as a list and one by one. They cannot be filtered by what a person is.

A hidden count is null with `suppressed: true` and its reason in `note`; in CSV the words stand in its place. Open tables by year
have a picture too.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import Request, Response
from pydantic import Field

from harborlight.catalog.groups import GROUP_COLUMNS
from harborlight.errors import QueryError
from harborlight.metrics.groups import GroupTable
from harborlight.web.api_models import Shape
from harborlight.web.cache import check_query
from harborlight.web.group_figures import picture_name
from harborlight.web.group_reader import NOT_HERE, find_table, read_periods, read_tables
from harborlight.web.places import check_params
from harborlight.web.reader import Reader, Row
from harborlight.web.respond import Turn, check_no_params, get_turn, to_csv, to_json
from harborlight.web.wording import Wording

PARAMETERS = ("period",)
COLUMNS = ("area_id", "period", "grain", *GROUP_COLUMNS, "n", "suppressed")


class GroupTableOut(Shape):
    """One table: who is counted, by what, in which tier, and how much of it is hidden."""

    id: str
    subject: str = Field(description="Who is counted.")
    title: str
    unit: str = Field(description="victims, offenses or arrests.")
    tier: str = Field(description="T0: true counts. T1: sensitive, closed periods, small counts hidden.")
    grain: str | None = Field(description="month, quarter or year; null where the table is not offered.")
    dims: list[str] = Field(description="Columns of groups that the table tells apart.")
    narrowed: dict[str, str] = Field(description="Groups that the whole table is about.")
    by_area: bool
    lines: str | None = Field(description="Version of the lines that areas are of.")
    denominators: list[str] = Field(description="Kinds of people that rates may be worked out with.")
    closed_through: date | None
    n_cells: int
    n_hidden: int = Field(description="Hidden counts, to the nearest ten.")
    hidden_share: float = Field(description="Share of the counts that is hidden, to the nearest twentieth.")
    hidden_events: float | None = Field(
        description="Share of the events of all sensitive tables together that is hidden, to the nearest twentieth; null for other tables."
    )
    why_not: str | None = Field(description="Why the table is not offered: too_few, not_recorded or not_reviewed.")


class GroupTableList(Shape):
    release: str
    groups: list[GroupTableOut]


class GroupRowOut(Shape):
    """One count: place, period, a group for each column (`all` where summed)."""

    area_id: str = Field(description="An area, city, or unlocated.")
    period: str
    grain: str
    age_band: str
    sex_code: str
    race_code: str
    ethnicity_code: str
    relationship: str
    n: int | None = Field(description="Count; null where it is hidden.")
    suppressed: bool = Field(description="Hidden to protect privacy.")
    note: str | None = Field(description="In words, where the count is hidden.")


class GroupTableAnswer(Shape):
    release: str
    table: GroupTableOut
    periods: list[str] = Field(description="Periods of the table, oldest first.")
    rows: list[GroupRowOut]


def read_groups(request: Request) -> Response:
    """The list of tables, those that are not offered with the reason."""
    check_no_params(request)
    turn = get_turn(request)
    tables = [_table(table) for table in read_tables(turn.release.reader).values()]
    if turn.visit.path.endswith(".csv"):
        return to_csv("groups", list(GroupTableOut.model_fields), [_flat(table) for table in tables])
    return to_json(GroupTableList(release=turn.release.id, groups=tables))


def read_group(request: Request) -> Response:
    """One table, whole or one period of it; with `.svg` its picture, if the release holds one."""
    turn = get_turn(request)
    reader, wording = turn.release.reader, turn.wording
    if turn.visit.path.endswith(".svg"):
        return _picture(request, turn)
    given = check_params(check_query(turn.visit.query), PARAMETERS, wording)
    table = find_table(reader, request.path_params["table_id"], wording)
    periods = list(read_periods(reader, table))
    period = given.get("period", "")
    if period and period not in periods:
        raise QueryError(wording.text("groups.bad_period"), parameter="period", allowed=periods)
    rows = [_row(row, wording) for row in read_rows(reader, table, period)]
    if turn.visit.path.endswith(".csv"):
        lines = [row.model_dump(mode="json") | {"n": row.note or row.n} for row in rows]
        return to_csv(table.id, list(COLUMNS), lines)
    return to_json(GroupTableAnswer(release=turn.release.id, table=_table(table), periods=periods, rows=rows))


def _picture(request: Request, turn: Turn) -> Response:
    """The table over time, as the page draws it. Raises QueryError 404 for a table without a picture."""
    check_no_params(request)
    table = find_table(turn.release.reader, request.path_params["table_id"], turn.wording)
    drawn = turn.release.charts.get(f"{picture_name(table.id)}-wide.svg")
    if drawn is None:
        raise QueryError(turn.wording.text("groups.no_picture"), code="not_found", status=NOT_HERE)
    return Response(drawn, media_type="image/svg+xml")


def read_rows(reader: Reader, table: GroupTable, period: str = "") -> list[Row]:
    """Rows of one table in the published order, never by a count."""
    where = " and period = $period" if period else ""
    params: dict[str, Any] = {"id": table.id} | ({"period": period} if period else {})
    return reader.rows(f"select * from groups where table_id = $id{where} order by grain, period, area_id, {', '.join(GROUP_COLUMNS)}", params)


def _table(table: GroupTable) -> GroupTableOut:
    lists = {"dims": list(table.dims), "denominators": list(table.denominators), "narrowed": dict(table.narrowed)}
    return GroupTableOut(**{name: getattr(table, name) for name in GroupTableOut.model_fields} | lists)


def _flat(table: GroupTableOut) -> dict[str, Any]:
    narrowed = " ".join(f"{column}={group}" for column, group in table.narrowed.items())
    lists = {"dims": " ".join(table.dims), "denominators": " ".join(table.denominators), "narrowed": narrowed}
    return table.model_dump(mode="json") | lists


def _row(row: Row, wording: Wording) -> GroupRowOut:
    own = {name: row[name] for name in ("area_id", "period", "grain", *GROUP_COLUMNS, "n")}
    return GroupRowOut(**own, suppressed=row["is_hidden"], note=wording.text("tables.hidden") if row["is_hidden"] else None)
