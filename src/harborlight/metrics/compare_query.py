"""Reads the part of a question that only a comparison has: two windows and a published claim about them.

An address says `a=FROM/TO` and `b=FROM/TO`; a plain form, which has a field for each day, says `a_from`, `a_to`, `b_from`,
`b_to`. Everything else is left to `query.parse_query`, so that a comparison can be narrowed like any other question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from harborlight.errors import QueryError
from harborlight.metrics.query_places import EARLIEST, LATEST
from harborlight.statistics.windows import Window

PAIR = ("a", "b", "claim")
FIELDS = ("a_from", "a_to", "b_from", "b_to")
# What a comparison cannot be asked: its two windows are `a` and `b`, and it is one number each.
NOT_HERE = ("from", "to", "window", "by", "known")
WINDOW_TEXT = "FROM/TO, two dates written YYYY-MM-DD, both included"
CLAIM_TEXT = "a change in percent, for instance -25.2"
LARGEST_CLAIM = 100_000.0
Params = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    """Two windows as asked, not yet checked against each other, and a published change from b to a in percent."""

    a: Window
    b: Window
    claim: float | None = None

    def params(self) -> list[tuple[str, str]]:
        """The windows as an address writes them."""
        return [("a", window_text(self.a)), ("b", window_text(self.b))]


def window_text(window: Window) -> str:
    return f"{window.date_from}/{window.date_to}"


def split_params(params: Params) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The parameters of a comparison, and all others in their order."""
    own = (*PAIR, *FIELDS)
    return [p for p in params if p[0] in own], [p for p in params if p[0] not in own]


def read_pair(params: Params) -> Pair | None:
    """The pair of windows; None where nothing of it is given. Raises QueryError (status 400) for half of one."""
    given: dict[str, str] = {}
    for name, value in params:
        if name in given:
            raise QueryError("This parameter is given more than once.", parameter=name, allowed=["one value"])
        given[name] = value.strip()
    given = {name: value for name, value in given.items() if value}
    for side in ("a", "b"):
        fields = [given.pop(name, "") for name in (f"{side}_from", f"{side}_to")]
        if any(fields):
            if side in given:
                raise QueryError("One window is said in two ways.", parameter=side, allowed=[WINDOW_TEXT])
            given[side] = "/".join(fields)
    if not given:
        return None
    claim = _read_claim(given["claim"]) if "claim" in given else None
    return Pair(_read_window("a", given), _read_window("b", given), claim)


def refuse_spans(params: Params) -> None:
    """Raise QueryError where a comparison is also given a span or a breakdown."""
    for name, _ in params:
        if name in NOT_HERE:
            raise QueryError("A comparison has its two windows and no breakdown.", parameter=name, allowed=["a", "b"])


def _read_window(name: str, given: dict[str, str]) -> Window:
    text = given.get(name, "")
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})/(\d{4}-\d{2}-\d{2})", text, re.ASCII)
    if found is None:
        reason = "This is not a window." if text else "A comparison needs two windows."
        raise QueryError(reason, parameter=name, allowed=[WINDOW_TEXT])
    try:
        first, last = (date.fromisoformat(day) for day in found.groups())
    except ValueError:
        raise QueryError("There is no such day.", parameter=name, allowed=[WINDOW_TEXT]) from None
    if min(first, last) < EARLIEST or max(first, last) > LATEST:
        allowed = [f"dates from {EARLIEST} to {LATEST}"]
        raise QueryError("This date is out of range.", parameter=name, allowed=allowed)
    if last < first:
        raise QueryError("The window ends before it starts.", parameter=name, allowed=[WINDOW_TEXT])
    return Window(first, last)


def _read_claim(text: str) -> float:
    """A percentage as people write it: with a percent sign, a plus, or a typographic minus."""
    plain = text.replace("\u2212", "-").replace("%", "").replace(" ", "")
    if not re.fullmatch(r"[+-]?\d{1,7}(\.\d{1,6})?", plain, re.ASCII):
        raise QueryError("This is not a change in percent.", parameter="claim", allowed=[CLAIM_TEXT])
    value = float(plain)
    if not -100 <= value <= LARGEST_CLAIM:
        raise QueryError("No count can change by so much.", parameter="claim", allowed=["from -100 on"])
    return value + 0.0
