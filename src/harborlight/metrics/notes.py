"""What has to be said beside an answer: where the data end, whose lines its areas have, what a map cannot show."""

from __future__ import annotations

from datetime import date

from harborlight.metrics.facts import lines_by_id, lines_of, redraws
from harborlight.metrics.rules import rule_notes
from harborlight.metrics.shapes import RECORDED, Facts, Lines, Query


def make_notes(facts: Facts, query: Query) -> tuple[str, ...]:
    """Sentences for one answer, the most important first."""
    metric, notes = facts.metrics[query.metric], []
    if query.date_to > facts.metric_through[metric.id]:
        notes.append(f"The data for this measure end on {facts.metric_through[metric.id].isoformat()}.")
    if metric.unit == "incidents" and "offense" in query.by:
        notes.append("An incident with several offenses is counted once under each of them.")
    if query.layer and (query.area or "area" in query.by):
        notes += _lines_notes(facts, query)
    if query.shape:
        notes.append("A shape counts what the map shows: records at a public point inside it.")
    return (*notes, *rule_notes(facts, query))


def make_flags(facts: Facts, query: Query) -> tuple[str, ...]:
    """`boundary_version`: areas as recorded, over a day on which the lines changed."""
    is_by_area = query.layer and (query.area or "area" in query.by) and query.lines == RECORDED
    return ("boundary_version",) if is_by_area and _redraws(facts, query) else ()


def _lines_notes(facts: Facts, query: Query) -> list[str]:
    layer = facts.layers[query.layer or ""]
    lines = lines_by_id(facts, layer.id, query.lines)
    if lines is not None:
        current = lines_of(facts, layer.id)
        said = [f"{say_lines(lines)}."]
        if not lines.is_current and current is not None:
            said.append(f"These are not the lines in force: those are {say_lines(current)}.")
        return said
    said = []
    if lines_of(facts, layer.id) is not None or _redraws(facts, query):
        said.append(f"{layer.title} as the sources state them, not by place.")
    for day in _redraws(facts, query):
        said.append(
            f"The lines changed on {say_day(day)}: an area's name before that day and after it means different ground."
        )
    return said


def _redraws(facts: Facts, query: Query) -> list[date]:
    return redraws(facts, query.layer or "", query.date_from, query.date_to)


def say_lines(lines: Lines) -> str:
    """For instance "Police districts of 1959, lines valid until 8 July 2023"."""
    first = f"from {say_day(lines.valid_from)}" if lines.valid_from else ""
    last = f"until {say_day(lines.valid_to)}" if lines.valid_to else ""
    if first and not last:
        first = f"since {say_day(lines.valid_from or date.min)}"
    span = " ".join(part for part in (first, last) if part)
    return f"{lines.title}, lines valid {span}" if span else lines.title


def say_day(day: date) -> str:
    """For instance "8 July 2023"."""
    return f"{day.day} {day:%B %Y}"
