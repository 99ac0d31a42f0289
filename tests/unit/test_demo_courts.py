"""The courts of the fictional city: files as they were on their day, planted traps, believable shares, every word declared."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from harborlight.catalog import load_catalog
from harborlight.demo import canaries, city_folder, edition_day, write_demo
from harborlight.demo.court_traps import plant_cases
from harborlight.demo.write import SEED, THROUGH

NAMES = ("arrests", "cases", "charges", "sentences", "warrants")
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Rows]]:
    """Edition → feed → rows: a month before the first, the first, a week after it."""
    found = {}
    for vintage in (-1, 0, 1):
        folder: Path = tmp_path_factory.mktemp("courts")
        write_demo(folder, scale=0.05, vintage=vintage)
        texts = {name: (folder / "feeds" / f"{name}.csv").read_text(encoding="utf-8") for name in NAMES}
        found[vintage] = {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in texts.items()}
    return found


def keys(rows: Rows, column: str = "CaseID") -> set[str]:
    return {row[column] for row in rows}


def test_a_file_knows_nothing_of_later_days(editions: dict[int, dict[str, Rows]]) -> None:
    for vintage, feeds in editions.items():
        on = edition_day(vintage).isoformat()
        for name, columns in (("cases", ["FilingDate"]), ("charges", ["DispositionDate"]), ("sentences", ["ImposedOn"]),
                              ("warrants", ["Issued", "Served", "Recalled"]), ("arrests", ["DecisionDate"])):  # fmt: skip
            assert max(row[column] for row in feeds[name] for column in columns) <= on, (vintage, name)


def test_what_was_pending_is_decided_later_and_nothing_is_decided_twice(editions: dict[int, dict[str, Rows]]) -> None:
    before, after = ({row["ChargeID"]: row["Disposition"] for row in editions[v]["charges"]} for v in (-1, 0))
    both = before.keys() & after.keys()
    assert sum(before[key] != after[key] for key in both) > 5
    assert all(before[key] in ("", after[key]) for key in both)
    numbers = ({row["CaseID"]: row["CaseNumber"] for row in editions[v]["cases"]} for v in (-1, 0))
    old, new = numbers
    assert all(old[key] == new[key] for key in old.keys() & new.keys()), "a number stays"


def test_an_expunged_record_is_gone_from_every_file(editions: dict[int, dict[str, Rows]]) -> None:
    planted = plant_cases(THROUGH)
    for trap, last in (("expunged_before", -1), ("expunged_next", 0)):
        key = f"C{planted[trap][0].number:07d}"
        for vintage, feeds in editions.items():
            for name in ("cases", "charges"):
                assert (key in keys(feeds[name])) == (vintage <= last), (trap, vintage, name)


def test_every_planted_trap_is_in_the_files(editions: dict[int, dict[str, Rows]]) -> None:
    feeds = editions[0]
    for trap, rows in plant_cases(THROUGH).items():
        expected = {f"C{case.number:07d}" for case in rows if case.is_listed and trap != "expunged_before"}
        assert expected <= keys(feeds["cases"]), trap
    assert keys(feeds["charges"]) - keys(feeds["cases"]) == {f"C{plant_cases(THROUGH)['no_case'][0].number:07d}"}
    moved = [row for row in feeds["cases"] if row["FormerCaseNumber"]]
    twice = keys(moved, "FormerCaseNumber") & keys(feeds["cases"], "CaseNumber")
    assert len(moved) > 30 and twice
    quoted = keys(feeds["cases"], "DistrictCaseNumber") - {""}
    assert quoted & keys(moved, "FormerCaseNumber"), "some indictments quote a number from before the move"


def test_first_decisions_come_in_believable_shares(editions: dict[int, dict[str, Rows]]) -> None:
    decided = Counter(row["Decision"] for row in editions[0]["arrests"] if row["Decision"])
    share = {word: n / decided.total() for word, n in decided.items()}
    assert 0.70 < share["Charged"] < 0.86 and 0.07 < share["Declined"] < 0.14
    assert 0.02 < share["Released"] < 0.08 and 0.03 < share["Diverted"] < 0.12
    assert not any(row["Decision"] for row in editions[0]["arrests"] if not row["CaseNumber"]), "warrants bring no new charge"


def test_every_word_is_declared_and_mapped_but_the_planted_ones(editions: dict[int, dict[str, Rows]]) -> None:
    catalog = load_catalog(city_folder())
    for name in NAMES:
        source = catalog.sources[name]
        assert set(editions[0][name][0]) == {*source.columns, *source.known_extra_columns}
    for column, table in (("Statute", "statutes"), ("Disposition", "dispositions")):
        with catalog.maps[table].open(encoding="utf-8", newline="") as file:
            known = {row[0] for row in csv.reader(file)}
        assert keys(editions[0]["charges"], column) - known - {""} == {f"ZZ NEW {column.upper()}"}


def test_names_and_addresses_stand_only_in_columns_that_nobody_reads(editions: dict[int, dict[str, Rows]]) -> None:
    catalog, planted = load_catalog(city_folder()), canaries(SEED)
    for name in ("cases", "charges", "sentences", "warrants"):
        extra = catalog.sources[name].known_extra_columns
        rows = editions[0][name]
        assert not extra or any(row[column] in planted for row in rows for column in extra), name
        assert not [row for row in rows if any(value in planted for column, value in row.items() if column not in extra)], name
