"""Writes Port Calvert's portal files into a folder and says what the right answers are.

`write_demo` is what `harborlight demo` and tests call: its CSV files go into `feeds/`, the ground plan into
`boundaries/`, nothing else is touched. Editions (`vintage` 1 to 12) are the same files a week later each, with everything that came to
light since; negative ones are the files as they were so many months before. A demo is made with the last three of those.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from harborlight.demo.arrests import Arrests, arrests_feed, count_arrests, make_arrests, numbers_of
from harborlight.demo.boundaries import FOLDER, boundary_files
from harborlight.demo.canary import make_canaries
from harborlight.demo.court_feeds import cases_feed, charges_feed, day_number, decisions_known, sentences_feed, visible
from harborlight.demo.court_traps import plant_cases
from harborlight.demo.court_truth import count_courts
from harborlight.demo.courts import Justice, make_justice
from harborlight.demo.feeds import (
    Feed,
    complaint_numbers,
    csv_bytes,
    ledger_feed,
    legacy_feed,
    lines_of,
    nibrs_feed,
)
from harborlight.demo.firearms import Firearms, firearms_feed, make_firearms
from harborlight.demo.history import as_dated
from harborlight.demo.traps import Planted, plant
from harborlight.demo.truth import CourtTruth, DemoTruth, SourceTruth, count_truth
from harborlight.demo.warrants import Warrants, make_warrants, warrants_feed
from harborlight.demo.world import EDITIONS, make_world
from harborlight.errors import ConfigError

SEED = 20260101
THROUGH = date(2026, 11, 8)
EARLIEST = date(2026, 6, 30)
EARLIER_EDITIONS, OLDEST_EDITION = 3, 12


def write_demo(
    folder: Path, *, seed: int = SEED, scale: float = 1.0, through: date = THROUGH, vintage: int = 0
) -> DemoTruth:  # fmt: skip
    """Write `feeds/` and `boundaries/` below `folder` and return the true counts. The same arguments write the same bytes.

    `scale` 1 makes about 120,000 incidents; `vintage` is the number of weeks after the first edition, or of months before it
    where it is negative.
    """
    planted, arrests, sources = write_edition(folder, seed=seed, scale=scale, through=through, vintage=vintage)
    on = edition_day(vintage, through)
    return count_truth(planted, on, vintage, sources, count_arrests(arrests, on), _count_courts(seed, scale, through, on))


def _count_courts(seed: int, scale: float, through: date, on: date) -> CourtTruth:
    story = _planted(seed, scale, through)
    return count_courts(story.planted.world, story.justice, plant_cases(through), day_number(on))


def write_edition(
    folder: Path, *, seed: int = SEED, scale: float = 1.0, through: date = THROUGH, vintage: int = 0
) -> tuple[Planted, Arrests, dict[str, SourceTruth]]:  # fmt: skip
    """The same without counting: the files are written, and what they were written from is given back."""
    if not -OLDEST_EDITION <= vintage <= EDITIONS or scale <= 0 or through < EARLIEST:
        raise ConfigError(
            f"the demo has editions 0 to {EDITIONS} and {OLDEST_EDITION} before them, a scale above 0 and a last day from {EARLIEST} on",
            where="demo",
            hint="Ask for one of these.",
        )  # fmt: skip
    story = _planted(seed, scale, through)
    planted, numbers, arrests = story.planted, story.numbers, story.arrests
    on = edition_day(vintage, through)
    planted = replace(planted, world=as_dated(planted.world, on, through))
    canaries = make_canaries(seed)
    (folder / "feeds").mkdir(parents=True, exist_ok=True)
    cases, today = visible(story.justice.stories, day_number(on)), day_number(on)
    feeds = (
        legacy_feed(planted, canaries, numbers),
        nibrs_feed(planted, canaries, numbers, on),
        ledger_feed(planted, canaries, numbers, min(on, through)),
        arrests_feed(arrests, canaries, numbers, on, decisions_known(story.justice, today)),
        firearms_feed(story.firearms, canaries, on),
        cases_feed(cases, canaries, numbers, numbers_of(arrests)),
        charges_feed(cases, canaries, today),
        sentences_feed(cases, today),
        warrants_feed(story.warrants, canaries, on),
    )
    _write_boundaries(folder / FOLDER)
    sources = {feed.name: _write(feed, folder / "feeds" / f"{feed.name}.csv", planted) for feed in feeds}
    return planted, arrests, sources


def edition_day(vintage: int, through: date = THROUGH) -> date:
    """The last day of an edition: weeks after `through`, or months before it."""
    if vintage >= 0:
        return through + timedelta(days=7 * vintage)
    month = through.year * 12 + through.month - 1 + vintage
    year, number = month // 12, month % 12 + 1
    return date(year, number, min(through.day, monthrange(year, number)[1]))


def _write_boundaries(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in boundary_files().items():
        (folder / name).write_bytes(content)


@dataclass(frozen=True)
class Story:
    """All that happens, once for all editions of a run."""

    planted: Planted
    numbers: list[str]
    arrests: Arrests
    firearms: Firearms
    justice: Justice
    warrants: Warrants


@lru_cache(maxsize=2)
def _planted(seed: int, scale: float, through: date) -> Story:
    """The world is drawn once for all editions of a run."""
    planted = plant(make_world(seed, scale, through), through)
    arrests = make_arrests(planted.world, seed)
    justice = make_justice(planted.world, arrests, seed, tuple(plant_cases(through).values()))
    return Story(
        planted, complaint_numbers(planted.world), arrests, make_firearms(planted.world, seed), justice, make_warrants(planted.world, seed)
    )


def _write(feed: Feed, path: Path, planted: Planted) -> SourceTruth:
    lines = lines_of(feed, [f"N{n:07d}" for n in planted.numbers["conflict"]])
    path.write_bytes(csv_bytes(feed, lines))
    wordings = _wordings(lines)
    bad, distinct = len(feed.extra), len(wordings)
    conflicting = sum(n > 1 for n in wordings.values())
    unknown = [
        i
        for i, text in enumerate(feed.columns.get("NIBRSCode", feed.columns.get("Description", [])))
        if text.startswith(("99Z", "ZZ"))
    ]
    return SourceTruth(len(lines), distinct - bad, bad, len(lines) - distinct, conflicting, len(unknown))


def _wordings(lines: list[tuple[str, ...]]) -> dict[str, int]:
    """Key → number of different rows under it."""
    count: dict[str, int] = {}
    for line in set(lines):
        count[line[0]] = count.get(line[0], 0) + 1
    return count


def city_folder() -> Path:
    """The city's configuration: inside the installed package, or beside the source code."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "city", here.parents[3] / "cities" / "port-calvert"):
        if (folder / "city.yaml").is_file():
            return folder
    raise ConfigError(
        "the demo city's folder is not part of this installation",
        where="harborlight.demo",
        hint="Install Harborlight again from its wheel.",
    )
