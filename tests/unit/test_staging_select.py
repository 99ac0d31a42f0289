"""The city's SELECT and its corrections: what staging refuses, and in which words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harborlight.errors import CheckFailed
from tests.unit.test_staging_files import SQL, Staged, make, stage_csv  # noqa: F401 (make is a fixture)

# ----------------------------------------------------------------------------------------------------- the SELECT


@pytest.fixture
def fails(make, tmp_path) -> Iterator[Any]:
    """`fails(sql)` is the sentence with which staging refuses a city's SELECT."""

    def sentence(sql: str, text: str = "id,text,n,at\n1,Zzqanary,1,\n2,b,2,\n") -> str:
        with pytest.raises(CheckFailed) as caught:
            stage_csv(make(sql=sql), tmp_path, text)
        return str(caught.value)

    yield sentence


def test_a_select_that_is_no_sql_is_named(fails):
    assert "staging/things.sql" in fails("-- x\nselct 1")
    assert "staging/things.sql" in fails('-- x\nselect r.nothing as record_id, null as offense_code from raw.things as r')


def test_a_column_that_is_not_canonical_is_named(fails):
    assert "victim_name: not a canonical column" in fails(SQL.replace("r.n as age_years", "r.n as victim_name"))


@pytest.mark.parametrize("column", ["record_id", "offense_code"])
def test_a_column_that_must_be_there_is_named(fails, column):
    assert column in fails(SQL.replace(f"as {column}", "as neighborhood_name"))


def test_a_select_that_repeats_or_drops_rows_is_found(fails):
    assert "2 rows accepted, 4 records made" in fails(SQL + " cross join (select unnest([1, 2]) as twice)")
    assert "2 rows accepted, 1 records made" in fails(SQL + " where r.id = '1'")
    assert "2 rows accepted, 0 records made" in fails(SQL + " where false")


def test_a_word_outside_the_vocabulary_is_named_without_its_value(fails):
    sentence = fails(SQL.replace('r."text" as offense_text', 'r."text" as weapon_code'))
    assert "weapon_code" in sentence and "firearm" in sentence and "Zzq" not in sentence


def test_a_value_that_does_not_fit_its_column_is_a_sentence_without_the_value(fails):
    sentence = fails(SQL.replace('r."text" as offense_text', 'r."text" as is_gun'))
    assert "things.sql" in sentence and "Zzq" not in sentence
    sentence = fails(SQL.replace("r.n as age_years", 'cast(r."text" as integer) as age_years'))
    assert "things.sql" in sentence and "Zzq" not in sentence


def test_a_record_without_a_key_is_found(fails):
    assert "no record_id" in fails(SQL.replace("r.id as record_id", "nullif(r.id, '1') as record_id"))


def test_local_day_and_hour_are_derived_where_they_are_left_out(make, tmp_path):
    staged = stage_csv(make(), tmp_path, "id,text,n,at\n1,a,1,2024-01-01T03:30:00Z\n2,b,1,2024-07-01T03:59:00Z\n3,c,1,\n")
    found = [(str(row["occurred_date"]), row["occurred_hour"]) for row in staged.records]
    assert found == [("2023-12-31", 22), ("2024-06-30", 23), ("None", None)]
    assert [row["incident_id"] for row in staged.records] == ["1", "2", "3"], "without complaint numbers each row is its own incident"


# ---------------------------------------------------------------------------------------------------- corrections

CORRECTION = """\
- key: "2"
  expect: {text: b, n: "2"}
  set: {text: mended, n: null}
  reason: "A test."
  reported_to: nobody
  reported_on: 2026-01-01
"""


def correct(make: Any, tmp_path: Path, text: str, correction: str = CORRECTION) -> Staged:
    (tmp_path / "city/corrections").mkdir(parents=True, exist_ok=True)
    (tmp_path / "city/corrections/things.yaml").write_text(correction)
    return stage_csv(make(), tmp_path, text)


def test_a_correction_mends_its_row_and_is_counted(make, tmp_path):
    staged = correct(make, tmp_path, "id,text,n,at\n1,a,1,\n2,b,2,\n")
    assert staged.texts == {"1": "a", "2": "mended"} and staged.books["corrected"] == 1
    assert staged.records[1]["age_years"] is None


@pytest.mark.parametrize("row", ["2,repaired,2,", "2,b,3,", "2,b,,", "3,b,2,"])
def test_a_correction_whose_row_has_changed_or_gone_says_so(make, tmp_path, row):
    with pytest.raises(CheckFailed, match="key 2 no longer looks") as caught:
        correct(make, tmp_path, f"id,text,n,at\n1,a,1,\n{row}\n")
    assert "corrections/things.yaml" in str(caught.value)


def test_a_correction_of_an_unknown_column_says_so(make, tmp_path):
    with pytest.raises(CheckFailed, match="'words' is not declared"):
        correct(make, tmp_path, "id,text,n,at\n2,b,2,\n", CORRECTION.replace("set: {text:", "set: {words:"))


def test_a_correction_that_does_not_fit_the_columns_type_says_so_without_a_traceback(make, tmp_path):
    with pytest.raises(CheckFailed) as caught:
        correct(make, tmp_path, "id,text,n,at\n2,b,2,\n", CORRECTION.replace("n: null", "n: many"))
    assert "corrections/things.yaml" in str(caught.value)


def test_a_correction_may_expect_nothing(make, tmp_path):
    expecting = CORRECTION.replace('n: "2"', "n: null")
    assert correct(make, tmp_path, "id,text,n,at\n2,b,,\n", expecting).texts == {"2": "mended"}
