"""The OpenAPI document finished: headers, media types of twins, and the ids that this release knows.

FastAPI describes the shapes; what it cannot know stands here. Constraints between parameters (`window` not together with
`from`, an area of the named layer) have no place in OpenAPI: they answer 400 and say what is allowed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from harborlight.web.group_reader import read_tables
from harborlight.web.places import areas_of, layers_of
from harborlight.web.reader import Reader
from harborlight.web.site import full_address
from harborlight.web.strategy_reader import read_list
from harborlight.web.wording import Wording

MEDIA = {"csv": "text/csv", "svg": "image/svg+xml"}
LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
KEPT = ("ETag", "X-Release", "Cache-Control")


def headers_of(wording: Wording, *, is_kept: bool = True) -> dict[str, Any]:
    """Headers of an answer; refusals are not kept and have no ETag."""
    names = KEPT if is_kept else KEPT[1:]
    return {
        name: {"description": wording.text(f"api.h_{name.lower().replace('-', '_')}"), "schema": {"type": "string"}} for name in names
    }


def describe(document: Mapping[str, Any], reader: Reader, media: Mapping[str, str], wording: Wording) -> dict[str, Any]:
    """The document of the release that is up. `media` maps the operation of an address to its type."""
    found: dict[str, Any] = copy.deepcopy(dict(document))
    facts = reader.facts
    found["info"] |= {
        "title": facts.city.site_title,
        "description": wording.text("api.lede") + " " + wording.text("api.between"),
        "license": LICENCE,
    }
    if facts.city.contact.email:
        found["info"]["contact"] = {"name": facts.city.contact.office, "email": facts.city.contact.email}
    found["servers"] = [{"url": full_address(facts, "").rstrip("/") or "/"}]
    found["tags"] = [{"name": "v1", "description": wording.text("api.rule_3")}]
    known = _known(reader)
    for path, operations in found["paths"].items():
        operation = operations["get"]
        _set_media(operation, path, media)
        for parameter in operation["parameters"]:
            values = known.get(parameter["name"])
            if values and "enum" not in parameter["schema"]:
                parameter["schema"] = dict(parameter["schema"]) | values
            if parameter["in"] == "query" and not parameter["required"]:
                parameter |= {"allowEmptyValue": True, "schema": _or_empty(parameter["schema"])}
    return found


def _or_empty(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A form sends fields that nobody filled in: an empty value is the same as none."""
    found = dict(schema)
    if "enum" in found:
        found["enum"] = [*found["enum"], ""]
    if "pattern" in found:
        found["pattern"] = f"^({found['pattern'][1:-1]})?$"
    return found


def _known(reader: Reader) -> dict[str, dict[str, Any]]:
    """Parameter → what its schema can say about this release."""
    facts = reader.facts
    metrics, layers = list(reader.metric_ids()), [layer.id for layer in layers_of(facts)]
    breakdowns = list(dict.fromkeys(name for m in metrics for name in facts.metrics[m].breakdowns))
    public = [o for o in facts.offenses if o.tier == "T0"]
    offenses = list(dict.fromkeys([*(o.group for o in public), *(o.code for o in public)]))
    first = layers_of(facts)[:1]
    areas = [place.id for layer in first for place in areas_of(facts, layer)]
    one = "|".join(breakdowns)
    which = "|".join(offenses)
    strategies = [row["strategy_id"] for row in read_list(reader)]
    return {
        "metric_id": {"enum": metrics},
        "metric": {"enum": metrics},
        "table_id": {"enum": [name for name, table in read_tables(reader).items() if table.grain]},
        "goal_id": {"enum": list(facts.goals)} if facts.goals else {},
        "strategy_id": {"enum": strategies} if strategies else {},
        "layer": {"enum": layers},
        "area": {"examples": areas[:1]},
        "by": {"pattern": f"^({one})(,({one})){{0,2}}$", "examples": ["month"]},
        "offense": {"pattern": f"^({which})(,({which})){{0,19}}$", "examples": offenses[:1]},
    }


def _set_media(operation: dict[str, Any], path: str, media: Mapping[str, str]) -> None:
    """The type of the answer: a twin's by its ending, otherwise that of the address."""
    answer = operation["responses"]["200"]
    ending = path.rpartition(".")[2]
    if ending in MEDIA:
        answer["content"] = {MEDIA[ending]: {"schema": {"type": "string"}}}
        return
    kind = media[operation["operationId"]]
    content = answer["content"]
    if kind != "application/json":
        answer["content"] = {kind: content["application/json"]}
        return
    formats: list[str] = next((p["schema"]["enum"] for p in operation["parameters"] if p["name"] == "format"), [])
    for name, kind in MEDIA.items():
        if name in formats:
            content[kind] = {"schema": {"type": "string"}}
    if "geojson" in formats:
        content["application/geo+json"] = {"schema": {"type": "object"}}
