"""Decide from a few numbers per source whether a release may go out, goes out with a warning, or is held.

In: the numbers of this run, those of the last published release, and the city's limits. Out: one result per
check, each with a sentence. Pure arithmetic, so that every threshold can be read and tested here; the
sentences go into the public manifest and therefore never quote a value from a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from harborlight.catalog.models import Gates

Level = Literal["ok", "warn", "hold"]

# A number that does not add up is wrong, whoever signs it.
NEVER_APPROVED = frozenset({"reconciliation", "disclosure"})


ROUNDED_TO = 100  # rows of a source, wherever they are published


def nearly(rows: int) -> int:
    """Accepted rows as they are published: to the nearest hundred, and never none where there are some.

    Exactly, they would tell how many sensitive reports came in: as what is left of them beside published totals.
    """
    return max((rows + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO, ROUNDED_TO) if rows else 0


class SourceNumbers(BaseModel):
    """What one source gave in one run. Counts of rows; years and "recent" are local days.

    `rows_by_year` counts accepted rows by the year they happened in. `recent_rows` are the accepted rows of
    the last 28 days of data, `recent_unmapped` those of them whose offense is not mapped to a code.
    `offense_codes` lists which open codes occur: that a sensitive one does is not public.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str
    fetched: int
    accepted: int
    rejected: int
    duplicate: int
    reject_reasons: dict[str, int] = {}
    rows_by_year: dict[int, int] = {}
    recent_rows: int = 0
    recent_unmapped: int = 0
    has_sensitive_unmapped: bool = False
    offense_codes: tuple[str, ...] = ()
    has_volume_gates: bool = True

    def published(self) -> SourceNumbers:
        """What a manifest says of a source: past years as they are, of everything else to the nearest hundred."""
        accepted, running = nearly(self.accepted), max(self.rows_by_year, default=0)
        years = {year: nearly(n) if year == running else n for year, n in self.rows_by_year.items()}
        changed = {"accepted": accepted, "fetched": accepted + self.rejected + self.duplicate, "rows_by_year": years}
        return self.model_copy(update={**changed, "recent_rows": nearly(self.recent_rows)})


class YearTotal(BaseModel):
    """A closed year's total of one metric, then and now. `is_noted`: a notice explains the change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    year: int
    before: int
    now: int
    is_noted: bool = False


class GateResult(BaseModel):
    """The outcome of one check; `source` is a source's or a metric's id, or empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    level: Level
    sentence: str
    source: str = ""


def check_gates(
    numbers: Sequence[SourceNumbers],
    before: Mapping[str, SourceNumbers],
    gates: Gates,
    *,
    closed_years: Sequence[YearTotal] = (),
) -> list[GateResult]:
    """All checks of a run. `before`: the numbers of the last published release, empty for the first one."""
    results: list[GateResult] = []
    for source in numbers:
        earlier = before.get(source.source_id)
        results += [
            check_reconciliation(source),
            check_rejects(source, earlier, gates),
            check_unmapped(source, gates),
            check_categories(source, earlier),
        ]
        if source.has_volume_gates:
            results += [check_volume(source, earlier, gates), check_history(source, earlier, gates)]
    results.append(check_sources(numbers, before))
    results += check_closed_years(closed_years)
    return results


def is_sensitive_text(text: str, words: Sequence[str]) -> bool:
    """Whether a source's own words for an offense contain one of the city's sensitive words."""
    return any(word.casefold() in text.casefold() for word in words)


def check_reconciliation(source: SourceNumbers) -> GateResult:
    """Every fetched row is accepted, rejected or a duplicate: nothing lost, nothing made up."""
    parts = source.accepted + source.rejected + source.duplicate
    sums = f"About {nearly(source.fetched)} rows fetched; those accepted, {source.rejected} rejected and {source.duplicate} duplicate"
    if source.fetched == parts:
        return _result(source, "reconciliation", "ok", f"{sums} add up to them.")
    return _result(source, "reconciliation", "hold", f"{sums} are others: {abs(source.fetched - parts)} do not add up.")


def check_rejects(source: SourceNumbers, before: SourceNumbers | None, gates: Gates) -> GateResult:
    """Too many rejected rows hold; a reason not seen in the last release warns."""
    share = _share(source.rejected, source.fetched)
    if share > gates.hold_rejects:
        sentence = f"{share:.2%} of the rows were rejected; more than {gates.hold_rejects:.2%} holds a release."
        return _result(source, "rejects", "hold", sentence)
    fresh = sorted(source.reject_reasons.keys() - before.reject_reasons.keys()) if before else []
    if fresh:
        return _result(source, "rejects", "warn", f"New reasons for rejecting rows: {', '.join(fresh)}.")
    return _result(source, "rejects", "ok", f"{source.rejected} rows rejected ({share:.2%}).")


def check_volume(source: SourceNumbers, before: SourceNumbers | None, gates: Gates) -> GateResult:
    """Compare the number of rows fetched with the last published release; no rows at all always holds."""
    if source.fetched == 0:
        return _result(source, "volume", "hold", "The source gave no rows at all.")
    if before is None or before.fetched == 0:
        return _result(source, "volume", "ok", f"About {nearly(source.fetched)} rows; there is no earlier release to compare with.")
    change = (source.fetched - before.fetched) / before.fetched
    sentence = f"About {nearly(before.fetched)} rows in the last release, {nearly(source.fetched)} now ({change:+.1%})."
    if -change >= gates.hold_fall:
        return _result(source, "volume", "hold", sentence)
    if -change >= gates.warn_fall or change >= gates.warn_rise:
        return _result(source, "volume", "warn", sentence)
    return _result(source, "volume", "ok", sentence)


def check_history(source: SourceNumbers, before: SourceNumbers | None, gates: Gates) -> GateResult:
    """Years that were over when the last release went out must not shrink."""
    if before is None or len(before.rows_by_year) < 2:
        return _result(source, "history", "ok", "There are no earlier years to compare with.")
    past = [year for year in before.rows_by_year if year < max(before.rows_by_year)]
    then = sum(before.rows_by_year[year] for year in past)
    now = sum(source.rows_by_year.get(year, 0) for year in past)
    sentence = f"Years {min(past)} to {max(past)}: {then} rows in the last release, {now} now."
    level: Level = "hold" if _share(then - now, then) > gates.hold_history_fall else "ok"
    return _result(source, "history", level, sentence)


def check_unmapped(source: SourceNumbers, gates: Gates) -> GateResult:
    """Offenses without a code are quarantined; many of them, or sensitive words among them, hold."""
    share = _share(source.recent_unmapped, source.recent_rows)
    if source.has_sensitive_unmapped:
        sentence = "Offenses that are not mapped to a code match the sensitive word list; map them first."
        return _result(source, "unmapped", "hold", sentence)
    rows = f"{source.recent_unmapped} of the last 28 days' rows (about {nearly(source.recent_rows)})"
    sentence = f"{rows} are being classified ({share:.2%})."
    return _result(source, "unmapped", "hold" if share > gates.hold_unmapped else "ok", sentence)


def check_categories(source: SourceNumbers, before: SourceNumbers | None) -> GateResult:
    """Offense codes that the source did not have before."""
    fresh = sorted(set(source.offense_codes) - set(before.offense_codes)) if before else []
    if fresh:
        return _result(source, "categories", "warn", f"New offense codes in this source: {', '.join(fresh)}.")
    return _result(source, "categories", "ok", "No new offense codes.")


def check_sources(numbers: Sequence[SourceNumbers], before: Mapping[str, SourceNumbers]) -> GateResult:
    """A source of the last release that is gone would take its rows out of every total."""
    gone = sorted(before.keys() - {source.source_id for source in numbers})
    if gone:
        sentence = f"Sources of the last release are missing: {', '.join(gone)}."
        return GateResult(name="sources", level="hold", sentence=sentence)
    return GateResult(name="sources", level="ok", sentence="Every source of the last release is here.")


def check_closed_years(totals: Sequence[YearTotal]) -> list[GateResult]:
    """A closed year may change, but never in silence."""
    changed = [total for total in totals if total.now != total.before]
    if not changed:
        return [GateResult(name="closed_years", level="ok", sentence="No closed year changed.")]
    return [
        GateResult(
            name="closed_years",
            level="warn" if total.is_noted else "hold",
            source=total.metric,
            sentence=f"{total.metric} of {total.year} was {total.before} and is now {total.now}; "
            + ("a notice explains it." if total.is_noted else "no notice explains it."),
        )
        for total in changed
    ]


def check_disclosure(exact: int, narrow: int, cells: int, hidden: int, *, exact_by_rule: int = 0, narrow_by_rule: int = 0) -> GateResult:
    """No hidden count may be worked out from what is shown, exactly or nearly. Numbers of cells, over all sensitive tables.

    Nor may one be worked out exactly with the rule that hides them; where the rule leaves a count few values, that is said.
    """
    if exact or narrow:
        sentence = f"{exact} hidden counts can be worked out exactly and {narrow} nearly from what is shown."
        return GateResult(name="disclosure", level="hold", sentence=sentence)
    if exact_by_rule:
        sentence = f"{exact_by_rule} hidden counts can be worked out from what is shown by those who know that a small count is under the minimum."
        return GateResult(name="disclosure", level="hold", sentence=sentence)
    few = "at most 10" if narrow_by_rule <= 10 else f"about {round(narrow_by_rule, -1)}"
    sentence = (
        f"Sensitive tables: no hidden count can be worked out from what is shown (about {round(cells, -1)} counts, {round(hidden, -1)} hidden); "
        f"those who know the rule are left fewer than 5 values for {few if narrow_by_rule else 'none'} of them."
    )
    return GateResult(name="disclosure", level="ok", sentence=sentence)


def _share(part: int, whole: int) -> float:
    if whole > 0:
        return part / whole
    return 1.0 if part > 0 else 0.0


def _result(source: SourceNumbers, name: str, level: Level, sentence: str) -> GateResult:
    return GateResult(name=name, level=level, sentence=sentence, source=source.source_id)
