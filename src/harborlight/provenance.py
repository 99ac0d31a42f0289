"""Counts that know their question, and sentences that know their counts, so that no page can show a number without its origin.

A `Count` is a whole number like any other; written for a reader it becomes a `Said`, plain text that has a second form as
HTML, in which each number stands in a `data` element with the question that it answers. Whatever is put together from
such text by `Wording.text` or `join_said` keeps its marks; everything else sees ordinary numbers and ordinary text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, Self

from markupsafe import Markup, escape


class Rate(Protocol):
    """What has to be known of a rate to mark it."""

    @property
    def n(self) -> int: ...
    @property
    def population(self) -> int: ...
    @property
    def per_100k(self) -> float: ...


class Question(NamedTuple):
    """What a number answers: `asked` in the words of the query grammar with the metric before it, and which row of the answer.

    `row` is `name=value` for breakdowns of the question, joined by `;`, with nothing for a value that is not known. The number
    is the sum of all rows that have these values.
    """

    asked: str
    row: str = ""


class Count(int):
    """A count with its question, which is worked out only when somebody asks for it. Sums and differences are plain numbers."""

    _ask: Callable[[], Question]

    def __new__(cls, n: int, ask: Callable[[], Question]) -> Self:
        made = super().__new__(cls, n)
        made._ask = ask
        return made

    @property
    def question(self) -> Question:
        return self._ask()


class Said(str):
    """Text in which numbers are marked. `plain` is the text alone, for attributes, files and JSON."""

    _html: Markup

    def __new__(cls, text: str, html: Markup) -> Self:
        made = super().__new__(cls, text)
        made._html = html
        return made

    def __html__(self) -> Markup:
        return self._html

    def __str__(self) -> str:
        return self

    @property
    def plain(self) -> str:
        return str.__str__(self)


def plain(text: str) -> str:
    """The text without marks."""
    return text.plain if isinstance(text, Said) else text


def say(text: str, value: float, kind: str = "", **facts: str) -> Said:
    """`text`, which shows `value`, as a marked number. `facts` become data attributes; empty ones are left out."""
    given = {"data-kind": kind, **{f"data-{name}": fact for name, fact in facts.items()}}
    marks = Markup("").join(Markup(' {}="{}"').format(name, fact) for name, fact in given.items() if fact)
    return Said(plain(text), Markup('<data value="{}"{}>{}</data>').format(f"{value:.10g}", marks, plain(text)))


def say_count(text: str, n: float) -> str:
    """`text`, which shows `n`: marked where `n` knows its question."""
    return say(text, n, query=n.question.asked, row=n.question.row) if isinstance(n, Count) else text


def say_change(text: str, value: float | None, kind: str, now: float, before: float) -> str:
    """`text`, which shows how two counts differ (`difference`, `percent`, `ratio`): marked where both know their questions."""
    if value is None or not (isinstance(now, Count) and isinstance(before, Count)):
        return text
    one, other = now.question, before.question
    return say(text, value, kind, **{"query": one.asked, "row": one.row, "before": other.asked, "before-row": other.row})


def say_bound(text: str, value: float, n: float) -> str:
    """`text`, which shows an end of a range or a threshold that belongs to the count `n`."""
    return say(text, value, "bound", query=n.question.asked, row=n.question.row) if isinstance(n, Count) else text


def say_rate(text: str, rate: Rate) -> str:
    """`text`, which shows a rate: marked with its count and the people that it is divided by."""
    if not isinstance(rate.n, Count):
        return text
    asked, row = rate.n.question
    return say(text, rate.per_100k, "rate", query=asked, row=row, people=str(rate.population))


def say_people(text: str, people: int) -> Said:
    """`text`, which shows how many people live in an area: declared by the city, not counted from records."""
    return say(text, people, "people")


def join_said(parts: Iterable[str], by: str = " ") -> str:
    """Texts joined, empty ones left out; marks are kept."""
    kept = [part for part in parts if part]
    text = by.join(plain(part) for part in kept)
    return Said(text, escape(by).join(kept)) if any(isinstance(part, Said) for part in kept) else text
