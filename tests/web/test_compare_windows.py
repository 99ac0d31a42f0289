"""Two periods compared on the site: the API's promised shape, refusals that show a way out, a form that needs no script."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from harborlight.statistics.windows import last_months, shift_years
from harborlight.web.cache import Front
from tests.web.client import Client

API = "/api/v1/compare"
KEYS = {"a", "b", "difference", "ratio", "p_value", "verdict", "detectable", "flags", "sentence"}
OVERLAP = "a=2022-01-01/2023-05-31&b=2021-01-01/2022-05-31"
UNEQUAL = "a=2022-01-01/2023-05-31&b=2020-07-01/2021-12-31"


@pytest.fixture(scope="module")
def year(front: Front) -> str:
    """The last twelve months and the twelve before, as an address says them."""
    now = last_months(front.releases.current.facts.metric_through["robberies"])
    before = shift_years(now, 1)
    return f"a={now.date_from}/{now.date_to}&b={before.date_from}/{before.date_to}"


def count(client: Client, metric: str, window: str, more: str = "") -> int:
    first, last = window.split("/")
    n: int = client.get(f"/api/v1/metrics/{metric}?from={first}&to={last}{more}").json["rows"][0]["n"]
    return n


def words(answer: Any) -> str:
    return " ".join("".join(answer.page.itertext()).split())


def test_an_answer_has_the_promised_keys(client: Client, year: str) -> None:
    answer = client.get(f"{API}?metric=incidents&{year}")
    assert answer.status == 200 and answer.json.keys() >= KEYS and list(answer.json["a"])[:2] == ["from", "to"]
    found = answer.json
    for side, window in parse_qsl(year):
        assert found[side]["n"] == count(client, "incidents", window)
        assert found[side]["days"] == (date.fromisoformat(window[11:]) - date.fromisoformat(window[:10])).days + 1
    assert found["difference"] == found["a"]["n"] - found["b"]["n"]
    assert found["ratio"]["low"] < found["ratio"]["value"] < found["ratio"]["high"]
    assert (found["p_value"] < 0.05) == (found["verdict"] != "no_clear_change")
    assert found["verdict"] in ("higher", "lower", "no_clear_change") and [b["years"] for b in found["baselines"]] == [1, 3, 5]
    assert f"{found['a']['n']:,}" in found["sentence"] and f"{found['b']['n']:,}" in found["sentence"]


def test_a_comparison_is_narrowed_like_any_question(client: Client, year: str) -> None:
    more = "&layer=police_district&area=lantern-hill&hours=night"
    found = client.get(f"{API}?metric=incidents&{year}{more}").json
    assert found["query"] == {"layer": "police_district", "area": "lantern-hill", "hours": "night"}
    assert found["a"]["n"] == count(client, "incidents", dict(parse_qsl(year))["a"], more) > 0


def test_a_small_base_is_an_answer(client: Client) -> None:
    answer = client.get(f"{API}?metric=homicide_victims&a=2025-03-01/2025-03-28&b=2024-03-01/2024-03-28")
    assert answer.status == 200 and answer.json["ratio"] is None and "small_count" in answer.json["flags"]
    assert answer.json["percent"] is None and all(base["ratio"] is None for base in answer.json["baselines"])


@pytest.mark.parametrize(
    ("pair", "code"),
    [(OVERLAP, "overlap"), (UNEQUAL, "unequal_length"), ("a=2026-01-01/2026-12-31&b=2025-01-01/2025-12-31", "incomplete"),
     ("a=2023-01-01/2023-12-31&b=2022-01-01/2022-12-31", "series_break")],
)  # fmt: skip
def test_a_refusal_is_never_a_dead_end(client: Client, pair: str, code: str) -> None:
    answer = client.get(f"{API}?metric=killed_or_shot_victims&{pair}")
    assert answer.status == 422
    error = answer.json["error"]
    assert error["code"] == code and error["message"]
    for side, window in parse_qsl(pair):
        assert set(error[side]) == {"n", "days", "per_day"} and error[side]["per_day"] == round(error[side]["n"] / error[side]["days"], 4)
        if code != "incomplete":
            assert error[side]["days"] == (date.fromisoformat(window[11:]) - date.fromisoformat(window[:10])).days + 1
    near = error["nearest"]
    again = client.get(f"{API}?metric=killed_or_shot_victims&a={near['a']}&b={near['b']}")
    assert again.status == 200 and again.json == near["result"], "the offered pair answers with what was promised"


def test_recorded_districts_are_offered_by_place(client: Client) -> None:
    more = "layer=police_district&area=lantern-hill&lines=recorded"
    error = client.get(f"{API}?metric=incidents&a=2025-08-01/2025-12-31&b=2024-08-01/2024-12-31&{more}").json["error"]
    assert error["code"] == "boundary_version" and error["nearest"]["a"] == "2025-08-01/2025-12-31"
    assert error["nearest"]["result"]["query"] == {"layer": "police_district", "area": "lantern-hill"}


def test_a_claim_is_recomputed(client: Client, year: str) -> None:
    claim = client.get(f"{API}?metric=incidents&{year}&claim=-25.2").json["claim"]
    found = client.get(f"{API}?metric=incidents&{year}").json
    assert found["claim"] is None and claim["claimed"] == -25.2
    assert claim["like_for_like"] == pytest.approx((found["a"]["n"] / found["b"]["n"] - 1) * 100)
    assert claim["sentence"].startswith("Claimed: −25.2%.")
    refused = client.get(f"{API}?metric=incidents&a=2024-01-01/2025-05-31&b=2023-01-01/2024-05-31&claim=-25.2").json["error"]["claim"]
    assert "The two counts as they were compared give" in refused["sentence"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("a=2025-01-01/2025-12-31&b=2024-01-01/2024-12-31", "metric"), ("metric=robberies", "a"),
     ("metric=robberies&a=2025-01-01/2025-12-31", "b"), ("metric=robberies&a=2025&b=2024", "a"),
     ("metric=robberies&a=2025-02-30/2025-12-31&b=2024-01-01/2024-12-31", "a"),
     ("metric=robberies&a=2025-12-31/2025-01-01&b=2024-01-01/2024-12-31", "a"),
     ("metric=robberies&a=0001-01-01/2025-01-01&b=2024-01-01/2024-12-31", "a"),
     ("metric=robberies&a=2025-01-01/2025-12-31&b=2024-01-01/2024-12-31&by=month", "by"),
     ("metric=robberies&a=2025-01-01/2025-12-31&b=2024-01-01/2024-12-31&window=12m", "window"),
     ("metric=robberies&a=2025-01-01/2025-12-31&b=2024-01-01/2024-12-31&claim=lots", "claim"),
     ("metric=robberies&a=2025-01-01/2025-12-31&b=2024-01-01/2024-12-31&claim=-101", "claim"),
     ("metric=robberies&a=2025-01-01/2025-12-31&b=2024-01-01/2024-12-31&a_from=2025-01-01", "a"),
     ("metric=robberies&a=2025-01-01/2025-12-31&b=2024-01-01/2024-12-31&colour=red", "colour")],
)  # fmt: skip
def test_wrong_questions_name_the_parameter(client: Client, query: str, parameter: str) -> None:
    answer = client.get(f"{API}?{query}")
    assert answer.status == 400 and answer.json["error"]["parameter"] == parameter


def test_the_rows_as_csv(client: Client, year: str) -> None:
    found = client.get(f"{API}?metric=incidents&{year}").json
    rows = list(csv.DictReader(io.StringIO(client.get(f"{API}.csv?metric=incidents&{year}").text)))
    assert [row["base"] for row in rows] == ["b", "year_before", "mean_of_3", "mean_of_5"]
    assert (rows[0]["a_n"], rows[0]["b_n"], rows[0]["verdict"]) == (str(found["a"]["n"]), str(found["b"]["n"]), found["verdict"])
    assert rows[2]["b_n"] == (str(sum(w["n"] for w in found["baselines"][1]["windows"])) if found["baselines"][1]["windows"] else "")


# ------------------------------------------------------------------------------------------------------ pages


def test_the_form_asks_what_the_api_answers(client: Client, year: str) -> None:
    """Submitted as a browser without script would: four days and the filters of the page."""
    page = client.get("/metrics/incidents?hours=night").page
    form = next(f for f in page.iter("form") if any(i.get("name") == "a_from" for i in f.iter("input")))
    fields = {str(i.get("name")): str(i.get("value")) for i in form.iter("input")}
    assert fields["hours"] == "night" and form.get("method") == "get"
    path = str(form.get("action")).partition("#")[0]
    shown = words(client.get(f"{path}?{urlencode(fields)}"))
    found = client.get(f"{API}?metric=incidents&{year}&hours=night").json
    assert found["sentence"].split(". ")[0] in shown
    assert "Mean of 3 years" in shown


def test_a_refused_pair_shows_the_reason_and_a_link_that_answers(client: Client) -> None:
    answer = client.get(f"/metrics/killed_or_shot_victims?{OVERLAP}&claim=-25.2")
    shown = words(answer)
    assert "These two cannot be compared" in shown and "share 151 days" in shown and "Claimed: −25.2%." in shown
    link = next(str(a.get("href")) for a in answer.page.iter("a") if "".join(a.itertext()) == "Show this comparison")
    assert "These two cannot be compared" not in words(client.get(link.partition("#")[0]))


def test_a_pair_is_not_asked_of_rows(client: Client, year: str) -> None:
    assert client.get(f"/metrics/incidents.csv?{year}").status == 400
    assert client.get("/metrics/incidents?a=2025-01-01").status == 400


def test_the_methods_page_works_both_published_claims_through(client: Client) -> None:
    shown = words(client.get("/methods"))
    assert "published claims, not findings of this site" in shown and "a change of −25.2%" in shown
    assert "the same 151 days" in shown and "(516 days) with" in shown and "(549 days)" in shown and "(517 days): the same months" in shown
    assert "fictional city. Its figures say nothing about the published claims" in shown


def test_the_offense_table_says_how_many_it_judged(client: Client) -> None:
    assert "comparisons judged at once" in words(client.get("/"))
