"""What a release says of itself, read once when it is opened: city, metrics, sources, codes, areas, edges of the data.

The publish step writes it as one JSON text into table `facts`; every page, answer and headline starts from it.
"""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import TypeAdapter

from harborlight.errors import ReleaseError
from harborlight.metrics.shapes import Facts, Missing
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


def is_covered(facts: Facts, metric_id: str, day: date) -> bool:
    """Whether a day's records are in the metric's published counts: inside its span and in no missing stretch."""
    return facts.metric_from[metric_id] <= day <= facts.metric_through[metric_id] and not any(
        (m.date_from or date.min) <= day <= (m.date_to or date.max) for m in facts.missing if m.metric == metric_id
    )


def missing_reason(facts: Facts, metric_id: str, first: date, last: date) -> tuple[str | None, str | None]:
    """Why days from `first` to `last` lack data: (reason if all of them do, reason if some of them do)."""
    spans = [m for m in facts.missing if m.metric == metric_id]
    begin, end = facts.metric_from[metric_id], facts.metric_through[metric_id]
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
