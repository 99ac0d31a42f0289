"""The switches of counting rules in the grammar: read once, written back the same, refused where they mean nothing."""

from __future__ import annotations

import pytest

from harborlight.errors import QueryError
from harborlight.metrics.compile import compile_query
from harborlight.metrics.query import canonical_params, has_rules, parse_query
from tests.tiny import load_tiny, make_store, make_store_facts


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    catalog = load_tiny(tmp_path_factory.mktemp("city"), supplies={"reports": "[{offense_groups: [all]}]"})
    con = make_store(catalog, [{"record_id": "1", "offense_code": "09A", "occurred_date": "2024-03-01"}])
    yield make_store_facts(con, catalog)
    con.close()


def ask(facts, text: str, metric: str = "homicide_victims"):
    return parse_query([tuple(part.split("=")) for part in text.split("&")], facts.metrics[metric], facts)


@pytest.mark.parametrize("text", ["rule=ruled", "rule=died&justified=in", "justified=in", "rule=injured&unit=incidents&by=year"])
def test_an_address_survives_the_way_there_and_back(facts, text):
    query = ask(facts, text)
    written = canonical_params(query, facts.metrics[query.metric])
    assert sorted(written) == sorted(tuple(part.split("=")) for part in text.split("&"))
    assert parse_query(written, facts.metrics[query.metric], facts) == query


def test_leaving_justified_killings_out_is_the_question_that_was_asked_without_saying_so(facts):
    assert ask(facts, "justified=out") == ask(facts, "by=")


def test_a_rule_makes_another_question(facts):
    texts = {ask(facts, text).canonical() for text in ("by=", "rule=ruled", "rule=died", "rule=injured", "justified=in")}
    assert len(texts) == 5


@pytest.mark.parametrize(("text", "parameter"), [("rule=dead", "rule"), ("rule=RULED", "rule"), ("justified=yes", "justified")])
def test_another_value_is_refused_with_those_that_are_allowed(facts, text, parameter):
    with pytest.raises(QueryError) as caught:
        ask(facts, text)
    allowed = {"rule": ["ruled", "died", "injured"], "justified": ["in", "out"]}
    assert (caught.value.status, caught.value.parameter, caught.value.allowed) == (400, parameter, allowed[parameter])


@pytest.mark.parametrize("metric", ["robberies", "incidents", "nonfatal_shooting_victims", "arrests"])
@pytest.mark.parametrize("text", ["rule=died", "justified=in", "justified=out"])
def test_a_measure_without_killings_has_no_rule(facts, metric, text):
    with pytest.raises(QueryError) as caught:
        ask(facts, text, metric)
    assert caught.value.parameter == text.split("=")[0] and caught.value.parameter not in (caught.value.allowed or [])


def test_only_measures_of_killings_have_rules(facts):
    assert {m.id for m in facts.metrics.values() if has_rules(m)} == {"homicide_victims", "killed_or_shot_victims"}


@pytest.mark.parametrize(
    ("text", "metric", "table"),
    [
        ("window=year:2024&by=month", "homicide_victims", "rollup_month"), ("window=year:2024&by=month&unit=incidents", "homicide_victims", "rollup_month"),
        ("by=month&rule=died", "homicide_victims", "packed_killings"), ("justified=in", "killed_or_shot_victims", "packed_killings"),
        ("by=month&unit=incidents", "nonfatal_shooting_victims", "packed_killings"), ("window=year:2024&by=month", "nonfatal_shooting_victims", "rollup_month"),
    ],
)  # fmt: skip
def test_the_small_table_answers_only_what_no_other_can(facts, text, metric, table):
    assert compile_query(facts, ask(facts, text, metric)).table == table
