"""Estimates in words: what was found with its range, how many reports that is, and a line to draw. Every number is marked."""

from __future__ import annotations

import math

from harborlight.charts import formats
from harborlight.web.context_strategies import EstimateItem, Range
from harborlight.web.reader import Row
from harborlight.web.strategy_reader import mark
from harborlight.web.wording import Wording

WIDTH = 200.0
# The drawing reaches from a third to three times what was expected.
REACH = math.log(3)


def change_words(ratio: float, row: Row, field: str, wording: Wording) -> str:
    """A ratio as "27% fewer", or as "0.73 times as many" where counts are too small for a percentage; marked with its cell."""
    times = wording.text("strategies.times", ratio=formats.decimal(ratio, 2, wording.language))
    words = times if row["is_small"] else percent_words(ratio, wording)
    return mark(words, ratio, row["strategy_id"], estimate=row["estimate"], field=field)


def percent_words(ratio: float, wording: Wording) -> str:
    """A ratio as "27% fewer"; "no change" where it would be 0%."""
    share = abs(1 - ratio)
    if round(share * 100) == 0:
        return wording.text("strategies.same")
    return wording.text(f"strategies.change_{'fewer' if ratio < 1 else 'more'}", percent=formats.percent(share, 0, wording.language))


def range_parts(row: Row, wording: Wording) -> dict[str, str]:
    """`value`, `low` and `high` of an estimate that has all three."""
    return {
        name: change_words(row[field], row, field, wording) for name, field in (("value", "ratio"), ("low", "ratio_low"), ("high", "ratio_high"))
    }


def has_range(row: Row) -> bool:
    return all(row[field] is not None and row[field] > 0 for field in ("ratio", "ratio_low", "ratio_high"))


def estimate_words(row: Row, wording: Wording) -> str:
    if row["why_not"]:
        return wording.text(f"strategies.why_{row['why_not']}")
    if has_range(row):
        return wording.text("strategies.range", **range_parts(row, wording))
    return wording.text("strategies.no_range", value=change_words(row["ratio"], row, "ratio", wording))


def events_words(row: Row, wording: Wording) -> str:
    """How many reports more or fewer that is; empty where no range can be given."""
    cells = {name: row[name] for name in ("events", "events_low", "events_high")}
    if any(value is None for value in cells.values()) or row["estimate"].startswith("raw_"):
        return ""
    own = mark(formats.number(abs(cells["events"]), wording.language), cells["events"], row["strategy_id"], estimate=row["estimate"], field="events")
    ends = [_signed(row, name, wording) for name in ("events_low", "events_high")]
    return wording.text(f"strategies.events_{_kind(cells['events'])}", n=own, low=ends[0], high=ends[1])


def _signed(row: Row, name: str, wording: Wording) -> str:
    words = wording.text(f"strategies.events_signed_{_kind(row[name])}", n=formats.number(abs(row[name]), wording.language))
    return mark(words, row[name], row["strategy_id"], estimate=row["estimate"], field=name)


def _kind(events: float) -> str:
    """As it reads once rounded to whole reports."""
    return "same" if round(events) == 0 else "fewer" if events < 0 else "more"


def make_item(row: Row, wording: Wording) -> EstimateItem:
    """One estimate for the page."""
    is_ring = row["estimate"].startswith("ring_")
    title = wording.text("strategies.ring_title", n=row["estimate"].removeprefix("ring_")) if is_ring else row["title"]
    return EstimateItem(
        id=f"estimate-{row['estimate'].replace('_', '-')}", title=title, label=wording.text(f"strategies.label_{row['label']}"),
        words=estimate_words(row, wording), events=events_words(row, wording), drawn=draw(row), design=row["design"],
        cannot_say=wording.text("strategies.cannot", text=row["cannot_say"]),
    )  # fmt: skip


def draw(row: Row) -> Range | None:
    """Where the ends of the range stand in a drawing 200 wide, on a scale of ratios with "no effect" in the middle."""
    if row["why_not"] or not has_range(row):
        return None
    return Range(low=_at(row["ratio_low"]), middle=_at(row["ratio"]), high=_at(row["ratio_high"]), none=_at(1.0))


def _at(ratio: float) -> float:
    away = max(-1.0, min(1.0, math.log(ratio) / REACH))
    return round(WIDTH / 2 * (1 + away), 1)
