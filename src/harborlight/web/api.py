"""The API: the same questions and answers as the pages, as JSON and CSV. Handlers read a question, ask, and shape the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from pydantic import BaseModel

from harborlight.catalog.models import Metric
from harborlight.errors import QueryError
from harborlight.metrics.shapes import Answer, Facts, Query, SourceFacts
from harborlight.provenance import plain
from harborlight.web.api_models import (
    DefinitionOut,
    MetricAnswer,
    MetricList,
    MetricSummary,
    QueryOut,
    ReleaseList,
    ReleaseOut,
    SourceList,
    SourceOut,
    SourceStatusOut,
    StatusOut,
)
from harborlight.web.cache import check_query
from harborlight.web.embed import render_chart
from harborlight.web.freshness import due_at, published_notices
from harborlight.web.metric_page import figure_title
from harborlight.web.notices import mark_rows
from harborlight.web.respond import Turn, check_no_params, get_turn, to_csv, to_json

Handler = Callable[[Request], Response]
VIEWS = ("trend", "rolling", "season", "weeks")
VALUES = ("n", "low", "high", "suppressed", "missing", "partial", "notice")


# ------------------------------------------------------------------------------------------------ metrics


def read_metric(request: Request) -> Response:
    """Rows of one metric; with `.csv` after the id, or `format=csv`, the same rows as CSV, and with `.svg` drawn."""
    turn, path = get_turn(request), request.url.path
    view, params = split_view(check_query(turn.visit.query))
    query = turn.release.reader.parse(params, request.path_params["metric_id"])
    ending = path.rpartition(".")[2]
    kind = ending if ending in ("csv", "svg") else dict(params).get("format") or "json"
    if view:
        return answer_view(turn, query.metric, view, params, is_picture=kind == "svg")
    match kind:
        case "json":
            return answer_json(turn, query)
        case "csv":
            return answer_csv(turn, query)
        case "svg":
            return answer_svg(turn, query, is_default=not any(value for _, value in params))
        case _:
            raise QueryError("This format is not offered here.", parameter="format", allowed=["json", "csv", "svg"])


def answer_json(turn: Turn, query: Query) -> Response:
    answer = turn.release.reader.answer(query)
    return to_json(make_answer(turn, answer))


def answer_csv(turn: Turn, query: Query) -> Response:
    answer = turn.release.reader.answer(query)
    return to_csv(query.metric, row_columns(query), rows_of(turn, answer))


def answer_svg(turn: Turn, query: Query, *, is_default: bool) -> Response:
    """The picture of an answer; without a question the chart that the release holds."""
    drawn = turn.release.charts.get(f"{query.metric}-trend-wide.svg") if is_default else None
    if drawn is None:
        answer = turn.release.reader.answer(replace(query, by=("month",)) if is_default else query)
        title = plain(figure_title(turn.release.facts, answer.query, turn.wording))
        drawn = render_chart(answer, title, turn.release.facts, turn.wording).encode()
    return Response(drawn, media_type="image/svg+xml")


def split_view(params: list[tuple[str, str]]) -> tuple[list[str], list[tuple[str, str]]]:
    """The views asked for, and the parameters of the question."""
    return [value for name, value in params if name == "view" and value], [pair for pair in params if pair[0] != "view"]


def answer_view(turn: Turn, metric_id: str, view: list[str], params: list[tuple[str, str]], *, is_picture: bool) -> Response:
    """One of the pictures that the release holds of a measure. They are of the whole record, so nothing narrows them."""
    held = [name for name in VIEWS if f"{metric_id}-{name}-wide.svg" in turn.release.charts]
    asked = [name for name, value in params if value and name != "format"]
    if not is_picture or asked or len(view) > 1 or view[0] not in held:
        allowed = [f"one of {', '.join(held)}, with .svg and no other parameter"] if held else []
        raise QueryError("This view is not offered here.", parameter="view", allowed=allowed)
    return Response(turn.release.charts[f"{metric_id}-{view[0]}-wide.svg"], media_type="image/svg+xml")


def rows_of(turn: Turn, answer: Answer) -> list[dict[str, Any]]:
    """The rows that JSON and CSV give: those of the answer, each with the corrections that touch it."""
    return mark_rows(answer.rows, answer.query, published_notices(turn.release.facts, turn.visit.now))


def row_columns(query: Query) -> list[str]:
    """Names of a row's values in order: also right when there are no rows."""
    names: list[str] = []
    for name in query.by:
        match name:
            case "area":
                names += ["area_id", "area_name"]
            case "offense" | "offense_code":
                names += [name, "offense_name"]
            case _:
                names.append(name)
    return list(dict.fromkeys([*names, *VALUES]))


def make_answer(turn: Turn, answer: Answer) -> MetricAnswer:
    metric, query = answer.metric, answer.query
    return MetricAnswer(
        metric=metric.id,
        title=metric.title,
        unit=query.unit,
        release=turn.release.id,
        definition_version=metric.definition_version,
        query=QueryOut(
            date_from=query.date_from,
            date_to=query.date_to,
            window=query.window,
            offense=list(query.offenses),
            layer=query.layer,
            area=query.area,
            lines=query.lines,
            bbox=query.shape_text().get("bbox"),
            polygon=query.shape_text().get("polygon"),
            near=query.shape_text().get("near"),
            by=list(query.by),
            unit=query.unit,
            hours=query.hours,
            system=query.system,
            rule=query.rule,
            known=query.known,
            justified=query.justified or "out",
        ),
        data_through=dict(answer.data_through),
        provisional_from=answer.provisional_from,
        stale=any(s.id in answer.data_through for s in turn.visit.late),
        rows=rows_of(turn, answer),
        unmapped=answer.unmapped,
        notes=list(answer.notes),
    )


def read_metrics(request: Request) -> Response:
    turn = _start(request)
    facts = turn.release.facts
    lines = [_summary(facts, facts.metrics[m]) for m in turn.release.reader.metric_ids()]
    return _listed(turn, "metrics", MetricList(release=turn.release.id, metrics=lines), lines, MetricSummary)


def _summary(facts: Facts, metric: Metric) -> MetricSummary:
    return MetricSummary(
        id=metric.id,
        title=metric.title,
        question=metric.question,
        unit=metric.unit,
        breakdowns=list(metric.breakdowns),
        data_from=facts.metric_from[metric.id],
        data_through=facts.metric_through[metric.id],
        definition_version=metric.definition_version,
        better=metric.better,
        depends_on=metric.depends_on,
    )


def read_definition(request: Request) -> Response:
    turn = _start(request)
    reader, facts = turn.release.reader, turn.release.facts
    query = reader.parse([("by", "month")], request.path_params["metric_id"])
    metric = facts.metrics[query.metric]
    return to_json(
        DefinitionOut(
            id=metric.id,
            title=metric.title,
            question=metric.question,
            why=metric.why,
            unit=metric.unit,
            units=list(metric.units or (metric.unit,)),
            definition=metric.definition,
            definition_version=metric.definition_version,
            reviewed_on=metric.reviewed_on,
            caveats=[c for c in (metric.caveat, *metric.caveats) if c],
            breakdowns=list(metric.breakdowns),
            better=metric.better,
            owner=metric.owner,
            depends_on=metric.depends_on,
            sql=reader.sql(query),
            release=turn.release.id,
            sources=[_source(s) for s in facts.sources if s.id in facts.metric_sources[metric.id]],
            missing=[
                {"source": m.source, "from": m.date_from, "to": m.date_to, "reason": m.reason}
                for m in facts.missing
                if m.metric == metric.id
            ],
            breaks=[b.model_dump(mode="json") for b in facts.city.breaks if {metric.id, "all"} & set(b.metrics)],
        )
    )


# ----------------------------------------------------------------------------------------- the release


def read_sources(request: Request) -> Response:
    turn = _start(request)
    lines = [_source(s) for s in turn.release.facts.sources]
    return _listed(turn, "sources", SourceList(release=turn.release.id, sources=lines), lines, SourceOut)


def _source(source: SourceFacts) -> SourceOut:
    return SourceOut(**{name: getattr(source, name) for name in SourceOut.model_fields})


def read_releases(request: Request) -> Response:
    turn = _start(request)
    lines = [
        ReleaseOut(id=r.id, made_at=r.made_at, content_sha256=r.content_sha256, is_current=r.id == turn.release.id)
        for r in turn.release.entries
    ]
    return _listed(turn, "releases", ReleaseList(releases=lines), lines, ReleaseOut)


def read_status(request: Request) -> Response:
    turn = _start(request)
    status = make_status_json(turn)
    return _listed(turn, "status", status, status.sources, SourceStatusOut)


def make_status_json(turn: Turn) -> StatusOut:
    """How fresh each source is at this moment."""
    facts, late = turn.release.facts, turn.visit.late
    zone = ZoneInfo(facts.city.timezone)
    return StatusOut(
        release=turn.release.id,
        data_through=facts.data_through,
        stale=bool(late),
        sources=[_freshness(s, s in late, turn.visit.now, zone) for s in facts.sources],
    )


def _freshness(source: SourceFacts, is_late: bool, now: datetime, zone: ZoneInfo) -> SourceStatusOut:
    lag = None
    if source.data_through is not None:
        end = datetime.combine(source.data_through + timedelta(days=1), time(), zone)
        lag = int((now - end).total_seconds() // 3600)
    return SourceStatusOut(
        id=source.id,
        title=source.title,
        last_success=source.fetched_at,
        last_attempt=source.checked_at,
        data_through=source.data_through,
        cadence_days=source.cadence_days,
        due_at=due_at(source, zone),
        lag_hours=lag,
        stale=is_late,
        held_reason=source.held_reason,
    )


def _listed(
    turn: Turn,
    name: str,
    content: BaseModel,
    lines: list[MetricSummary] | list[SourceOut] | list[ReleaseOut] | list[SourceStatusOut],
    shape: type[BaseModel],
) -> Response:
    """A list as JSON, or as CSV where the address ends so."""
    if not turn.visit.path.endswith(".csv"):
        return to_json(content)
    rows = [
        {k: ",".join(v) if isinstance(v, list) else v for k, v in line.model_dump(mode="json").items()}
        for line in lines
    ]
    return to_csv(name, list(shape.model_fields), rows)


def _start(request: Request) -> Turn:
    check_no_params(request)
    return get_turn(request)
