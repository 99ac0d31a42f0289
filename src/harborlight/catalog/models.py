"""What a city declares: frozen models, unknown keys refused.

Each model is one YAML file (or one part of it) in the city's folder. The loader in `load.py` reads
them all and reports every error at once with file and line.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from harborlight.catalog.declared import AreaSlug as AreaSlug
from harborlight.catalog.declared import Declared, Slug
from harborlight.catalog.goals import Agency as Agency
from harborlight.catalog.goals import Goal as Goal
from harborlight.catalog.goals import GoalEdit as GoalEdit
from harborlight.catalog.goals import Plan as Plan
from harborlight.catalog.goals import Stated as Stated
from harborlight.catalog.goals import Target as Target
from harborlight.catalog.layers import Basemap, Layer, Population
from harborlight.catalog.layers import Place as Place
from harborlight.catalog.layers import Representative as Representative
from harborlight.catalog.layers import Version as Version
from harborlight.catalog.notices import Notice as Notice
from harborlight.catalog.record_policy import RecordPolicy as RecordPolicy
from harborlight.catalog.record_policy import RecordRule as RecordRule
from harborlight.catalog.services import Services
from harborlight.catalog.strategies import Strategy as Strategy
from harborlight.catalog.totals import Total as Total
from harborlight.catalog.totals import TotalSource as TotalSource


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone; write for instance America/New_York") from error
    return name


# ---------------------------------------------------------------------------------------------- sources


class Column(Declared):
    """One column of a source's contract, under the name that the portal gives it.

    `datetime` is an instant or wall-clock time (see the source's `clock`); `date` has no time of day.
    `format` is `epoch_ms`, `epoch_s`, `iso` or a strptime pattern. Rows that break `required`, `values`,
    `low`/`high` or the type are rejected with the column as reason. With `soft: true` the value becomes NULL
    and is counted instead (for instance an age of `1O`).
    """

    type: Literal["text", "integer", "number", "boolean", "date", "datetime", "time"]
    required: bool = False
    format: str | None = None
    values: tuple[str, ...] | None = None
    low: float | date | None = None
    high: float | date | None = None
    soft: bool = False
    unit: str = ""
    note: str = ""


class Csv(Declared):
    """Dialect of a delimited file: explicit, never sniffed."""

    delimiter: str = ","
    quote: str = '"'
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"


class Coverage(Declared):
    """A stretch in which the source lacks something: shown as missing with this reason, never as 0."""

    metrics: tuple[Slug, ...] = Field(min_length=1)
    date_from: date | None = Field(default=None, alias="from")
    date_to: date | None = Field(default=None, alias="to")
    reason: str

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Supplies(Declared):
    """The stretch and offense groups for which this source gives the official count.

    Rows outside stay in the model (`is_counted` false) and are reconciled on the status page, never added.
    """

    offense_groups: tuple[str, ...] = ("all",)
    date_from: date | None = Field(default=None, alias="from")
    date_to: date | None = Field(default=None, alias="to")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Incremental(Declared):
    """How to fetch only what changed.

    `changed_column` names the portal's own change stamp (Socrata `:updated_at`, an ArcGIS edit-date field);
    without one, the rows of the last `window_days` by `date_column` are pulled again. Every `full_every_days`
    all rows are fetched, so that deletions at the source are seen; a row count that disagrees does the same at once.
    """

    changed_column: str | None = None
    date_column: str | None = None
    window_days: int = Field(default=90, ge=1)
    full_every_days: int = Field(default=7, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> Incremental:
        if (self.changed_column is None) == (self.date_column is None):
            raise ValueError("write either changed_column or date_column")
        return self


# What a removal order can name.
REMOVAL_KINDS = ("case", "incident", "arrest")
# Kinds of sources whose rows are followed or listed, and are no official count of anything for a stretch of time.
SUPPLY_NOTHING = ("cases", "charges", "sentences", "services", "areas")


class Source(Declared):
    """One upstream dataset (`sources/<id>.yaml`); `id` is the file name.

    `kind` says what its rows are: reported crimes, arrests, court cases, their charges and sentences, warrants, recovered
    firearms, sites of help and prevention, or areas with their boundaries (which a version of a layer names). `removal_ids` names
    the columns by which a removal order finds a row: its own ids first, the surest before the others.
    """

    id: Slug
    kind: Literal["records", "arrests", "cases", "charges", "sentences", "warrants", "firearms", "services", "areas"] = "records"
    title: str
    agency: str
    page: str = ""
    licence: str = "not stated"
    connector: Slug
    url: str
    format: Literal["csv", "geojson", "parquet", "xlsx"] | None = None
    sheet: str | None = None
    resource: str | None = None
    table: str | None = None
    csv: Csv = Csv()
    key: str
    clock: Literal["utc", "local"]
    counting_system: Literal["srs", "nibrs"]
    has_complaint_numbers: bool = True
    removal_ids: dict[str, tuple[str, ...]] = Field(default={})
    columns: dict[str, Column] = Field(min_length=1)
    known_extra_columns: tuple[str, ...] = ()
    incremental: Incremental | None = None
    cadence_days: int = Field(default=7, ge=1)
    settled_after_days: int = Field(default=14, ge=0)
    data_through_column: str | None = None
    page_rows: int = Field(default=2000, ge=1, le=50_000)
    token_variable: str | None = None
    supplies: tuple[Supplies, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    closes: bool = False
    gates: bool = True
    notes: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _some_count_nothing(cls, given: Any) -> Any:
        """A source of areas or sites has neither times nor counts: it need not say how it keeps them."""
        is_list = isinstance(given, dict) and given.get("kind") in ("areas", "services")
        return {"clock": "utc", "counting_system": "nibrs"} | given if is_list else given

    @model_validator(mode="after")
    def _key_is_declared(self) -> Source:
        if self.key not in self.columns:
            raise ValueError(f"key {self.key!r} is not among the columns")
        if not self.removal_ids.keys() <= set(REMOVAL_KINDS):
            raise ValueError(f"removal_ids: the kinds are {', '.join(REMOVAL_KINDS)}")
        if unknown := sorted({name for names in self.removal_ids.values() for name in names} - self.columns.keys()):
            raise ValueError(f"removal_ids: {', '.join(unknown)} is not among the columns")
        if self.token_variable and not re.fullmatch(r"[A-Z][A-Z0-9_]*", self.token_variable):
            raise ValueError("token_variable is the name of an environment variable, for instance SOCRATA_TOKEN")
        if self.kind in ("areas", "services") and self.incremental:
            raise ValueError(f"a source of kind {self.kind} is fetched whole: take out incremental")
        if self.kind in SUPPLY_NOTHING and self.supplies:
            raise ValueError(f"a source of kind {self.kind} supplies no count by itself: take out supplies")
        return self


# ------------------------------------------------------------------------------------------------ city


# What a break names instead of a measure where it touches only what courts report.
COURTS = "courts"


class Break(Declared):
    """A series break: the date from which numbers are made differently.

    `stops`: no comparison across. `recomputes`: both sides on one version. `notes`: shown, nothing refused.
    `metrics: [courts]` touches the figures of courts and no measure.
    An intervention may name the `areas` where it runs, as `layer/area`; without them it runs in the whole city.
    """

    id: Slug
    date: date
    metrics: tuple[str, ...] = Field(min_length=1)
    effect: Literal["stops", "recomputes", "notes"]
    title: str
    text: str
    areas: tuple[str, ...] = ()


class YearRule(Declared):
    """The date that decides which year a homicide counts in, up to and including `until`.

    `confirmed: false` says on every page that the city has not yet said so: neither that rule nor another is then called official.
    """

    rule: Literal["ruled", "died", "injured"]
    until: date | None = None
    confirmed: bool = True


class SignOff(Declared):
    """Who must approve a release, and when it may go out by itself."""

    roles: tuple[str, ...] = ()
    auto_when: Literal["checks_pass", "never"] = "checks_pass"
    weekday: int | None = Field(default=None, ge=0, le=6)
    keep: int = Field(default=4, ge=2)


class Gates(Declared):
    """When a change in the number of rows holds a release."""

    warn_fall: float = 0.02
    warn_rise: float = 0.20
    hold_fall: float = 0.10
    hold_history_fall: float = 0.005
    hold_rejects: float = 0.005
    hold_unmapped: float = 0.005


class Contact(Declared):
    office: str
    email: str = ""
    phone: str = ""
    address: str = ""


class City(Declared):
    """`city.yaml`: the deployment.

    `advocate_review` is the day on which advocates of people harmed by partners agreed to what the page about it shows; without it
    that page gives help and no figures. `leave_to` is the neutral site that its button leads to.
    """

    name: str
    state: str
    site_title: str
    tagline: str
    fictional: bool = False
    timezone: Annotated[str, AfterValidator(_zone)]
    languages: tuple[str, ...] = ("en",)
    site_url: str = ""
    contact: Contact
    user_agent_contact: str
    bbox: tuple[float, float, float, float]
    police_agency: str
    primary_layer: Slug = "police_district"
    next_update: str = ""
    headline_metrics: tuple[Slug, ...]
    homicide_year_rule: tuple[YearRule, ...] = (YearRule(rule="injured"),)
    breaks: tuple[Break, ...] = ()
    interventions: tuple[Break, ...] = ()
    disclosure_k: int = Field(default=10, ge=5)
    percent_base: int = Field(default=20, ge=10)
    sensitive_words: tuple[str, ...] = ("rape", "sex", "molest", "incest", "child", "domestic", "traffick")
    publish: SignOff = SignOff()
    gates: Gates = Gates()
    missing: tuple[str, ...] = ()
    advocate_review: date | None = None
    leave_to: str = Field(default="https://www.weather.gov/", pattern=r"^https://[^\s\"<>]+$")


class HelpLine(Declared):
    """One entry of `help.yaml`: a number that a person in need can call. `is_always_open`: day and night.

    `verified_on` is the day on which somebody of the city called it; without one the page says that it awaits that. `topics`:
    what it is for in particular; the page about that names it first. `court_search` (the courts' own site), `homicide_unit` and `police_records`
    are for people who follow a case, and stand on the pages of the look-up only.
    """

    name: str
    what: str
    phone: str = ""
    text: str = ""
    url: str = ""
    hours: str
    is_always_open: bool = False
    topics: tuple[Literal["partner_violence", "victim_services", "court_search", "homicide_unit", "police_records"], ...] = ()
    verified_on: date | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> HelpLine:
        if not self.phone and not (self.url and {"court_search", "homicide_unit", "police_records"} & set(self.topics)):
            raise ValueError("phone is missing; only entries for people who follow a case may have a web address (`url`) instead")
        return self


class Correction(Declared):
    """`corrections/<source>.yaml`: a known upstream error, mended as data.

    `expect` must hold before the correction (column: value as text); once the source repairs the row the
    correction fails loudly, so that it is taken out.
    """

    key: str
    set: dict[str, str | None] = Field(min_length=1)
    expect: dict[str, str | None] = Field(min_length=1)
    reason: str
    reported_to: str
    reported_on: date


# --------------------------------------------------------------------------------------------- metrics


class Metric(Declared):
    """One declared measure (`metrics/<id>.yaml`, shipped or a city's own); `id` is file name and URL.

    `table` is a model table, `where` boolean columns of it (all must hold), `unit_flags` the boolean column that
    makes a row count once per unit. `breakdowns` is the closed list of what `by` may ask for.
    """

    id: Slug
    title: str
    short_title: str
    sentence_noun: str
    question: str
    why: str
    caveat: str = ""
    caveats: tuple[str, ...] = ()
    table: Literal["events", "arrests", "firearms"] = "events"
    time_column: Literal["counted_date"] = "counted_date"
    measure: Literal["count", "distinct", "sum", "median", "share", "rate", "cumulative_incidence"] = "count"
    where: tuple[Slug, ...] = ()
    where_not: tuple[Slug, ...] = ()
    sources: tuple[Slug, ...] = ()
    unit: Literal["victims", "incidents", "offenses", "arrests", "firearms"]
    units: tuple[Literal["victims", "incidents", "offenses", "arrests", "firearms"], ...] = ()
    breakdowns: tuple[str, ...]
    better: Literal["lower", "higher", "neither"] = "lower"
    owner: str = "police"
    contact: str = ""
    depends_on: Literal["reports", "police_activity", "court_activity", "programme_reports"] = "reports"
    lag_days: int = 14
    definition: str
    definition_version: int = Field(ge=1)
    reviewed_on: date


class Catalog(Declared):
    """Everything that a city declared, read once."""

    folder: Path
    city: City
    sources: dict[str, Source]
    metrics: dict[str, Metric]
    layers: dict[str, Layer]
    population: Population | None = None
    basemap: Basemap | None = None
    help: tuple[HelpLine, ...] = ()
    records: RecordPolicy | None = None
    corrections: dict[str, tuple[Correction, ...]]
    notices: tuple[Notice, ...]
    totals: tuple[TotalSource, ...] = ()
    agencies: tuple[Agency, ...] = ()
    plans: dict[str, Plan] = Field(default_factory=dict)
    goals: dict[str, Goal] = Field(default_factory=dict)
    services: Services = Services()
    strategies: tuple[Strategy, ...] = ()
    staging_sql: dict[str, Path]
    maps: dict[str, Path]
    config_sha256: str
