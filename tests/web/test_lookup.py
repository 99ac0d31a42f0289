"""The look-up by number: one page for what may be shown, and one answer, byte for byte, for everything else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harborlight.metrics.shapes import Facts
from harborlight.records.ledger import raise_floor
from harborlight.records.numbers import key_of
from harborlight.store import connect, read_rows
from harborlight.web.app import make_app
from harborlight.web.cache import Front
from harborlight.web.look_up import contacts_for, make_look_up
from harborlight.web.record_methods import make_rules_part
from harborlight.web.record_reader import find_number, read_case, read_report
from harborlight.web.wording import get_wording
from tests.web.client import Answer, Client

NEVER = "PC99-999999"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def public(front: Front) -> Any:
    return lambda sql: front.releases.current.reader.rows(sql, {})


@pytest.fixture(scope="module")
def private(demo_city: Any) -> Iterator[Any]:
    con = connect(demo_city.data / "private.duckdb")
    yield lambda sql: read_rows(con, sql)
    con.close()


@pytest.fixture(scope="module")
def nothing(client: Client) -> Answer:
    """The answer to a number that never was."""
    answer = client.get(f"/cases/{key_of(NEVER)}")
    assert answer.status == 404
    return answer


def text_of(answer: Answer) -> str:
    main = next(e for e in answer.page.iter("main"))
    return " ".join("".join(main.itertext()).split())


def headers_of(answer: Answer) -> dict[str, str]:
    return dict(answer.headers)


def ask(client: Client, number: str) -> Answer:
    return client.get(f"/look-up?number={number}")


# ------------------------------------------------------------------------------------------------ what is found


def test_a_number_leads_to_its_page_however_it_is_typed(client: Client, public: Any) -> None:
    (report,), (case,) = (public(f"select * from {table} order by 1 desc limit 1") for table in ("incident_pages", "case_pages"))
    for number, target in ((report["incident_number"], f"/incidents/{report['incident_key']}"), (case["case_number"], f"/cases/{case['case_key']}")):
        for typed in (number, number.lower(), number.replace("-", ""), number.replace("-", "%20"), f"%20{number}%20", number.replace("-", "%E2%80%93")):
            answer = ask(client, typed)
            assert (answer.status, answer.headers["location"], answer.headers["cache-control"]) == (302, target, "no-store"), typed
        assert client.get(target).status == 200
        assert client.get(f"{target[: target.rindex('/')]}/{number.lower()}").headers["location"] == target


def test_the_number_before_a_move_of_the_court_finds_the_case(client: Client, public: Any) -> None:
    numbers = public("select n.number_key, n.case_key from case_numbers as n join case_pages as c using (case_key) where n.number_key <> n.case_key")
    assert numbers
    for row in numbers[:5]:
        assert ask(client, row["number_key"]).headers["location"] == f"/cases/{row['case_key']}"


def test_every_case_tells_its_story_in_order(client: Client, public: Any) -> None:
    """Each charge with its outcome, the presumption of innocence on every page, and no proof claimed beside any charge that is not proven."""
    keys = [row["case_key"] for row in public("select case_key from case_pages order by hash(case_key) limit 12")]
    keys += [row["case_key"] for row in public("select distinct case_key from case_steps where step_code = 'forwarded' order by 1 limit 3")]
    keys += [row["case_key"] for row in public("select case_key from case_charges where outcome_code = 'convicted' and jail_days > 0 order by 1 limit 3")]
    for key in keys:
        answer = client.get(f"/cases/{key}")
        said, charges = text_of(answer), public(f"select * from case_charges where case_key = '{key}' order by charge_number")
        assert "Everyone is presumed innocent unless proven guilty in court" in said
        assert [row["charge_number"] for row in charges] == list(range(1, len(charges) + 1))
        assert len(re.findall(r"Charge \d+:", said)) == len(charges) == len(re.findall(r"Outcome(?=[A-Z])", said.replace("Outcome ", "Outcome")))
        pending = sum(row["outcome_code"] != "convicted" for row in charges)
        assert said.count("A charge is not proof of guilt.") == 1 + pending
        steps = [row["step_on"][:7] for row in public(f"select * from case_steps where case_key = '{key}' order by step_number")]
        assert steps and len(list(answer.page.find(".//ol") or [])) == len(steps)
        assert "The court's own record is the one that counts" in said and "court" in said and 'href="/report"' in answer.text


def test_a_report_says_how_police_say_it_stands(client: Client, public: Any) -> None:
    for status, words in (("open", "No arrest recorded as of"), ("cleared_arrest", "cleared by an arrest"), ("cleared_exceptional", "without an arrest")):
        (row,) = public(f"select * from incident_pages where status_code = '{status}' order by incident_key desc limit 1")
        said = text_of(client.get(f"/incidents/{row['incident_key']}"))
        assert words in said and "Whom to ask" in said and "Police Records Desk" in said and "solved" not in said.lower()
    (killing,) = public("select * from incident_pages where offense_codes like '09A%' limit 1")
    assert "Homicide Unit" in text_of(client.get(f"/incidents/{killing['incident_key']}"))


def test_a_report_and_its_case_name_each_other(client: Client, public: Any) -> None:
    (row,) = public("select * from case_pages where incident_key is not null order by case_key limit 1")
    assert f'href="/cases/{row["case_key"]}"' in client.get(f"/incidents/{row['incident_key']}").text
    assert f'href="/incidents/{row["incident_key"]}"' in client.get(f"/cases/{row['case_key']}").text
    (alone,) = public("select * from incident_pages where incident_key not in (select incident_key from case_pages where incident_key is not null) limit 1")
    assert "We can show no court case for this report" in text_of(client.get(f"/incidents/{alone['incident_key']}"))


def test_pages_of_reports_say_what_the_list_of_records_says(public: Any) -> None:
    """As many reports of a month, offense and district as the list has incidents at the most, and no offense that is sensitive."""
    codes = {row["code"] for row in public("select code from offenses where tier = 'T0'")}
    assert {code for row in public("select offense_codes from incident_pages") for code in row["offense_codes"].split(",")} <= codes
    beyond = public(
        "with c as (select \"month\", unnest(string_split(offense_codes, ',')) as code from incident_pages), "
        "p as (select \"month\", code, count(*) as n from c group by all), "
        "r as (select strftime(\"date\", '%Y-%m') as \"month\", offense_code as code, count(*) as n from records group by all) "
        "select p.* from p left join r on p.\"month\" = r.\"month\" and p.code = r.code where p.n > coalesce(r.n, 0)"
    )
    assert beyond == []


# ------------------------------------------------------------------------------------------------- what is not


def hidden_numbers(private: Any, shown: set[str]) -> dict[str, str]:
    """Numbers of real cases and reports that must not be shown, one for each cause."""
    causes = {
        "child": "select case_number as n from model.court_cases where is_child",
        "sensitive": "select case_number as n from model.court_cases where tier = 'T1' and not is_child",
        **{code: f"select case_number as n from model.court_cases where outcome_code = '{code}' and is_open" for code in
           ("dropped", "dismissed", "acquitted", "stet", "probation_before_judgment")},
        "rape": "select incident_id as n from model.records where tier = 'T1' and offense_code is not null and has_complaint_number",
        "unfounded": "select incident_id as n from model.records where status_code = 'unfounded'",
        "new": "select e.incident_id as n from model.events as e where is_listed_late and counted_date > (select max(counted_date) from model.events) - 28 and tier = 'T0'",
    }  # fmt: skip
    found = {}
    for cause, sql in causes.items():
        numbers = [row["n"] for row in private(f"select n from ({sql}) where n is not null order by hash(n)")]
        found[cause] = next((n for n in numbers if key_of(n) and key_of(n) not in shown), "")
    return found


def test_every_miss_is_the_same_page(client: Client, public: Any, private: Any, nothing: Answer) -> None:
    shown = {row["number_key"] for row in public("select number_key from case_numbers")} | {
        row["incident_key"] for row in public("select incident_key from incident_pages")
    }
    hidden = hidden_numbers(private, shown)
    assert all(hidden.values()), f"the fictional city has none of these: {[cause for cause, number in hidden.items() if not number]}"
    typed = [*hidden.values(), NEVER, "SMITH", "john+smith", "1", "%00", "%22%3E%3Cscript%3E", "1" * 500, "..%2F..%2Fetc%2Fpasswd", "%F0%9F%94%8E"]
    for number in typed:
        answer = ask(client, number)
        assert answer.status == 404 and answer.body == nothing.body, number
        assert headers_of(answer) == headers_of(nothing), number
    for number in hidden.values():
        for path in (f"/cases/{key_of(number)}", f"/incidents/{key_of(number)}", f"/cases/{number}"):
            answer = client.get(path)
            assert answer.body == nothing.body and headers_of(answer) == headers_of(nothing), path
    said = text_of(nothing)
    assert "We cannot show anything for that number" in said
    assert "This page looks the same if it was mistyped, nobody has been charged, it is too new, it involves a child, or the law makes it private." in said
    assert "What you can do" in said and "Victim and Witness Center" in said and "Calvert Courts Record Search" in said


def test_a_case_is_no_report_and_a_page_is_no_file(client: Client, public: Any, nothing: Answer) -> None:
    (case,), (report,) = (public(f"select {key} as k from {table} limit 1") for key, table in (("case_key", "case_pages"), ("incident_key", "incident_pages")))
    for path in (f"/incidents/{case['k']}", f"/cases/{report['k']}", f"/cases/{case['k']}.css", f"/cases/{case['k']};x.js", f"/incidents/{report['k']}.css",
                 f"/cases/{case['k']}_", "/cases/x.css"):  # fmt: skip
        answer = client.get(path)
        assert answer.status == 404 and answer.body == nothing.body, path
    assert client.get(f"/cases/{case['k']}/x.css").status == 404
    assert client.get(f"/cases/{case['k']}?a=1").status == 400 and client.get("/look-up?name=SMITH").status == 400


def test_a_page_that_is_gone_is_not_known_by_its_old_tag(client: Client, public: Any, nothing: Answer) -> None:
    (case,) = public("select case_key from case_pages limit 1")
    tag = client.get(f"/cases/{case['case_key']}").headers["etag"]
    assert client.get(f"/cases/{case['case_key']}", headers={"if-none-match": tag}).status == 304
    for path in (f"/cases/{key_of(NEVER)}", f"/api/v1/cases/{key_of(NEVER)}"):
        answer = client.get(path, headers={"if-none-match": tag, "range": "bytes=0-10"})
        assert answer.status == 404 and "etag" not in answer.headers


def test_records_are_kept_by_nobody_and_found_by_no_search_engine(client: Client, public: Any) -> None:
    (case,), (report,) = (public(f"select {key} as k from {table} limit 1") for key, table in (("case_key", "case_pages"), ("incident_key", "incident_pages")))
    paths = [f"/cases/{case['k']}", f"/incidents/{report['k']}", f"/api/v1/cases/{case['k']}", f"/api/v1/incidents/{report['k']}"]
    for path in paths:
        headers = client.get(path).headers
        assert headers["cache-control"] == "public, max-age=300, must-revalidate" and headers["x-robots-tag"] == "noindex, noarchive, nosnippet"
    assert all('<meta name="robots" content="noindex">' in client.get(path).text for path in paths[:2])
    sitemap, robots = client.get("/sitemap.xml").text, client.get("/robots.txt").text
    assert "/cases" not in sitemap and "/incidents/" not in sitemap and "/look-up" in sitemap and "Disallow" not in robots
    assert "x-robots-tag" not in client.get("/look-up").headers


def test_the_tables_are_no_data_to_take_away(client: Client, demo_city: Any, public: Any) -> None:
    names = ("incident_pages", "case_pages", "case_charges", "case_steps", "case_numbers")
    listings = [client.get(path).text for path in ("/data", "/api/v1/tables", "/data.json", "/changes", "/api/v1/changes")]
    assert not [name for name in names for text in listings if name in text]
    for name in names:
        assert not list(demo_city.release.glob(f"downloads/{name}.*")) and client.get(f"/data/{name}").status == 404
        assert client.get(f"/data/{name}.csv").status == client.get(f"/data/{name}.parquet").status == 404


def test_no_page_names_a_person(client: Client, public: Any, private: Any) -> None:
    """No key of a person, and no age, sex or race: not in the tables, not on the pages."""
    keys = {str(row["k"]) for row in private("select distinct defendant_key as k from staging.cases where defendant_key is not null")}
    columns = {row["column_name"] for name in ("case_pages", "case_charges", "case_steps", "case_numbers", "incident_pages") for row in public(f"describe {name}")}
    assert keys and not [name for name in columns if re.search(r"name|defendant|age|sex|race|birth|address|person|pretrial", name)]
    for row in public("select case_key from case_pages order by hash(case_key) limit 8"):
        answer = client.get(f"/cases/{row['case_key']}")
        assert not [key for key in keys if key in answer.text]


# --------------------------------------------------------------------------------------------- programs, switch


def test_programs_get_the_same(client: Client, public: Any) -> None:
    (case,) = public("select * from case_pages where incident_key is not null order by case_key limit 1")
    answer = client.get(f"/api/v1/cases/{case['case_key']}").json
    assert (answer["case_number"], answer["incident_id"]) == (case["case_number"], case["incident_key"])
    assert len(answer["charges"]) == public(f"select count(*) as n from case_charges where case_key = '{case['case_key']}'")[0]["n"]
    assert "presumed innocent" in answer["notes"][0]
    report = client.get(f"/api/v1/incidents/{case['incident_key']}").json
    assert case["case_key"] in report["case_ids"] and set(report) == {
        "release", "incident_id", "incident_number", "month", "offense_codes", "police_district", "status_code", "case_ids",
    }  # fmt: skip
    misses = [client.get(f"/api/v1/{kind}/{number}") for kind in ("cases", "incidents") for number in (key_of(NEVER), "SMITH", "1.css", "x" * 300)]
    assert {answer.status for answer in misses} == {404} and len({answer.body for answer in misses}) == 1


def test_pages_end_when_their_source_was_not_compared_for_two_weeks(demo_city: Any, client: Client, public: Any, nothing: Answer) -> None:
    """The server goes by the clock, whether or not anybody refreshes; counts stay, and whatever is gone answers like what never was."""
    facts = client.front.releases.current.facts
    (case,) = public("select * from case_pages where incident_key is not null order by case_key limit 1")
    addresses = [f"/cases/{case['case_key']}", f"/incidents/{case['incident_key']}"]
    addresses += [f"/api/v1{address}" for address in addresses] + [f"/look-up?number={case['case_number']}"]
    last = min(source.full_at for source in facts.sources)

    def after(days: float) -> Client:
        return Client(make_app(demo_city.data, clock=lambda: last + timedelta(days=days)))

    there, gone = after(13.9), after(15)
    assert [there.get(address).status for address in addresses] == [200, 200, 200, 200, 302]
    assert "not been compared" not in there.get("/look-up").text and "not been compared" in gone.get("/look-up").text
    never = {kind: gone.get(f"/{kind}{key_of(NEVER)}") for kind in ("cases/", "api/v1/cases/")}
    for address in addresses:
        answer = gone.get(address, headers={"if-none-match": there.get(address).headers.get("etag", "")})
        assert (answer.status, answer.body) == (404, never["api/v1/cases/" if "/api/" in address else "cases/"].body), address
    assert gone.get("/api/v1/metrics/robberies?by=year").body == there.get("/api/v1/metrics/robberies?by=year").body


def test_pages_end_with_a_removal_even_where_the_next_release_cannot_be_opened(demo_city: Any, public: Any, tmp_path: Path) -> None:
    (case,) = public("select case_key from case_pages order by case_key limit 1")
    release = (demo_city.data / "current").read_text().strip()
    shutil.copytree(demo_city.data / "releases" / release, tmp_path / "releases" / release)
    (tmp_path / "current").write_text(f"{release}\n")
    client = Client(make_app(tmp_path))
    epoch, counts = client.front.releases.current.epoch, "/api/v1/metrics/robberies?by=year"

    def found() -> tuple[int, int]:
        client.front.releases._looked = 0.0
        return client.get(f"/cases/{case['case_key']}").status, client.get(counts).status

    raise_floor(tmp_path, epoch)
    assert found() == (200, 200), "its own epoch may be shown"
    raise_floor(tmp_path, epoch + 1)
    (tmp_path / "current").write_text("20991231T000000Z\n")
    assert found() == (404, 200)
    (tmp_path / "removals/epoch").write_text("not a number")
    assert found() == (404, 200), "nobody can tell"


def test_a_report_stands_by_its_own_source_and_a_case_by_those_of_the_courts(front: Front, public: Any) -> None:
    reader = front.releases.current.reader
    (case,) = public("select c.*, i.source_id as of_report from case_pages as c join incident_pages as i using (incident_key) order by case_key limit 1")
    key, report = case["case_key"], case["incident_key"]
    for court in ("arrests", "cases", "charges", "sentences"):
        unchecked = frozenset({court})
        found = read_report(reader, report, unchecked)
        assert read_case(reader, key, unchecked) is None and found and found[1] == ()
        assert find_number(reader, key, unchecked) is None and find_number(reader, report, unchecked) == ("incidents", report)
    unchecked = frozenset({case["of_report"]})
    alone, whole = read_case(reader, key, unchecked), read_case(reader, key, frozenset())
    assert read_report(reader, report, unchecked) is None and find_number(reader, report, unchecked) is None
    assert alone and whole and alone.case["incident_key"] is None and whole.case["incident_key"] == report
    assert [step["step_code"] for step in whole.steps if step not in alone.steps] == ["reported"]
    assert read_case(reader, key, frozenset({"warrants", "firearms"})) == whole


def test_a_city_without_a_review_says_that_it_is_off(front: Front) -> None:
    wording, facts = get_wording("en"), front.releases.current.facts
    assert facts.records and make_look_up(facts, wording).is_on
    for policy in (None, facts.records.model_copy(update={"reviewed_on": None, "reviewed_by_office": ""})):
        off: Facts = replace(facts, records=policy)
        page = make_look_up(off, wording)
        assert not page.is_on and "has not switched this on" in page.state
        assert make_rules_part(off, wording).state


def test_a_city_without_pages_of_reports_says_so(front: Front) -> None:
    wording, facts = get_wording("en"), front.releases.current.facts
    assert facts.records and make_look_up(facts, wording).shows_reports
    without: Facts = replace(facts, records=facts.records.model_copy(update={"show_reports": False}))
    page = make_look_up(without, wording)
    assert page.is_on and not page.shows_reports
    assert "Single reports have no page here" in " ".join(make_rules_part(without, wording).settings)


def test_the_rules_stand_on_the_methods_page(client: Client, front: Front) -> None:
    said, policy = text_of(client.get("/methods")), front.releases.current.facts.records
    assert policy and all(rule.statute in said and rule.title in said for rule in policy.rules)
    assert "These rules were reviewed by the Office of the City Solicitor of Port Calvert on 14 Sep 2026" in said
    assert contacts_for(front.releases.current.facts, get_wording("en"))[0].name == "Victim and Witness Center"
