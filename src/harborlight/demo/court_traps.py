"""Cases planted by hand, each of which careless handling of court records gets wrong. Row numbers are the same for every seed and scale.

| trap | what is planted |
|---|---|
| forwarded | a felony closed by nolle prosequi in District Court on the day of its indictment, then convicted: one case, no dismissal |
| forwarded_open | the same, forwarded by name, and still pending in Circuit Court |
| forwarded_dropped | the same, and dropped in Circuit Court a year later: dropped once |
| forwarded_lost | forwarded, and no case of the Circuit Court yet: pending |
| moved | a case that stands in the file under its older number, not kept up, and under its newer one |
| moved_quoted | an indictment that quotes the number that the District case had before the move |
| stet, probation, not_responsible, acquitted, dismissed | one of each |
| merged | a conviction with two merged charges: no acquittal |
| partly | one charge dropped, one pending: the case is pending |
| plea_to_lesser | the top charge dropped, a lesser one convicted: convicted |
| gaps | charges numbered 1, 4 and 9 by the court |
| child | seventeen at the offense, charged in Circuit Court as an adult |
| child_unknown_age, child_grown | before a juvenile court, age not known; eighteen by now |
| sensitive, new_statute, new_disposition, undated | a sensitive charge; words that no table knows; a disposition without a date |
| expunged_before, expunged_next | gone from the file between the last edition before the first and the first, and before the next one |
| no_charges, no_case | a case whose charges are not in the file; charges whose case is not |
| no_arrest | an indictment without an arrest and without a complaint number |
| wrong_sentence | a sentence on a charge that ended in acquittal |
"""

from __future__ import annotations

from datetime import date, timedelta

from harborlight.demo.court_words import (
    ACQUITTED,
    DISMISSED,
    DROPPED,
    FORWARDED,
    GUILTY,
    MERGED,
    NCR,
    NEW_DISPOSITION,
    NEW_STATUTE,
    PBJ,
    PLEA,
    STET,
)
from harborlight.demo.courts import CIRCUIT, DISTRICT, JUVENILE, MOVE, NEVER, Case, Charge, Sentence, numbers_of

FIRST_NUMBER = 9_000_001
EXPUNGED_BEFORE, EXPUNGED_NEXT = timedelta(days=-9), timedelta(days=4)
Stories = dict[str, tuple[Case, ...]]
ASSAULT, SECOND, GUN, THEFT = ("ASSAULT-FIRST DEGREE", "F"), ("ASSAULT-SEC DEGREE", "M"), ("HANDGUN ON PERSON", "M"), ("THEFT LESS THAN $1,500", "M")


def plant_cases(through: date) -> Stories:
    """Trap → the rows of its case. `through` is the last day of the first edition."""
    stories: Stories = {}
    for trap, rows in (*_forwarded().items(), *_ended().items(), *_closed().items(), *_vanishing(through).items()):
        base = FIRST_NUMBER + sum(len(story) for story in stories.values())
        stories[trap] = tuple(_numbered(row, base + k, rows) for k, row in enumerate(rows))
    return stories


def _numbered(case: Case, number: int, rows: tuple[Case, ...]) -> Case:
    """The row under its number. `earlier` and `forwarded_from` are written as the place of a row of the story and the form of its number."""
    first = number - rows.index(case)

    def numbers(place: int) -> tuple[str, str]:
        return numbers_of(rows[place]._replace(number=first + place))

    older, newer = numbers(number - first)
    text, earlier, taken = older if case.frozen < NEVER or case.filed < MOVE else newer, "", ""
    if case.earlier:
        earlier, text = numbers(int(case.earlier[0]))
    if case.forwarded_from:
        taken = numbers(int(case.forwarded_from[0]))[case.forwarded_from[1:] == "new"]
    return case._replace(number=number, person=number, text=text, earlier=earlier, forwarded_from=taken)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - 719_163


def row(court: str, filed: str, *charges: tuple[tuple[str, str], str, str], age: int = 29, **given: object) -> Case:
    """A row of the file; each charge is a statute, the words of its disposition and the day, empty while pending."""
    made = tuple(
        Charge(k + 1, statute[0], statute[1], words, day(ended) if ended else NEVER) for k, (statute, words, ended) in enumerate(charges)
    )
    return Case(0, court, day(filed), made, age=age, **given)  # type: ignore[arg-type]


def _forwarded() -> Stories:
    return {
        "forwarded": (
            row(DISTRICT, "2025-02-20", (ASSAULT, DROPPED, "2025-03-14"), (GUN, DROPPED, "2025-03-14")),
            row(CIRCUIT, "2025-03-14", (ASSAULT, PLEA, "2025-11-20"), (GUN, MERGED, "2025-11-20"), forwarded_from="0new",
                sentences=(Sentence(1, day("2025-12-18"), 3650, 1825, 1095),)),
        ),
        "forwarded_open": (
            row(DISTRICT, "2025-09-02", (ASSAULT, FORWARDED, "2025-10-01")),
            row(CIRCUIT, "2025-10-01", (ASSAULT, "", ""), forwarded_from="0new"),
        ),
        "forwarded_dropped": (
            row(DISTRICT, "2024-05-02", (ASSAULT, DROPPED, "2024-06-03")),
            row(CIRCUIT, "2024-06-03", (ASSAULT, DROPPED, "2025-06-10"), forwarded_from="0new"),
        ),
        "forwarded_lost": (row(DISTRICT, "2025-06-02", (ASSAULT, FORWARDED, "2025-06-30")),),
        "moved": (
            row(DISTRICT, "2023-12-11", (SECOND, "", ""), frozen=MOVE),
            row(DISTRICT, "2023-12-11", (SECOND, STET, "2024-07-09"), earlier="0old"),
        ),
        "moved_quoted": (
            row(DISTRICT, "2024-02-20", (ASSAULT, DROPPED, "2024-03-21"), earlier="0old"),
            row(CIRCUIT, "2024-03-21", (ASSAULT, GUILTY, "2025-01-28"), forwarded_from="0old",
                sentences=(Sentence(1, day("2025-01-28"), 1825, 0, 0),)),
        ),
    }  # fmt: skip


def _ended() -> Stories:
    ended = "2025-05-06"
    return {
        "stet": (row(DISTRICT, "2025-01-13", (SECOND, STET, ended)),),
        "probation": (row(DISTRICT, "2025-01-14", (THEFT, PBJ, ended), sentences=(Sentence(1, day(ended), 0, 0, 365),)),),
        "not_responsible": (row(CIRCUIT, "2024-09-05", (ASSAULT, NCR, ended)),),
        "acquitted": (row(CIRCUIT, "2024-09-06", (ASSAULT, ACQUITTED, ended), (GUN, ACQUITTED, ended)),),
        "dismissed": (row(DISTRICT, "2025-01-15", (THEFT, DISMISSED, ended)),),
        "merged": (row(CIRCUIT, "2024-09-09", (ASSAULT, GUILTY, ended), (SECOND, MERGED, ended), (GUN, MERGED, ended)),),
        "partly": (row(DISTRICT, "2025-01-16", (SECOND, DROPPED, ended), (THEFT, "", "")),),
        "plea_to_lesser": (row(CIRCUIT, "2024-09-10", (ASSAULT, DROPPED, ended), (SECOND, PLEA, ended)),),
        "gaps": (_renumber(row(DISTRICT, "2025-01-17", (SECOND, PLEA, ended), (THEFT, DROPPED, ended), (GUN, DROPPED, ended)), (1, 4, 9)),),
        "no_arrest": (row(CIRCUIT, "2025-01-21", (ASSAULT, "", "")),),
        "wrong_sentence": (row(CIRCUIT, "2024-09-11", (ASSAULT, ACQUITTED, ended), sentences=(Sentence(1, day(ended), 900, 0, 0),)),),
    }


def _closed() -> Stories:
    ended = "2025-05-07"
    undated = row(DISTRICT, "2025-01-24", (SECOND, DROPPED, ended))
    return {
        "child": (row(CIRCUIT, "2025-01-22", (ASSAULT, PLEA, ended), age=17),),
        "child_unknown_age": (row(JUVENILE, "2025-01-22", (SECOND, STET, ended), age=-1),),
        "child_grown": (row(JUVENILE, "2025-01-23", (SECOND, "", ""), age=18),),
        "sensitive": (row(CIRCUIT, "2025-01-23", (("RAPE-SECOND DEGREE", "F"), PLEA, ended), (SECOND, MERGED, ended)),),
        "new_statute": (row(DISTRICT, "2025-01-24", ((NEW_STATUTE, "M"), PLEA, ended)),),
        "new_disposition": (row(DISTRICT, "2025-01-24", (SECOND, NEW_DISPOSITION, ended)),),
        "undated": (_renumber(undated, (1,), is_dated=False),),
        "no_charges": (row(DISTRICT, "2025-01-27"),),
    }


def _vanishing(through: date) -> Stories:
    def gone(after: timedelta) -> int:
        return (through + after).toordinal() - 719_163

    return {
        "expunged_before": (row(DISTRICT, "2022-08-01", (SECOND, DROPPED, "2023-01-30"), gone=gone(EXPUNGED_BEFORE)),),
        "expunged_next": (row(DISTRICT, "2022-08-02", (THEFT, ACQUITTED, "2023-02-06"), gone=gone(EXPUNGED_NEXT)),),
        "no_case": (row(DISTRICT, "2025-01-28", (SECOND, "", ""), (GUN, "", ""), is_listed=False),),
    }


def _renumber(case: Case, numbers: tuple[int, ...], is_dated: bool = True) -> Case:
    return case._replace(charges=tuple(c._replace(seq=n, is_dated=is_dated) for c, n in zip(case.charges, numbers, strict=True)))
