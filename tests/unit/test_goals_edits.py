"""A goal cannot change in silence: what an entry explains, what it does not, and what holds a release."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harborlight.catalog import load_catalog
from harborlight.catalog.models import Goal
from harborlight.demo import city_folder
from harborlight.publish.goals import check_goals, make_goals
from harborlight.store import connect, quote_text, read_rows

JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


def goal(**changes: Any) -> Goal:
    """A goal that needs no counts, so that only its words matter here."""
    given: dict[str, Any] = {
        "id": "charges", "title": "Charges", "text": "Decide within 30 days.", "sources": [{"publisher": "Court"}], "owner": "courts",
        "direction": "higher", "needs": "Nobody supplied the days.", "from": "2026-01-01", "due": "2027-12-31",
    }  # fmt: skip
    return Goal.model_validate(given | changes)


def edit(field: str, before: str, day: date = JULY, **more: str) -> dict[str, Any]:
    return {"changed_on": day, "field": field, "before": before, "why": "The council asked for it.", **more}


class Releases:
    """Releases one after the other: each is compared with the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, list[Path]()

    def build(self, today: date, *goals: Goal) -> list[str]:
        """Makes the next release; returns the sentences of what holds it."""
        catalog = load_catalog(city_folder()).model_copy(update={"goals": {g.id: g for g in goals}})
        path, previous = self.folder / f"{len(self.made)}.duckdb", self.made[-1] if self.made else None
        con = connect(threads=1)
        con.execute(f"attach {quote_text(str(path))} as public")
        con.execute("use public.main")
        make_goals(con, catalog, None, previous, today)  # type: ignore[arg-type]
        con.execute("use memory")
        con.execute("detach public")
        gates = check_goals(con, path, previous)
        con.close()
        assert {gate.level for gate in gates} <= {"hold"}
        self.made.append(path)
        return [gate.sentence for gate in gates]

    def edits(self) -> list[Mapping[str, Any]]:
        con = connect(threads=1)
        con.execute(f"attach {quote_text(str(self.made[-1]))} as p (read_only)")
        rows = read_rows(con, "select * from p.main.goal_edits")
        con.close()
        return rows


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path)


def test_a_goal_that_stays_holds_nothing(releases: Releases) -> None:
    assert releases.build(JUNE, goal()) == [] == releases.build(JULY, goal())
    assert releases.edits() == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [("text", {"text": "Decide within 60 days."}), ("owner", {"owner": "states_attorney"}), ("direction", {"direction": "lower"}),
     ("period", {"due": "2028-12-31"}), ("plan", {"plan": "open_water"}), ("target", {"target": {"count": 9}})],
)  # fmt: skip
def test_a_change_without_an_entry_holds_the_release_and_is_seen(releases: Releases, field: str, changes: dict[str, Any]) -> None:
    releases.build(JUNE, goal())
    (sentence,) = releases.build(JULY, goal(**changes))
    assert f"The {field} of goal charges changed" in sentence
    (row,) = releases.edits()
    assert (row["kind"], row["field"], row["changed_on"], row["before"]) == ("undeclared", field, JULY, goal().guarded()[field])
    assert row["after"] == goal(**changes).guarded()[field]


def test_an_entry_that_says_what_stood_there_lets_it_through(releases: Releases) -> None:
    releases.build(JUNE, goal())
    changed = goal(text="Decide within 60 days.", edits=[edit("text", "Decide within  30 days.")])
    assert releases.build(JULY, changed) == []
    (row,) = releases.edits()
    assert (row["kind"], row["before"], row["after"]) == ("declared", "Decide within 30 days.", "Decide within 60 days.")


def test_an_entry_about_something_else_explains_nothing(releases: Releases) -> None:
    releases.build(JUNE, goal())
    assert len(releases.build(JULY, goal(text="Decide within 60 days.", edits=[edit("text", "Decide within 10 days.")]))) == 1
    assert len(releases.build(JULY, goal(owner="sheriff", edits=[edit("text", "Decide within 10 days.")]))) == 2


def test_an_old_entry_does_not_explain_a_new_change(releases: Releases) -> None:
    """Back and forth: the words return to what they were, with the entry of the first change alone."""
    releases.build(JUNE, goal())
    entry = edit("text", "Decide within 30 days.")
    assert releases.build(JULY, goal(text="B", edits=[entry])) == []
    assert len(releases.build(AUGUST, goal(edits=[entry]))) == 1


def test_two_changes_between_two_releases_are_both_told(releases: Releases) -> None:
    releases.build(JUNE, goal())
    assert releases.build(AUGUST, goal(text="C", edits=[edit("text", "Decide within 30 days."), edit("text", "B", AUGUST)])) == []
    assert [(row["before"], row["after"]) for row in releases.edits()] == [("Decide within 30 days.", "B"), ("B", "C")]


def test_a_goal_cannot_vanish_but_may_be_given_up(releases: Releases) -> None:
    releases.build(JUNE, goal())
    assert releases.build(JULY, goal(withdrawn={"withdrawn_on": JULY, "why": "The law changed."})) == []
    (sentence,) = releases.build(AUGUST)
    assert "is gone" in sentence
    assert [(row["field"], row["kind"], row["before"]) for row in releases.edits()] == [("goal", "undeclared", "Decide within 30 days.")]


def test_an_entry_cannot_be_cut_from_the_history(releases: Releases) -> None:
    changed = goal(text="B", edits=[edit("text", "Decide within 30 days.")])
    releases.build(JUNE, changed)
    (sentence,) = releases.build(JULY, goal(text="B"))
    assert "Entries stay" in sentence
    assert [row["kind"] for row in releases.edits()] == ["dropped"]
    assert releases.build(AUGUST, changed) == [], "put back, it is as before"
    assert [row["kind"] for row in releases.edits()] == ["declared"]


def test_what_was_noticed_once_stays_and_holds_no_later_release(releases: Releases) -> None:
    """A release that people let out in spite of the hold is the one that later ones are compared with."""
    releases.build(JUNE, goal())
    assert len(releases.build(JULY, goal(text="B"))) == 1
    assert releases.build(JULY, goal(text="B")) == [] == releases.build(AUGUST, goal(text="B"))
    assert [(row["kind"], row["changed_on"]) for row in releases.edits()] == [("undeclared", JULY)]


def test_the_tables_hold_agencies_and_what_they_have_not_supplied(releases: Releases) -> None:
    releases.build(JUNE, goal())
    con = connect(threads=1)
    con.execute(f"attach {quote_text(str(releases.made[0]))} as p (read_only)")
    con.execute("use p.main")
    silent = {row["id"] for row in read_rows(con, "select id from agencies where not_supplied <> ''")}
    assert silent == {"states_attorney", "sheriff", "courts", "neighborhood_safety"}
    assert read_rows(con, "select status, reading, is_final from goal_status") == [{"status": "not_supplied", "reading": None, "is_final": False}]
    assert {row["id"]: row["state"] for row in read_rows(con, "select id, state from plans")} == {"safe_harbor": "ended", "open_water": "running"}
    con.close()
