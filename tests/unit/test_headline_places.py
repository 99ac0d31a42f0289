"""The card of an area: which lines it compares on, what it does with few events, and when it refuses to compare."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

import pytest

from harborlight.metrics.headline import headline, make_headline
from harborlight.metrics.shapes import Facts
from harborlight.store import Connection
from tests.divided import load_divided
from tests.tiny import load_tiny, make_store, make_store_facts

PLACES = {"redrawn": (-76.625, 39.53125), "ward-1": (-76.6875, 39.3125), "ward-2": (-76.4375, 39.3125), "ward-3": (-76.5, 39.6875)}
MONTHS = [(year, month) for year, month in product(range(2017, 2024), range(1, 13))]
THROUGH = date(2023, 12, 31)


def robberies() -> Iterator[dict[str, Any]]:
    """Ward 1: twelve a month, six in the last year. Ward 2: one each January and July. Redrawn ground: three a month."""
    for year, month in MONTHS:
        for day in range(1, 7 if year == 2023 else 13):
            yield {"offense_code": "120", "occurred_date": date(year, month, day), "place": "ward-1", "district_name": "South"}
        if month in (1, 7):
            yield {"offense_code": "120", "occurred_date": date(year, month, 5), "place": "ward-2", "district_name": "South"}
        for day in (3, 9, 21):
            stated = "North" if date(year, month, day) < date(2023, 7, 9) else "South"
            yield {"offense_code": "120", "occurred_date": date(year, month, day), "place": "redrawn", "district_name": stated}
        # Burglaries: ten a month in ward 3, of which four in the last year have no coordinates.
        for day in range(1, 11):
            yield {"offense_code": "220", "occurred_date": date(year, month, day), "place": None if year == 2023 and day > 6 else "ward-3"}
    yield {"offense_code": "520", "occurred_date": THROUGH, "place": "ward-3"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, Facts]]:
    catalog = load_divided(tmp_path_factory.mktemp("city"))
    records = []
    for number, row in enumerate(robberies()):
        place = row.pop("place")
        x, y = PLACES[place] if place else (None, None)
        records.append({"record_id": f"r{number:05}", "longitude": x, "latitude": y, "premise_code": "street", **row})
    con = make_store(catalog, records)
    facts = make_store_facts(con, catalog)
    con.execute("set search_path = 'metric,places'")
    yield con, facts
    con.close()


def test_an_area_is_compared_like_the_city(store):
    con, facts = store
    card = headline(con, facts, "robberies", "ward", "ward-1")
    assert card.year and (card.year.now.n, card.year.before.n, card.year.verdict) == (72, 144, "lower")
    assert card.longer is None and card.verdict is card.year and card.notes == ("Wards, lines valid since 1 January 2020.",)
    assert card.last28 and card.last28.year_before and (card.last28.now.n, card.last28.year_before.n) == (3, 9)
    assert [month.n for month in card.spark[-13:]] == [12] + [6] * 12


def test_an_area_with_few_events_is_compared_over_three_years_and_says_so(store):
    con, facts = store
    card = headline(con, facts, "robberies", "ward", "ward-2")
    assert card.year and (card.year.now.n, card.year.verdict, card.year.fall_below) == (2, "no_clear_change", None)
    assert card.longer and card.verdict is card.longer
    assert (card.longer.now.date_from, card.longer.now.date_to, card.longer.before.date_to) == (date(2021, 1, 1), THROUGH, date(2020, 12, 31))
    assert (card.longer.now.n, card.longer.before.n, card.longer.verdict, card.longer.fall_below) == (6, 6, "no_clear_change", 1)
    assert "so the 36 months from 1 January 2021 to 31 December 2023 are compared with the 36 before" in card.notes[-1]


def test_the_city_is_never_compared_over_three_years(store):
    con, facts = store
    assert make_headline(con, facts, "homicide_victims").longer is None
    assert headline(con, facts, "robberies").longer is None


def test_an_area_is_counted_on_one_set_of_lines_throughout(store):
    """The redrawn ground has the same 36 robberies every year: on either set of lines that is no change."""
    con, facts = store
    new, old = (headline(con, facts, "robberies", "police_district", area, lines) for area, lines in (("north", None), ("north", "1959")))
    assert new.year and (new.year.now.n, new.year.before.n) == (0, 0)
    assert old.year and (old.year.now.n, old.year.before.n, old.year.verdict) == (36, 36, "no_clear_change")
    assert old.notes[0].startswith("Police districts of 1959") and "not the lines in force" in old.notes[1]
    same = headline(con, facts, "robberies", "police_district", "north", "2001-01-01")
    assert same == old


def test_areas_as_recorded_are_not_compared_across_a_redraw(store):
    """By name alone, North would have lost a third and South gained it: nothing of it happened on the ground."""
    con, facts = store
    card = headline(con, facts, "robberies", "police_district", "north", "recorded")
    assert card.year and (card.year.now.n, card.year.before.n) == (19, 36)
    assert (card.year.verdict, card.year.flags, card.longer) == ("not_comparable", ("boundary_version",), None)
    assert "The lines changed on 9 July 2023" in card.year.reason
    assert card.last28 and card.last28.year_before is None and card.last28.low is None


def test_a_city_without_boundaries_compares_its_areas_as_recorded(tmp_path):
    catalog = load_tiny(tmp_path, supplies={"reports": "[{offense_groups: [all]}]"})
    days = [date(year, month, day) for year, month in MONTHS for day in range(1, 4)]
    con = make_store(catalog, [{"record_id": f"r{n}", "offense_code": "120", "occurred_date": day, "district_name": "North"} for n, day in enumerate([*days, THROUGH])])
    card = headline(con, make_store_facts(con, catalog), "robberies", "police_district", "north")
    assert card.year and (card.year.now.n, card.year.before.n, card.year.verdict, card.notes) == (37, 36, "no_clear_change", ())
    con.close()


def test_where_many_records_cannot_be_placed_nothing_is_compared_by_place(store):
    """Four in ten burglaries of the last year have no coordinates: the area's fall is the geocoder's."""
    con, facts = store
    card = headline(con, facts, "burglaries", "ward", "ward-3")
    assert card.year and (card.year.now.n, card.year.before.n) == (72, 120)
    assert (card.year.verdict, card.year.flags) == ("not_comparable", ("low_geocode_rate",))
    assert card.year.reason == "Only 60% of the city's records of one of the two periods can be placed."
    whole = headline(con, facts, "burglaries")
    assert whole.year and (whole.year.now.n, whole.year.before.n, whole.year.verdict) == (120, 120, "no_clear_change")
