"""`/api/v1/compare`: two windows of one measure compared, or refused with both counts and the nearest pair worked out."""

from __future__ import annotations

import math
from typing import Any

from fastapi import Request, Response

from harborlight.errors import QueryError
from harborlight.metrics.compare import Baseline, Claim, CompareError, CompareResult, Ratio, check_claim
from harborlight.metrics.compare_query import PAIR, Pair, read_pair, refuse_spans, split_params, window_text
from harborlight.metrics.query import canonical_params
from harborlight.metrics.shapes import Facts, Window
from harborlight.provenance import plain
from harborlight.statistics.windows import Window as Days
from harborlight.web.cache import check_query
from harborlight.web.compare_models import (
    AskedWindow,
    BaselineOut,
    ClaimOut,
    CompareOut,
    CountedWindow,
    DetectableOut,
    NearestOut,
    RatioOut,
    RefusalBody,
    RefusalOut,
)
from harborlight.web.compare_words import claim_sentence, full_sentence
from harborlight.web.respond import Turn, get_turn, to_csv, to_json
from harborlight.web.wording import Wording

COLUMNS = (
    "base", "a_from", "a_to", "a_days", "a_n", "b_from", "b_to", "b_days", "b_n", "difference", "ratio", "low", "high",
    "p_value", "verdict", "flags",
)  # fmt: skip


def read_compare(request: Request) -> Response:
    """Two windows compared; `.csv` after the address, or `format=csv`, gives the comparison and its baselines as rows."""
    turn = get_turn(request)
    params = check_query(turn.visit.query)
    kind = "csv" if turn.visit.path.endswith(".csv") else dict(params).get("format") or "json"
    if kind not in ("json", "csv"):
        raise QueryError("This format is not offered here.", parameter="format", allowed=["json", "csv"])
    own, rest = split_params(params)
    metrics = [value for name, value in rest if name == "metric"]
    if len(metrics) != 1:
        allowed = list(turn.release.reader.metric_ids())
        raise QueryError("A comparison is of one measure.", parameter="metric", allowed=allowed)
    refuse_spans(rest)
    query = turn.release.reader.parse([p for p in rest if p[0] != "metric"], metrics[0])
    pair = read_pair(own)
    if pair is None:
        raise QueryError("A comparison needs two windows.", parameter="a", allowed=list(PAIR))
    try:
        found = turn.release.reader.compare(query, pair.a, pair.b)
    except CompareError as refusal:
        return _refuse(turn, refusal, pair)
    if kind == "csv":
        return to_csv("compare", COLUMNS, compare_rows(found))
    return to_json(make_out(turn, found, _claim(turn.release.facts, pair, found.a, found.b, found)))


def _refuse(turn: Turn, refusal: CompareError, pair: Pair) -> Response:
    claim = _claim(turn.release.facts, pair, refusal.a, refusal.b, refusal.nearest)
    near = refusal.nearest
    body = RefusalBody(
        code=refusal.reason.code, message=str(refusal), parameter=refusal.parameter, allowed=refusal.allowed or [],
        a=_asked(refusal.a), b=_asked(refusal.b),
        nearest=NearestOut(a=window_text(_days(near.a)), b=window_text(_days(near.b)), result=make_out(turn, near, None))
        if near else None,
        claim=_claim_out(claim, turn.wording, is_refused=True),
    )  # fmt: skip
    response = to_json(RefusalOut(error=body))
    response.status_code = refusal.status
    return response


def _claim(facts: Facts, pair: Pair, a: Window, b: Window, fair: CompareResult | None) -> Claim | None:
    return None if pair.claim is None else check_claim(pair.claim, a, b, fair, facts.city.percent_base)


def make_out(turn: Turn, found: CompareResult, claim: Claim | None) -> CompareOut:
    """A comparison in the shape of the API."""
    facts = turn.release.facts
    metric = facts.metrics[found.query.metric]
    asked = [p for p in canonical_params(found.query, metric) if p[0] not in ("from", "to", "window", "by")]
    return CompareOut(
        metric=metric.id, title=metric.title, unit=found.query.unit, release=turn.release.id,
        definition_version=metric.definition_version, query=dict(asked), a=_window(found.a), b=_window(found.b),
        difference=found.difference, percent=found.percent, ratio=_ratio(found.ratio), p_value=found.p_value,
        verdict=found.verdict, detectable=DetectableOut(fall_below=found.fall_below, rise_above=found.rise_above),
        dispersion=round(found.dispersion, 4), flags=list(found.flags), sentence=full_sentence(facts, found, turn.wording),
        notes=list(found.notes), baselines=[_baseline(base) for base in found.baselines],
        claim=_claim_out(claim, turn.wording, is_refused=False),
    )  # fmt: skip


def _window(window: Window) -> CountedWindow:
    return CountedWindow(
        date_from=window.date_from, date_to=window.date_to, days=window.days, n=window.n,
        per_day=round(window.n / window.days, 4),
    )  # fmt: skip


def _asked(window: Window) -> AskedWindow:
    return AskedWindow(n=window.n, days=window.days, per_day=round(window.n / window.days, 4))


def _days(window: Window) -> Days:
    return Days(window.date_from, window.date_to)


def _ratio(ratio: Ratio | None) -> RatioOut | None:
    if ratio is None:
        return None
    return RatioOut(value=ratio[0], low=ratio[1], high=ratio[2] if math.isfinite(ratio[2]) else None)


def _baseline(base: Baseline) -> BaselineOut:
    return BaselineOut(
        years=base.years, windows=[_window(w) for w in base.before], mean=base.mean, ratio=_ratio(base.ratio),
        p_value=base.p_value, verdict=base.verdict, flags=list(base.flags), reason=base.reason or None,
    )  # fmt: skip


def _claim_out(claim: Claim | None, wording: Wording, *, is_refused: bool) -> ClaimOut | None:
    if claim is None:
        return None
    return ClaimOut(
        claimed=claim.claimed, as_asked=claim.as_asked, like_for_like=claim.like_for_like, low=claim.low, high=claim.high,
        sentence=plain(claim_sentence(claim, wording, is_refused=is_refused)),
    )  # fmt: skip


def compare_rows(found: CompareResult) -> list[dict[str, Any]]:
    """The comparison and each of its baselines as rows; a mean of years has no single window b."""
    low, high = (None, None) if found.ratio is None else found.ratio[1:]
    row = _row("b", found.a) | {
        "b_from": found.b.date_from, "b_to": found.b.date_to, "b_days": found.b.days, "b_n": found.b.n,
        "difference": found.difference, "ratio": found.ratio and found.ratio[0], "low": low, "high": high,
        "p_value": found.p_value, "verdict": found.verdict, "flags": ",".join(found.flags),
    }  # fmt: skip
    return [row, *(_baseline_row(found, base) for base in found.baselines)]


def _baseline_row(found: CompareResult, base: Baseline) -> dict[str, Any]:
    row = _row(f"mean_of_{base.years}" if base.years > 1 else "year_before", found.a)
    first, last = (base.before[-1].date_from, base.before[0].date_to) if base.before else (None, None)
    return row | {
        "b_from": first, "b_to": last, "b_days": sum(w.days for w in base.before) or None,
        "b_n": sum(w.n for w in base.before) if base.before else None, "ratio": base.ratio and base.ratio[0],
        "low": base.ratio and base.ratio[1], "high": base.ratio and base.ratio[2], "p_value": base.p_value,
        "verdict": base.verdict, "flags": ",".join(base.flags),
    }  # fmt: skip


def _row(base: str, a: Window) -> dict[str, Any]:
    counts = {"base": base, "a_from": a.date_from, "a_to": a.date_to, "a_days": a.days, "a_n": a.n}
    return dict.fromkeys(COLUMNS) | counts

