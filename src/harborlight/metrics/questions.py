"""The question behind one number, in the words of the grammar: dates written out, so that it means the same tomorrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from harborlight.catalog.models import Metric
from harborlight.metrics.query import canonical_params
from harborlight.metrics.shapes import Query
from harborlight.provenance import Count, Question


def question_of(query: Query, metric: Metric, row: Mapping[str, Any] | None = None) -> Question:
    """What a number answers; `row` is the row of the answer that it stands in, for a question with breakdowns."""
    dated = replace(query, window=None)
    asked = urlencode([("metric", metric.id), *canonical_params(dated, metric)], safe=",:;")
    return Question(asked, row_key(query, row) if row is not None else "")


def row_key(query: Query, row: Mapping[str, Any]) -> str:
    """Which row of an answer: `name=value` for each breakdown that `row` has, with nothing for what is not known."""
    names = [(name, "area_id" if name == "area" else name) for name in query.by]
    return ";".join(f"{name}={'' if row[key] is None else row[key]}" for name, key in names if key in row)


def counted(n: int, query: Query, metric: Metric, row: Mapping[str, Any] | None = None) -> Count:
    """`n` as a count that knows its question; `row` may hold some of the breakdowns only, then `n` is the sum of such rows."""
    return Count(n, lambda: question_of(query, metric, row))


def summed(rows: Iterable[Mapping[str, Any]], query: Query, metric: Metric, days: tuple[date, date] | None = None) -> Count:
    """The sum of rows of an answer as the count of the same question without breakdowns, on `days` where given."""
    total = sum(row["n"] or 0 for row in rows)
    whole = replace(query, by=())
    if query.area is None:
        whole = replace(whole, layer=None, lines=None, lines_text="")
    if days:
        whole = replace(whole, date_from=days[0], date_to=days[1], window=None, whole=False)
    return counted(total, whole, metric)


def read_question(asked: str) -> tuple[str, list[tuple[str, str]]]:
    """The metric and the parameters of a question as a number carries it."""
    pairs = parse_qsl(asked, keep_blank_values=True)
    return next(value for name, value in pairs if name == "metric"), [pair for pair in pairs if pair[0] != "metric"]
