"""Comparisons in words, by rules: the verdict first, then the counts, then how much chance could have done.

One set of rules serves the overview, the cards, the metric page and the offense table, so that the same comparison never
reads in two ways. Nothing here decides anything: the verdict comes with the figures.
"""

from __future__ import annotations

from harborlight.catalog.models import Metric
from harborlight.charts import formats
from harborlight.metrics.shapes import Change, Facts, Headline, Usual, Window
from harborlight.provenance import join_said, say_bound, say_change
from harborlight.web.wording import Wording


def period_words(window: Window, wording: Wording) -> str:
    return formats.month_range_words(window.date_from, window.date_to, wording.language)


def verdict_words(change: Change, wording: Wording) -> str:
    return wording.text(f"verdicts.word_{change.verdict}")


def answer_sentence(metric: Metric, change: Change, wording: Wording) -> str:
    """The year's figure and its verdict as one sentence."""
    return wording.text(
        f"verdicts.answer_{change.verdict}",
        noun=metric.sentence_noun,
        now=change.now.n,
        before=change.before.n,
        end=formats.date_words(change.now.date_to, wording.language, "long").replace(" ", "\u00a0"),
        period=period_words(change.now, wording),
    )


def before_sentence(change: Change, wording: Wording) -> str:
    """What the twelve months before were: a percentage for a clear change, otherwise the plain difference."""
    if change.verdict == "not_comparable":
        return wording.text("verdicts.before_only", before=change.before.n, reason=change.reason)
    words = formats.difference_words(change.now.n, change.before.n, wording.language)
    if change.verdict in ("lower", "higher") and change.percent is not None:
        words = say_percent(change, wording)
    if change.now.n == change.before.n:
        return wording.text("verdicts.before_same", before=change.before.n)
    return wording.text("verdicts.before", change=words, before=change.before.n)


def say_percent(change: Change, wording: Wording) -> str:
    """A change in percent in words, marked with both counts."""
    return say_change(formats.percent_words(change.percent, wording.language), change.percent, "percent", change.now.n, change.before.n)


def say_range(low: float, high: float, n: float, wording: Wording) -> str:
    """A range in words, whose ends belong to the count `n`."""
    ends = [say_bound(formats.number(end, wording.language), end, n) for end in (low, high)]
    return ends[0] if low == high else wording.text("figures.range", low=ends[0], high=ends[1])


def _bound(n: int | None, now: Window, wording: Wording) -> str | None:
    return None if n is None else say_bound(formats.number(n, wording.language), n, now.n)


def chance_sentence(change: Change, wording: Wording) -> str:
    """What chance alone could have done, as counts that would have stood out."""
    if change.verdict == "not_comparable":
        return ""
    fall, rise = (_bound(n, change.now, wording) for n in (change.fall_below, change.rise_above))
    match change.verdict:
        case "lower" | "higher":
            return wording.text(f"verdicts.chance_{change.verdict}")
        case _ if fall is None and rise is None:
            return wording.text("verdicts.chance_unclear")
        case _ if fall is None:
            return wording.text("verdicts.chance_rise", rise=rise)
        case _ if rise is None:
            return wording.text("verdicts.chance_fall", fall=fall)
        case _:
            return wording.text("verdicts.chance_both", fall=fall, rise=rise)


def provisional_sentence(facts: Facts, metric: Metric, wording: Wording) -> str:
    edge = facts.provisional_from.get(metric.id)
    return wording.text("verdicts.provisional", day=formats.date_words(edge, wording.language)) if edge else ""


def usual_sentence(usual: Usual, wording: Wording) -> str:
    """A short window: its count, last year's, the usual range, and a word only where it lies outside."""
    parts = [wording.text("verdicts.short_now", n=usual.now.n)]
    if usual.year_before:
        parts.append(wording.text("verdicts.short_before", n=usual.year_before.n))
    if usual.low is not None and usual.high is not None:
        parts.append(
            wording.text("verdicts.short_usual", range=say_range(usual.low, usual.high, usual.now.n, wording))
        )
    if usual.outside:
        parts.append(wording.text(f"verdicts.short_{usual.outside}"))
    return join_said(parts)


def copy_sentence(facts: Facts, headline: Headline, permalink: str, wording: Wording, area: str = "") -> str:
    """A figure that can stand alone in an article: place, window, comparison, definition, date, release and address."""
    change, metric = headline.year, headline.metric
    if change is None or headline.data_through is None:
        return ""
    return wording.text(
        "verdicts.copy",
        place=", ".join(part for part in (area, facts.city.name, facts.city.state) if part),
        noun=metric.sentence_noun,
        now=change.now.n,
        period=period_words(change.now, wording),
        before=change.before.n,
        before_period=period_words(change.before, wording),
        verdict=wording.text(f"verdicts.copy_{change.verdict}"),
        title=metric.title,
        version=str(metric.definition_version),
        through=headline.data_through,
        release=facts.release_id,
        link=permalink,
    )
