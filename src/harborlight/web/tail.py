"""The recent end of a series: how complete each month is expected to be, and what it may grow to where that is earned.

In go the reader and the months of a measure, out come sentences. What they say was worked out when the release was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harborlight.charts import formats
from harborlight.web.reader import Reader, Row
from harborlight.web.wording import Wording


def read_expected(reader: Reader, metric_id: str) -> list[Row]:
    """Closed months that are not complete yet, oldest first: period, share known, low and high (None unless earned)."""
    return reader.rows("select period, share, low, high from expected where metric = $metric order by period", {"metric": metric_id})


def tail_lines(reader: Reader, metric_id: str, months: Sequence[Mapping[str, Any]], wording: Wording) -> tuple[str, ...]:
    """A sentence for each recent month of which reports are still expected; `months` are the rows of an answer by month."""
    counts = {row["month"]: row["n"] for row in months}
    rows = [row for row in read_expected(reader, metric_id) if counts.get(row["period"]) is not None]
    return tuple(_tail_line(row, counts[row["period"]], wording) for row in rows)


def _tail_line(row: Row, n: int, wording: Wording) -> str:
    month = formats.month_words(row["period"], wording.language, "long")
    share = formats.percent(row["share"], 0 if row["share"] < 0.985 else 1, wording.language)
    if row["low"] is None or row["high"] is None:
        return wording.text("history.tail", month=month, share=share, n=n)
    # The range is learnt from sources that still grow; a count can only be above its low end.
    return wording.text("history.tail_range", month=month, share=share, n=n, low=max(n, int(row["low"])), high=max(n, int(row["high"])))
