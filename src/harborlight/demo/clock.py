"""Local wall-clock minutes of the US East Coast to UTC and back into text, for whole arrays at once.

`zoneinfo` gives the two changes of every year; comparing arrays with them is all that is needed. An hour that
happens twice in autumn is taken as its first passing, an hour that never happens in spring is moved on by
one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

ZONE = ZoneInfo("America/New_York")
Times = NDArray[np.datetime64]


@lru_cache
def _summers(first: int, last: int) -> tuple[tuple[np.datetime64, np.datetime64], ...]:
    """Local start and end of summer time in each year, as written on the clock before the change."""
    found = []
    for year in range(first, last + 1):
        at, changes = datetime(year, 1, 1), []
        while at.year == year:
            after = at + timedelta(days=1)
            if at.replace(tzinfo=ZONE).utcoffset() != after.replace(tzinfo=ZONE).utcoffset():
                changes.append(np.datetime64(at.replace(hour=2), "m"))
            at = after
        found.append((changes[0], changes[1]))
    return tuple(found)


def _years(local: Times) -> tuple[int, int]:
    years = local[~np.isnat(local)].astype("datetime64[Y]").astype(int) + 1970
    return (int(years.min()), int(years.max())) if len(years) else (2020, 2020)


def mend_gaps(local: Times) -> Times:
    """Move minutes that the spring change skips on by one hour."""
    mended = local.copy()
    for start, _ in _summers(*_years(local)):
        skipped = (local >= start) & (local < start + 60)
        mended[skipped] += 60
    return mended


def to_utc(local: Times) -> Times:
    """UTC of local minutes; NaT stays NaT."""
    is_summer = np.zeros(len(local), dtype=bool)
    for start, end in _summers(*_years(local)):
        is_summer |= (local >= start) & (local < end)
    hours = np.where(is_summer, 4, 5).astype("timedelta64[h]")
    utc: Times = local + hours
    return utc


def iso_text(moments: Times) -> list[str]:
    """`2024-03-01T17:05:00Z` of UTC minutes; empty where NaT."""
    texts = np.datetime_as_string(moments, unit="m").tolist()
    return [f"{t}:00Z" if t != "NaT" else "" for t in texts]


def us_text(moments: Times) -> list[str]:
    """`03/01/2024 17:05` as the old system writes it; empty where NaT."""
    texts = np.datetime_as_string(moments, unit="m").tolist()
    return [f"{t[5:7]}/{t[8:10]}/{t[:4]} {t[11:16]}" if t != "NaT" else "" for t in texts]


def date_text(days: Times) -> list[str]:
    """`2024-03-01`; empty where NaT."""
    texts = np.datetime_as_string(days.astype("datetime64[D]"), unit="D").tolist()
    return [t if t != "NaT" else "" for t in texts]
