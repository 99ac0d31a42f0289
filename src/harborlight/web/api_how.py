"""The shape of the API's answer to how a number was made."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from harborlight.web.api_models import QueryOut, Shape, SourceOut


class RowOut(Shape):
    """One row of the answer and the same as a sentence that can stand alone."""

    row: dict[str, Any]
    sentence: str


class LeftOut(Shape):
    """Rows of the table that the question leaves out, by the first condition that they do not meet."""

    reason: str = Field(
        description="period, missing, turn, source, kind, justified, offense, area, hours, rule, unit, shape or other; "
        "of the ledger: measure, years, area, period, later or replaced."
    )
    rows: int


class UsedOut(Shape):
    """rows = used + the sum of left_out; the count is used - repeated."""

    table: str
    rows: int
    left_out: list[LeftOut]
    used: int
    repeated: int = Field(description="Used rows that are further records of an incident already counted.")


class FileOut(Shape):
    """One SQL file behind the table, in the order in which they run."""

    table: str
    path: str
    about: str
    sql: str
    sha256: str


class HowOut(Shape):
    """How the answer to one question was made."""

    metric: str
    title: str
    query: QueryOut
    rows: list[RowOut]
    definition: str
    definition_version: int
    reviewed_on: date
    caveats: list[str]
    notes: list[str]
    table: str = Field(description="Table of the release that answered.")
    sql: str = Field(description="The statement that ran, with its bound values.")
    files: list[FileOut]
    used: UsedOut
    sources: list[SourceOut] = Field(description="Sources with the snapshot that was used and its SHA-256.")
    rejects: dict[str, dict[str, int]] = Field(description="Rows of each source that were refused, by reason.")
    release: str
    content_sha256: str = Field(description="Hash of the release's content; `harborlight verify` recomputes it.")
    citation: str
    permalink: str
