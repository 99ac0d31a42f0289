"""What tables of groups of people exist: by age band, sex, race, ethnicity or relationship, each in a tier.

One YAML file in `publish/groups/` is one subject (who is counted) with its tables. The lists of groups are closed, in the order
in which tables show them; whatever is in none of them is unknown, and unknown is a group like the others.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from harborlight.catalog.declared import Declared, Slug

Tier = Literal["T0", "T1", "T2"]
Grain = Literal["month", "quarter", "year"]
Dimension = Literal["age_band", "child_band", "sex_code", "race_code", "ethnicity_code", "relationship"]

UNKNOWN, ALL, CITY, UNLOCATED = "unknown", "all", "city", "unlocated"
CHILDREN = "0-17"
HIDDEN_WORDS = "hidden to protect privacy"  # what stands in files where a count does not
CHILD_BANDS = ("0-9", "10-17")
AGE_BANDS = (CHILDREN, "18-24", "25-34", "35-44", "45-54", "55-64", "65+", UNKNOWN)
CATEGORIES: dict[str, tuple[str, ...]] = {
    "age_band": AGE_BANDS,
    "child_band": CHILD_BANDS,
    "sex_code": ("female", "male", UNKNOWN),
    "race_code": ("black", "white", "hispanic", "asian", "american_indian", "pacific_islander", "other", UNKNOWN),
    "ethnicity_code": ("hispanic", "not_hispanic", "other", UNKNOWN),
    "relationship": ("intimate_partner", "family", "acquaintance", "stranger", UNKNOWN),
}
# Columns of the public table `groups` that say who a count is about; a band of children stands in the column of age bands.
GROUP_COLUMNS = ("age_band", "sex_code", "race_code", "ethnicity_code", "relationship")


def column_of(dimension: str) -> str:
    """The column that a dimension's groups stand in."""
    return "age_band" if dimension == "child_band" else dimension


class GroupTable(Declared):
    """One table: up to two dimensions, city-wide or also by area of the city's primary layer.

    `where` narrows it to one group of another dimension. `grains` are the periods that it may have, finest first: the first that
    keeps enough visible is taken. `always`: stands there with every count hidden where no period keeps enough visible.
    `denominators` are kinds of people that rates may be worked out with; empty where a rate would say nothing.
    """

    id: Slug
    title: str
    tier: Tier
    dims: tuple[Dimension, ...] = Field(default=(), max_length=2)
    where: dict[Dimension, str] = Field(default_factory=dict)
    by_area: bool = False
    grains: tuple[Grain, ...] = Field(default=("month", "quarter", "year"), min_length=1)
    always: bool = False
    denominators: tuple[Literal["residents", "arrests", "victims"], ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> GroupTable:
        for dimension, group in self.where.items():
            if group not in CATEGORIES[dimension]:
                raise ValueError(f"{group!r} is not a group of {dimension}")
        if "child_band" in self.dims and self.where.get("age_band") != CHILDREN:
            raise ValueError(f"a table by child_band is about children: write where: {{age_band: {CHILDREN}}}")
        if set(self.where) & set(self.dims):
            raise ValueError("a dimension is either shown or narrowed to one group")
        if self.tier == "T0" and (self.by_area or len(self.dims) + len(self.where) > 1):
            raise ValueError("a T0 table is city-wide and by one dimension at most")
        if list(self.grains) != sorted(self.grains, key=["month", "quarter", "year"].index):
            raise ValueError("write the finest grain first")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose groups the table tells apart."""
        return tuple(column_of(dimension) for dimension in self.dims)

    @property
    def needs_review(self) -> bool:
        """Whether advocates review the table before a city publishes it: by relationship, or of partners or family alone."""
        return "relationship" in (*self.dims, *self.where)


class GroupSubject(Declared):
    """Who is counted (`publish/groups/<id>.yaml`), from which rows, and in which tables.

    `of` names the rows, `flags` the boolean columns of the model that must hold. `total_tier` T0: their number without any group is
    published freely elsewhere, by area and month too. `part_of` names a subject that holds all of these people and more;
    `overlaps`: it shares some of them with others that are part of it. `each_group` makes one subject of each sensitive group of
    offenses, with `{group}` in its words. `metric` is the measure whose missing stretches are missing here.
    """

    id: Slug
    title: str
    unit: Literal["victims", "offenses", "arrests"]
    of: Literal["victims", "offenses", "arrests"]
    flags: tuple[Slug, ...] = ()
    offense_group: str | None = None
    each_group: bool = False
    total_tier: Tier = "T1"
    metric: Slug | None = None
    part_of: Slug | None = None
    overlaps: bool = False
    tables: tuple[GroupTable, ...] = Field(min_length=1)
