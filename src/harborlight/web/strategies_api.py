"""`/api/v1/strategies`: plans, checks and every estimate, as JSON and CSV; the same rows as the tables of the release."""

from __future__ import annotations

from datetime import date

from fastapi import Request, Response
from pydantic import Field

from harborlight.web.api_models import Shape
from harborlight.web.respond import check_no_params, get_turn, to_csv, to_json
from harborlight.web.strategy_reader import Found, find_strategy, read_list


class StrategyOut(Shape):
    """One strategy: its plan, what could be checked, and the word that its estimates may carry."""

    strategy_id: str
    title: str
    agency: str
    what: str
    metric: str
    layer: str
    lines: str | None = Field(description="Version of the layer.")
    areas: str = Field(description="Ids of the areas, with spaces between.")
    starts_on: date
    ends_on: date | None
    registered_on: date | None = Field(description="Day on which the plan was written down; null: exploratory.")
    plan_sha256: str
    plan_since: date = Field(description="Day of the first release with this very plan.")
    state: str = Field(description="evaluated, too_few, not_evaluated, not_yet_registered, no_lines, no_source or no_months.")
    why_not: str
    label: str | None = Field(description="trend, comparison or evaluation.")
    lacks: str = Field(description="What keeps it from being an evaluation.")
    verdict: str | None = Field(description="fewer, more or no_clear_effect.")
    unit_layer: str | None
    unit_lines: str | None
    inside_areas: str
    compared_areas: str
    ring_areas: str
    before_from: date | None
    before_to: date | None
    after_from: date | None
    after_to: date | None
    pretrend_p: float | None
    placebo_p: float | None
    placebo_smallest: float | None
    placebo_low: float | None = Field(description="19 in 20 placebos lie between this ratio and placebo_high.")
    placebo_high: float | None
    error: float | None = Field(description="Standard error of the logarithm of the main ratio.")
    detectable_fall: float | None = Field(description="Share by which reports had to fall to be noticed four times in five.")
    power_20: float | None
    power_30: float | None
    ratio_least: float | None = Field(description="Smallest of the estimates of the effect.")
    ratio_most: float | None


class EstimateOut(Shape):
    """One estimate; ratios are what happened over what was expected."""

    estimate: str
    title: str
    label: str = Field(description="trend, comparison or evaluation.")
    place: str
    n_before: int | None
    n_after: int | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    events: float | None = Field(description="Reports more (above 0) or fewer than expected; null for raw changes.")
    events_low: float | None
    events_high: float | None
    p_value: float | None
    flags: str
    why_not: str
    design: str
    cannot_say: str


class StrategyMonthOut(Shape):
    month: str
    is_after: bool
    inside: int
    expected: float | None
    compared: int


class StudyOut(Shape):
    """A published study, as the city cites it. Percent, below 0 for fewer."""

    kind: str = Field(description="raw_change or causal_estimate.")
    title: str
    publisher: str
    year: int
    page: str
    design: str
    outcome: str
    finding: str
    change: float | None
    low: float | None
    high: float | None


class StrategyList(Shape):
    release: str
    strategies: list[StrategyOut]


class StrategyAnswer(Shape):
    release: str
    strategy: StrategyOut
    estimates: list[EstimateOut]
    months: list[StrategyMonthOut]
    studies: list[StudyOut]


class StrategyMonths(Shape):
    release: str
    strategy_id: str
    months: list[StrategyMonthOut]


def read_strategies(request: Request) -> Response:
    """All strategies; `.csv` after the address gives the same rows as CSV."""
    check_no_params(request)
    turn = get_turn(request)
    found = [StrategyOut(**{name: row[name] for name in StrategyOut.model_fields}) for row in read_list(turn.release.reader)]
    if turn.visit.path.endswith(".csv"):
        return to_csv("strategies", list(StrategyOut.model_fields), [item.model_dump(mode="json") for item in found])
    return to_json(StrategyList(release=turn.release.id, strategies=found))


def read_strategy(request: Request) -> Response:
    """One strategy with everything that is known of it; as CSV its estimates."""
    check_no_params(request)
    turn = get_turn(request)
    found = find_strategy(turn.release.reader, request.path_params["strategy_id"], turn.wording)
    estimates = [EstimateOut(**{name: row[name] for name in EstimateOut.model_fields}) for row in found.estimates.values()]
    if turn.visit.path.endswith(".csv"):
        return to_csv("strategy", list(EstimateOut.model_fields), [item.model_dump(mode="json") for item in estimates])
    return to_json(
        StrategyAnswer(
            release=turn.release.id, strategy=StrategyOut(**{name: found.row[name] for name in StrategyOut.model_fields}), estimates=estimates,
            months=_months(found),
            studies=[StudyOut(**{name: row[name] for name in StudyOut.model_fields}) for row in found.studies],
        )
    )  # fmt: skip


def read_strategy_months(request: Request) -> Response:
    """The counts behind the estimates of one strategy, by month."""
    check_no_params(request)
    turn = get_turn(request)
    found = find_strategy(turn.release.reader, request.path_params["strategy_id"], turn.wording)
    if turn.visit.path.endswith(".csv"):
        return to_csv("strategy_months", list(StrategyMonthOut.model_fields), [item.model_dump(mode="json") for item in _months(found)])
    return to_json(StrategyMonths(release=turn.release.id, strategy_id=found.row["strategy_id"], months=_months(found)))


def _months(found: Found) -> list[StrategyMonthOut]:
    return [StrategyMonthOut(**{name: row[name] for name in StrategyMonthOut.model_fields}) for row in found.months]
