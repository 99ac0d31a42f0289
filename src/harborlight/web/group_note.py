"""The data note of every page that shows sensitive counts: which tier, which counts are hidden, how many, and the last audit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from harborlight.charts import formats
from harborlight.metrics.groups import GroupTable
from harborlight.metrics.shapes import Facts
from harborlight.web.context import Link
from harborlight.web.context_groups import DataNote
from harborlight.web.reader import Row
from harborlight.web.wording import Wording


def make_note(facts: Facts, tables: Collection[GroupTable], wording: Wording) -> DataNote | None:
    """The note on tables of groups; None where none of them is sensitive."""
    sensitive = [table for table in tables if table.tier != "T0" and table.grain]
    if not sensitive:
        return None
    cells, hidden = sum(t.n_cells for t in sensitive), sum(t.n_hidden for t in sensitive)
    closed = max((t.closed_through for t in sensitive if t.closed_through), default=None)
    share = max((t.hidden_events for t in sensitive if t.hidden_events is not None), default=None)
    lines = [_events_words(share, wording)] if share is not None else []
    lines += [wording.text("groups.note_closed", day=closed)] if closed else []
    return _note(facts, hidden, cells, lines, wording)


def make_sensitive_note(facts: Facts, rows: Sequence[Row], wording: Wording) -> DataNote | None:
    """The note on the table of sensitive offenses; None where there is none."""
    if not rows:
        return None
    return _note(facts, sum(bool(row["is_hidden"]) for row in rows), len(rows), [], wording)


def _note(facts: Facts, hidden: int, cells: int, lines: list[str], wording: Wording) -> DataNote:
    hidden, cells = round(hidden, -1), round(cells, -1)
    about = wording.text("groups.note_hidden", n=hidden, cells=cells) if hidden else wording.text("groups.note_few_hidden", cells=cells)
    return DataNote(
        (
            wording.text("groups.note_tier"), wording.text("groups.note_threshold", k=facts.city.disclosure_k),
            about, *lines, wording.text("groups.note_audit", day=audit_day(facts)),
        ),
        (Link(wording.text("groups.note_privacy"), "/privacy"), Link(wording.text("groups.note_tables"), "/api/v1/groups")),
    )  # fmt: skip


def _events_words(share: float, wording: Wording) -> str:
    """What part of the events hidden counts hold, in all sensitive tables of the release together."""
    if not share:
        return wording.text("groups.note_few_events")
    return wording.text("groups.note_events", share=formats.percent(share, 0, wording.language))


def audit_day(facts: Facts) -> str:
    """Every release is audited as it is made, and does not go out otherwise: its id begins with that day."""
    text = facts.release_id[:8]
    return formats.date_words(date.fromisoformat(text)) if text.isdigit() and len(text) == 8 else facts.release_id
