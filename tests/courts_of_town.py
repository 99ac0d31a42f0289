"""A small town with courts: reports, arrests, cases, charges and sentences, and a records policy. Its sources lie outside its data."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from harborlight import demo
from tests.tiny import write_city

COURTS = {
    "arrests": ("arrest_id", ["arrest_id", "incident_id", "arrested_date", "age_years", "charging_decision_code", "offense_code"],
                "{arrest: [arrest_id], incident: [incident_id]}"),
    "cases": ("case_id", ["case_id", "case_number", "earlier_case_number", "court_code", "filed_date", "incident_id", "arrest_id",
                          "forwarded_from_case_number", "defendant_key", "age_years", "pretrial_code"],
              "{case: [case_id, case_number, earlier_case_number, forwarded_from_case_number]}"),
    "charges": ("charge_id", ["charge_id", "case_id", "charge_seq", "statute_text", "offense_code", "severity_code", "disposition_code", "disposed_date"],
                "{case: [case_id]}"),
    "sentences": ("sentence_id", ["sentence_id", "case_id", "charge_seq", "imposed_date", "incarceration_days", "suspended_days", "probation_days"],
                  "{case: [case_id]}"),
}  # fmt: skip
KEYS = ("charge_id", "sentence_id")
TYPES = {"charge_seq": "integer", "age_years": "integer", "incarceration_days": "integer", "suspended_days": "integer", "probation_days": "integer"}
Rows = Sequence[Mapping[str, str]]


def write_court_town(folder: Path) -> Path:
    """The city's folder, with everything declared and no feed yet."""
    write_city(folder)
    with (folder / "sources/reports.yaml").open("a") as file:
        file.write("removal_ids: {incident: [case, id]}\n")
    (folder / "records.yaml").write_text((demo.city_folder() / "records.yaml").read_text())
    for kind, (key, columns, ids) in COURTS.items():
        types = {name: TYPES.get(name, "date" if name.endswith("_date") else "text") for name in columns}
        declared = {name: {"type": type_} | ({"format": "%Y-%m-%d"} if type_ == "date" else {}) for name, type_ in types.items()}
        facts = {
            "title": kind.capitalize(), "kind": kind, "agency": "Courts of Littleport", "connector": "files", "url": f"feeds/{kind}.csv", "format": "csv",
            "key": key, "clock": "local", "counting_system": "nibrs", "removal_ids": yaml.safe_load(ids), "columns": declared, "gates": False,
        }  # fmt: skip
        if kind == "arrests":
            facts["supplies"] = [{"from": "2024-01-01"}]
        (folder / f"sources/{kind}.yaml").write_text(yaml.safe_dump(facts, sort_keys=False))
        picked = ", ".join(f'cast(r."{n}" as integer) as {n}' if n in TYPES else f'r."{n}"' for n in columns if n not in KEYS)
        (folder / f"staging/{kind}.sql").write_text(f"-- One row per row of the feed.\nselect {picked}\nfrom raw.{kind} as r\n")
    return folder


def write_courts(folder: Path, **feeds: Rows) -> None:
    """The feeds of the courts; one that is not given is empty but for its header."""
    for kind, (_, columns, _) in COURTS.items():
        with (folder / "feeds" / f"{kind}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(feeds.get(kind, ()))


def case_rows(number: int, incident: str, *, outcome: str = "guilty_plea", **given: str) -> dict[str, list[dict[str, str]]]:
    """An arrest and an adult's case of a robbery, with one charge and, after a conviction, a sentence."""
    case = f"K{number:06}"
    return {
        "arrests": [{"arrest_id": f"A{number:06}", "incident_id": incident, "arrested_date": "2024-03-02", "age_years": "30",
                     "charging_decision_code": "charged", "offense_code": "120"}],
        "cases": [{"case_id": case, "case_number": f"0D24{number:06}", "court_code": "district", "filed_date": "2024-03-04", "incident_id": incident,
                   "arrest_id": f"A{number:06}", "age_years": "30", "pretrial_code": "bail", **given}],
        "charges": [{"charge_id": f"H{number:06}", "case_id": given.get("case_id", case), "charge_seq": "1", "statute_text": "3-402",
                     "offense_code": "120", "severity_code": "felony", "disposition_code": outcome, "disposed_date": "2024-06-05" if outcome else ""}],
        "sentences": [{"sentence_id": f"S{number:06}", "case_id": given.get("case_id", case), "charge_seq": "1", "imposed_date": "2024-06-05",
                       "incarceration_days": "100"}] if outcome == "guilty_plea" else [],
    }  # fmt: skip


def together(*cases: Mapping[str, Rows]) -> dict[str, list[Mapping[str, str]]]:
    """The feeds of several cases."""
    return {kind: [row for case in cases for row in case[kind]] for kind in COURTS}
