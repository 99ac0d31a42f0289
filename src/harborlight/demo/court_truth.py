"""The right answers for the courts of one edition, told from the stories and not read from the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from harborlight.demo.court_feeds import visible
from harborlight.demo.court_words import DROPPED, FORWARDED, NEW_DISPOSITION, NEW_STATUTE, OUTCOMES, SENSITIVE_STATUTES
from harborlight.demo.courts import CIRCUIT, JUVENILE, Case, Charge, Justice
from harborlight.demo.patterns import KINDS
from harborlight.demo.truth import SENSITIVE, CourtTruth
from harborlight.demo.world import World

RANK = ("convicted", "not_criminally_responsible", "probation_before_judgment", "stet", "acquitted", "dismissed", "dropped")


def count_courts(world: World, justice: Justice, planted: Mapping[str, tuple[Case, ...]], on: int) -> CourtTruth:
    """Followed cases of an edition by outcome, all and open."""
    every: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for story in justice.stories:
        rows = [case for case in visible([story], on) if case.is_listed]
        if not rows:
            continue
        outcome = tell_outcome(rows, on)
        every[outcome] += 1
        shown[outcome] += _is_open(world, rows, on)
    traps = {
        trap: f"C{story[0].number:07d}" for trap, story in planted.items() if any(case.is_listed for case in visible([story], on))
    }
    n = sum(case.is_listed for case in visible(justice.stories, on))
    return CourtTruth(n, dict(every), dict(shown), traps)


def tell_outcome(rows: list[Case], on: int) -> str:
    """The outcome of a story as known on a day: its last court decides, a row that nobody keeps up says nothing."""
    kept = [case for case in rows if case.frozen > on]
    last = [case for case in kept if case.court == CIRCUIT] or kept
    charges = [charge for case in last for charge in case.charges]
    charges += [c for case in kept if case not in last for c in case.charges if c.words not in (DROPPED, FORWARDED)]
    ends = [_known(charge, on) for charge in charges]
    if not ends or "" in ends:
        return "pending"
    return next((outcome for outcome in RANK if outcome in ends), "pending")


def _known(charge: Charge, on: int) -> str:
    return OUTCOMES.get(charge.words, "") if charge.ended <= on and charge.is_dated else ""


def _is_open(world: World, rows: list[Case], on: int) -> bool:
    charges = [charge for case in rows for charge in case.charges]
    is_child = any(0 <= case.age < 18 or case.court == JUVENILE for case in rows)
    is_sensitive = any(c.statute in SENSITIVE_STATUTES or c.statute == NEW_STATUTE for c in charges)
    is_unclear = any(c.ended <= on and (c.words == NEW_DISPOSITION or not c.is_dated) for c in charges)
    about = {KINDS[int(world.incidents.kind[case.incident])].code for case in rows if case.incident >= 0}
    return bool(charges) and not is_child and not is_sensitive and not is_unclear and not about & SENSITIVE
