"""What is being done in an area: interventions that the city marks in its charts, and strategies that have a page of their own.

A strategy that begins on the day and in an area of an intervention is the same thing told twice: it stands once, with the link.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from harborlight.catalog.models import Break
from harborlight.web.context_areas import Action
from harborlight.web.reader import Reader, Row
from harborlight.web.strategy_reader import read_list
from harborlight.web.wording import Wording


def make_actions(reader: Reader, names: Mapping[str, str], wording: Wording) -> tuple[Action, ...]:
    """What runs here or in the whole city, latest first. `names`: `layer/area` of this area and of those around its middle → name."""
    facts = reader.facts
    running = [row for row in read_list(reader) if row["ends_on"] is None or row["ends_on"] >= facts.data_through]
    found: list[tuple[date, Action]] = []
    told: set[str] = set()
    for item in facts.city.interventions:
        hits = [name for name in item.areas if name in names]
        same = next((row for row in running if row["starts_on"] == item.date and set(item.areas) & set(_areas(row))), None)
        told |= {same["strategy_id"]} if same else set()
        if hits or not item.areas:
            where = _in(names[hits[0]], wording) if hits else wording.text("area.action_city", city=facts.city.name)
            found.append((item.date, _intervention(item, where, same, wording)))
    for row in running:
        hits = [name for name in _areas(row) if name in names]
        if hits and row["strategy_id"] not in told:
            found.append((row["starts_on"], _strategy(row, _in(names[hits[0]], wording), wording)))
    return tuple(action for _, action in sorted(found, key=lambda pair: pair[0], reverse=True))


def _areas(row: Row) -> list[str]:
    return [f"{row['layer']}/{area}" for area in row["areas"].split()]


def _in(name: str, wording: Wording) -> str:
    return wording.text("area.action_in", name=name)


def _intervention(item: Break, where: str, same: Row | None, wording: Wording) -> Action:
    return Action(item.title, where, wording.text("area.action_since", day=item.date), item.text, _href(same) if same else "")


def _strategy(row: Row, where: str, wording: Wording) -> Action:
    return Action(row["title"], where, wording.text("area.action_since", day=row["starts_on"]), row["what"], _href(row))


def _href(row: Row) -> str:
    return f"/strategies/{row['strategy_id']}"
