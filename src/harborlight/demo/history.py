"""What the feeds say on a given day: rows entered by then, with the codes, statuses and deaths known by then.

The world knows the whole story; an edition is this view of it. Late reports are absent until they are
entered, a person who dies later reads as wounded until the ruling, deleted reports are gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from harborlight.demo.patterns import CODE, KILLED
from harborlight.demo.world import FATAL, GUNSHOT, MAJOR, NO_TIME, OPEN, Bools, Ints, Times, World, kind_of

# Auto thefts of January stood under December until an audit found it, 45 days before the last day.
MISDATED = "auto theft"
MISDATED_DAYS = 31
AUDITED_BEFORE = timedelta(days=45)


@dataclass(frozen=True)
class Known:
    """One element per row of the world. `updated` is the day of the last change that had happened."""

    is_visible: Bools
    code: Ints
    status: Ints
    status_on: Times
    died: Times
    ruled: Times
    injury: Ints
    updated: Times


def as_known(world: World, on: date) -> Known:
    """The world's rows as the source shows them at the end of a day."""
    incidents, rows = world.incidents, world.rows
    day, owner = np.datetime64(on), rows.incident
    deleted = incidents.deleted_on[owner] <= day
    is_recoded = rows.recoded_on <= day
    settled = (incidents.status[owner] != OPEN) & (incidents.status_on[owner] <= day)
    code = np.where(is_recoded, rows.code, rows.prior_code)
    is_killed = np.isin(code, [CODE[name] for name in KILLED])
    has_died = is_killed & (rows.died.astype("datetime64[D]") <= day)
    updated = np.maximum(rows.entered, np.where(is_recoded, rows.recoded_on, rows.entered))
    updated = np.maximum(updated, np.where(settled, incidents.status_on[owner], updated))
    return Known(
        is_visible=(rows.entered <= day) & ~deleted,
        code=code,
        status=np.where(settled, incidents.status[owner], OPEN),
        status_on=np.where(settled, incidents.status_on[owner], np.datetime64("NaT", "D")),
        died=np.where(has_died, rows.died, NO_TIME),
        ruled=np.where(has_died & (rows.ruled.astype("datetime64[D]") <= day), rows.ruled, NO_TIME),
        injury=np.where(
            (rows.injury == FATAL) & ~is_killed, np.where(rows.is_shooting, GUNSHOT, MAJOR), rows.injury
        ),
        updated=updated,
    )


def as_dated(world: World, on: date, through: date) -> World:
    """The world with the days that the source gave on a day: auto thefts of January were dated a month early until an audit."""
    if on >= through - AUDITED_BEFORE:
        return world
    incidents, new_year = world.incidents, np.datetime64(date(through.year, 1, 1))
    day = incidents.occurred.astype("datetime64[D]")
    moved = (incidents.kind == kind_of(MISDATED)) & (day >= new_year) & (day < new_year + MISDATED_DAYS)
    occurred = np.where(moved, incidents.occurred - np.timedelta64(MISDATED_DAYS, "D"), incidents.occurred)
    return replace(world, incidents=replace(incidents, occurred=occurred))
