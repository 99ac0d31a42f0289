"""ArcGIS feature layers.

In goes the address of a layer (`.../FeatureServer/0`), out come its query pages. Rows are asked for in
object-id order, each page after the last id, which needs no offset and so works on servers that cannot page;
servers that cannot even sort are asked for ranges of ids. Errors arrive with status 200, and a page may hold
fewer rows than asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from harborlight.catalog.snapshot import Layout
from harborlight.errors import SourceError
from harborlight.sources.contract import Kind, check_columns
from harborlight.sources.http import Answer, TryAgain, portal_words
from harborlight.sources.landing import WINDOW, Job, Landed, Record
from harborlight.sources.paging import Key, check_shape, fetch_pages

KINDS: dict[str, Kind] = {
    "OID": "integer", "SmallInteger": "integer", "Integer": "integer", "BigInteger": "integer",
    "Single": "number", "Double": "number", "String": "text", "GUID": "text", "GlobalID": "text",
    "XML": "text", "Date": "date", "DateOnly": "date",
    "TimestampOffset": "date", "TimeOnly": "time", "Geometry": "place",
}  # fmt: skip
BATCH = 250
TOKEN_ERRORS = {498, 499}
REFUSED = {400, 401, 403, 404}


def fetch(job: Job) -> Landed:
    """Fetch a layer, or the rows of it that changed. Raises SourceError."""
    url = job.source.url.rstrip("/")
    token = {"token": job.token()} if job.token() else {}
    facts = job.client.read_json(url, {"f": "json", **token}, check=lambda data: check_answer(job, data)).data
    offered = {field["name"]: _kind(field) for field in facts.get("fields") or []}
    layer = Layer(job, url, token, facts)
    new = check_columns(job.source, offered, ours=[layer.oid, *_places(offered), *job.wanted()])
    landed = Landed(
        file=job.part_file(),
        layout="arcgis",
        columns=tuple(offered),
        new_columns=new,
        query=layer.plan(),
        source_updated_at=edited_at(facts),
        is_delta=job.delta is not None,
        window_from=layer.window_from(),
    )
    return fetch_pages(job, layer, landed)


def check_answer(job: Job, data: Any) -> None:
    """Find the error hidden in a good status. Raises SourceError, or TryAgain if a later try may help."""
    if not isinstance(data, dict):
        raise TryAgain("the answer is not an ArcGIS answer")
    if "layers" in data and "fields" not in data:
        raise SourceError(
            "the address leads to a service, not to one of its layers",
            where=job.source.id,
            hint="End `url` with the layer's number, for instance /0.",
        )
    error = data.get("error")
    if not isinstance(error, dict):
        return
    code, words = error.get("code"), portal_words({"error": error})
    if code in TOKEN_ERRORS:
        name = job.source.token_variable
        raise SourceError(
            "the layer needs a token, or the token is no longer valid",
            where=job.source.id,
            hint=f"Put a fresh token into {name}." if name else "Name its environment variable in `token_variable`.",
        )
    details = error.get("details")
    more = f" ({details[0][:120]})" if isinstance(details, list) and details and isinstance(details[0], str) else ""
    message = f"the portal answers with error {code}{words}{more}"
    if code in REFUSED:
        raise SourceError(message, where=job.source.id, hint="Check `url` and the declared columns.")
    raise TryAgain(message)


def edited_at(facts: Mapping[str, Any]) -> datetime | None:
    """When the layer's rows were last edited, if it says so."""
    info = facts.get("editingInfo")
    stamp = (info.get("dataLastEditDate") or info.get("lastEditDate")) if isinstance(info, dict) else None
    return datetime.fromtimestamp(stamp / 1000, UTC) if isinstance(stamp, int | float) else None


@dataclass
class Layer:
    """One layer, as `fetch_pages` sees it."""

    job: Job
    url: str
    token: Mapping[str, str]
    facts: Mapping[str, Any]
    layout: Layout = "arcgis"
    is_keyset: bool = True

    def __post_init__(self) -> None:
        advanced = self.facts.get("advancedQueryCapabilities") or {}
        self.can_order = bool(advanced.get("supportsOrderBy", self.facts.get("supportsAdvancedQueries")))
        self.can_page = bool(advanced.get("supportsPagination", self.facts.get("supportsPagination")))
        self.ids: list[int] | None = None
        most = self.facts.get("maxRecordCount")
        self.rows = min(self.job.source.page_rows, most if isinstance(most, int) and most > 0 else BATCH)
        self.oid = self._find_oid()

    def _find_oid(self) -> str:
        """The unique id: stated by newer servers, found by its type or by the list of ids on older ones."""
        stated = self.facts.get("objectIdField")
        typed = [field["name"] for field in self.facts.get("fields") or [] if field.get("type") == "esriFieldTypeOID"]
        listed = None if stated or typed else self._ask({"returnIdsOnly": "true"}).get("objectIdFieldName")
        name = stated or (typed or [listed])[0]
        if not isinstance(name, str) or not name:
            raise SourceError(
                "the layer has no unique id, so it cannot be fetched whole",
                where=self.job.source.id,
                hint="Ask the publisher for a layer with an object id.",
            )
        return name

    # ------------------------------------------------------------------------------------ what is asked for

    def plan(self) -> dict[str, str]:
        """The query of every page, without its start and without the token."""
        has_shapes = self.facts.get("geometryType") == "esriGeometryPoint" or self.job.source.kind == "areas"
        fields = list(dict.fromkeys([self.oid, *self.job.wanted()]))
        query = {"f": "json", "outFields": ",".join(fields), "returnGeometry": str(has_shapes).lower()}
        query |= {"outSR": "4326"} if has_shapes else {}
        query |= {"orderByFields": f"{self.oid} ASC"} if self.can_order else {}
        query |= {"resultRecordCount": str(self.rows)} if self.can_order and self.can_page else {}
        return query | {"where": self._filter()}

    def _filter(self) -> str:
        """The rows of the delta, or all."""
        delta = self.job.delta
        if delta is None:
            return "1=1"
        if delta.is_window:
            return f"{delta.column} >= TIMESTAMP '{delta.since:%Y-%m-%d} 00:00:00'"
        local = delta.since.astimezone(self._zone())
        return f"{delta.column} > TIMESTAMP '{local:%Y-%m-%d %H:%M:%S}'"

    def _zone(self) -> ZoneInfo:
        """The time zone in which the layer reads times in a query."""
        stated = self.facts.get("dateFieldsTimeReference") or {}
        for name in (stated.get("timeZoneIANA"), stated.get("timeZone")):
            try:
                return ZoneInfo(str(name))
            except (ZoneInfoNotFoundError, ValueError):
                continue
        return ZoneInfo("UTC")

    def window_from(self) -> str | None:
        """The start of the window in UTC, as the pages state their dates."""
        delta = self.job.delta
        if delta is None or not delta.is_window:
            return None
        start = datetime.combine(delta.since.date(), time.min, self._zone())
        return f"{start.astimezone(UTC):{WINDOW}}"

    # ------------------------------------------------------------------------------------------- the portal

    def _ask(self, query: Mapping[str, str]) -> dict[str, Any]:
        return dict(self._get({"f": "json", "where": self._filter()} | dict(query)).data)

    def _get(self, query: Mapping[str, str], *, is_page: bool = False) -> Answer:
        def check(data: Any) -> None:
            check_answer(self.job, data)
            if is_page:
                check_shape("arcgis", data)

        return self.job.client.read_json(f"{self.url}/query", {**query, **self.token}, check=check)

    def count(self, *, everything: bool = False) -> int:
        """Ask for the number; a server that ignores the question is asked for its ids."""
        self.ids = None
        found = self._ask({"returnCountOnly": "true"} | ({"where": "1=1"} if everything else {})).get("count")
        if isinstance(found, int):
            return found
        return len(self._list_ids())

    def _list_ids(self) -> list[int]:
        if self.ids is None:
            answer = self._ask({"returnIdsOnly": "true"})
            if "objectIds" not in answer:
                raise SourceError(
                    "the server neither counts its rows nor lists their ids, so no fetch can be checked",
                    where=self.job.source.id,
                    hint="Ask the publisher for a newer service or a file.",
                )
            self.ids = sorted(int(number) for number in answer["objectIds"] or [])
        return self.ids

    def page(self, after: Key | None, offset: int) -> Answer:
        """The rows after an id."""
        plan = self.plan()
        bounds = [] if after is None else [f"{self.oid} > {after}"]
        if not self.can_order:
            ids = self._list_ids()
            rest = ids[bisect_right(ids, after) if isinstance(after, int) else 0 :][: self.rows]
            bounds = [f"{self.oid} >= {rest[0]}", f"{self.oid} <= {rest[-1]}"] if rest else ["1=0"]
        where = [*([] if plan["where"] == "1=1" and bounds else [plan["where"]]), *bounds]
        return self._get(plan | {"where": " AND ".join(where)}, is_page=True)

    def key(self, values: Record) -> Key:
        """The object id, which some servers write as 6.4E7."""
        return int(values[self.oid])

    def key_at(self, offset: int) -> Key | None:
        """Never asked: pages start after an id."""
        return None


def _kind(field: Mapping[str, Any]) -> Kind:
    return KINDS.get(str(field.get("type")).removeprefix("esriFieldType"), "unknown")


def _places(offered: Mapping[str, Kind]) -> list[str]:
    return [name for name, kind in offered.items() if kind == "place"]
