"""Sites of help as the release holds them: each with its catchment, what the record says of it, and how it stands at a moment.

How a site stands is worked out from its entry and the city's clock, never stored: a site that nobody has asked for more than 90 days
cannot read as available, whatever its hours say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from harborlight.catalog.hours import is_always, open_until, opens_next
from harborlight.catalog.services import STALE_DAYS, Site
from harborlight.web.reader import Reader, Row

State = Literal["open", "shut", "hours_unknown", "unverified", "paused", "pause_over", "closed"]


@dataclass(frozen=True)
class Watch:
    """What the record says of a catchment; days are None where it holds no homicide, the baseline where it is too short."""

    last_on: date | None
    watched_from: date
    watched_through: date
    baseline_from: date | None
    baseline_to: date | None
    baseline_n: int | None

    @property
    def quiet_days(self) -> int:
        """Days from the last homicide (or the day before the record begins) to the last day of the record."""
        return (self.watched_through - (self.last_on or self.watched_from)).days + (self.last_on is None)


@dataclass(frozen=True)
class Listed:
    """One site; `question` asks for its catchment in the words of the grammar."""

    site: Site
    question: dict[str, str]
    geometry: str
    watch: Watch | None


@dataclass(frozen=True)
class Standing:
    """How a site stands at a local moment. `until` and `opens` are local; `is_always` means that it never closes."""

    state: State
    until: datetime | None = None
    opens: datetime | None = None
    is_always: bool = False

    @property
    def is_available(self) -> bool:
        return self.state == "open"


def stand(site: Site, moment: datetime) -> Standing:
    """How a site stands at a moment of the city's clock."""
    today, moment = moment.date(), moment.replace(tzinfo=None)
    if site.status == "closed":
        return Standing("closed")
    if site.status == "paused":
        is_over = "" < site.status_to < today.isoformat()[: len(site.status_to)]
        return Standing("pause_over" if is_over else "paused")
    days = site.days_unverified(today)
    if days is None or days > STALE_DAYS:
        return Standing("unverified")
    spans = site.spans
    if not spans:
        return Standing("hours_unknown")
    until = open_until(spans, moment)
    return Standing("open" if until else "shut", until, None if until else opens_next(spans, moment), is_always(spans))


def read_sites(reader: Reader) -> dict[str, Listed]:
    """Every listed site by its id, in the order of kinds and names."""
    watched = {row["site_id"]: _watch(row) for row in reader.rows("select * from service_watch", {})}
    found = {}
    for row in reader.rows("select * from services order by kind, name, id", {}):
        question = dict(part.split("=", 1) for part in (row.pop("catchment_question") or "").split("&") if part)
        geometry = row.pop("catchment_geometry") or ""
        site = Site.model_validate({name: value for name, value in row.items() if value is not None})
        found[site.id] = Listed(site, question, geometry, watched.get(site.id))
    return found


def read_activity(reader: Reader, site_id: str) -> list[Row]:
    """What a site reports by month, newest first."""
    return reader.rows('select * from service_activity where site_id = $id order by "month" desc', {"id": site_id})


def _watch(row: dict[str, Any]) -> Watch:
    return Watch(**{name: row[name] for name in Watch.__dataclass_fields__})
