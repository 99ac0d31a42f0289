"""Which sources are late right now. Worked out when a page is asked for, because a page may be read long after it was made.

A source is late once its data are older than its own rhythm and one day more. A closed source is never late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from harborlight.catalog.models import Notice
from harborlight.metrics.shapes import Facts, SourceFacts

GRACE = timedelta(hours=24)
NOTICE_STAYS = timedelta(days=28)


def due_at(source: SourceFacts, zone: ZoneInfo) -> datetime | None:
    """The moment from which a source is late, or None where it cannot be."""
    if source.is_closed or source.data_through is None:
        return None
    end = datetime.combine(source.data_through + timedelta(days=1), time(), zone)
    return end + timedelta(days=source.cadence_days) + GRACE


def late_sources(facts: Facts, now: datetime) -> tuple[SourceFacts, ...]:
    """Sources that are late at `now`, in the release's order."""
    zone = ZoneInfo(facts.city.timezone)
    return tuple(s for s in facts.sources if (due := due_at(s, zone)) is not None and now > due)


def unchecked_sources(facts: Facts, now: datetime) -> frozenset[str]:
    """Sources that were last fetched whole so long ago that no page of a single record may rest on them any more: what was taken back there
    since is not known here. Nobody needs to refresh for this to hold."""
    if facts.records is None:
        return frozenset()
    longest = timedelta(days=facts.records.days_without_source)
    return frozenset(source.id for source in facts.sources if now - (source.full_at or source.fetched_at) > longest)


def fresh_notices(facts: Facts, now: datetime) -> tuple[Notice, ...]:
    """Corrections of the last 28 days: their pages carry them."""
    today = now.astimezone(ZoneInfo(facts.city.timezone)).date()
    return tuple(n for n in facts.notices if timedelta(0) <= today - n.published_on < NOTICE_STAYS)


def published_notices(facts: Facts, now: datetime) -> tuple[Notice, ...]:
    """Every correction that is published at `now`, newest first: one dated ahead waits for its day."""
    today = now.astimezone(ZoneInfo(facts.city.timezone)).date()
    found = [n for n in facts.notices if n.published_on <= today]
    return tuple(sorted(found, key=lambda n: (n.published_on, n.id), reverse=True))


def freshness_key(late: Sequence[SourceFacts], notices: Sequence[Notice], published: int) -> str:
    """Short text that changes when a source becomes late or a notice is published or ages: part of every cache key."""
    return ",".join([*(source.id for source in late), *(notice.id for notice in notices), str(published)])
