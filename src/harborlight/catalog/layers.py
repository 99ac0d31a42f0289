"""What a city declares about places: layers, the versions of their lines, people by census block, what a map draws below."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from pydantic import Field, model_validator

from harborlight.catalog.declared import AreaSlug, Declared, Slug


class Place(Declared):
    """One area of a layer, as the sources state it (`names` lists the spellings that they use)."""

    id: AreaSlug
    name: str
    names: tuple[str, ...] = ()


class Representative(Declared):
    """Who speaks for an area. Only for lines in force: other lines name nobody."""

    role: str
    office: str
    name: str = ""
    url: str = ""
    phone: str = ""
    meeting: str = ""


class Version(Declared):
    """One version of a layer's lines.

    They come from a file (`boundaries`: GeoJSON or a shapefile, by a path from the city's folder or the data folder) or from
    a portal (`source`: a source of kind `areas`). `is_guarded` keeps public points on their side of these lines; left out, it is
    true for the lines in force and for every version of the primary layer. `prefix` goes before each name (`District` 8).
    """

    id: AreaSlug
    title: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    boundaries: str | None = None
    source: Slug | None = None
    name_field: str
    id_field: str | None = None
    prefix: str = ""
    is_guarded: bool | None = None
    attribution: str = ""
    page: str = ""
    note: str = ""
    represents: dict[AreaSlug, Representative] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_read(self) -> Version:
        if (self.boundaries is None) == (self.source is None):
            raise ValueError("write either boundaries (a file) or source (a source of kind areas)")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        if self.valid_to and any(who.name for who in self.represents.values()) and self.valid_to < date.today():
            raise ValueError("represents names people, but these lines are no longer in force: name the office only")
        return self

    def is_in_force(self, day: date) -> bool:
        """Whether these lines hold on a day, first and last day included."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


class Layer(Declared):
    """`places/<id>.yaml`: one layer of areas: their names as sources state them, and the versions of their lines."""

    id: Slug
    title: str
    title_one: str
    valid_from: date | None = None
    note: str = ""
    representative_note: str = ""
    areas: tuple[Place, ...] = ()
    versions: tuple[Version, ...] = ()

    @model_validator(mode="after")
    def _versions_follow_each_other(self) -> Layer:
        if not self.areas and not self.versions:
            raise ValueError("write areas (as the sources name them), versions (with boundaries) or both")
        if len({version.id for version in self.versions}) < len(self.versions):
            raise ValueError("two versions have the same id")
        spans = sorted((v.valid_from or date.min, v.valid_to or date.max, v.id) for v in self.versions)
        for one, other in pairwise(spans):
            if other[0] <= one[1]:
                raise ValueError(f"versions {one[2]} and {other[2]} are both in force on {other[0]}; end one before")
        return self


class PeopleByGroup(Declared):
    """One count of residents by group: a CSV file with the columns age_band, sex_code, race_code, ethnicity_code and n.

    `all` stands where a row tells no group apart; a column that is left out is `all` in every row. `year` is the (last) year that
    the count is of, `vintage` says which edition it is.
    """

    id: Slug
    title: str
    file: str
    year: int = Field(ge=1790, le=2200)
    vintage: str
    note: str = ""
    attribution: str = ""
    page: str = ""


class Population(Declared):
    """`population.yaml`: people and housing units by census block, each at the block's internal point.

    `blocks` is a CSV file (or .csv.gz), the next four name its columns; longitude and latitude are WGS84 degrees.
    `groups` are counts of residents by age band, sex and race, the one to prefer first: denominators of the tables of groups.
    """

    blocks: str
    year: int = Field(ge=1790, le=2200)
    population: str
    housing: str
    longitude: str
    latitude: str
    method: str
    attribution: str = ""
    page: str = ""
    groups: tuple[PeopleByGroup, ...] = ()


class Basemap(Declared):
    """`basemap.yaml`: what the map draws besides the areas, each a file by its path from the city's folder or the data folder.

    `water` and `streets` are GeoJSON and also drawn in the still picture. `pmtiles` is a PMTiles file of vector tiles for the
    live map, whose layers it names itself (those of Protomaps or OpenMapTiles); it is checked and put into each release.
    """

    water: str | None = None
    streets: str | None = None
    pmtiles: str | None = None
