"""`/cases/{case_id}`: one case of an adult, its time line and the charges that may be shown, in plain words and with nothing about a person."""

from __future__ import annotations

from datetime import date

from harborlight.charts import formats
from harborlight.metrics.shapes import Facts
from harborlight.web.context import Link
from harborlight.web.context_records import CasePage, ChargeItem, StepItem
from harborlight.web.look_up import contacts_for
from harborlight.web.reader import Row
from harborlight.web.record_reader import CaseRows
from harborlight.web.wording import Wording

YEAR, MONTH = 365, 30
DECIDED = "convicted"


def make_case_page(facts: Facts, found: CaseRows, report: Row | None, wording: Wording) -> CasePage:
    case = found.case
    court = wording.text(f"case.court_{case['court_code']}")
    return CasePage(
        number=case["case_number"], lede=wording.text(f"case.state_{state_of(found)}", court=court),
        later=wording.text("case.later", number=case["later_number"]) if case["later_number"] else "",
        steps=tuple(_step(row, wording) for row in found.steps), charges=tuple(_charge(row, facts, wording) for row in found.charges),
        report=Link(wording.text("case.report", number=report["incident_number"]), f"/incidents/{report['incident_key']}") if report else None,
        official=contacts_for(facts, wording, ("court_search",)), contacts=contacts_for(facts, wording, ("victim_services",)),
        through=through_words(facts, case["source_id"], "case", wording),
    )  # fmt: skip


def state_of(found: CaseRows) -> str:
    """How the charges that are shown stand, together."""
    outcomes = {row["outcome_code"] for row in found.charges}
    if outcomes == {"pending"}:
        return "pending"
    return "convicted" if outcomes == {DECIDED} else "partly" if "pending" in outcomes else "ended"


def through_words(facts: Facts, source_id: str, kind: str, wording: Wording) -> str:
    """Up to which day the records behind a page go."""
    day = next((source.data_through for source in facts.sources if source.id == source_id), None) or facts.data_through
    return wording.text(f"{kind}.through", day=day)


def _step(row: Row, wording: Wording) -> StepItem:
    when, code = row["step_on"], row["step_code"]
    is_month, day = len(when) == len("2024-03"), date.fromisoformat(when if len(when) > 7 else f"{when}-01")
    words = (formats.month_words if is_month else formats.date_words)(day, wording.language, "long")
    return StepItem(words, wording.text(f"case.step_{code}"), wording.text(f"case.step_{code}_about"))


def _charge(row: Row, facts: Facts, wording: Wording) -> ChargeItem:
    names = {offense.code: offense.name for offense in facts.offenses}
    outcome = row["outcome_code"]
    lines = [("law", row["statute"]), ("level", wording.text(f"case.level_{row['severity_code']}") if row["severity_code"] else None)]
    lines += [("outcome", wording.text(f"case.outcome_{outcome}"))]
    lines += [("day", formats.date_words(row["disposed_date"], wording.language, "long") if row["disposed_date"] else None)]
    lines += [("jail", _days(row["jail_days"], wording)), ("probation", _days(row["probation_days"], wording))]
    return ChargeItem(
        number=str(row["charge_number"]), title=names.get(row["offense_code"], wording.text("case.offense_unnamed")),
        facts=tuple((wording.text(f"case.charge_{name}"), text) for name, text in lines if text),
        about=wording.text(f"case.outcome_{outcome}_about"), caution="" if outcome == DECIDED else wording.text("case.caution"),
    )  # fmt: skip


def _days(n: int | None, wording: Wording) -> str | None:
    """A length of time as a court gives it: whole years or months where it is that, otherwise days; nothing for none."""
    if not n:
        return None
    unit, size = ("years", YEAR) if n % YEAR == 0 else ("months", MONTH) if n % MONTH == 0 else ("days", 1)
    return wording.text(f"case.length_{unit}", n=n // size)
