"""What pages show of the history of published numbers. Frozen, plain; every field says what it is."""

from __future__ import annotations

from dataclasses import dataclass

from harborlight.web.context import Choice, Link, Table


@dataclass(frozen=True)
class Picker:
    action: str  # address that the form asks
    since: str  # chosen day
    least: str  # earliest day that can be chosen
    most: str  # latest day


@dataclass(frozen=True)
class MetricHistory:
    intro: str  # since when values are kept, and how many changed
    years: Table | None  # every year: first value published, value now, how often it changed
    picker: Picker  # what is new or restated since a day
    news: tuple[str, ...]  # new and restated since that day, in sentences
    restated: Table | None  # counts that changed since that day
    known: Picker  # the same numbers as known on a day
    delay: str  # how complete recent months are, or why that is not said
    links: tuple[Link, ...]  # all changes of this measure, as page and as data


@dataclass(frozen=True)
class ChangesPage:
    choices: tuple[Choice, ...]  # measure, place, grain, cause
    picker: Picker  # changes known on or after a day
    summary: str  # how many, in a sentence
    revisions: Table | None  # counts that changed after they were published
    links: tuple[Link, ...]  # the same rows as data
    flows: Table | None  # offenses that moved to another group or year
    flows_note: str  # how many, or that there are none
    delays: Table | None  # how late reports come in, by measure
    delays_note: str  # since when that is learnt
    releases: Table  # published releases, newest first
