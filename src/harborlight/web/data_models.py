"""The shapes of answers about the release's own tables: totals of others, corrections, the data dictionary."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from harborlight.web.api_models import Shape

Rule = Literal["ruled", "died", "injured", "not_stated"]


class TotalOut(Shape):
    """One total that somebody else has published, beside ours."""

    source_id: str
    source: str
    publisher: str
    page: str
    metric: str
    year: int
    vintage: str = Field(description="Edition that the figure stands in.")
    rule: Rule = Field(description="Date that decides the year there.")
    counts: str = Field(description="What is counted there.")
    published_on: date | None
    read_on: date
    theirs: int
    ours: int | None = Field(description="Null where this site's sources lack the year.")
    ours_rule: Rule | None = Field(description="Date that decides the year here; null for measures other than homicides.")
    ours_missing: str | None = Field(description="What part of the year this site lacks, and why.")
    difference: int | None = Field(description="ours less theirs; null where there is nothing to compare.")
    state: Literal["equal", "explained", "unexplained", "not_compared"]
    reason: str | None = Field(description="Code of the reason.")
    note: str
    differs_since: date | None = Field(description="Day since which the difference stands without a reason.")


class TotalList(Shape):
    release: str
    totals: list[TotalOut]


class NoticeOut(Shape):
    """One correction."""

    id: str
    kind: Literal["we_were_wrong", "source_revised", "definition_changed"]
    title: str
    published_on: date
    wrong_since: date | None
    date_from: date | None = Field(description="First day that it touches; null for all.")
    date_to: date | None = Field(description="Last day that it touches; null for all.")
    before: str
    after: str
    cause: str
    fix: str
    prevention: str
    pages: list[str]
    metrics: list[str]


class NoticeList(Shape):
    release: str
    corrections: list[NoticeOut]


class ColumnOut(Shape):
    name: str
    type: str
    about: str


class DownloadOut(Shape):
    address: str
    type: str = Field(description="Media type.")
    bytes: int


class TableOut(Shape):
    """One table of the release: what a row is, its columns, its files."""

    name: str
    about: str
    tier: Literal["T0", "T1"] = Field(description="T1: sensitive offenses, small counts hidden.")
    rows: int
    columns: list[ColumnOut]
    files: list[DownloadOut]


class TableList(Shape):
    release: str
    tables: list[TableOut]
