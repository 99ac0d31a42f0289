"""Reports that may be looked up, and what police say of them, counted again in plain Python from rows of the model: no SQL but to read rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

from harborlight.records.numbers import DROPPED, is_number
from harborlight.store import Connection, read_rows


class Reports:
    """Each number once: its month, district, most serious offense group, and whether police have cleared it."""

    def __init__(self, con: Connection) -> None:
        sort = {r["code"]: int(r["sort"]) for r in read_rows(con, "select code, sort from staging.offense_codes")}
        drawn = read_rows(con, "select lines_ix from places.versions where layer = 'police_district' and is_current")
        current = {row["lines_ix"] for row in drawn}
        names = {(r["lines_ix"], r["ix"]): r["area_id"] for r in read_rows(con, "select lines_ix, ix, area_id from places.areas")}
        pieces = read_rows(con, "select lines_ix, piece, area from places.piece_areas")
        district = {r["piece"]: names[r["lines_ix"], r["area"]] for r in pieces if r["lines_ix"] in current}
        own: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in read_rows(con, "select * from model.records where tier = 'T0' and is_countable and is_counted and has_complaint_number"):
            if row["counted_date"] and is_number(row["incident_id"]):
                own[re.sub(DROPPED, "", row["incident_id"]).upper()].append(row | {"area": district.get(row["piece"]) or row["district_id"]})
        self.found: Counter[tuple[str, str, str, bool]] = Counter()
        for rows in own.values():
            areas, states = {r["area"] for r in rows if r["area"]}, {r["status_code"] for r in rows if r["status_code"]}
            if len({r["incident_id"].strip() for r in rows}) == 1 and len(areas) == 1 and states:
                group = min(rows, key=lambda r: sort[r["offense_code"]])["offense_group"]
                self.found[f"{min(r['counted_date'] for r in rows):%Y-%m}", areas.pop(), group, states != {"open"}] += 1

    def count(self, areas: str, offenses: str, months: str, state: str = "") -> int:
        """Of some districts, offense groups (both with commas) and months (`first..last`); `cleared`, `open` or both."""
        first, _, last = months.partition("..")
        wanted = {"": (True, False), "cleared": (True,), "open": (False,)}[state]
        return sum(
            n for (month, area, group, is_cleared), n in self.found.items()
            if first <= month <= last and area in areas.split(",") and group in offenses.split(",") and is_cleared in wanted
        )  # fmt: skip
