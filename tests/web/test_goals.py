"""Goals on the site of the fictional city: pages, data, links, marks, and every result worked out again by hand."""

from __future__ import annotations

import csv
import io
import math
from datetime import timedelta
from typing import Any

import pytest

from harborlight.metrics.goals import settled_through
from harborlight.store import connect
from harborlight.web.cache import Front
from tests.recount import Recount
from tests.web.client import Client

STATUSES = {"met", "missed", "met_in_some", "on_track", "too_close", "off_track", "not_begun", "cannot_say", "not_supplied"}


def words(page: Any) -> str:
    return " ".join("".join(page.itertext()).split())


@pytest.fixture(scope="module")
def recount(demo_city: Any, front: Front) -> Recount:
    con = connect(demo_city.data / "private.duckdb")
    made = Recount(con, front.releases.current.facts)
    con.close()
    return made


@pytest.fixture(scope="module")
def years(client: Client, front: Front) -> list[dict[str, Any]]:
    return [year for goal in front.releases.current.facts.goals for year in client.get(f"/api/v1/goals/{goal}").json["years"]]


def test_every_count_and_base_is_counted_again(years: list[dict[str, Any]], front: Front, recount: Recount) -> None:
    goals, seen = front.releases.current.facts.goals, 0
    for year in years:
        measure = goals[year["goal"]].measure
        for n, first, last in ((year["n"], year["date_from"], year["through"]), (year["base_n"], year["base_from"], year["base_to"])):
            if n is not None:
                seen += 1
                assert n == recount.count(f"{measure}&from={first}&to={last}"), year
    assert seen > 20


def test_every_target_and_result_follows_from_the_counts(years: list[dict[str, Any]], front: Front) -> None:
    goals = front.releases.current.facts.goals
    for year in years:
        lower = goals[year["goal"]].direction == "lower"
        if year["base_n"] is not None:
            sign = -1 if lower else 1
            target = year["base_n"] / year["base_years"] * (1 + sign * year["percent"] / 100) ** year["times"]
            assert year["target"] == pytest.approx(target)
            assert year["limit"] == (math.floor(target + 1e-9) if lower else math.ceil(target - 1e-9))
        if year["status"] in ("met", "missed"):
            assert year["through"] == year["date_to"] and (year["status"] == "met") == (year["n"] <= year["limit"])
        if year["probability"] is not None:
            word = "on_track" if year["probability"] > 0.9 else "off_track" if year["probability"] < 0.1 else "too_close"
            assert year["status"] == word and year["expected"] == pytest.approx(year["target"] * year["share"])
        if year["status"] == "cannot_say":
            assert year["reason"]


def test_a_season_is_that_of_earlier_years(years: list[dict[str, Any]], front: Front, recount: Recount) -> None:
    goals, seen = front.releases.current.facts.goals, 0
    for year in (y for y in years if y["share_years"]):
        measure, shares = goals[year["goal"]].measure, []
        for earlier in year["share_years"].split():
            part = recount.count(f"{measure}&from={earlier}{year['date_from'][4:]}&to={earlier}{year['through'][4:]}")
            shares.append(part / recount.count(f"{measure}&from={earlier}-01-01&to={earlier}-12-31"))
        assert year["share"] == pytest.approx(sum(shares) / len(shares))
        seen += 1
    assert seen


def test_only_settled_days_are_counted(years: list[dict[str, Any]], front: Front) -> None:
    facts = front.releases.current.facts
    for year in years:
        edge = facts.provisional_from[facts.goals[year["goal"]].metric or ""]
        if year["through"] and edge:
            assert year["through"] < edge.isoformat()
    assert settled_through(facts, "robberies") == facts.provisional_from["robberies"] - timedelta(days=1)  # type: ignore[operator]


def test_both_readings_of_percent_a_year_are_there(client: Client) -> None:
    answer = client.get("/api/v1/goals/homicides_10").json
    assert {status["reading"] for status in answer["statuses"]} == {"year_on_year", "compound"}
    assert [y["step"] for y in answer["years"]] == [1, 2, 3, 1, 2, 3]
    each, compound = (next(y for y in answer["years"] if y["reading"] == r and y["step"] == 2) for r in ("year_on_year", "compound"))
    assert (each["base_from"], each["times"]) == ("2023-01-01", 1) and (compound["base_from"], compound["times"]) == ("2022-01-01", 2)
    text = words(client.get("/goals/homicides_10").page)
    assert "Each year against the year before" in text and "Compounded from one base" in text


def test_the_ended_plan_is_final_and_has_a_goal_met_and_one_missed(client: Client) -> None:
    goals = client.get("/api/v1/goals").json["goals"]
    ended = {g["id"]: g for g in goals if g["plan"] == "safe_harbor" and g["reading"] == "at_the_end"}
    assert all(goal["is_final"] for goal in goals if goal["plan"] == "safe_harbor")
    assert ended["auto_thefts_25"]["status"] == "met" and ended["robberies_20"]["status"] == "missed"
    text = words(client.get("/goals").page)
    assert "It has ended. Its results are final." in text and "It took over from: Safe Harbor Plan." in text
    assert "The plan after it: Open Water Plan" in text


def test_a_running_year_is_a_chance_and_one_is_too_close_to_call(client: Client) -> None:
    running = [g for g in client.get("/api/v1/goals").json["goals"] if g["plan"] == "open_water" and g["reading"]]
    assert all(goal["status"] in ("on_track", "too_close", "off_track") and not goal["is_final"] for goal in running)
    close = [goal for goal in running if goal["status"] == "too_close"]
    assert close and all(0.1 <= goal["probability"] <= 0.9 for goal in close)
    assert "Too close to call" in words(client.get(f"/goals/{close[0]['id']}").page)


def test_what_was_not_supplied_is_said(client: Client) -> None:
    text = words(client.get("/goals").page)
    lines = ("It has set no goal.", "No goal of this agency has been told", "not supplied the days on which cases reached it")
    for line in lines:
        assert line in text
    one = client.get("/goals/charging_30_days")
    assert "Cannot be counted" in words(one.page) and "nobody can count this" in words(one.page)
    assert client.get("/api/v1/goals/charging_30_days").json["years"] == []


def test_edits_are_visible_history(client: Client) -> None:
    page = client.get("/goals/killed_or_shot_10").page
    assert "8 percent a year" in words(page) and "The council asked for a higher goal" in words(page)
    (edit,) = client.get("/api/v1/goals/killed_or_shot_10").json["edits"]
    assert (edit["before"], edit["after"], edit["kind"]) == ("8 percent a year", "10 percent a year", "declared")
    assert "Nothing has been changed" in words(client.get("/goals/burglaries_5").page)


def test_caveats_stand_on_both_pages(client: Client) -> None:
    for path in ("/goals", "/goals/robberies_20"):
        text = words(client.get(path).page)
        assert "A goal that is met does not say why." in text and "Only days whose counts are settled are used." in text
    assert "what is reported to police" in words(client.get("/goals/robberies_20").page)


def test_csv_holds_the_rows_of_the_json(client: Client) -> None:
    for path, key in (("/api/v1/goals", "goals"), ("/api/v1/goals/homicides_10", "years")):
        rows = client.get(path).json[key]
        lines = list(csv.DictReader(io.StringIO(client.get(f"{path}.csv").text)))
        plain = [{k: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in row.items()} for row in rows]
        assert plain == lines and lines
    assert {goal["status"] for goal in client.get("/api/v1/goals").json["goals"]} <= STATUSES


def test_pages_of_areas_and_measures_lead_to_their_goals(client: Client) -> None:
    def links(path: str) -> set[str]:
        return {a.get("href", "") for a in client.get(path).page.iter("a") if a.get("href", "").startswith("/goals/")}

    assert "/goals/lantern_hill_25" in links("/areas/police_district/lantern-hill")
    assert "/goals/lantern_hill_25" not in links("/areas/police_district/quayside") >= {"/goals/homicides_10"}
    assert links("/metrics/burglaries") == {"/goals/burglaries_5"} and links("/metrics/incidents") == set()


def test_what_is_not_there_is_not_found(client: Client) -> None:
    for path in ("/goals/nothing", "/api/v1/goals/nothing", "/api/v1/goals/nothing.csv"):
        assert client.get(path).status == 404
    assert client.get("/goals?status=met").status == 400 == client.get("/api/v1/goals?status=met").status


def test_bars_stand_to_their_counts_as_lines_to_their_targets(client: Client, front: Front) -> None:
    """Geometry read off the page: the height of each bar is its count, that of each line the target, on one scale from zero."""
    lines = 0
    for goal in front.releases.current.facts.goals:
        page, years = client.get(f"/goals/{goal}").page, client.get(f"/api/v1/goals/{goal}").json["years"]
        for figure in (div for div in page.iter("div") if "hl-bars--few" in div.get("class", "")):
            (drawing,) = (child for child in figure if str(child.tag).endswith("svg"))
            height = float(drawing.get("viewBox", "").split()[3])
            bars = [height - float(part.get("y", "")) for part in drawing if str(part.tag).endswith("rect")]
            told = ["".join(b.itertext()) for b in figure.iter("b")]
            bars = bars[told[0] == "mean of a year" :]
            counts = [int(text.replace(",", "")) for text in told if text[0].isdigit()]
            drawn = [height - float(part.get("d", "").split()[1].split("h")[0]) for part in drawing if part.get("class") == "hl-bar__limit"]
            shown = [year for year in years if year["reading"] == years[0]["reading"] and year["n"] is not None]
            limits = [year["limit"] for year in shown if year["limit"] is not None]
            assert counts[-len(shown) :] == [year["n"] for year in shown]
            scale = [tall / n for tall, n in zip([*bars, *drawn], [*counts, *limits], strict=True) if n]
            assert max(scale) - min(scale) < 0.03 * max(scale)
            lines += len(drawn)
    assert lines > 3
