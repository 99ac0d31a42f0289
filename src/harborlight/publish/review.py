"""What an approver needs to see before signing: how a release differs from the one the public sees now.

In: two sealed releases (their manifests and the `counts` table of their databases). Out: one plain dict,
private, that the command line prints. Everything is read from what would be published, never from the
private store.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harborlight import store
from harborlight.publish.approval import why_held
from harborlight.publish.gates import SourceNumbers
from harborlight.publish.manifest import DATABASE, Manifest, load_manifest
from harborlight.publish.release import current_release, release_folder

# The last months of a release are still filling up with late reports: their changes are no restatements.
OPEN_MONTHS = 2

# (metric, grain, period, area_id) -> n; None where the sources lack the period.
Counts = dict[tuple[str, str, str, str], int | None]

CITY = "city"


def make_review(data: Path, release_id: str, against: str | None = None) -> dict[str, Any]:
    """Compare a release with another one (default: the current one; nothing if there is none)."""
    against = against or current_release(data)
    folder = release_folder(data, release_id)
    manifest, now = load_manifest(folder), read_counts(folder / DATABASE)
    earlier: Manifest | None = None
    before: Counts = {}
    if against and against != release_id:
        earlier = load_manifest(release_folder(data, against))
        before = read_counts(release_folder(data, against) / DATABASE)
    old_sources = earlier.sources if earlier else {}
    return {
        "release": release_id,
        "against": earlier.id if earlier else None,
        "same_content": earlier is not None and earlier.content_sha256 == manifest.content_sha256,
        "held_because": why_held(manifest, manifest.sign_off),
        "approvals": [approval.model_dump(mode="json") for approval in manifest.approvals],
        "failed_gates": [gate.model_dump() for gate in manifest.gates if gate.level != "ok"],
        "headline_changes": compare_headlines(before, now),
        "restated": find_restated(before, now),
        "new_categories": compare_categories(old_sources, manifest.sources, before, now) if earlier else [],
        "rejects": [compare_rejects(source, old_sources.get(name)) for name, source in manifest.sources.items()],
        "quarantine": [
            {"source": name, "rows": source.recent_unmapped, "of": source.recent_rows}
            for name, source in manifest.sources.items()
        ],
    }


def read_counts(database: Path) -> Counts:
    """Every published count of a release."""
    con = store.open_release(database)
    try:
        rows = con.execute("select metric, grain, period, area_id, n from counts where period <> 'undated'").fetchall()
    finally:
        con.close()
    return {(metric, grain, period, area): n for metric, grain, period, area, n in rows}


def compare_headlines(before: Counts, now: Counts) -> list[dict[str, Any]]:
    """The last 12 months of every metric in either release, and the newer 12 months in the earlier one."""
    changes = []
    for metric in sorted({key[0] for key in (*before, *now)}):
        then_months, now_months = _last_months(before, metric), _last_months(now, metric)
        changes.append(
            {
                "metric": metric,
                "before": _sum(before, metric, then_months),
                "now": _sum(now, metric, now_months),
                "months": [min(now_months), max(now_months)] if now_months else None,
                "months_before": [min(then_months), max(then_months)] if then_months else None,
                "same_months_before": _sum(before, metric, now_months),
            }
        )
    return changes


def find_restated(before: Counts, now: Counts) -> dict[str, Any]:
    """Closed months and years whose count is another one now: citywide each by each, areas as one number."""
    citywide, areas = [], 0
    for key in sorted({*before, *now}):
        metric, grain, period, area = key
        if now.get(key) == before.get(key) or not _is_closed(before, metric, grain, period):
            continue
        if area == CITY:
            row = {
                "metric": metric,
                "grain": grain,
                "period": period,
                "before": before.get(key),
                "now": now.get(key),
            }
            citywide.append(row)
        else:
            areas += 1
    return {"citywide": citywide, "area_counts": areas}


def compare_categories(
    old: Mapping[str, SourceNumbers], new: Mapping[str, SourceNumbers], before: Counts, now: Counts
) -> list[str]:
    """Sources, offense codes, metrics and areas that come or go, as sentences."""
    pairs = {
        "source": (set(old), set(new)),
        "metric": ({key[0] for key in before}, {key[0] for key in now}),
        "area": ({key[3] for key in before}, {key[3] for key in now}),
    }
    for name in old.keys() & new.keys():
        pairs[f"offense code of {name}"] = (set(old[name].offense_codes), set(new[name].offense_codes))
    sentences = []
    for what, (was, is_now) in pairs.items():
        sentences += [f"New {what}: {value}." for value in sorted(is_now - was)]
        sentences += [f"Gone {what}: {value}." for value in sorted(was - is_now)]
    return sentences


def compare_rejects(source: SourceNumbers, before: SourceNumbers | None) -> dict[str, Any]:
    """Rejected rows of one source, by reason, beside the earlier release's."""
    then = before.reject_reasons if before else {}
    reasons = [
        {"reason": reason, "before": then.get(reason, 0), "now": source.reject_reasons.get(reason, 0)}
        for reason in sorted(then.keys() | source.reject_reasons.keys())
    ]
    return {
        "source": source.source_id,
        "before": before.rejected if before else None,
        "now": source.rejected,
        "reasons": reasons,
    }


def _months(counts: Counts, metric: str) -> list[str]:
    return sorted(key[2] for key in counts if key[0] == metric and key[1] == "month" and key[3] == CITY)


def _last_months(counts: Counts, metric: str) -> list[str]:
    return _months(counts, metric)[-12:]


def _sum(counts: Counts, metric: str, months: list[str]) -> int:
    return sum(counts.get((metric, "month", month, CITY)) or 0 for month in months)


def _is_closed(counts: Counts, metric: str, grain: str, period: str) -> bool:
    """Whether a period was over, late reports included, when these counts were written."""
    months = _months(counts, metric)
    if len(months) <= OPEN_MONTHS:
        return False
    last_closed = months[-1 - OPEN_MONTHS]
    return period <= last_closed if grain == "month" else f"{period}-12" <= last_closed
