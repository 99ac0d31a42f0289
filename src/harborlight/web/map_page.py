"""The map's page: one question, its areas as a table first, a still picture and what the script needs to draw it live.

In go the reader and a `MapQuestion`, out comes `MapPage`. Every number is that of the table; the script adds none.
"""

from __future__ import annotations

import json
from dataclasses import replace

from harborlight.catalog.base_tiles import BaseTiles
from harborlight.charts import formats
from harborlight.metrics.questions import question_of, summed
from harborlight.metrics.shapes import Answer, Lines, Query
from harborlight.metrics.tiles import CELL_BITS
from harborlight.provenance import say
from harborlight.web.base_map import base_state, read_credit
from harborlight.web.context_map import LegendItem, MapPage
from harborlight.web.embed import source_line
from harborlight.web.map_classes import AreaValue, Scale, value_areas
from harborlight.web.map_lists import (
    area_table,
    days_words,
    make_area_choice,
    make_card,
    make_choices,
    make_downloads,
    make_line_choices,
    make_modes,
    make_windows,
    points_table,
    unusual_table,
)
from harborlight.web.map_picture import (
    MOST_NAMED,
    Drawn,
    cell_km2,
    draw_cells,
    draw_points,
    draw_unusual,
    frame_of,
    make_picture,
    shape_ring,
)
from harborlight.web.map_question import DRAWN, MapQuestion, lines_of_question, make_slider
from harborlight.web.map_reader import count_mapped, count_on_map, find_unusual, read_basemap
from harborlight.web.offense_table import public_groups
from harborlight.web.outline import join_boxes
from harborlight.web.reader import Reader
from harborlight.web.rules import rule_words
from harborlight.web.site import full_address
from harborlight.web.wording import Wording

TILES = "/tiles/incidents/{z}/{x}/{y}.mvt"
ZOOMS = (8, 18)
POINTS_UNDER = 5_000


def make_map_page(
    reader: Reader, question: MapQuestion, wording: Wording, base: BaseTiles | None = None
) -> MapPage:
    """The page of one question on the map. `base` are the tiles that the live map draws below."""
    facts, query = reader.facts, question.query
    metric = facts.metrics[query.metric]
    answer = reader.answer(replace(query, by=("area",) if query.layer else ()))
    lines = lines_of_question(reader, query)
    values, scale = value_areas(answer, lines) if query.layer else ([], Scale((), False))
    drawn = _drawn(reader, question, lines)
    words = _title(reader, query, wording)
    address = question.address()
    return MapPage(
        answer=_answer(reader, answer, values, wording), qualifier=wording.text(f"map.about_{question.mode}"),
        modes=make_modes(reader, question, wording), windows=make_windows(reader, question, wording),
        lines=make_line_choices(reader, question, wording),
        choices=make_choices(reader, question, wording), area=make_area_choice(reader, question, wording),
        hidden=tuple((name, value) for name, value in question.pairs if name in ("mode", "system", "unit", "rule", "justified", "bbox")),
        carried=tuple((name, value) for name, value in question.pairs if name != "area"),
        date_from=query.date_from.isoformat(), date_to=query.date_to.isoformat(),
        date_least=facts.metric_from[metric.id].isoformat(), date_most=facts.metric_through[metric.id].isoformat(),
        polygon=query.shape_text().get("polygon", ""), near=query.shape_text().get("near", ""), can_draw=metric.table == "events",
        without_shape=question.address(without=("bbox", "polygon", "near")) if query.shape else "",
        slider=make_slider(reader, question, days_words(query, wording)),
        picture=make_picture(reader, lines, query, values, drawn, question.picked, words) if lines else None,
        legend=_legend(reader, question, values, (drawn.scale if drawn else scale), wording),
        legend_title=_legend_title(reader, question, scale, wording),
        card=make_card(reader, question, values, wording),
        table=unusual_table(reader, question, words, wording) if question.mode == "unusual" else area_table(question, values, scale, words, wording),
        points=points_table(reader, question, wording), not_shown=_not_shown(reader, query, answer, wording),
        notes=answer.notes, downloads=make_downloads(question, wording), address=address, permalink=full_address(facts, address) or address,
        source=source_line(facts, metric.id, wording), state=_state(reader, question, lines, values, drawn.scale if drawn else scale, wording, base),
        reset="/map", credit=read_credit(base.credit) if base else (),
    )  # fmt: skip


def has_points(reader: Reader, question: MapQuestion) -> bool:
    """Whether the map shows points at every zoom: few enough records are left of the question."""
    return question.mode == "points" and count_on_map(reader, question.query) < POINTS_UNDER


def _drawn(reader: Reader, question: MapQuestion, lines: Lines | None) -> Drawn | None:
    """What is drawn on the areas, or None where the areas themselves are colored."""
    if lines is None:
        return None
    frame, box = frame_of(lines), join_boxes(area.bbox for area in lines.areas)
    match question.mode:
        case "cells":
            return draw_cells(reader, question.query, frame, box)
        case "points" if has_points(reader, question):
            return draw_points(reader, question.query, frame)
        case "points":
            return draw_cells(reader, question.query, frame, box)
        case "unusual":
            return draw_unusual(reader, question.query, frame)
        case _:
            return None


# ---------------------------------------------------------------------------------------------- sentences


def _title(reader: Reader, query: Query, wording: Wording) -> str:
    """What the map shows, as a caption."""
    return wording.text(
        "map.caption", title=reader.facts.metrics[query.metric].title, days=days_words(query, wording),
        narrowed=_narrowed(reader, query, wording),
    )  # fmt: skip


def _narrowed(reader: Reader, query: Query, wording: Wording) -> str:
    names = public_groups(reader.facts) | {o.code: o.name for o in reader.facts.offenses}
    parts = [", ".join(names[item] for item in query.offenses)] if query.offenses else []
    parts += [wording.text(f"hours.{query.hours}")] if query.hours else []
    parts += [wording.text(f"systems.{query.system}")] if query.system else []
    parts += rule_words(query, wording)
    parts += [wording.text("map.in_shape")] if query.shape else []
    return wording.text("metric.narrowed", parts="; ".join(parts)) if parts else ""


def _answer(reader: Reader, answer: Answer, values: list[AreaValue], wording: Wording) -> str:
    query = answer.query
    counts = [row["n"] for row in answer.rows]
    if None in counts:
        reason = next(row["missing"] for row in answer.rows if row["n"] is None)
        return wording.text("metric.answer_missing", days=days_words(query, wording), reason=reason)
    return wording.text(
        "metric.answer", number=summed(answer.rows, query, answer.metric), noun=answer.metric.sentence_noun, days=days_words(query, wording),
        narrowed=_narrowed(reader, query, wording),
    )  # fmt: skip


def _not_shown(reader: Reader, query: Query, answer: Answer, wording: Wording) -> str:
    """Records that the map cannot show: at no public point, or for arrests and firearms in no area."""
    if answer.metric.table != "events":
        total, hidden = sum(row["n"] or 0 for row in answer.rows), answer.unmapped or 0
    else:
        mapped, hidden = count_mapped(reader, query)
        total = mapped + hidden
    if not total:
        return ""
    asked = question_of(replace(query, by=(), bbox=None, polygon=None, near=None), answer.metric).asked
    shown = (formats.number(hidden, wording.language), formats.number(total, wording.language))
    share = say(formats.percent(hidden / total, 1, wording.language), hidden / total, "share", query=asked, part="off_map")
    return wording.text(
        "map.not_shown", hidden=say(shown[0], hidden, "off_map", query=asked), total=say(shown[1], total, query=asked), share=share
    )


def _legend_title(reader: Reader, question: MapQuestion, scale: Scale, wording: Wording) -> str:
    unit = wording.text(f"units.{question.query.unit}")
    key = "rate" if scale.is_rate else "count"
    if question.mode != "areas":
        key = "cells" if question.mode == "points" and not has_points(reader, question) else question.mode
    return wording.text(f"map.legend_{key}", unit=unit)


def _legend(
    reader: Reader, question: MapQuestion, values: list[AreaValue], scale: Scale, wording: Wording
) -> tuple[LegendItem, ...]:
    """Each class with its limits, then the patterns that stand for something here."""
    if question.mode == "unusual":
        return (LegendItem("unusual", wording.text("map.legend_cell"), "square"),)
    is_dots = has_points(reader, question)
    shape, prefix = ("dot", "dot-") if is_dots else ("square", "" if question.mode == "areas" else "cell-")
    limits = [_number(limit, wording) for limit in scale.limits]
    labels = [wording.text("map.from_to", low=low, high=high) for low, high in zip(limits, limits[1:], strict=False)]
    ends = [wording.text("map.under", high=limits[0]), wording.text("map.from", low=limits[-1])] if limits else []
    labels = [ends[0], *labels, ends[1]] if ends else [wording.text("map.alike")]
    items = [LegendItem(f"{prefix}{i}", label, shape) for i, label in enumerate(labels)]
    if question.mode == "points" and not is_dots:
        items.append(LegendItem("dot-3", wording.text("map.legend_closer"), "dot"))
    if question.mode == "areas":
        kinds = {value.kind for value in values if value.id is not None}
        if not kinds & {str(i) for i in range(5)}:
            items = []
        items += [LegendItem(k, wording.text(f"map.legend_{k}"), "square") for k in ("few", "none") if k in kinds]
    return tuple(items)


def _number(value: float, wording: Wording) -> str:
    return (
        formats.number(value, wording.language)
        if value >= 10 or value == int(value)
        else formats.decimal(value, 1, wording.language)
    )


# -------------------------------------------------------------------------------------------- for the script


def _state(
    reader: Reader, question: MapQuestion, lines: Lines | None, values: list[AreaValue], scale: Scale, wording: Wording,
    base: BaseTiles | None,
) -> str:  # fmt: skip
    """What the script draws from: addresses, classes and limits, as JSON. It holds nothing that the page does not show."""
    query, city = question.query, reader.facts.city
    box = join_boxes(area.bbox for area in lines.areas) if lines and lines.areas else city.bbox
    drawn = {name for name, _, _ in read_basemap(reader)}
    state = {
        "mode": question.mode, "dots": has_points(reader, question), "bounds": box, "picked": question.picked, "limits": scale.limits,
        "areas": f"/map/base/{lines.layer}@{lines.id}.geojson" if lines else None,
        "water": "/map/base/water.geojson" if "water" in drawn else None,
        "streets": "/map/base/streets.geojson" if "streets" in drawn else None, "base": base_state(base),
        "tiles": question.address(TILES, without=("area", "layer", "lines", "window", "mode"), mode=_tile_mode(question),
                                  from_=query.date_from.isoformat(), to=query.date_to.isoformat()),
        "kinds": {value.id: value.kind for value in values if value.id is not None},
        "tips": {value.id: _tip(value, query, wording) for value in values if value.id is not None},
        "km2": {z: cell_km2(32 - z - CELL_BITS, (box[1] + box[3]) / 2) for z in range(ZOOMS[0], ZOOMS[1] + 1)},
        "unusual": [(c.west, c.south, c.east, c.north) for c, _ in find_unusual(reader, query)] if question.mode == "unusual" else [],
        "ring": shape_ring(query), "pick": question.address(without=("area",)), "point": question.address("/map/points/", without=("area",)),
        "unshaped": question.address(without=("bbox", "polygon", "near")), "names": _names(lines),
    }  # fmt: skip
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def _names(lines: Lines | None) -> list[tuple[float, float, str]]:
    """Where to write the areas' names, unless there are too many to be read."""
    known = lines.areas if lines and len(lines.areas) <= MOST_NAMED else ()
    return [(area.longitude, area.latitude, area.name) for area in known]


def _tile_mode(question: MapQuestion) -> str:
    return question.mode if question.mode in DRAWN else ""


def _tip(value: AreaValue, query: Query, wording: Wording) -> str:
    """What a pointer over an area says."""
    if value.n is None:
        return value.name
    return wording.text("map.tip", name=value.name, unit=wording.text(f"units.{query.unit}"), n=value.n)
