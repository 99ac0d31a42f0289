"""Any number as a sentence that can stand alone in an article: place, window, definition, date, release and address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harborlight.charts import formats
from harborlight.metrics.questions import question_of
from harborlight.metrics.shapes import Answer, Facts
from harborlight.provenance import plain
from harborlight.web.site import full_address
from harborlight.web.tables import key_words
from harborlight.web.wording import Wording


def sentence_of(answer: Answer, row: Mapping[str, Any], facts: Facts, narrowed: str, wording: Wording) -> str:
    """One row of an answer as a sentence; `narrowed` is what narrows the whole question."""
    query, metric = answer.query, answer.metric
    keys = [f"{wording.text(f'breakdowns.{name}')}: {key_words(row, name, facts, wording)}" for name in query.by]
    days = formats.date_range_words(query.date_from, query.date_to, wording.language)
    values = {
        "place": f"{facts.city.name}, {facts.city.state}", "noun": metric.sentence_noun, "unit": wording.text(f"units.{query.unit}").lower(),
        "days": days, "narrowed": narrowed, "row": wording.text("how.row", keys="; ".join(keys)) if keys else "",
        "title": metric.title, "version": str(metric.definition_version), "through": facts.metric_through[metric.id],
        "release": facts.release_id, "link": address_of(answer, facts),
    }  # fmt: skip
    if row["n"] is None:
        return plain(wording.text("how.sentence_missing", reason=row["missing"] or wording.text("tables.hidden"), **values))
    part = " " + wording.text("how.sentence_part", reason=row["partial"]) if row["partial"] else ""
    return plain(wording.text("how.sentence", number=int(row["n"]), part=part, **values))


def address_of(answer: Answer, facts: Facts, suffix: str = "") -> str:
    """The address of a question that means the same tomorrow, with the city's own host where it has one."""
    asked = question_of(answer.query, answer.metric).asked
    rest = "&".join(part for part in asked.split("&") if not part.startswith("metric="))
    path = f"/metrics/{answer.metric.id}{suffix}" + (f"?{rest}" if rest else "")
    return full_address(facts, path) or path
