"""May this case be shown, and which of its charges? Pure functions; whatever is missing, unknown or contradictory is not shown.

A charge is shown only while its own outcome is one that the policy shows: an acquitted, dismissed or dropped charge is hidden from the
day of its disposition, also where another charge of the case led to a conviction (Md. Crim. Proc. 10-401). The reason is for private
use: no page, file or log of the site says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from harborlight.records.policy import RecordPolicy, is_on

Reason = Literal["shown", "off", "child", "age_unknown", "sensitive", "number", "no_charges", "unknown_disposition", "outcome"]
OUTCOMES = frozenset(
    {"convicted", "not_criminally_responsible", "probation_before_judgment", "stet", "acquitted", "dismissed", "dropped",
     "merged", "forwarded", "pending"}
)  # fmt: skip
ADULT_COURTS = frozenset({"district", "circuit"})


@dataclass(frozen=True)
class ChargeFacts:
    """One charge: its outcome, the day of it (None while pending), and the tier of its offense (T0 is open)."""

    outcome_code: str | None
    disposed_date: date | None
    tier: str | None


@dataclass(frozen=True)
class CaseFacts:
    """One case as followed. `ages` are the accused's age in years at the offense as each court states it; None is not known."""

    ages: Sequence[int | None]
    is_child: bool | None
    court_codes: Sequence[str | None]
    tier: str | None
    has_number: bool
    charges: Sequence[ChargeFacts]


@dataclass(frozen=True)
class Decision:
    """`charges` are the places, in the case's own order, of the charges that a page shows; empty where nothing may be shown."""

    reason: Reason
    charges: tuple[int, ...] = ()

    @property
    def is_shown(self) -> bool:
        return self.reason == "shown" and bool(self.charges)


def decide_case(policy: RecordPolicy | None, case: CaseFacts, today: date) -> Decision:
    """What may be shown of a case on a day."""
    if policy is None or not is_on(policy, today):
        return Decision("off")
    if case.is_child is not False or not set(case.court_codes) <= ADULT_COURTS or not case.court_codes:
        return Decision("child")
    if not case.ages or any(age is None for age in case.ages):
        return Decision("age_unknown")
    if not all(is_adult(policy, age) for age in case.ages):
        return Decision("child")
    if case.tier != "T0" or any(charge.tier != "T0" for charge in case.charges):
        return Decision("sensitive")
    if not case.has_number:
        return Decision("number")
    if not case.charges:
        return Decision("no_charges")
    if not all(is_understood(charge, today) for charge in case.charges):
        return Decision("unknown_disposition")
    shown = tuple(place for place, charge in enumerate(case.charges) if charge.outcome_code in policy.show_outcomes)
    return Decision("shown", shown) if shown else Decision("outcome")


def is_understood(charge: ChargeFacts, today: date) -> bool:
    """A known outcome that agrees with its day: none while pending, and one that is not still to come for everything else."""
    if charge.outcome_code not in OUTCOMES:
        return False
    if charge.outcome_code == "pending":
        return charge.disposed_date is None
    return charge.disposed_date is not None and charge.disposed_date <= today


def is_adult(policy: RecordPolicy, age_years: int | None) -> bool:
    """Whether somebody of this age at the offense is an adult; a missing or impossible age is not."""
    return age_years is not None and policy.adult_age <= age_years <= 120


def age_on(born: date | None, day: date | None) -> int | None:
    """Age in whole years on a day; None where either is missing or the birth lies after it. Who is born on 29 February turns a year older
    on 1 March of a common year, the later of the two readings: nobody is taken for an adult too early."""
    if born is None or day is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


# ------------------------------------------------------------------------------------------------ warrants


@dataclass(frozen=True)
class WarrantFacts:
    """One warrant. `others_unserved`: warrants of the same conspiracy that are not served yet (0 where there is none)."""

    issued_date: date | None
    served_date: date | None
    recalled_date: date | None
    is_sealed: bool | None
    others_unserved: int | None = 0


def may_name_warrant(policy: RecordPolicy | None, warrant: WarrantFacts, today: date) -> bool:
    """Whether a single warrant may be spoken of (Md. Gen. Prov. 4-316): served, or issued more than `warrant_days` days ago; never a sealed
    or recalled one, and none of a conspiracy before all are served. The site itself shows counts only."""
    if policy is None or not is_on(policy, today) or warrant.is_sealed is not False or warrant.others_unserved != 0:
        return False
    issued, served = warrant.issued_date, warrant.served_date
    if warrant.recalled_date is not None or issued is None or issued > today:
        return False
    if served is not None:
        return issued <= served <= today
    return today - issued > timedelta(days=policy.warrant_days)
