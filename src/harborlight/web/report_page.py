"""`/incidents/{incident_id}`: what was reported, when and where as far as the list of records says it, and how police say it stands."""

from __future__ import annotations

from collections.abc import Sequence

from harborlight.charts import formats
from harborlight.metrics.facts import lines_of
from harborlight.metrics.shapes import Facts
from harborlight.web.case_page import through_words
from harborlight.web.context import Link
from harborlight.web.context_records import ReportPage
from harborlight.web.look_up import contacts_for
from harborlight.web.reader import Row
from harborlight.web.wording import Wording

LAYER = "police_district"


def make_report_page(facts: Facts, report: Row, cases: Sequence[Row], wording: Wording) -> ReportPage:
    codes = report["offense_codes"].split(",")
    offenses = [offense for offense in facts.offenses if offense.code in codes]
    what = "; ".join(offense.name for offense in offenses) or wording.text("incident.unnamed")
    month = formats.month_words(report["month"], wording.language, "long")
    area = _area(facts, report["police_district"])
    status = report["status_code"] or "unknown"
    is_killing = any(offense.group == "homicide" for offense in offenses)
    topics = ("homicide_unit",) if is_killing else ("police_records",)
    where = area.text if area else wording.text("incident.nowhere")
    return ReportPage(
        number=report["incident_number"], lede=wording.text("incident.lede", what=what, month=month),
        facts=((wording.text("incident.what"), what), (wording.text("incident.month"), month), (wording.text("incident.area"), where)),
        area=area, status=wording.text(f"incident.status_{status}", day=_through(facts, report)),
        meaning=wording.text(f"incident.status_{status}_about"),
        cases=tuple(Link(wording.text("incident.case", number=case["case_number"]), f"/cases/{case['case_key']}") for case in cases),
        contacts=contacts_for(facts, wording, (*topics, "victim_services", "police_records", "court_search")),
        through=through_words(facts, report["source_id"], "incident", wording),
    )  # fmt: skip


def _through(facts: Facts, report: Row) -> object:
    return next((source.data_through for source in facts.sources if source.id == report["source_id"]), None) or facts.data_through


def _area(facts: Facts, area_id: str | None) -> Link | None:
    """The page of the police district, by the lines in force or as stated; None where the report says none."""
    if area_id is None or LAYER not in facts.layers:
        return None
    lines = lines_of(facts, LAYER)
    names = {area.id: area.name for area in lines.areas} if lines else {}
    names |= {stated: name for _, stated, name in facts.areas.get(LAYER, ()) if stated not in names}
    title = facts.layers[LAYER].title_one
    return Link(f"{title} {names[area_id]}", f"/areas/{LAYER}/{area_id}") if area_id in names else None
