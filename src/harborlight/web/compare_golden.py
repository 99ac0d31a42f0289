"""Two published comparisons worked through on the methods page: what was wrong with them, and what would be like for like.

They are claims that others made about Baltimore, kept as examples. Nothing is asserted about them beyond the windows and
the percentage that were published; what this site's own records say of the fair pair is said apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harborlight.charts import formats
from harborlight.metrics.compare import CompareError, CompareResult
from harborlight.metrics.compare_query import Pair
from harborlight.metrics.shapes import Window
from harborlight.provenance import join_said
from harborlight.statistics.windows import Window as Days
from harborlight.statistics.windows import common_days, nearest_windows
from harborlight.web.compare_windows import ANCHOR, tool_address
from harborlight.web.compare_words import chance_words, percent_text, result_sentence
from harborlight.web.context import Link
from harborlight.web.context_compare import GoldenCase
from harborlight.web.reader import Reader
from harborlight.web.wording import Wording


@dataclass(frozen=True)
class Published:
    """A comparison as it was published: the later window and what it was compared with."""

    key: str
    later: Days
    earlier: Days
    claim: float | None = None


LATER = Days(date(2022, 1, 1), date(2023, 5, 31))
PUBLISHED = (
    Published("overlap", LATER, Days(date(2021, 1, 1), date(2022, 5, 31)), -25.2),
    Published("unequal", LATER, Days(date(2020, 7, 1), date(2021, 12, 31))),
)


def make_golden(reader: Reader, wording: Wording) -> tuple[GoldenCase, ...]:
    """Both cases, each beside what the release that is up can answer."""
    return tuple(_case(reader, case, wording) for case in PUBLISHED)


def _case(reader: Reader, case: Published, wording: Wording) -> GoldenCase:
    fair = nearest_windows(case.later, case.earlier)
    shared, later, earlier = common_days(case.later, case.earlier), case.later, case.earlier
    words = {
        "a": _words(later, wording), "b": _words(earlier, wording), "days_a": later.days, "days_b": earlier.days,
        "claim": "" if case.claim is None else percent_text(case.claim, wording), "more": earlier.days - later.days,
        "shared": shared.days if shared else 0, "first": shared.date_from if shared else "", "last": shared.date_to if shared else "",
    }  # fmt: skip
    one, other = fair or (later, earlier)
    here, link = _here(reader, Pair(one, other), wording)
    return GoldenCase(
        title=wording.text(f"windows.golden_{case.key}_title"),
        said=wording.text(f"windows.golden_{case.key}", **words),
        fair=wording.text(
            "windows.golden_fair", a=_words(one, wording), b=_words(other, wording), days_a=one.days, days_b=other.days
        ),
        here=here,
        link=link,
    )


def _here(reader: Reader, pair: Pair, wording: Wording) -> tuple[str, Link | None]:
    """The fair pair asked of the first headline measure that can answer it; else of the first, with its refusal."""
    facts = reader.facts
    fictional = wording.text("windows.golden_fictional") if facts.city.fictional else ""
    refused: CompareError | None = None
    for metric_id in reader.metric_ids():
        try:
            found = reader.compare(reader.ask(metric_id), pair.a, pair.b)
        except CompareError as error:
            refused = refused or error
            continue
        said = wording.text("windows.golden_here", title=facts.metrics[metric_id].title, sentence=_sentence(reader, found, wording))
        return join_said([said, fictional]), _link(reader, found, wording)
    if refused is None:
        return fictional, None
    title, near = facts.metrics[refused.query.metric].title, refused.nearest
    key = "windows.golden_refused" if near else "windows.golden_none"
    sentence = _sentence(reader, near, wording) if near else ""
    said = wording.text(key, title=title, reason=str(refused), sentence=sentence)
    return join_said([said, fictional]), _link(reader, near, wording) if near else None


def _sentence(reader: Reader, found: CompareResult, wording: Wording) -> str:
    return join_said([result_sentence(reader.facts, found, wording), chance_words(found, wording)])


def _link(reader: Reader, found: CompareResult, wording: Wording) -> Link:
    a, b = (Days(w.date_from, w.date_to) for w in (found.a, found.b))
    return Link(wording.text("windows.golden_link"), tool_address(reader.facts, found.query, Pair(a, b)) + ANCHOR)


def _words(window: Days | Window, wording: Wording) -> str:
    return formats.date_range_words(window.date_from, window.date_to, wording.language, "long")
