"""Goals on other pages: those about an area or the city that it lies in, and those that a measure counts."""

from __future__ import annotations

from collections.abc import Iterable

from harborlight.web.context import Link
from harborlight.web.context_goals import GoalLink
from harborlight.web.goal_reader import Measured, read_goals
from harborlight.web.goals import PAGE, where_words
from harborlight.web.places import Place
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording


def make_metric_goals(reader: Reader, metric_id: str, wording: Wording) -> tuple[GoalLink, ...]:
    """Goals that this measure counts."""
    return _links(reader, (m for m in read_goals(reader).values() if m.goal.metric == metric_id), wording)


def make_area_goals(reader: Reader, place: Place, wording: Wording) -> tuple[GoalLink, ...]:
    """Goals for this area first, then those for the whole city."""
    name = f"{place.layer.id}/{place.id}"
    here = [m for m in read_goals(reader).values() if m.goal.area in (None, name)]
    return _links(reader, sorted(here, key=lambda m: m.goal.area is None), wording)


def _links(reader: Reader, goals: Iterable[Measured], wording: Wording) -> tuple[GoalLink, ...]:
    return tuple(
        GoalLink(Link(m.goal.title, f"{PAGE}/{m.goal.id}"), _word(m, wording), where_words(reader.facts, m.goal, wording)) for m in goals
    )


def _word(measured: Measured, wording: Wording) -> str:
    """Where it stands; under two readings that differ, both."""
    words = dict.fromkeys(wording.text(f"goals.status_{status['status']}") for status in measured.statuses)
    return " / ".join(words)
