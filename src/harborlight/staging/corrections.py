"""Known upstream errors, mended as data: each correction says what it expects to find, and fails once the source has repaired it."""

from __future__ import annotations

from collections.abc import Iterable

from harborlight.catalog import Source
from harborlight.catalog.models import Correction
from harborlight.errors import CheckFailed
from harborlight.store import Connection, StoreError, quote_name, read_rows


def apply_corrections(con: Connection, source: Source, corrections: Iterable[Correction], *, may_be_gone: bool = False) -> int:
    """Change the rows of `raw.<source>` that the corrections name; returns how many.

    `may_be_gone`: a row that is not there may have been removed by order.
    Raises CheckFailed when a row is gone or no longer has the expected values: the correction must then be taken out.
    """
    table, done = f"raw.{quote_name(source.id)}", 0
    for correction in corrections:
        where = f"corrections/{source.id}.yaml"
        for name in {**correction.expect, **correction.set}:
            if name not in source.columns:
                raise CheckFailed(
                    f"column {name!r} is not declared for this source", where=where, hint="Correct its name."
                )
        wanted = ", ".join(f"cast({quote_name(name)} as varchar) as {quote_name(name)}" for name in correction.expect)
        key = f"cast({quote_name(source.key)} as varchar) = ?"
        found = read_rows(con, f"select {wanted} from {table} where {key}", [correction.key])
        if not found and may_be_gone:
            continue
        if found != [dict(correction.expect)]:
            raise CheckFailed(
                f"the row with key {correction.key} no longer looks as this correction expects", where=where,
                hint="The source may have repaired it: look at the row, then change or delete the correction.",
            )  # fmt: skip
        sets = ", ".join(f"{quote_name(name)} = ?" for name in correction.set)
        try:
            con.execute(f"update {table} set {sets} where {key}", [*correction.set.values(), correction.key])
        except StoreError as error:
            raise CheckFailed(
                f"a value set for the row with key {correction.key} does not fit its column", where=where,
                hint="Write it as staging writes it: 2024-03-01 04:30:00 (UTC), 12, true.",
            ) from error  # fmt: skip
        done += 1
    return done
