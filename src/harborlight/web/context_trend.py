"""What templates may show of a series over time: see `context.py`."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Figure, Link, Table


@dataclass(frozen=True)
class RulesPart:
    asked: tuple[str, ...]  # what this view counts that the city's count does not
    lines: tuple[str, ...]  # the city's rules over time, and which dates its sources have
    table: Table  # every year under every rule


@dataclass(frozen=True)
class Base:
    name: str  # the year before, mean of three years
    number: str  # its count; empty where it cannot be compared
    word: str  # what the comparison says
    kind: str  # lower, higher, no_clear_change, not_comparable
    note: str  # the windows, or why it cannot be compared


@dataclass(frozen=True)
class Strip:
    title: str  # the twelve months that are compared
    number: str  # their count
    bases: tuple[Base, ...]  # last year, mean of three years, mean of five
    note: str  # why three bases stand side by side
    origins: tuple[Link, ...]  # how each count is made


@dataclass(frozen=True)
class Views:
    strip: Strip | None  # twelve months against three bases
    figures: tuple[tuple[str, str, Figure], ...]  # id, heading and figure of each view
