"""Tables `incident_pages`, `case_pages`, `case_charges`, `case_steps`, `case_numbers`: what the look-up by number may show, and nothing else.

Each case is decided by `records/decide.py` under the city's policy file; of a case that is shown, only the charges that are shown go in,
numbered anew, and its days are those of these charges. Without a reviewed policy all five tables are empty.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from harborlight.catalog import Catalog
from harborlight.log import get_logger
from harborlight.records.decide import CaseFacts, ChargeFacts, decide_case
from harborlight.records.numbers import A_WORD, DROPPED, ENOUGH_DIGITS, KEY, checked_statute, is_number
from harborlight.records.policy import is_on
from harborlight.store import Connection, quote_name, read_rows, read_sql, used_params, write_rows

CASES = dict.fromkeys(("case_key", "case_number", "later_number", "court_code", "incident_key", "source_id"), "VARCHAR")
CHARGES = {
    "case_key": "VARCHAR", "charge_number": "INTEGER", "statute": "VARCHAR", "offense_code": "VARCHAR", "severity_code": "VARCHAR",
    "outcome_code": "VARCHAR", "disposed_date": "DATE", "jail_days": "INTEGER", "probation_days": "INTEGER",
}  # fmt: skip
STEPS = {"case_key": "VARCHAR", "step_number": "INTEGER", "step_code": "VARCHAR", "step_on": "VARCHAR"}
NUMBERS = {"number_key": "VARCHAR", "case_key": "VARCHAR"}
SENTENCED = ("convicted", "probation_before_judgment")
SEVERITIES = ("felony", "misdemeanor", "infraction")
Row = dict[str, Any]
log = get_logger("publish")


def make_records(con: Connection, catalog: Catalog, home: str, *, through: date, today: date) -> None:
    """Write the five tables into the public store; the private one, `home`, is in use while they are read."""
    given = {
        "is_on": is_on(catalog.records, today), "data_through": through, "dropped": DROPPED, "key": KEY, "digits": ENOUGH_DIGITS, "word": A_WORD,
        "show_reports": catalog.records is not None and catalog.records.show_reports,
        "outcomes": list(catalog.records.show_outcomes) if catalog.records else [],
    }  # fmt: skip
    con.execute(f"use {quote_name(home)}")
    sql = _read("incident_pages")
    con.execute(f"create table public.main.incident_pages as {sql}", used_params(con, sql, given))
    cases, charges, numbers = (_rows(con, name, given) for name in ("cases", "charges", "case_numbers"))
    shown = _decide(catalog, cases, charges, {row["number_key"]: row["case_id"] for row in numbers}, today)
    keys = {case["case_id"]: case["case_key"] for case, _ in shown}
    pages = [
        (case["case_key"], case["case_number"], case["later_case_number"], case["court_code"], case["incident_key"], case["source_id"])
        for case, _ in shown
    ]
    write_rows(con, "public.main.case_pages", CASES, pages)
    write_rows(con, "public.main.case_charges", CHARGES, [row for case, kept in shown for row in _charges(case["case_key"], kept)])
    write_rows(con, "public.main.case_steps", STEPS, [row for case, kept in shown for row in _steps(case, kept, today)])
    write_rows(con, "public.main.case_numbers", NUMBERS, [(n["number_key"], keys[n["case_id"]]) for n in numbers if n["case_id"] in keys])


def _read(name: str) -> str:
    return read_sql(Path(str(resources.files("harborlight"))) / "publish" / "records" / f"{name}.sql")


def _rows(con: Connection, name: str, given: Row) -> list[Row]:
    sql = _read(name)
    return read_rows(con, sql, used_params(con, sql, given))


def _decide(
    catalog: Catalog, cases: Sequence[Row], charges: Iterable[Row], owners: dict[str, str], today: date
) -> list[tuple[Row, list[Row]]]:
    """Each case that is shown with its charges that are shown, in the order of case numbers. The log says how many are hidden, by reason."""
    of_case: dict[str, list[Row]] = defaultdict(list)
    for charge in charges:
        of_case[charge["case_id"]].append(charge)
    reasons, found = Counter[str](), []
    for case in cases:
        rows = of_case[case["case_id"]]
        decision = decide_case(catalog.records, _facts_of(case, rows, owners), today)
        reasons[decision.reason] += 1
        if decision.is_shown:
            found.append((case, [rows[place] for place in decision.charges]))
    log.info("cases by what the policy says: %s", ", ".join(f"{reason} {n}" for reason, n in sorted(reasons.items())) or "none")
    return found


def _facts_of(case: Row, charges: Sequence[Row], owners: dict[str, str]) -> CaseFacts:
    """A case as the decision sees it. Its number must be one, and be no other case's."""
    ages = [case["youngest"], *([None] if case["n_ages_unknown"] else [])]
    has_number = is_number(case["case_number"]) and owners.get(case["case_key"]) == case["case_id"]
    if case["later_key"] and (not is_number(case["later_case_number"]) or owners.get(case["later_key"]) != case["case_id"]):
        has_number = False
    return CaseFacts(
        ages=ages, is_child=case["is_child"], court_codes=case["court_codes"].split(","), tier=case["tier"], has_number=has_number,
        charges=tuple(ChargeFacts(row["outcome_code"], row["disposed_date"], row["tier"]) for row in charges),
    )  # fmt: skip


def _charges(key: str, kept: Sequence[Row]) -> Iterable[tuple[Any, ...]]:
    for number, row in enumerate(kept, 1):
        is_sentenced = row["outcome_code"] in SENTENCED
        yield (
            key, number, checked_statute(row["statute_text"]), row["offense_code"],
            row["severity_code"] if row["severity_code"] in SEVERITIES else None, row["outcome_code"], _iso(row["disposed_date"]),
            row["jail_days"] if is_sentenced else None, row["probation_days"] if is_sentenced else None,
        )  # fmt: skip


def _steps(case: Row, kept: Sequence[Row], today: date) -> Iterable[tuple[Any, ...]]:
    """The time line of a case, from the charges that are shown: a hidden charge leaves no day behind. Days to come are left out."""
    is_pending = any(row["outcome_code"] == "pending" for row in kept)
    days = {
        "arrested": case["arrested_date"], "charged": case["filed_date"], "forwarded": case["forwarded_date"],
        "disposed": None if is_pending else max(row["disposed_date"] for row in kept),
        "sentenced": min((row["imposed_date"] for row in kept if row["imposed_date"] and row["outcome_code"] in SENTENCED), default=None),
    }  # fmt: skip
    steps = [("reported", case["reported_month"])]
    steps += [(code, _iso(day)) for code, day in days.items() if day is not None and day <= today]
    for number, (code, when) in enumerate(((code, when) for code, when in steps if when), 1):
        yield case["case_key"], number, code, when


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
