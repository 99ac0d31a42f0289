"""What the comparison of two periods shows: a form, then an answer or a refusal that offers the nearest pair."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Link, Table


@dataclass(frozen=True)
class Compared:
    sentence: str  # both counts and the word
    chance: str  # what would have stood out
    counts: Table  # both periods with days and counts
    facts: tuple[tuple[str, str], ...]  # difference, ratio, p-value, dispersion
    notes: tuple[str, ...]  # small base, records to come, breaks that only note
    baselines: Table | None  # the first period beside other bases
    links: tuple[Link, ...]  # JSON and CSV
    address: str  # permanent address


@dataclass(frozen=True)
class Refused:
    reason: str  # why the pair is refused
    counts: Table  # both counts as asked
    nearest: str  # the pair that can be compared, or that there is none
    link: Link | None  # its address
    result: str  # its result in a sentence, or empty


@dataclass(frozen=True)
class CompareTool:
    action: str  # address that the form asks
    kept: tuple[tuple[str, str], ...]  # filters of the page that narrow both periods
    fields: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]  # id, legend, then name, label and day of each field
    claim: str  # claim as typed
    result: Compared | None  # the answer
    refusal: Refused | None  # or why there is none
    checked: str  # a claim recomputed, or empty


@dataclass(frozen=True)
class GoldenCase:
    title: str  # what went wrong
    said: str  # the published comparison and what is wrong with it
    fair: str  # the pair that would be like for like
    here: str  # that pair asked of this release
    link: Link | None  # where to try it
