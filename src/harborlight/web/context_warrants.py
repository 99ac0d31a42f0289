"""What the page about warrants may show; see `context.py` for the manner."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Figure, Link


@dataclass(frozen=True)
class WarrantPart:
    id: str  # its place on the page
    heading: str  # what it is about
    figure: Figure  # table, and bars over time


@dataclass(frozen=True)
class WarrantsPage:
    lede: str  # what the page is about
    badge: str  # who the number depends on
    caution: str  # a warrant is not proof of guilt
    answer: str  # how many are open, and what came and went
    missing: str  # that the city has not supplied them, or empty
    meaning: tuple[tuple[str, str], ...]  # word and what it means
    law: str  # why there are counts only
    depends: tuple[str, ...]  # what moves the number
    left_out: tuple[str, ...]  # what is in none of the counts
    parts: tuple[WarrantPart, ...]  # by month, age, kind, holder, severity
    links: tuple[Link, ...]  # the same as data, and pages beside this one
