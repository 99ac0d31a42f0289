"""Writes the courts' three feeds and the warrants as they were at the end of a day: what is pending then is pending, what is expunged is gone.

Stories of cases go in; columns of text come out, with names and addresses that may never surface in columns that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from harborlight.demo.canary import ADDRESSES, NAMES, Canaries
from harborlight.demo.court_words import DECISIONS
from harborlight.demo.courts import NEVER, Case, Charge, Justice
from harborlight.demo.feeds import Feed
from harborlight.demo.words import RACES

COURTS = {"D": "DISTRICT", "C": "CIRCUIT", "J": "JUVENILE"}


def day_number(on: date) -> int:
    return on.toordinal() - 719_163


def decisions_known(justice: Justice, on: int) -> tuple[list[str], list[str]]:
    """Words and days of the prosecutor's decisions that had fallen by a day, by number of the arrest."""
    known = np.where(justice.decided <= on, justice.decision, 0).tolist()
    days = _dates([d if k else NEVER for d, k in zip(justice.decided.tolist(), known, strict=True)])
    return [DECISIONS[k] for k in known], days


def visible(stories: Sequence[tuple[Case, ...]], on: int) -> list[Case]:
    """Rows that the file holds at the end of a day, by number."""
    return sorted((c for story in stories for c in story if c.filed <= on < c.gone), key=lambda case: case.number)


def cases_feed(cases: list[Case], canaries: Canaries, numbers: list[str], arrest_numbers: dict[int, str]) -> Feed:
    """`numbers` are the complaint numbers of the incidents; an arrest without a number cannot be named."""
    listed = [case for case in cases if case.is_listed]
    columns = {
        "CaseID": [f"C{case.number:07d}" for case in listed],
        "CaseNumber": [case.text for case in listed],
        "FormerCaseNumber": [case.earlier for case in listed],
        "Court": [COURTS[case.court] for case in listed],
        "FilingDate": _dates([case.filed for case in listed]),
        "Custody": [case.pretrial for case in listed],
        "ComplaintNumber": [numbers[case.incident] if case.incident >= 0 else "" for case in listed],
        "ArrestNumber": [arrest_numbers.get(case.arrest, "") for case in listed],
        "DistrictCaseNumber": [case.forwarded_from for case in listed],
        "DefendantID": [f"P{case.person:07d}" for case in listed],
        "AgeAtOffense": [str(case.age) if case.age >= 0 else "" for case in listed],
        "Sex": [("M", "F")[case.sex] for case in listed],
        "Race": [RACES[case.race] for case in listed],
        "Defendant": [canaries.names[case.person % NAMES] for case in listed],
        "DefendantAddress": [canaries.addresses[case.person % ADDRESSES] for case in listed],
        "DateOfBirth": [f"{1970 + case.person % 30}-0{1 + case.person % 9}-1{case.person % 10}" for case in listed],
    }
    return Feed("cases", "utf-8", np.arange(len(listed)), columns)


def charges_feed(cases: list[Case], canaries: Canaries, on: int) -> Feed:
    rows = [(case, charge, _is_over(case, charge, on)) for case in cases for charge in case.charges]
    columns = {
        "ChargeID": [f"H{case.number:07d}{charge.seq:02d}" for case, charge, _ in rows],
        "CaseID": [f"C{case.number:07d}" for case, _, _ in rows],
        "ChargeNo": [str(charge.seq) for _, charge, _ in rows],
        "Statute": [charge.statute for _, charge, _ in rows],
        "Class": [charge.severity for _, charge, _ in rows],
        "Disposition": [charge.words if over else "" for _, charge, over in rows],
        "DispositionDate": _dates([charge.ended if over and charge.is_dated else NEVER for _, charge, over in rows]),
        "Remarks": [canaries.names[case.person % NAMES] if case.number % 13 == 4 else "" for case, _, _ in rows],
    }
    return Feed("charges", "utf-8", np.arange(len(rows)), columns)


def sentences_feed(cases: list[Case], on: int) -> Feed:
    rows = [(case, sentence) for case in cases for sentence in case.sentences if sentence.imposed <= on]
    columns = {
        "SentenceID": [f"S{case.number:07d}{sentence.seq:02d}" for case, sentence in rows],
        "CaseID": [f"C{case.number:07d}" for case, _ in rows],
        "ChargeNo": [str(sentence.seq) for _, sentence in rows],
        "ImposedOn": _dates([sentence.imposed for _, sentence in rows]),
        "JailDays": [str(sentence.days) for _, sentence in rows],
        "SuspendedDays": [str(sentence.suspended) for _, sentence in rows],
        "ProbationDays": [str(sentence.probation) for _, sentence in rows],
    }
    return Feed("sentences", "utf-8", np.arange(len(rows)), columns)


def _is_over(case: Case, charge: Charge, on: int) -> bool:
    return charge.ended <= min(on, case.frozen)


def _dates(days: list[int]) -> list[str]:
    return [np.datetime_as_string(np.datetime64(d, "D")) if d < NEVER else "" for d in days]
