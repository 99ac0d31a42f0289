"""`/api/v1/warrants`: the counts of the page about warrants, every closed month of them."""

from __future__ import annotations

from typing import Literal

from fastapi import Request, Response
from pydantic import Field

from harborlight.web.api_models import Shape
from harborlight.web.respond import check_no_params, get_turn, to_csv, to_json
from harborlight.web.warrants import ROWS


class WarrantRow(Shape):
    """One count of the whole city."""

    month: str = Field(description="A month that is over, 2026-03.")
    measure: Literal["issued", "served", "recalled", "open"] = Field(description="In the month; open at its end.")
    by: Literal["all", "kind", "holder", "severity", "age"] = Field(description="What the rows tell apart; age of open warrants only.")
    value: str = Field(description="Value of that breakdown; all where nothing is told apart.")
    n: int


class WarrantAnswer(Shape):
    release: str
    through: str | None = Field(description="The last month; null where the city has supplied no warrants.")
    rows: list[WarrantRow] = Field(description="No search warrants, no person, no place and no offense.")


def read_warrants_json(request: Request) -> Response:
    """Every row; `.csv` after the address gives the same rows."""
    check_no_params(request)
    turn = get_turn(request)
    rows = [WarrantRow(**row) for row in turn.release.reader.rows(ROWS, {})]
    if turn.visit.path.endswith(".csv"):
        return to_csv("warrants", list(WarrantRow.model_fields), [row.model_dump(mode="json") for row in rows])
    return to_json(WarrantAnswer(release=turn.release.id, through=max((row.month for row in rows), default=None), rows=rows))
