"""The strategies of a release as pages and API read them: rows of four small tables, never worked out anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harborlight.errors import QueryError
from harborlight.metrics.facts import lines_by_id
from harborlight.metrics.query_places import lines_text
from harborlight.metrics.shapes import Query
from harborlight.provenance import Said, say
from harborlight.web.reader import Reader, Row
from harborlight.web.wording import Wording

NOT_HERE = 404


@dataclass(frozen=True)
class Found:
    """One strategy with its estimates by id, its months and the studies about it."""

    row: Row
    estimates: dict[str, Row]
    months: tuple[Row, ...]
    studies: tuple[Row, ...]


def read_list(reader: Reader) -> list[Row]:
    """All strategies, in the order of their titles."""
    return reader.rows("select * from strategies order by title, strategy_id", {})


def read_estimates(reader: Reader, strategy_id: str) -> list[Row]:
    """Every estimate, in the order in which they are made. `is_small`: a count is too small for a percentage."""
    rows = reader.rows("select * from strategy_estimates where strategy_id = $id", {"id": strategy_id})
    least = reader.facts.city.percent_base
    return [{**row, "is_small": min(row["n_before"] or 0, row["n_after"] or 0) < least} for row in rows]


def read_months(reader: Reader, strategy_id: str) -> list[Row]:
    return reader.rows("select * from strategy_months where strategy_id = $id order by month", {"id": strategy_id})


def read_studies(reader: Reader, strategy_id: str) -> list[Row]:
    return reader.rows("select * from strategy_studies where strategy_id = $id order by ix", {"id": strategy_id})


def find_strategy(reader: Reader, strategy_id: str, wording: Wording) -> Found:
    """One strategy with all that is known of it. Raises QueryError 404 with the strategies that there are."""
    rows = {row["strategy_id"]: row for row in read_list(reader)}
    if strategy_id not in rows:
        raise QueryError(wording.text("strategies.not_here"), code="not_found", status=NOT_HERE, allowed=sorted(rows))
    estimates = {row["estimate"]: row for row in read_estimates(reader, strategy_id)}
    return Found(rows[strategy_id], estimates, tuple(read_months(reader, strategy_id)), tuple(read_studies(reader, strategy_id)))


def mark(text: str, value: float, strategy: str, **where: str) -> Said:
    """`text`, which shows `value`, with the cell of the published table that it comes from."""
    return say(text, value, "estimate", strategy=strategy, **where)


def count_in_place(reader: Reader, row: Row, first: date, last: date) -> int | None:
    """The count of a strategy's place as any page would ask for it; None where the place is several areas or cannot be asked."""
    asked = _ask(reader, row, first, last)
    n: int | None = reader.answer(asked).rows[0]["n"] if asked else None
    return n


def _ask(reader: Reader, row: Row, first: date, last: date, **more: str) -> Query | None:
    areas, lines = row["areas"].split(), lines_by_id(reader.facts, row["layer"], row["lines"])
    if len(areas) != 1 or lines is None or areas[0] not in [area.id for area in lines.areas] or row["metric"] not in reader.metric_ids():
        return None
    text = lines_text(reader.facts, row["layer"], row["lines"])
    more |= {"lines": text} if text else {}
    return reader.ask(row["metric"], layer=row["layer"], area=areas[0], from_=first.isoformat(), to=last.isoformat(), **more)


def months_in_place(reader: Reader, row: Row) -> dict[str, int]:
    """Month → count of a strategy's place, as any page would ask for it; empty where it cannot be asked."""
    asked = _ask(reader, row, row["before_from"], row["after_to"], by="month")
    return {found["month"]: found["n"] for found in reader.answer(asked).rows if found["n"] is not None} if asked else {}


def place_words(reader: Reader, row: Row) -> str:
    """Names of the areas, with commas between them."""
    lines = lines_by_id(reader.facts, row["layer"], row["lines"])
    names = {area.id: area.name for area in lines.areas} if lines else {}
    return ", ".join(names.get(area, area) for area in row["areas"].split())
