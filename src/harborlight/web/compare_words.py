"""A comparison of two windows in words, by rules, for the page and the API alike: counts first, then what chance could do."""

from __future__ import annotations

from harborlight.charts import formats
from harborlight.metrics.compare import Baseline, Claim, CompareResult, Ratio, as_change
from harborlight.metrics.shapes import Facts, Window
from harborlight.provenance import join_said, plain, say_bound, say_change
from harborlight.web import verdicts
from harborlight.web.wording import Wording


def days_words(window: Window, wording: Wording) -> str:
    return formats.date_range_words(window.date_from, window.date_to, wording.language, "long")


def result_sentence(facts: Facts, result: CompareResult, wording: Wording) -> str:
    """Both counts with their days, and the word that chance allows."""
    return wording.text(
        f"windows.sentence_{result.verdict}", noun=facts.metrics[result.query.metric].sentence_noun, n=result.a.n,
        a=days_words(result.a, wording), before=result.b.n, b=days_words(result.b, wording),
    )  # fmt: skip


def chance_words(result: CompareResult, wording: Wording) -> str:
    """What would have stood out, or how sure the word is."""
    if result.verdict != "no_clear_change":
        return wording.text("windows.chance_clear")
    return verdicts.chance_sentence(as_change(result), wording)


def full_sentence(facts: Facts, result: CompareResult, wording: Wording) -> str:
    """The sentence of the API, without marks."""
    return plain(join_said([result_sentence(facts, result, wording), chance_words(result, wording)]))


def claim_sentence(claim: Claim, wording: Wording, *, is_refused: bool) -> str:
    """What a published percentage would be from the counts as compared, and like for like."""
    parts = [wording.text("windows.claimed", claim=percent_text(claim.claimed, wording))]
    if claim.as_asked is not None and is_refused:
        said = percent_text(claim.as_asked, wording)
        parts.append(wording.text("windows.claim_as_asked", percent=say_change(said, claim.as_asked, "percent", *claim.asked)))
    if claim.result is None:
        parts.append(wording.text("windows.claim_no_pair"))
    elif claim.like_for_like is None:
        parts.append(wording.text("windows.claim_small", now=claim.result.a.n, before=claim.result.b.n))
    else:
        parts.append(_like_for_like(claim, claim.result, wording))
    return join_said(parts)


def _like_for_like(claim: Claim, result: CompareResult, wording: Wording) -> str:
    now, before = result.a.n, result.b.n
    percent = say_change(percent_text(claim.like_for_like or 0.0, wording), claim.like_for_like, "percent", now, before)
    ends = [say_bound(percent_text(end, wording), end, now) for end in (claim.low, claim.high) if end is not None]
    range_ = wording.text("windows.claim_range", low=ends[0], high=ends[1]) if len(ends) == 2 else ""
    like = wording.text(f"windows.claim_like_{result.verdict}", percent=percent, now=now, before=before)
    return join_said([like, range_])


def percent_text(value: float, wording: Wording) -> str:
    """A change in percent with its sign and one decimal: −25.2%, +3%."""
    sign = "\u2212" if round(value, 1) < 0 else "+" if round(value, 1) > 0 else ""
    return sign + formats.decimal(abs(value), 1, wording.language) + "%"


def ratio_words(ratio: Ratio | None, now: int, before: int, wording: Wording) -> str:
    """A ratio with its interval: 0.69 (0.55 to 0.86)."""
    if ratio is None:
        return wording.text("windows.no_ratio")
    value, low, high = (formats.decimal(x, 2, wording.language) for x in ratio)
    return wording.text(
        "windows.ratio", value=say_change(value, ratio[0], "ratio", now, before), low=say_bound(low, ratio[1], now),
        high=say_bound(high, ratio[2], now),
    )  # fmt: skip


def baseline_name(baseline: Baseline, wording: Wording) -> str:
    return wording.text("windows.baseline_1") if baseline.years == 1 else wording.text("windows.baseline_mean", n=baseline.years)
