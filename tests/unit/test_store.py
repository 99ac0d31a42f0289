"""The door to the database: a release that nobody gets out of, SQL that orders itself, files that are whole, one writer."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight import store
from harborlight.errors import CheckFailed, ReleaseError
from harborlight.store import (
    ESCAPES,
    StoreError,
    build_order,
    check_locked,
    connect,
    create_table,
    error_words,
    inputs_of,
    only_writer,
    open_release,
    quote_name,
    quote_text,
    read_rows,
    read_sql,
    read_value,
    used_params,
    write_synced,
)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    path = tmp_path / "it's a release" / "public.duckdb"
    path.parent.mkdir()
    con = connect(path)
    con.execute("create table counts as select 1 as n")
    con.close()
    return path


# ----------------------------------------------------------------------------------------------- a served release


def test_a_release_can_be_read_and_nothing_else(release):
    con = open_release(release)
    assert read_value(con, "select n from counts") == 1
    for statement in (*ESCAPES, "insert into counts values (2)", "drop table counts", "create table x (a integer)", "update counts set n = 2",
                      "delete from counts", "detach release", "set memory_limit = '10GB'", "set threads = 9",
                      "attach '/tmp/harborlight-escape.duckdb' as other (read_only)", "reset enable_external_access", "copy counts to '/tmp/x.csv'"):  # fmt: skip
        with pytest.raises(StoreError):
            con.execute(statement)
    assert read_rows(con, "select * from counts") == [{"n": 1}]
    con.close()


def test_no_file_is_made_by_trying_to_get_out(release):
    before = set(Path("/tmp").glob("harborlight-escape*"))
    open_release(release).close()
    assert set(Path("/tmp").glob("harborlight-escape*")) == before
    assert [path.name for path in release.parent.iterdir()] == ["public.duckdb"]


def test_the_self_test_notices_an_open_door():
    con = connect()
    with pytest.raises(ReleaseError, match="not locked down"):
        check_locked(con)
    con.close()


def test_a_missing_or_damaged_release_is_a_sentence(tmp_path, release):
    with pytest.raises(ReleaseError, match="missing"):
        open_release(tmp_path / "nothing.duckdb")
    release.write_bytes(b"not a database" * 1000)
    with pytest.raises((ReleaseError, StoreError)):
        open_release(release)


# ------------------------------------------------------------------------------------------------------- quoting


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_text_comes_back_as_text_and_any_name_as_a_name(con, text):
    assert read_value(con, f"select {quote_text(text)}") == text
    cursor = con.execute(f"select 1 as {quote_name(text)}")
    assert cursor.description[0][0] == text and cursor.fetchall() == [(1,)]


@pytest.fixture(scope="module")
def con() -> store.Connection:
    return connect(threads=1)


# --------------------------------------------------------------------------------------------------- SQL as files


def test_the_order_is_read_from_the_sql(con, tmp_path):
    sql = {
        "model.c": "-- c\nselect * from model.b union all (select n from (select * from model.a) as x) ;",
        "model.a": "with model as (select 1 as n) select n from staging.raw, model",
        "model.b": "select n from model.a where n in (select n from model.d)",
        "model.d": "select 1 as n",
    }
    files = {}
    for name, text in sql.items():
        files[name] = tmp_path / f"{name}.sql"
        files[name].write_text(text)
    order = build_order(con, files)
    assert sorted(order) == sorted(files)
    assert order.index("model.a") < order.index("model.b") < order.index("model.c") and order.index("model.d") < order.index("model.b")
    assert inputs_of(con, read_sql(files["model.a"])) == {"staging.raw"}
    assert not read_sql(files["model.c"]).endswith(";")


def test_tables_that_read_each_other_are_named(con, tmp_path):
    files = {name: tmp_path / f"{name}.sql" for name in ("m.a", "m.b")}
    files["m.a"].write_text("select * from m.b")
    files["m.b"].write_text("select * from m.a")
    with pytest.raises(CheckFailed, match=r"in a circle: .*m\.a"):
        build_order(con, files)


def test_sql_that_does_not_parse_is_a_sentence(con):
    with pytest.raises(CheckFailed, match="does not parse"):
        inputs_of(con, "selekt 1")


def test_a_table_takes_only_the_parameters_that_it_names(con, tmp_path):
    path = tmp_path / "t.sql"
    path.write_text("-- one row\nselect $a as n\n")
    assert create_table(con, "s.t", path, {"a": 5, "b": 6}) == 1
    assert read_value(con, "select n from s.t") == 5
    assert used_params(con, "select $a", {"a": 1, "b": 2}) == {"a": 1}
    path.write_text("select nothing from nowhere.at_all")
    with pytest.raises(CheckFailed, match=r"t\.sql"):
        create_table(con, "s.t", path, {})


@pytest.mark.parametrize(
    "value", ["Zzqanary", "Zzq's \"house\"", "Zzq\nanary", "'Zzq", 'a"Zzq', "4105550199", "2024-13-45 Zzq"]
)
@pytest.mark.parametrize("kind", ["integer", "boolean", "date", "timestamp", "double"])
def test_an_error_never_quotes_a_value(con, value, kind):
    try:
        con.execute(f"select cast(v as {kind}) from (select $v as v) as t", {"v": value})
    except StoreError as error:
        words = error_words(error)
        assert "Zzq" not in words and "4105550199" not in words and "\n" not in words and len(words) > 10
    else:
        assert value == "4105550199" and kind == "double", "the cast was expected to fail"


def test_an_error_in_the_sql_still_names_what_is_wrong(con):
    with pytest.raises(StoreError) as caught:
        con.execute("select colour from (select 1 as n) as t")
    assert "colour" in error_words(caught.value)


# ---------------------------------------------------------------------------------------------------- files, locks


def test_a_file_is_replaced_whole_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "current"
    write_synced(path, b"old")
    write_synced(path, b"new")
    assert path.read_bytes() == b"new" and [p.name for p in tmp_path.iterdir()] == ["current"]


def test_a_write_that_fails_leaves_the_old_bytes(tmp_path, monkeypatch):
    path = tmp_path / "current"
    write_synced(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        write_synced(path, b"new")
    assert path.read_bytes() == b"old"


def _hold(folder: Path, ready: object, go_on: object) -> None:
    with only_writer(folder):
        ready.set()  # type: ignore[attr-defined]
        go_on.wait(30)  # type: ignore[attr-defined]


def test_one_writer_at_a_time_and_the_next_when_it_is_done(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    ready, go_on = spawn.Event(), spawn.Event()
    holder = spawn.Process(target=_hold, args=(tmp_path / "data", ready, go_on))
    holder.start()
    assert ready.wait(30)
    with pytest.raises(CheckFailed, match=r"already running since 20\d\d-"), only_writer(tmp_path / "data"):
        pass
    go_on.set()
    holder.join(30)
    with only_writer(tmp_path / "data"):
        pass


def test_a_lock_is_freed_by_an_error(tmp_path):
    with pytest.raises(ValueError, match="x"), only_writer(tmp_path):
        raise ValueError("x")
    with only_writer(tmp_path):
        pass
