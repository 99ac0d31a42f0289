"""A number to call, in words: who answers, when, and on which day somebody of the city checked it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harborlight.catalog.models import HelpLine
from harborlight.web.context_areas import HelpItem
from harborlight.web.wording import Wording

# For people who follow a report or a case: on the pages of the look-up, and not among numbers for somebody in need.
FOLLOWING = ("court_search", "homicide_unit", "police_records")


def make_help(line: HelpLine, wording: Wording) -> HelpItem:
    kind = "help" if line.phone else "site"
    verified = wording.text(f"area.{kind}_verified", day=line.verified_on) if line.verified_on else wording.text(f"area.{kind}_unverified")
    return HelpItem(line.name, line.what, line.phone, re.sub(r"[^0-9+]", "", line.phone), line.hours, line.url, verified)


def general_help(lines: Iterable[HelpLine]) -> list[HelpLine]:
    """Numbers for somebody in need, those that always answer first."""
    return sorted((line for line in lines if not set(line.topics) & set(FOLLOWING)), key=lambda line: not line.is_always_open)
