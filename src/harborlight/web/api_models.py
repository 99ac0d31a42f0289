"""The shapes of the API's answers: their fields are a contract, so they are models that the OpenAPI document is made from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class QueryOut(Shape):
    """The question as it was understood."""

    date_from: date = Field(serialization_alias="from", description="First day, included.")
    date_to: date = Field(serialization_alias="to", description="Last day, included.")
    window: str | None = Field(description="The named window, if one was asked for.")
    offense: list[str] = Field(description="Offense groups or NIBRS codes.")
    layer: str | None = Field(description="Layer of areas.")
    area: str | None = Field(description="Area of that layer.")
    lines: str | None = Field(description="Id of the lines, or recorded: the areas that sources state.")
    bbox: str | None = Field(description="West, south, east, north.")
    polygon: str | None = Field(description="Corners.")
    near: str | None = Field(description="Longitude, latitude, metres.")
    by: list[str] = Field(description="Breakdowns in order.")
    unit: str = Field(description="What is counted.")
    hours: str | None = Field(description="day, night or all.")
    system: str | None = Field(description="Counting system: srs, nibrs or both.")
    rule: str | None = Field(description="Date by which killings count: ruled, died, injured; null for the city's rule of the time.")
    known: date | None = Field(description="Day as on which the values were published; null for those of this release.")
    justified: str = Field(description="Whether killings ruled justified are counted: in or out.")


class RowOut(Shape):
    """One row: the breakdowns in order, then what is counted. `notice` names the corrections that touch it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    n: int | None = Field(description="Count; null where it is hidden or the sources lack the period.")
    low: float | None
    high: float | None
    suppressed: bool = Field(description="Hidden to protect privacy.")
    missing: str | None = Field(description="Why there is no count.")
    partial: str | None = Field(description="What part of the period the sources lack.")
    notice: str | None = Field(description="Ids of corrections, with spaces between them.")


class MetricAnswer(Shape):
    """One answer. Each row holds the breakdowns in order, then `n`, `low`, `high`, `suppressed`, `missing`, `partial`, `notice`."""

    metric: str
    title: str
    unit: str
    release: str
    definition_version: int
    query: QueryOut
    data_through: dict[str, date] = Field(description="Latest record of each source that counts.")
    provisional_from: date | None = Field(description="From this day on more records may still arrive.")
    stale: bool = Field(description="True while a source of this measure is late.")
    rows: list[dict[str, Any]]
    unmapped: int | None = Field(description="Counted records without an area; null where the question names one.")
    notes: list[str]


class MetricSummary(Shape):
    """One line of the catalogue."""

    id: str
    title: str
    question: str
    unit: str
    breakdowns: list[str]
    data_from: date
    data_through: date
    definition_version: int
    better: str
    depends_on: str


class MetricList(Shape):
    release: str
    metrics: list[MetricSummary]


class SourceOut(Shape):
    """One source. fetched = accepted + rejected + duplicate; accepted rows are rounded to the nearest hundred."""

    id: str
    title: str
    agency: str
    page: str
    licence: str
    counting_system: str
    data_from: date | None
    data_through: date | None
    cadence_days: int
    is_closed: bool
    snapshot_id: str
    snapshot_sha256: str
    fetched_at: datetime
    fetched: int
    accepted: int
    rejected: int
    duplicate: int
    held_reason: str | None


class SourceList(Shape):
    release: str
    sources: list[SourceOut]


class DefinitionOut(Shape):
    """How a metric is counted, from which sources, with which gaps."""

    id: str
    title: str
    question: str
    why: str
    unit: str
    units: list[str]
    definition: str
    definition_version: int
    reviewed_on: date
    caveats: list[str]
    breakdowns: list[str]
    better: str
    owner: str
    depends_on: str
    sql: str = Field(description="The statement that counts it by month, on the release's own tables.")
    sources: list[SourceOut]
    missing: list[dict[str, Any]] = Field(description="Stretches that a source lacks, with the reason.")
    breaks: list[dict[str, Any]] = Field(description="Series breaks that touch this metric.")
    release: str


class SourceStatusOut(Shape):
    """How fresh one source is."""

    id: str
    title: str
    last_success: datetime
    last_attempt: datetime
    data_through: date | None
    cadence_days: int
    due_at: datetime | None = Field(description="The moment from which it is late.")
    lag_hours: int | None = Field(description="Hours since the end of its latest day.")
    stale: bool
    held_reason: str | None


class StatusOut(Shape):
    release: str
    data_through: date
    stale: bool
    sources: list[SourceStatusOut]


class ReleaseOut(Shape):
    id: str
    made_at: datetime | None
    content_sha256: str = Field(description="Hash over the rows of every table and the bytes of every download.")
    is_current: bool


class ReleaseList(Shape):
    releases: list[ReleaseOut]


class LinesOut(Shape):
    """One set of lines of a layer."""

    layer: str
    id: str
    title: str
    lines: str = Field(description="What `lines` says for it; empty for the lines in force.")
    valid_from: str | None
    valid_to: str | None
    is_current: bool
    areas: int
    attribution: str
    page: str
    note: str


class LayerOut(Shape):
    id: str
    title: str
    title_one: str
    note: str
    is_primary: bool
    has_stated_areas: bool = Field(description="Whether `lines=recorded` can be asked.")
    lines: list[LinesOut]


class LayerList(Shape):
    release: str
    layers: list[LayerOut]


class AreaOut(Shape):
    """Properties of an area."""

    layer: str
    lines: str | None = Field(description="Id of the lines; null for areas as sources state them.")
    id: str
    name: str
    population: int | None = Field(description="Residents by census blocks; null where none are declared.")
    housing: int | None
    land_km2: float | None
    longitude: float | None = Field(description="A point inside, for labels.")
    latitude: float | None


class RepresentativeOut(Shape):
    """An office that answers for an area; a name only where the lines are in force."""

    role: str
    office: str
    name: str
    url: str
    phone: str
    meeting: str


class AreaDetail(AreaOut):
    is_current: bool
    neighbours: list[str]
    represented_by: RepresentativeOut | None
    representative_note: str


class Feature(Shape):
    """A GeoJSON feature (RFC 7946)."""

    type: str
    id: str
    bbox: list[float] | None
    geometry: dict[str, Any] | None
    properties: AreaOut


class DetailFeature(Feature):
    properties: AreaDetail


class FeatureCollection(Shape):
    type: str
    release: str
    layer: str
    lines: LinesOut | None
    features: list[Feature]


class AreasAtPoint(Shape):
    """Areas of the lines in force that hold a point; layers in which it lies nowhere are left out."""

    release: str
    areas: list[AreaOut]


class ErrorDetail(Shape):
    code: str
    message: str
    parameter: str | None
    allowed: list[str] | None
    reference: str | None = None


class ErrorOut(Shape):
    """Every refusal has this shape."""

    error: ErrorDetail
