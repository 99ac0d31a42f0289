"""`/api/v1/cases/{case_id}` and `/api/v1/incidents/{incident_id}`: the same as the pages, one number at a time, under the same rules."""

from __future__ import annotations

from datetime import date

from fastapi import Request, Response
from pydantic import Field

from harborlight.web.api_models import Shape
from harborlight.web.record_handlers import refuse_record
from harborlight.web.record_reader import read_case, read_report
from harborlight.web.respond import check_no_params, get_turn, to_json


class CaseChargeOut(Shape):
    """One charge that may be shown. A charge is not proof of guilt."""

    charge_number: int = Field(description="Numbered anew from 1.")
    statute: str | None
    offense_code: str | None
    severity_code: str | None = Field(description="felony, misdemeanor or infraction.")
    outcome_code: str = Field(description="pending, convicted, or another outcome that the city's policy shows.")
    disposed_date: date | None
    jail_days: int | None = Field(description="Days to serve, without the suspended part.")
    probation_days: int | None


class CaseStepOut(Shape):
    step_code: str = Field(description="reported, arrested, charged, forwarded, disposed or sentenced.")
    step_on: str = Field(description="Day, or the month of the report.")


class CaseAnswer(Shape):
    """One case of an adult. Everyone is presumed innocent unless proven guilty in court."""

    release: str
    case_id: str
    case_number: str
    later_number: str | None = Field(description="Number in the court that took the case over.")
    court_code: str
    incident_id: str | None
    steps: list[CaseStepOut]
    charges: list[CaseChargeOut]
    notes: list[str]


class ReportAnswer(Shape):
    """One report, with what the list of records says of it."""

    release: str
    incident_id: str
    incident_number: str
    month: str
    offense_codes: list[str]
    police_district: str | None
    status_code: str | None = Field(description="open, cleared_arrest or cleared_exceptional, as police state it.")
    case_ids: list[str] = Field(description="Its cases that may be shown.")


def read_case_json(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    found = read_case(turn.release.reader, request.path_params["case_id"], turn.visit.unchecked)
    if found is None:
        raise refuse_record(turn)
    case = found.case
    return to_json(
        CaseAnswer(
            release=turn.release.id, case_id=case["case_key"], case_number=case["case_number"], later_number=case["later_number"],
            court_code=case["court_code"], incident_id=case["incident_key"],
            steps=[CaseStepOut(step_code=row["step_code"], step_on=row["step_on"]) for row in found.steps],
            charges=[CaseChargeOut(**{name: row[name] for name in CaseChargeOut.model_fields}) for row in found.charges],
            notes=[turn.wording.text("case.presumed"), turn.wording.text("case.only_some")],
        )
    )  # fmt: skip


def read_report_json(request: Request) -> Response:
    check_no_params(request)
    turn = get_turn(request)
    found = read_report(turn.release.reader, request.path_params["incident_id"], turn.visit.unchecked)
    if found is None:
        raise refuse_record(turn)
    report, cases = found
    return to_json(
        ReportAnswer(
            release=turn.release.id, incident_id=report["incident_key"], incident_number=report["incident_number"], month=report["month"],
            offense_codes=report["offense_codes"].split(","), police_district=report["police_district"], status_code=report["status_code"],
            case_ids=[case["case_key"] for case in cases],
        )
    )  # fmt: skip
