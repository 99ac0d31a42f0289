"""The comparison tool of a measure's page: any two periods, refused with a way out or answered beside other bases.

In go the reader, the page's question and the pair that was asked for; without one the last twelve months stand beside the
twelve before. It is a plain form of four days, so it works without a script.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from harborlight.charts import formats
from harborlight.metrics.compare import Baseline, CompareError, CompareResult, check_claim
from harborlight.metrics.compare_query import NOT_HERE, Pair
from harborlight.metrics.query import canonical_params
from harborlight.metrics.shapes import Facts, Query, Window
from harborlight.provenance import join_said, say_bound, say_change
from harborlight.statistics.windows import Window as Days
from harborlight.statistics.windows import last_months, shift_years
from harborlight.web.compare_words import (
    baseline_name,
    chance_words,
    claim_sentence,
    days_words,
    ratio_words,
    result_sentence,
)
from harborlight.web.context import Cell, Column, Link, RowGroup, Table
from harborlight.web.context_compare import Compared, CompareTool, Refused
from harborlight.web.reader import Reader
from harborlight.web.site import full_address
from harborlight.web.wording import Wording

ANCHOR = "#two-periods"


def make_tool(reader: Reader, query: Query, pair: Pair | None, wording: Wording) -> CompareTool:
    """Form, and answer or refusal."""
    facts = reader.facts
    metric = facts.metrics[query.metric]
    # The windows lie anywhere in the record, whatever stretch the page's own question is about.
    first, last = facts.metric_from[metric.id], facts.metric_through[metric.id]
    query = replace(query, by=(), date_from=first, date_to=last, window=None, whole=True)
    asked = pair or _usual_pair(facts, query)
    found = refusal = None
    try:
        found = reader.compare(query, asked.a, asked.b)
    except CompareError as error:
        refusal = error if pair else None
        if pair is None and error.nearest:
            found = error.nearest
            asked = Pair(_days(found.a), _days(found.b))
    return CompareTool(
        action=f"/metrics/{metric.id}{ANCHOR}",
        kept=tuple(_narrowing(facts, query)),
        fields=tuple(_fields(asked, wording)),
        claim="" if asked.claim is None else f"{asked.claim:g}",
        result=make_compared(facts, found, wording) if found else None,
        refusal=_refused(facts, refusal, wording) if refusal else None,
        checked=_checked(facts, asked, found, refusal, wording),
    )


def _usual_pair(facts: Facts, query: Query) -> Pair:
    now = last_months(facts.metric_through[query.metric])
    return Pair(now, shift_years(now, 1))


def _fields(pair: Pair, wording: Wording) -> list[tuple[str, str, tuple[tuple[str, str, str], ...]]]:
    ends = (("a", "windows.first", pair.a), ("b", "windows.second", pair.b))
    return [
        (
            side,
            wording.text(legend),
            (
                (f"{side}_from", wording.text("windows.from"), days.date_from.isoformat()),
                (f"{side}_to", wording.text("windows.to"), days.date_to.isoformat()),
            ),
        )
        for side, legend, days in ends
    ]


def _narrowing(facts: Facts, query: Query) -> list[tuple[str, str]]:
    pairs = canonical_params(query, facts.metrics[query.metric])
    return [(name, value) for name, value in pairs if name not in NOT_HERE]


def tool_address(facts: Facts, query: Query, pair: Pair) -> str:
    """The page of a comparison, with everything that narrows it."""
    return f"/metrics/{query.metric}?{urlencode([*_narrowing(facts, query), *pair.params()], safe=',:;/')}"


# ----------------------------------------------------------------------------------------------- the answer


def make_compared(facts: Facts, found: CompareResult, wording: Wording) -> Compared:
    """One comparison for readers."""
    pair = Pair(_days(found.a), _days(found.b))
    page = tool_address(facts, found.query, pair)
    asked = page.partition("?")[2]
    api = f"?metric={found.query.metric}&{asked}"
    return Compared(
        sentence=result_sentence(facts, found, wording),
        chance=chance_words(found, wording),
        counts=_counts(found.a, found.b, wording, caption="windows.caption_counts", per_day=False),
        facts=_facts(found, wording),
        notes=_notes(found, wording),
        baselines=_baselines(found, wording),
        links=(
            Link(wording.text("windows.csv"), f"/api/v1/compare.csv{api}"),
            Link(wording.text("windows.json"), f"/api/v1/compare{api}"),
        ),
        address=full_address(facts, page) or page,
    )


def _facts(found: CompareResult, wording: Wording) -> tuple[tuple[str, str], ...]:
    lang, n = wording.language, found.a.n
    digits = "<0.001" if found.p_value < 0.001 else formats.decimal(found.p_value, 3, lang)
    lines = (
        ("windows.difference", formats.difference_words(found.a.n, found.b.n, lang)),
        ("windows.ratio_label", ratio_words(found.ratio, found.a.n, found.b.n, wording)),
        ("windows.chance_label", say_bound(digits, found.p_value, n)),
        ("windows.phi_label", say_bound(formats.decimal(found.dispersion, 2, lang), found.dispersion, n)),
    )
    return tuple((wording.text(name), text) for name, text in lines)


def _notes(found: CompareResult, wording: Wording) -> tuple[str, ...]:
    said = [wording.text("windows.small" if found.ratio is None else "windows.interval_note")]
    if "incomplete" in found.flags:
        said.append(wording.text("windows.more_to_come"))
    return (*said, *found.notes)


def _counts(a: Window, b: Window, wording: Wording, *, caption: str, per_day: bool) -> Table:
    heads = [Column(wording.text("windows.period")), *(Column(wording.text(key), True) for key in ("windows.days", "windows.count"))]
    heads += [Column(wording.text("windows.per_day"), True)] if per_day else []
    rows = []
    for window in (a, b):
        rate = window.n / window.days
        row = [
            Cell(days_words(window, wording), kind="head"),
            Cell(wording.text("changes.days", n=window.days), kind="number"),
            Cell(formats.number(window.n, wording.language), kind="number"),
        ]
        if per_day:
            row.append(Cell(say_bound(formats.decimal(rate, 2, wording.language), rate, window.n), kind="number"))
        rows.append(tuple(row))
    return Table(wording.text(caption), tuple(heads), (RowGroup("", tuple(rows)),), show_caption=True)


def _baselines(found: CompareResult, wording: Wording) -> Table | None:
    if all(base.reason for base in found.baselines):
        return None
    heads = (
        Column(wording.text("windows.base")), Column(wording.text("windows.base_count"), True),
        Column(wording.text("windows.ratio_label"), True), Column(wording.text("windows.word")),
    )  # fmt: skip
    rows = tuple(_baseline_row(found, base, wording) for base in found.baselines)
    intro = wording.text("windows.baselines_intro")
    return Table(wording.text("windows.baselines"), heads, (RowGroup("", rows),), intro, show_caption=True)


def _baseline_row(found: CompareResult, base: Baseline, wording: Wording) -> tuple[Cell, ...]:
    name, lang = Cell(baseline_name(base, wording), kind="head"), wording.language
    if base.mean is None:
        return name, Cell("", kind="quiet"), Cell("", kind="quiet"), Cell(base.reason, kind="quiet")
    count = formats.number(base.before[0].n, lang)
    if base.years > 1:
        count = say_bound(formats.decimal(base.mean, 1, lang), base.mean, found.a.n)
    value = base.ratio and formats.decimal(base.ratio[0], 2, lang)
    if base.ratio and base.years == 1:
        value = say_change(value or "", base.ratio[0], "ratio", found.a.n, base.before[0].n)
    elif base.ratio:
        value = say_bound(value or "", base.ratio[0], found.a.n)
    word = wording.text(f"verdicts.word_{base.verdict}")
    return (
        name, Cell(count, kind="number"), Cell(value or wording.text("windows.no_ratio"), kind="number" if value else "quiet"),
        Cell(word, kind="words" if base.verdict in ("lower", "higher") else "quiet"),
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- the refusal


def _refused(facts: Facts, refusal: CompareError, wording: Wording) -> Refused:
    counts = _counts(refusal.a, refusal.b, wording, caption="windows.caption_asked", per_day=True)
    near = refusal.nearest
    if near is None:
        return Refused(str(refusal), counts, wording.text("windows.refused_none"), None, "")
    address = tool_address(facts, near.query, Pair(_days(near.a), _days(near.b)))
    words = {"a": days_words(near.a, wording), "b": days_words(near.b, wording)}
    return Refused(
        reason=str(refusal),
        counts=counts,
        nearest=wording.text("windows.refused_nearest", **words),
        link=Link(wording.text("windows.refused_show"), address + ANCHOR),
        result=join_said([result_sentence(facts, near, wording), chance_words(near, wording)]),
    )


def _checked(
    facts: Facts, asked: Pair, found: CompareResult | None, refusal: CompareError | None, wording: Wording
) -> str:
    """A claim recomputed; empty where none was given."""
    if asked.claim is None:
        return ""
    if refusal:
        claim = check_claim(asked.claim, refusal.a, refusal.b, refusal.nearest, facts.city.percent_base)
        return claim_sentence(claim, wording, is_refused=True)
    if found is None:
        return ""
    claim = check_claim(asked.claim, found.a, found.b, found, facts.city.percent_base)
    return claim_sentence(claim, wording, is_refused=False)


def _days(window: Window) -> Days:
    return Days(window.date_from, window.date_to)
