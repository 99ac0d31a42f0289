"""What becomes of arrests in Port Calvert: the prosecutor's decision, the case in one court or two, its charges and sentences.

Arrests and a seed go in; decisions and stories of cases come out. A story is one defendant's charging document followed to its end:
a felony usually begins in District Court, where it is closed by nolle prosequi on the day on which the Circuit Court takes it over. In March 2024
the courts moved to another system: cases that were open then have a new number, and one in 25 stands in the file under both.
Days are whole numbers since 1970. Planted cases are in court_traps.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import exp, log1p
from typing import NamedTuple

import numpy as np

from harborlight.demo.arrests import Arrests
from harborlight.demo.court_words import (
    DISMISSED,
    DROPPED,
    FORWARDED,
    GUILTY,
    LESSER,
    MEDIAN_DAYS,
    MERGED,
    PBJ,
    PLEA,
    SHARES,
    STATUTES,
)
from harborlight.demo.patterns import KINDS
from harborlight.demo.world import Floats, Ints, World

NEVER = 10**6
MOVE = date(2024, 3, 4).toordinal() - 719_163
DISTRICT, CIRCUIT, JUVENILE = "D", "C", "J"
NO_DECISION, CHARGED, DECLINED, RELEASED, DIVERTED = range(5)
DRAWS = 28
Draws = list[float]


class Charge(NamedTuple):
    """A charge and what becomes of it; `ended` is NEVER where it stays pending. `dated` is the day that the file states."""

    seq: int
    statute: str
    severity: str
    words: str = ""
    ended: int = NEVER
    is_dated: bool = True


class Sentence(NamedTuple):
    seq: int
    imposed: int
    days: int
    suspended: int
    probation: int


class Case(NamedTuple):
    """One row of the courts' file. It is there from `filed` until `gone`; from `frozen` on nobody keeps it up; one not listed has charges only."""

    number: int
    court: str
    filed: int
    charges: tuple[Charge, ...]
    sentences: tuple[Sentence, ...] = ()
    text: str = ""
    earlier: str = ""
    forwarded_from: str = ""
    arrest: int = -1
    incident: int = -1
    person: int = 0
    age: int = -1
    sex: int = 0
    race: int = 0
    pretrial: str = "Released"
    gone: int = NEVER
    frozen: int = NEVER
    is_listed: bool = True


@dataclass(frozen=True)
class Justice:
    """Decisions by number of the arrest, and every row of the courts' file; rows of one story follow each other."""

    decision: Ints
    decided: Ints
    stories: tuple[tuple[Case, ...], ...]


def make_justice(world: World, arrests: Arrests, seed: int, planted: tuple[tuple[Case, ...], ...] = ()) -> Justice:
    """Draw what becomes of every arrest that belongs to an incident; warrants and stops bring no new case."""
    rng = np.random.default_rng([seed, 6])
    first = np.unique(arrests.arrest, return_index=True)[1]
    n = len(first)
    u, z = rng.random((n, DRAWS)), rng.standard_normal((n, 3))
    day = arrests.at[first].astype("datetime64[D]").astype(np.int64)
    incident, age = arrests.incident[first], arrests.age[first]
    is_child = (age >= 0) & (age < 18)
    kinds = np.where(incident >= 0, world.incidents.kind[incident], -1)
    grave = np.isin(kinds, [i for i, k in enumerate(KINDS) if k.name in ("homicide", "shooting", "robbery")])
    decision = _decide(u[:, 0], grave, is_child)
    decision = np.where((incident < 0) | (kinds < 0), NO_DECISION, decision)
    scale = np.array([0, 1.2, 12, 0.4, 25])[decision]
    decided = day + np.floor(-np.log1p(-u[:, 1]) * scale).astype(np.int64)
    draws, normal, filed, sexes, races = u.tolist(), z.tolist(), decided.tolist(), arrests.sex[first].tolist(), arrests.race[first].tolist()
    stories, number = [], 0
    for i in np.flatnonzero(decision == CHARGED).tolist():
        seen = Case(0, "", filed[i], (), arrest=i, incident=int(incident[i]), person=i, age=int(age[i]), sex=sexes[i], race=races[i])
        story = _tell(seen, KINDS[int(kinds[i])].code, draws[i], normal[i], number)
        number += len(story)
        stories.append(story)
    return Justice(decision, decided, (*(_move(story) for story in stories), *planted))


def _decide(draw: Floats, grave: np.ndarray, is_child: np.ndarray) -> Ints:
    """About 80 of 100 arrests are charged, 10 declined, 5 released, 5 diverted; children are diverted more often."""
    edges = np.where(is_child[:, None], [0.50, 0.60, 0.65], np.where(grave[:, None], [0.92, 0.97, 0.99], [0.79, 0.90, 0.95]))
    return np.asarray(CHARGED + (draw[:, None] >= edges).sum(axis=1))


# ------------------------------------------------------------------------------------------------- one story


def _tell(seen: Case, code: str, u: Draws, z: Draws, number: int) -> tuple[Case, ...]:
    """The rows of one case; `seen` says whom and what it is about."""
    statutes = STATUTES.get(code, STATUTES["90Z"])
    words, severity = statutes[int(u[2] * len(statutes))]
    extra = min(int(-log1p(-u[3]) / 0.9), 4)
    lesser = LESSER[severity]
    listed = [(words, severity), *(lesser[int(u[4 + k] * len(lesser))] for k in range(extra))]
    seen = seen._replace(
        age=seen.age - 1 if u[9] < 0.04 and seen.age > 0 else seen.age, pretrial=("Held", "Bail", "Released")[_which(u[10], severity)],
        arrest=-1 if u[11] < 0.03 else seen.arrest, incident=-1 if u[12] < 0.05 else seen.incident,
    )  # fmt: skip
    is_child = 0 <= seen.age < 18
    if is_child and (severity == "M" or u[13] < 0.7):
        return (_close(seen._replace(number=number + 1, court=JUVENILE), listed, severity, u, z),)
    if severity == "M":
        return (_close(seen._replace(number=number + 1, court=DISTRICT), listed, severity, u, z),)
    if u[13] < 0.2:
        return (_close(seen._replace(number=number + 1, court=CIRCUIT), listed, severity, u, z),)
    if u[13] < 0.35:
        return (_close(seen._replace(number=number + 1, court=DISTRICT), listed, severity, u, z),)
    return _forward(seen._replace(number=number + 1, court=DISTRICT), listed, u, z)


def _forward(seen: Case, listed: list[tuple[str, str]], u: Draws, z: Draws) -> tuple[Case, ...]:
    """A felony that the Circuit Court takes over some weeks later."""
    taken = seen.filed + 7 + int(-log1p(-u[14]) * 25)
    closed = DROPPED if u[15] < 0.6 else FORWARDED
    first = seen._replace(charges=tuple(Charge(k + 1, w, s, closed, taken) for k, (w, s) in enumerate(listed)))
    later = _close(seen._replace(number=seen.number + 1, court=CIRCUIT, filed=taken), listed, "F", u, z)
    return (first._replace(gone=later.gone), later._replace(forwarded_from="old" if u[16] < 0.4 else "new"))


def _which(draw: float, severity: str) -> int:
    held, bail = (0.45, 0.6) if severity == "F" else (0.1, 0.18)
    return 0 if draw < held else 1 if draw < bail else 2


def _close(case: Case, listed: list[tuple[str, str]], severity: str, u: Draws, z: Draws) -> Case:
    """Dispositions, sentence and, for some that end without conviction, the day on which the record is expunged."""
    end, outcome = case.filed + 3 + int(MEDIAN_DAYS[severity] * exp(0.6 * z[0])), ""
    left = u[17]
    for words, share in SHARES[severity]:
        left -= share
        if left < 0:
            outcome = words
            break
    if outcome == PLEA and u[18] < 0.18:
        outcome = GUILTY
    charges = tuple(Charge(k + 1, w, s, *_end(outcome, k, len(listed), u, end, case.filed)) for k, (w, s) in enumerate(listed))
    gone = NEVER
    if outcome not in ("", GUILTY, PLEA) and u[25] < 0.03:
        gone = end + 90 + int(u[26] * 900)
    case = case._replace(charges=charges, gone=gone)
    return case._replace(sentences=tuple(_sentence(c, u, z) for c in charges if c.words in (GUILTY, PLEA, PBJ) and c.ended < NEVER))


def _end(outcome: str, k: int, n: int, u: Draws, end: int, filed: int) -> tuple[str, int]:
    """The disposition of one charge: a plea is to one of them, the others merge or are dropped."""
    draw = u[19 + min(k, 4)]
    early = filed + max(1, (end - filed) // 2)
    if k and draw < 0.06:
        return (DISMISSED, early)
    if not outcome:
        return ("", NEVER)
    if outcome in (GUILTY, PLEA):
        guilty = 1 if n > 1 and u[24] < 0.25 else 0
        if k == guilty:
            return (outcome, end)
        return (outcome if draw > 0.9 else MERGED if draw > 0.6 and k > guilty else DROPPED, end)
    if outcome == PBJ:
        return (PBJ if k == 0 else DROPPED, end)
    return (outcome, end)


def _sentence(charge: Charge, u: Draws, z: Draws) -> Sentence:
    if charge.words == PBJ:
        return Sentence(charge.seq, charge.ended, 0, 0, 365 if u[27] < 0.5 else 180)
    days = int((700 if charge.severity == "F" else 60) * exp(0.9 * z[1]))
    suspended = int(days * u[27])
    later = charge.ended + (int(20 + 40 * u[23]) if charge.severity == "F" and u[22] < 0.4 else 0)
    return Sentence(charge.seq, later, days, suspended, 730 if suspended > 90 else 365 if suspended else 0)


# --------------------------------------------------------------------------------------- numbers, and the move


def _move(story: tuple[Case, ...]) -> tuple[Case, ...]:
    """Numbers of the rows, in the form of their system; one in 25 that was open at the move stands there twice."""
    out: list[Case] = []
    for case in story:
        older, newer = numbers_of(case)
        last = max((c.ended for c in case.charges), default=NEVER)
        if case.filed >= MOVE:
            row = case._replace(text=newer)
        elif last < MOVE:
            row = case._replace(text=older)
        else:
            row = case._replace(text=newer, earlier=older)
        if case.forwarded_from:
            former = out[-1]
            row = row._replace(forwarded_from=former.earlier if former.earlier and case.forwarded_from == "old" else former.text)
        if row.earlier and case.number % 25 == 3:
            out.append(row._replace(number=8_000_000 + case.number, text=older, earlier="", frozen=MOVE))
        out.append(row)
    return tuple(out)


def numbers_of(case: Case) -> tuple[str, str]:
    """The number of a case in the older and in the newer system."""
    year = date.fromordinal(case.filed + 719_163).year % 100
    older = {DISTRICT: "0D", CIRCUIT: "1C", JUVENILE: "8J"}[case.court]
    newer = {DISTRICT: "D-PCA-CR", CIRCUIT: "C-PCA-CR", JUVENILE: "C-PCA-JV"}[case.court]
    return f"{older}{year:02d}{case.number % 1_000_000:06d}", f"{newer}-{year:02d}-{case.number % 1_000_000:06d}"
