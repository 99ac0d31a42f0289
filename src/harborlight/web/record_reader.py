"""Single reports and cases by number, as the release holds them. One number at a time: nothing here lists or searches.

A source that was not fetched whole for too long (`unchecked`) may have taken records back: nothing that rests on it is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from harborlight.records.numbers import key_of
from harborlight.web.reader import Reader, Row

Kind = Literal["cases", "incidents"]
# What a page of a case is made of; a report stands by its own source.
CASE_KINDS = ("arrests", "cases", "charges", "sentences")


@dataclass(frozen=True)
class CaseRows:
    """One case with its charges, its time line, and whether its report has a page."""

    case: Row
    charges: tuple[Row, ...]
    steps: tuple[Row, ...]


def find_number(reader: Reader, typed: str, unchecked: frozenset[str]) -> tuple[Kind, str] | None:
    """Which page a typed number leads to. A number that is none takes the same way as one that is not there."""
    given = _given(reader, key_of(typed) or "", unchecked)
    cases = reader.rows("select case_key from case_numbers where number_key = $key and $has_cases", _without(given, "unchecked"))
    reports = reader.rows(f"select incident_key from incident_pages where incident_key = $key and {_CHECKED}", _without(given, "has_cases"))
    if len(cases) == 1:
        return "cases", str(cases[0]["case_key"])
    return ("incidents", str(reports[0]["incident_key"])) if len(reports) == 1 else None


def read_report(reader: Reader, key: str, unchecked: frozenset[str]) -> tuple[Row, tuple[Row, ...]] | None:
    """The report of an address and its cases that may be shown, or None."""
    given = _given(reader, key, unchecked)
    reports = reader.rows(f"select * from incident_pages where incident_key = $key and {_CHECKED}", _without(given, "has_cases"))
    cases = reader.rows("select * from case_pages where incident_key = $key and $has_cases order by case_key", _without(given, "unchecked"))
    return (reports[0], tuple(cases)) if len(reports) == 1 else None


def read_case(reader: Reader, key: str, unchecked: frozenset[str]) -> CaseRows | None:
    """The case of an address, or None. It names its report, and the month of it, only where that has a page."""
    given = _given(reader, key, unchecked)
    cases = reader.rows(
        "select c.* replace (i.incident_key as incident_key) from case_pages as c "
        f"left join incident_pages as i on i.incident_key = c.incident_key and {_CHECKED.replace('source_id', 'i.source_id')} "
        "where c.case_key = $key and $has_cases", given,
    )  # fmt: skip
    charges = reader.rows("select * from case_charges where case_key = $key order by charge_number", {"key": key})
    steps = reader.rows("select * from case_steps where case_key = $key order by step_number", {"key": key})
    if len(cases) != 1 or not charges:
        return None
    return CaseRows(cases[0], tuple(charges), tuple(s for s in steps if s["step_code"] != "reported" or cases[0]["incident_key"]))


_CHECKED = "not list_contains($unchecked, source_id)"


def _given(reader: Reader, key: str, unchecked: frozenset[str]) -> dict[str, Any]:
    is_open = not any(source.id in unchecked for source in reader.facts.sources if source.kind in CASE_KINDS)
    return {"key": key, "has_cases": is_open, "unchecked": sorted(unchecked)}


def _without(given: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}
