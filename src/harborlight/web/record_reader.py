"""Single reports and cases by number, as the release holds them. One number at a time: nothing here lists or searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harborlight.records.numbers import key_of
from harborlight.web.reader import Reader, Row

Kind = Literal["cases", "incidents"]


@dataclass(frozen=True)
class CaseRows:
    """One case with its charges, its time line, and whether its report has a page."""

    case: Row
    charges: tuple[Row, ...]
    steps: tuple[Row, ...]


def find_number(reader: Reader, typed: str) -> tuple[Kind, str] | None:
    """Which page a typed number leads to. A number that is none takes the same way as one that is not there."""
    given = {"key": key_of(typed) or ""}
    cases = reader.rows("select case_key from case_numbers where number_key = $key", given)
    reports = reader.rows("select incident_key from incident_pages where incident_key = $key", given)
    if len(cases) == 1:
        return "cases", str(cases[0]["case_key"])
    return ("incidents", str(reports[0]["incident_key"])) if len(reports) == 1 else None


def read_report(reader: Reader, key: str) -> tuple[Row, tuple[Row, ...]] | None:
    """The report of an address and its cases that may be shown, or None."""
    reports = reader.rows("select * from incident_pages where incident_key = $key", {"key": key})
    cases = reader.rows("select * from case_pages where incident_key = $key order by case_key", {"key": key})
    return (reports[0], tuple(cases)) if len(reports) == 1 else None


def read_case(reader: Reader, key: str) -> CaseRows | None:
    """The case of an address, or None."""
    cases = reader.rows("select * from case_pages where case_key = $key", {"key": key})
    charges = reader.rows("select * from case_charges where case_key = $key order by charge_number", {"key": key})
    steps = reader.rows("select * from case_steps where case_key = $key order by step_number", {"key": key})
    return CaseRows(cases[0], tuple(charges), tuple(steps)) if len(cases) == 1 and charges else None
