"""The release for harvesters: DCAT-US 1.1 (`/data.json`) and schema.org Dataset markup of the data pages.

Both describe the same tables, from the dictionary; a portal that reads one needs no work by hand. Addresses are whole
where the city has named its own, and paths of this site otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harborlight.catalog.models import Metric
from harborlight.metrics.shapes import Facts
from harborlight.web.reader import PublicTable, Reader
from harborlight.web.site import full_address
from harborlight.web.wording import Wording

DCAT = "https://project-open-data.cio.gov/v1.1/schema"
KEYWORDS = ("public safety", "crime", "police", "open data")
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
Fields = dict[str, Any]


# ------------------------------------------------------------------------------------------------ DCAT-US


def make_data_json(reader: Reader, sizes: Mapping[str, int], wording: Wording) -> Fields:
    """The catalog: every downloadable table and every measure as a dataset of its own."""
    facts = reader.facts
    tables = [_table(table, facts, sizes, wording) for table in reader.tables() if f"{table.name}.csv" in sizes]
    metrics = [_measure(facts.metrics[m], facts, wording) for m in reader.metric_ids()]
    return {
        "@context": f"{DCAT}/catalog.jsonld",
        "@id": _at(facts, "/data.json"),
        "@type": "dcat:Catalog",
        "conformsTo": DCAT,
        "describedBy": f"{DCAT}/catalog.json",
        "dataset": [*tables, *metrics],
    }


def _table(table: PublicTable, facts: Facts, sizes: Mapping[str, int], wording: Wording) -> Fields:
    path = f"/data/{table.name}"
    files = [
        {
            "@type": "dcat:Distribution",
            "downloadURL": _at(facts, f"{path}.{kind}"),
            "mediaType": media,
            "format": kind.upper() if kind == "csv" else kind.capitalize(),
            "title": f"{table.name}.{kind}",
            "describedBy": _at(facts, path),
            "describedByType": "text/html",
        }
        for kind, media in MEDIA.items()
        if f"{table.name}.{kind}" in sizes
    ]
    title = wording.text("catalogue.title", table=table.name.replace("_", " "), city=facts.city.name)
    return _dataset(facts, path, title, table.about, files)


def _measure(metric: Metric, facts: Facts, wording: Wording) -> Fields:
    path = f"/metrics/{metric.id}"
    files = [
        {
            "@type": "dcat:Distribution",
            "downloadURL": _at(facts, f"/api/v1{path}.csv?by=month"),
            "mediaType": "text/csv",
            "format": "CSV",
            "title": wording.text("catalogue.by_month"),
        },
        {
            "@type": "dcat:Distribution",
            "accessURL": _at(facts, f"/api/v1{path}"),
            "format": "API",
            "title": wording.text("catalogue.api"),
            "describedBy": _at(facts, "/api/v1/openapi.json"),
            "describedByType": "application/json",
        },
    ]
    title = wording.text("catalogue.title", table=metric.title, city=facts.city.name)
    found = _dataset(facts, path, title, metric.definition, files)
    span = f"{facts.metric_from[metric.id].isoformat()}/{facts.metric_through[metric.id].isoformat()}"
    return found | {"temporal": span, "keyword": [*KEYWORDS, metric.title.lower()]}


def _dataset(facts: Facts, path: str, title: str, about: str, files: list[Fields]) -> Fields:
    contact: Fields = {"@type": "vcard:Contact", "fn": facts.city.contact.office}
    if facts.city.contact.email:
        contact["hasEmail"] = f"mailto:{facts.city.contact.email}"
    west, south, east, north = facts.city.bbox
    rhythm = min((s.cadence_days for s in facts.sources if not s.is_closed), default=0)
    found: Fields = {
        "@type": "dcat:Dataset",
        "identifier": _at(facts, path),
        "title": title,
        "description": about,
        "keyword": list(KEYWORDS),
        "modified": _made_on(facts),
        "publisher": {"@type": "org:Organization", "name": facts.city.contact.office},
        "contactPoint": contact,
        "accessLevel": "public",
        "landingPage": _at(facts, path),
        "spatial": f"{west},{south},{east},{north}",
        "temporal": f"{facts.data_from.isoformat()}/{facts.data_through.isoformat()}",
        "language": ["en-US"],
        "isPartOf": _at(facts, "/data"),
        "distribution": files,
    }
    return found | ({"accrualPeriodicity": f"R/P{rhythm}D"} if rhythm else {})


# --------------------------------------------------------------------------------------------- schema.org


def make_catalog_markup(reader: Reader, sizes: Mapping[str, int], wording: Wording) -> Fields:
    """The data page: a catalog with its datasets by name and address."""
    facts = reader.facts
    return {
        "@context": "https://schema.org",
        "@type": "DataCatalog",
        "name": wording.text("catalogue.name", city=facts.city.name),
        "description": wording.text("data.lede"),
        "url": _at(facts, "/data"),
        "publisher": _publisher(facts),
        "dataset": [
            {"@type": "Dataset", "name": wording.text("catalogue.title", table=t.name.replace("_", " "), city=facts.city.name),
             "description": _long(t.about, facts, wording), "url": _at(facts, f"/data/{t.name}")}
            for t in reader.tables() if f"{t.name}.csv" in sizes
        ],
    }  # fmt: skip


def make_table_markup(table: PublicTable, facts: Facts, sizes: Mapping[str, int], wording: Wording) -> Fields:
    """One table: what it measures, column by column, and its files."""
    path = f"/data/{table.name}"
    files = [
        {"@type": "DataDownload", "encodingFormat": media, "contentUrl": _at(facts, f"{path}.{kind}"), "contentSize": f"{sizes[name]} B"}
        for kind, media in MEDIA.items()
        if (name := f"{table.name}.{kind}") in sizes
    ]
    title = wording.text("catalogue.title", table=table.name.replace("_", " "), city=facts.city.name)
    columns = [{"@type": "PropertyValue", "name": name, "description": about} for name, _, about in table.columns]
    return _markup(facts, path, title, _long(table.about, facts, wording), files) | {"variableMeasured": columns}


def make_metric_markup(metric: Metric, facts: Facts, wording: Wording) -> Fields:
    """One measure as a dataset of its months."""
    path = f"/metrics/{metric.id}"
    files = [
        {"@type": "DataDownload", "encodingFormat": "text/csv", "contentUrl": _at(facts, f"/api/v1{path}.csv?by=month")},
        {"@type": "DataDownload", "encodingFormat": "application/json", "contentUrl": _at(facts, f"/api/v1{path}?by=month")},
    ]
    title = wording.text("catalogue.title", table=metric.title, city=facts.city.name)
    span = f"{facts.metric_from[metric.id].isoformat()}/{facts.metric_through[metric.id].isoformat()}"
    found = _markup(facts, path, title, _long(metric.definition, facts, wording), files)
    return found | {"temporalCoverage": span, "variableMeasured": metric.title}


def _markup(facts: Facts, path: str, title: str, about: str, files: list[Fields]) -> Fields:
    west, south, east, north = facts.city.bbox
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": title,
        "description": about,
        "url": _at(facts, path),
        "identifier": f"{facts.release_id}:{path}",
        "version": facts.release_id,
        "dateModified": _made_on(facts),
        "isAccessibleForFree": True,
        "inLanguage": "en",
        "keywords": list(KEYWORDS),
        "creator": _publisher(facts),
        "publisher": _publisher(facts),
        "spatialCoverage": {
            "@type": "Place", "name": f"{facts.city.name}, {facts.city.state}",
            "geo": {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"},
        },
        "temporalCoverage": f"{facts.data_from.isoformat()}/{facts.data_through.isoformat()}",
        "includedInDataCatalog": {"@type": "DataCatalog", "url": _at(facts, "/data")},
        "distribution": files,
    }  # fmt: skip


def _publisher(facts: Facts) -> Fields:
    return {"@type": "Organization", "name": facts.city.contact.office, "url": _at(facts, "/about")}


def _long(about: str, facts: Facts, wording: Wording) -> str:
    """A description that stands on its own: harvesters want at least fifty characters."""
    return f"{about} {wording.text('catalogue.about', city=facts.city.name, police=facts.city.police_agency)}"


def _made_on(facts: Facts) -> str:
    """The newest fetch that this release was made from."""
    return max((s.fetched_at.date() for s in facts.sources), default=facts.data_through).isoformat()


def _at(facts: Facts, path: str) -> str:
    return full_address(facts, path) or path
