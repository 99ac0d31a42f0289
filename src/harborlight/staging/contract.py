"""The contract of a source, as SQL: text columns become typed ones, and a row that cannot be trusted gets a reason.

Every expression is written from the declaration; nothing is guessed from the data. Instants come out in UTC whatever
clock the portal writes in, so that an evening event cannot move to the next day further on.
"""

from __future__ import annotations

from datetime import date

from harborlight.catalog import Source
from harborlight.catalog.models import Column
from harborlight.store import quote_name, quote_text

TRUE, FALSE = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"


def text_of(name: str) -> str:
    """A column's text without the blanks that fixed-width systems pad with; empty is NULL."""
    return f"nullif(trim({quote_name(name)}), '')"


def typed(name: str, column: Column, clock_zone: str | None) -> str:
    """The typed value of a text column, NULL where it does not parse. `clock_zone` None leaves times as written."""
    text = text_of(name)
    match column.type:
        case "text":
            return text
        case "integer":
            return f"try_cast({text} as bigint)"
        case "number":
            return f"(case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end)"
        case "boolean":
            return f"(case when lower({text}) in {TRUE} then true when lower({text}) in {FALSE} then false end)"
        case "time":
            return f"try_cast({text} as time)"
        case "date":
            return f"cast({_moment(text, column)} as date)"
        case "datetime":
            moment = _moment(text, column)
            if clock_zone is None or ((column.format or "").startswith("epoch") and clock_zone == "UTC"):
                return moment
            return moment if clock_zone == "UTC" else f"try(timezone('UTC', timezone({quote_text(clock_zone)}, {moment})))"


def _moment(text: str, column: Column) -> str:
    match column.format:
        case "epoch_ms":
            return f"try(make_timestamp(try_cast({text} as bigint) * 1000))"
        case "epoch_s":
            return f"try(make_timestamp(try_cast({text} as bigint) * 1000000))"
        case None | "iso":
            return f"try_cast(replace({text}, 'Z', '') as timestamp)"
        case pattern:
            return f"try_strptime({text}, {quote_text(pattern)})"


def select_typed(source: Source, zone: str, raw: str) -> str:
    """Typed columns, `_part`, `_row` (order of arrival), and `_reject`: why the row is refused, or NULL. Instants are UTC."""
    clock = zone if source.clock == "local" else "UTC"
    values = ", ".join(
        f"{_softened(name, column, clock)} as {quote_name(name)}" for name, column in source.columns.items()
    )
    reasons = [
        reason for name, column in source.columns.items() for reason in _reasons(name, column, clock, name == source.key)
    ]
    reject = f"case {' '.join(reasons)} end" if reasons else "cast(null as varchar)"
    return f"select {values}, _part, row_number() over () as _row, {reject} as _reject from ({raw})"


def _softened(name: str, column: Column, clock: str) -> str:
    """The typed value; with `soft`, a value outside the contract is not known rather than a reason to refuse the row."""
    value = typed(name, column, clock)
    if not column.soft:
        return value
    tests = [f"{text_of(name)} in ({', '.join(quote_text(v) for v in column.values)})"] if column.values else []
    tests += [f"{value} >= {_literal(column.low)}"] if column.low is not None else []
    tests += [f"{value} <= {_literal(column.high)}"] if column.high is not None else []
    return f"case when {' and '.join(tests)} then {value} end" if tests else value


def _reasons(name: str, column: Column, clock: str, is_key: bool) -> list[str]:
    """Bounds are read on the portal's own clock; an instant that no clock can hold is none."""
    text, value = text_of(name), typed(name, column, None)
    out = []

    def when(condition: str, words: str) -> None:
        out.append(f"when {condition} then {quote_text(f'{name}: {words}')}")

    if column.required or is_key:
        when(f"{text} is null", "missing")
    if column.type != "text" and not column.soft:
        when(f"{text} is not null and {typed(name, column, clock)} is null", f"not a {column.type}")
    if column.values and not column.soft:
        listed = ", ".join(quote_text(v) for v in column.values)
        when(f"{text} not in ({listed})", "not one of the declared values")
    for bound, sign, words in (
        (column.low, "<", "below the lowest plausible value"),
        (column.high, ">", "above the highest plausible value"),
    ):
        if bound is not None and not column.soft:
            when(f"{value} {sign} {_literal(bound)}", words)
    return out


def _literal(bound: float | date) -> str:
    return f"timestamp '{bound.isoformat()}'" if isinstance(bound, date) else repr(bound)
