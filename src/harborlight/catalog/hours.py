"""Opening hours as a city writes them: text in, spans of minutes out, and whether a local moment lies in one.

`Mo-Fr 09:00-17:00; Sa 10:00-14:00`, `24/7`, several spans a day with commas, and past midnight (`Fr 18:00-02:00`): the part of the
OpenStreetMap notation that a list of services needs. Holidays are not known, so pages say to call first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
ALWAYS = "24/7"
DAY = 24 * 60
_DAYS = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?")
_TIMES = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
EXAMPLE = "write for instance Mo-Fr 09:00-17:00; Sa 10:00-14:00, or 24/7"


@dataclass(frozen=True)
class Span:
    """One stretch of one weekday (0 is Monday), in minutes after its midnight; `closes` may lie past the next midnight."""

    weekday: int
    opens: int
    closes: int


def parse_hours(text: str) -> tuple[Span, ...]:
    """The spans of a week in order; none for an empty text, which means not known. Raises ValueError with an example."""
    if not text.strip():
        return ()
    if text.strip() == ALWAYS:
        return tuple(Span(day, 0, DAY) for day in range(7))
    spans = [span for part in text.split(";") if part.strip() for span in _parse_part(part.strip())]
    spans.sort(key=lambda span: (span.weekday, span.opens))
    for one, other in zip(spans, spans[1:], strict=False):
        if one.weekday == other.weekday and other.opens < one.closes:
            raise ValueError(f"two stretches of {DAYS[one.weekday]} overlap")
    return tuple(spans)


def _parse_part(part: str) -> Iterator[Span]:
    days, _, times = part.partition(" ")
    for day in (day for piece in days.split(",") for day in _days(piece, part)):
        for piece in times.replace(" ", "").split(","):
            found = _TIMES.fullmatch(piece)
            if not found:
                raise ValueError(f"{part!r} are not hours: {EXAMPLE}")
            opens, closes = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
            if opens == closes or max(opens, closes) > DAY:
                raise ValueError(f"{part!r} are not hours: {EXAMPLE}")
            yield Span(day, opens, closes if closes > opens else closes + DAY)


def _days(piece: str, part: str) -> list[int]:
    found = _DAYS.fullmatch(piece)
    if not found:
        raise ValueError(f"{part!r} are not hours: {EXAMPLE}")
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def is_always(spans: Sequence[Span]) -> bool:
    """Whether the doors never close."""
    return len({span.weekday for span in spans if span.opens == 0 and span.closes >= DAY}) == 7


def open_until(spans: Sequence[Span], moment: datetime) -> datetime | None:
    """When the stretch that holds a local moment ends; None where none does. The end itself is closed."""
    for span in spans:
        for start in (_midnight(moment), _midnight(moment) - timedelta(days=1)):
            if start.weekday() == span.weekday:
                opens, closes = start + timedelta(minutes=span.opens), start + timedelta(minutes=span.closes)
                if opens <= moment < closes:
                    return closes
    return None


def opens_next(spans: Sequence[Span], moment: datetime) -> datetime | None:
    """The next opening after a local moment; None where there are no hours."""
    starts = (_midnight(moment) + timedelta(days=day) for day in range(8))
    found = [start + timedelta(minutes=s.opens) for start in starts for s in spans if start.weekday() == s.weekday]
    return min((opens for opens in found if opens > moment), default=None)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
