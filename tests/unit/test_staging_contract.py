"""The contract: every type, format and bound, on values as portals write them, and what a refused row says."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harborlight.catalog import Source
from harborlight.staging.contract import select_typed
from harborlight.store import Connection, connect, quote_name

ZONE = "America/New_York"


def make_source(clock: str = "utc", **columns: dict[str, Any]) -> Source:
    return Source.model_validate(
        {
            "id": "reports", "title": "R", "agency": "A", "connector": "files", "url": "x.csv", "key": "id", "clock": clock,
            "counting_system": "nibrs", "columns": {"id": {"type": "text"}, **columns},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def con() -> Connection:
    return connect(threads=1)


def read(con: Connection, source: Source, rows: list[dict[str, str | None]]) -> list[tuple[dict[str, Any], str | None]]:
    """The typed values of each row and the reason why it is refused, if it is."""
    con.execute("create or replace table given (" + ", ".join(f"{quote_name(name)} varchar" for name in source.columns) + ", _part integer)")
    for row in rows:
        full = {"id": "1"} | row
        con.execute(f"insert into given values ({', '.join('?' * len(source.columns))}, 0)", [full.get(name) for name in source.columns])
    cursor = con.execute(select_typed(source, ZONE, "select * from given"))
    names = [column[0] for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [({name: row[name] for name in source.columns}, row["_reject"]) for row in found]


def one(con: Connection, text: str | None, clock: str = "utc", **column: Any) -> tuple[Any, str | None]:
    values, reason = read(con, make_source(clock, x=column), [{"x": text}])[0]
    return values["x"], reason


# ---------------------------------------------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "00123", "00123"), ("text", "1E05", "1E05"), ("text", "  padded  ", "padded"), ("text", "", None), ("text", "   ", None),
        ("text", "José", "José"), ("text", "N/A", "N/A"), ("text", "null", "null"), ("text", "true", "true"), ("text", "2024-01-01", "2024-01-01"),
        ("integer", "7", 7), ("integer", " 7 ", 7), ("integer", "-3", -3), ("integer", "007", 7), ("integer", "", None),
        ("number", "1.5", 1.5), ("number", "-77.25", -77.25), ("number", "1e3", 1000.0), ("number", None, None),
        ("boolean", "Y", True), ("boolean", "no", False), ("boolean", "TRUE", True), ("boolean", "0", False), ("boolean", "t", True),
        ("time", "23:59:00", time(23, 59)), ("time", "00:00", time(0, 0)),
    ],
)  # fmt: skip
def test_a_value_is_read_as_declared(con, kind, text, value):
    assert one(con, text, type=kind) == (value, None)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1O"), ("integer", "seven"), ("integer", "1,000"), ("integer", "99999999999999999999"),
        ("number", "NaN"), ("number", "inf"), ("number", "1e400"), ("number", "12 ft"), ("number", "1,5"),
        ("boolean", "maybe"), ("boolean", "2"), ("time", "24:61"), ("time", "noon"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_what_was_declared_refuses_the_row(con, kind, text):
    assert one(con, text, type=kind) == (None, f"x: not a {kind}")


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "time"])
def test_a_soft_column_loses_the_value_and_keeps_the_row(con, kind):
    assert one(con, "Zzq", type=kind, soft=True) == (None, None)


# ---------------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        ("%m/%d/%Y", "02/13/2024", date(2024, 2, 13)), ("%d/%m/%Y", "13/02/2024", date(2024, 2, 13)), ("%Y-%m-%d", "2024-02-29", date(2024, 2, 29)),
        ("%Y%m%d", "20240229", date(2024, 2, 29)), ("iso", "2024-02-29", date(2024, 2, 29)), (None, "2024-02-29", date(2024, 2, 29)),
        ("iso", "2024-02-29T00:00:00.000", date(2024, 2, 29)), ("epoch_ms", "1709164800000", date(2024, 2, 29)),
    ],
)  # fmt: skip
def test_a_date_is_read_in_its_declared_format(con, pattern, text, value):
    assert one(con, text, type="date", format=pattern) == (value, None)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%m/%d/%Y", "13/02/2024"), ("%m/%d/%Y", "2024-02-13"), ("%d/%m/%Y", "02/13/2024"), ("%Y-%m-%d", "2023-02-29"), ("iso", "2024-02-30"),
        ("iso", "13/02/2024"), ("iso", "yesterday"), ("epoch_ms", "2024-02-29"), ("iso", "0000-00-00"),
    ],
)  # fmt: skip
def test_a_date_in_another_format_is_refused_and_never_turned_round(con, pattern, text):
    assert one(con, text, type="date", format=pattern) == (None, "x: not a date")


@pytest.mark.parametrize(
    ("clock", "pattern", "text", "value"),
    [
        ("utc", "iso", "2024-01-01T03:30:00Z", datetime(2024, 1, 1, 3, 30)),
        ("utc", "iso", "2024-01-01 03:30:00", datetime(2024, 1, 1, 3, 30)),
        ("local", "iso", "2024-01-01T03:30:00", datetime(2024, 1, 1, 8, 30)),
        ("local", "iso", "2024-07-01T03:30:00", datetime(2024, 7, 1, 7, 30)),
        ("local", "%m/%d/%Y %H:%M", "12/31/2023 22:30", datetime(2024, 1, 1, 3, 30)),
        ("utc", "epoch_ms", "1704079800000", datetime(2024, 1, 1, 3, 30)),
        ("utc", "epoch_s", "1704079800", datetime(2024, 1, 1, 3, 30)),
        ("utc", "epoch_ms", "-1", datetime(1969, 12, 31, 23, 59, 59, 999000)),
        ("utc", "epoch_s", "-86400", datetime(1969, 12, 31)),
        ("utc", "epoch_ms", "0", datetime(1970, 1, 1)),
    ],
)
def test_an_instant_comes_out_in_utc(con, clock, pattern, text, value):
    assert one(con, text, clock, type="datetime", format=pattern) == (value, None)


def test_the_hour_that_does_not_exist_in_spring_is_kept_in_order(con):
    """02:30 on 10 March 2024 was skipped in New York: whatever instant it becomes lies between 01:59 and 03:31 on the clock."""
    rows = [{"x": f"2024-03-10T{clock}:00"} for clock in ("01:59", "02:30", "03:31")]
    found = read(con, make_source("local", x={"type": "datetime", "format": "iso"}), rows)
    before, skipped, after = (values["x"] for values, _ in found)
    assert [reason for _, reason in found] == [None] * 3
    assert before == datetime(2024, 3, 10, 6, 59) and after == datetime(2024, 3, 10, 7, 31) and before < skipped < after


def test_the_hour_that_comes_twice_in_autumn_is_kept_on_its_day(con):
    """01:30 on 3 November 2024 happened twice: one of the two, both rows kept."""
    rows = [{"id": str(n), "x": "2024-11-03T01:30:00"} for n in range(2)]
    found = read(con, make_source("local", x={"type": "datetime", "format": "iso"}), rows)
    assert {values["x"] for values, _ in found} <= {datetime(2024, 11, 3, 5, 30), datetime(2024, 11, 3, 6, 30)}
    assert len(found) == 2 and [reason for _, reason in found] == [None] * 2


@pytest.mark.parametrize("clock", ["utc", "local"])
@pytest.mark.parametrize(
    ("pattern", "text"),
    [("epoch_ms", "9223372036854775807"), ("epoch_ms", "-9223372036854775808"), ("epoch_s", "9223372036854775807"), ("epoch_ms", "9" * 40),
     ("epoch_s", "9223372036854"), ("iso", "294000-01-01"), ("iso", "999999-01-01"), ("iso", "-290000-01-01"), ("iso", "infinity"), ("epoch_ms", "NaN")],
)  # fmt: skip
def test_an_absurd_instant_refuses_its_row_and_no_other(con, clock, pattern, text):
    column = {"type": "datetime", "format": pattern, "low": date(1900, 1, 1), "high": date(2100, 1, 1)}
    good = "1704079800" + ("000" if pattern == "epoch_ms" else "") if pattern != "iso" else "2024-01-01T03:30:00"
    (_, bad), (_, fine) = read(con, make_source(clock, x=column), [{"x": text}, {"id": "2", "x": good}])
    assert bad and bad.startswith("x: ") and fine is None


# ------------------------------------------------------------------------------- required, values, bounds


def test_a_missing_value_is_refused_only_where_it_is_required(con):
    assert one(con, None, type="text", required=True) == (None, "x: missing")
    assert one(con, " ", type="text", required=True) == (None, "x: missing")
    assert one(con, None, type="text") == (None, None)


def test_the_key_is_always_required(con):
    source = make_source()
    assert read(con, source, [{"id": None}])[0][1] == "id: missing"
    assert read(con, source, [{"id": "a"}])[0][1] is None


def test_a_word_outside_the_declared_values_is_refused(con):
    assert one(con, "Y", type="text", values=["Y", "N"]) == ("Y", None)
    assert one(con, "y", type="text", values=["Y", "N"])[1] == "x: not one of the declared values"
    assert one(con, None, type="text", values=["Y", "N"]) == (None, None)
    assert one(con, "it's", type="text", values=["it's"]) == ("it's", None)
    assert one(con, "y", type="text", values=["Y", "N"], soft=True) == (None, None)


@pytest.mark.parametrize(
    ("text", "reason"), [("0", None), ("120", None), ("-1", "x: below the lowest plausible value"), ("121", "x: above the highest plausible value")]
)  # fmt: skip
def test_bounds_belong_to_the_range(con, text, reason):
    value, found = one(con, text, type="integer", low=0, high=120)
    assert (value, found) == (int(text), reason)
    assert one(con, text, type="integer", low=0, high=120, soft=True) == (None if reason else int(text), None)


@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_bounds_of_days_are_read_on_the_portals_own_clock(con, kind):
    column = {"type": kind, "format": "iso", "low": date(2020, 1, 1), "high": date(2024, 1, 1)}
    for text, reason in (
        ("2020-01-01", None), ("2024-01-01", None), ("2019-12-31", "x: below the lowest plausible value"), ("2024-01-02", "x: above the highest plausible value"),
    ):  # fmt: skip
        assert one(con, text, "local", **column)[1] == reason, text


def test_the_first_reason_in_the_order_of_the_contract_is_given(con):
    source = make_source(a={"type": "integer"}, b={"type": "integer"})
    assert read(con, source, [{"a": "x", "b": "y"}])[0][1] == "a: not a integer"


def test_a_column_may_be_named_anything(con):
    source = make_source(**{'we"ird; drop table x': {"type": "integer", "required": True}})
    assert read(con, source, [{'we"ird; drop table x': "5"}])[0] == ({"id": "1", 'we"ird; drop table x': 5}, None)


COLUMNS = [
    {"type": "integer", "low": 0, "high": 9}, {"type": "number"}, {"type": "boolean"}, {"type": "time"}, {"type": "date", "format": "%m/%d/%Y"},
    {"type": "datetime", "format": "iso"}, {"type": "datetime", "format": "epoch_ms"}, {"type": "datetime", "format": "epoch_s"},
]  # fmt: skip
anything = st.one_of(st.text(max_size=25), st.integers().map(str), st.floats().map(str), st.datetimes().map(str), st.sampled_from(["", " ", "1e999", "-0"]))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(COLUMNS), st.sampled_from(["utc", "local"]), st.lists(anything, min_size=1, max_size=8))
def test_no_text_breaks_a_source(con, column, clock, texts):
    """Each row is read or refused with a reason; no value stops the others."""
    found = read(con, make_source(clock, x=column), [{"x": text.replace("\x00", "")} for text in texts])
    assert len(found) == len(texts)
    for text, (values, reason) in zip(texts, found, strict=True):
        if values["x"] is None and text.replace("\x00", "").strip(" "):
            assert reason and reason.startswith("x: "), (text, reason)
