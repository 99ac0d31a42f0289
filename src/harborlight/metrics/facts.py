"""What a release says of itself, read once when it is opened: city, metrics, sources, codes, areas, edges of the data.

The publish step writes it as one JSON text into table `facts`; every page, answer and headline starts from it.
"""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import TypeAdapter

from harborlight.errors import ReleaseError
from harborlight.metrics.shapes import AreaFacts, Facts, Lines, Missing
from harborlight.store import Connection, read_value

_ADAPTER = TypeAdapter(Facts)

# Offense groups that each condition column covers; a metric without one of these covers everything that is published.
GROUPS_OF = {
    "is_homicide": ("homicide",),
    "is_nonfatal_shooting": ("aggravated_assault",),
    "is_killed_or_shot": ("homicide", "aggravated_assault"),
    "is_robbery": ("robbery",),
    "is_aggravated_assault": ("aggravated_assault",),
    "is_burglary": ("burglary",),
    "is_auto_theft": ("auto_theft",),
}


def load_facts(con: Connection, release_id: str) -> Facts:
    """Read the facts of an open release. Raises ReleaseError when the file holds none."""
    text = read_value(con, "select value from facts")
    if not isinstance(text, str):
        raise ReleaseError(
            "the release holds no facts about itself",
            where=release_id,
            hint="Build it again with `harborlight refresh`.",
        )
    facts = _ADAPTER.validate_json(text)
    return _ADAPTER.validate_python({**_ADAPTER.dump_python(facts), "release_id": release_id})


def render_facts(facts: Facts) -> str:
    """The JSON text that `load_facts` reads; keys in a fixed order, so that equal facts are equal bytes."""
    return _ADAPTER.dump_json(facts, indent=None).decode()


def default_layer(facts: Facts) -> str | None:
    """The layer of a question by area that names none: the city's primary layer, else its first."""
    primary = facts.city.primary_layer
    return primary if primary in facts.layers else next(iter(facts.layers), None)


def has_stated_areas(facts: Facts, layer: str) -> bool:
    """Whether sources state this layer's areas, so that `recorded` can be asked."""
    return bool(facts.areas.get(layer))


def lines_of(facts: Facts, layer: str, day: date | None = None) -> Lines | None:
    """The boundaries of a layer that were in force on a day (None: those in force now), or None where none were."""
    versions = versions_of(facts, layer)
    if day is None:
        return next((lines for lines in versions if lines.is_current), None)
    holds = [v for v in versions if (v.valid_from or date.min) <= day <= (v.valid_to or date.max)]
    return max(holds, key=lambda lines: lines.valid_from or date.min, default=None)


def versions_of(facts: Facts, layer: str) -> list[Lines]:
    """Every set of lines of a layer, oldest first."""
    return sorted(
        (lines for lines in facts.lines if lines.layer == layer), key=lambda v: (v.valid_from or date.min, v.id)
    )


def redraws(facts: Facts, layer: str, first: date, last: date) -> list[date]:
    """Days after `first` up to `last` from which other lines of the layer hold."""
    return [v.valid_from for v in versions_of(facts, layer) if v.valid_from and first < v.valid_from <= last]


def lines_by_id(facts: Facts, layer: str, lines_id: str | None) -> Lines | None:
    """One version of a layer by its id; None for the areas as recorded, and where there is no such version."""
    return next((lines for lines in facts.lines if lines.layer == layer and lines.id == lines_id), None)


def areas_in(facts: Facts, layer: str, lines_id: str | None) -> tuple[tuple[int, str, str], ...]:
    """(ix, id, name) of the areas of one version of a layer, or as the sources state them (`recorded`)."""
    lines = lines_by_id(facts, layer, lines_id)
    if lines is None:
        return facts.areas.get(layer, ())
    return tuple((area.ix, area.id, area.name) for area in lines.areas)


def area_facts(facts: Facts, layer: str, lines_id: str | None, area_id: str) -> AreaFacts | None:
    """An area with its population and place; None where it is known only as sources state it."""
    lines = lines_by_id(facts, layer, lines_id)
    return next((area for area in lines.areas if area.id == area_id), None) if lines else None


def is_covered(facts: Facts, metric_id: str, day: date) -> bool:
    """Whether a day's records are in the metric's published counts: inside its span and in no missing stretch."""
    return facts.metric_from[metric_id] <= day <= facts.metric_through[metric_id] and not any(
        (m.date_from or date.min) <= day <= (m.date_to or date.max) for m in facts.missing if m.metric == metric_id
    )


def missing_reason(facts: Facts, metric_id: str, first: date, last: date) -> tuple[str | None, str | None]:
    """Why days from `first` to `last` lack data: (reason if all of them do, reason if some of them do)."""
    spans = [m for m in facts.missing if m.metric == metric_id]
    begin, end = facts.metric_from[metric_id], facts.metric_through[metric_id]
    if not spans and begin <= first and last <= end:
        return None, None
    edges = [
        Missing(metric_id, "", None, begin - timedelta(days=1), f"The record begins on {begin.isoformat()}."),
        Missing(metric_id, "", end + timedelta(days=1), None, f"The record ends on {end.isoformat()} so far."),
    ]
    touching = [
        (max(first, m.date_from or date.min), min(last, m.date_to or date.max), m.reason)
        for m in (*spans, *edges)
        if (m.date_from or date.min) <= last and (m.date_to or date.max) >= first
    ]
    if not touching:
        return None, None
    touching.sort()
    longest = max(touching, key=lambda span: span[1] - span[0])[2]
    reach = first
    for start, end, _ in touching:
        if start > reach:
            return None, longest
        reach = max(reach, end + timedelta(days=1))
    return (longest if reach > last else None), longest
