"""A number to call, in words: who answers, when, and on which day somebody of the city checked it."""

from __future__ import annotations

import re

from harborlight.catalog.models import HelpLine
from harborlight.web.context_areas import HelpItem
from harborlight.web.wording import Wording


def make_help(line: HelpLine, wording: Wording) -> HelpItem:
    verified = wording.text("area.help_verified", day=line.verified_on) if line.verified_on else wording.text("area.help_unverified")
    return HelpItem(line.name, line.what, line.phone, re.sub(r"[^0-9+]", "", line.phone), line.hours, line.url, verified)
