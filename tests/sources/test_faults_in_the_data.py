"""What goes wrong inside a well-formed answer: fetched again and right, or one sentence and the last good copy."""

from __future__ import annotations

import pytest

from harborlight.errors import SourceError
from harborlight.sources.fetch import latest_snapshot

PAGED = ("arcgis", "socrata", "ckan", "carto")
BY_OFFSET = ("ckan", "socrata")
ALL = (*PAGED, "files")


def make_source(portal, protocol, **more):
    """A source; Socrata without a row identifier as key, so that its pages start at offsets."""
    return portal.source(protocol, **({"key": "ccnumber"} if protocol == "socrata" else {}) | more)


def check_held(portal, desk, source, sentence, kind, **how):
    """A good fetch, then the fault: one sentence, and the last good copy untouched."""
    good = desk(source)
    lying = desk.files(source)
    portal.play(kind, **how)
    with pytest.raises(SourceError, match=sentence) as caught:
        desk(source)
    assert caught.value.where == source.id
    assert desk.files(source) == lying
    assert latest_snapshot(desk.data, source.id) == good


# ---------------------------------------------------------------------------------------------------- paging


@pytest.mark.parametrize("protocol", BY_OFFSET)
def test_rows_of_the_page_before_come_again_once(portal, desk, protocol):
    portal.play("dup_rows", rows=5, path=r"offset=100(&|$)", count=1)
    assert desk.rows(desk(make_source(portal, protocol))) == portal.truth()
    assert portal.ask("/__faults")["faults"][0]["fired"] == 1


@pytest.mark.parametrize("protocol", BY_OFFSET)
def test_rows_of_the_page_before_come_again_always(portal, desk, protocol):
    check_held(portal, desk, make_source(portal, protocol), "did not add up", "dup_rows", rows=5)


@pytest.mark.parametrize("protocol", ["arcgis", "socrata"])
def test_rows_of_the_page_before_cannot_come_where_pages_start_after_a_key(portal, desk, protocol):
    portal.play("dup_rows", rows=5)
    assert desk.rows(desk(portal.source(protocol))) == portal.truth()


@pytest.mark.parametrize("protocol", ["arcgis", "socrata", "ckan"])
def test_short_pages(portal, desk, protocol):
    portal.play("short_page", fraction=0.7)
    assert desk.rows(desk(make_source(portal, protocol))) == portal.truth()


@pytest.mark.parametrize("protocol", ["arcgis", "socrata"])
def test_flag_that_says_more_for_ever(portal, desk, protocol):
    portal.play("infinite")
    assert desk.rows(desk(portal.source(protocol))) == portal.truth()


@pytest.mark.parametrize("protocol", BY_OFFSET)
def test_first_page_for_ever(portal, desk, protocol):
    check_held(portal, desk, make_source(portal, protocol), "did not add up", "infinite")


@pytest.mark.parametrize("protocol", ["arcgis", "socrata", "ckan"])
def test_rows_come_and_go_while_paging_once(portal, desk, protocol):
    paging = {"arcgis": "OBJECTID > ", "socrata": r"offset=100(&|$)", "ckan": r"offset=100(&|$)"}[protocol]
    portal.play("live_mutation", insert=3, delete=3, path=paging, count=1)
    snapshot = desk(make_source(portal, protocol))
    assert portal.ask("/__faults")["faults"][0]["fired"] == 1
    portal.ask("/__faults", {"clear": True})
    assert desk.rows(snapshot) == portal.truth()


@pytest.mark.parametrize("protocol", ["arcgis", "ckan"])
def test_rows_come_while_paging_without_end(portal, desk, protocol):
    paging = {"arcgis": "OBJECTID > ", "ckan": "offset="}[protocol]
    source = make_source(portal, protocol)
    check_held(portal, desk, source, "did not add up", "live_mutation", insert=2, delete=0, path=paging)


@pytest.mark.parametrize("protocol", ["arcgis", "socrata", "ckan", "carto"])
def test_row_goes_and_another_comes_between_two_pages(portal, desk, protocol):
    """As many rows as before, but an offset would now skip one."""
    new = {"rowid": {"arcgis": 7001, "socrata": 7002, "ckan": 7003, "carto": 7004}[protocol], "ccnumber": "24B1"}
    oldest = portal.truth()[0][0]

    def change(source_id, rows, total, pages):
        if pages == 1 and not changed:
            changed.append(portal.mutate("crimes", insert=[new], delete=[{"key": {"rowid": oldest}}]))

    changed: list[None] = []
    snapshot = desk(make_source(portal, protocol), report=change)
    assert changed
    assert desk.rows(snapshot) == portal.truth()


@pytest.mark.parametrize("protocol", ["arcgis", "ckan"])
def test_wrong_count_once(portal, desk, protocol):
    portal.play("wrong_count", delta=-7, count=1)
    assert desk.rows(desk(portal.source(protocol))) == portal.truth()


@pytest.mark.parametrize("protocol", ["arcgis", "ckan"])
@pytest.mark.parametrize(("delta", "sentence"), [(-7, "sends more"), (7, "267 rows before and 267 after")])
def test_wrong_count_always(portal, desk, protocol, delta, sentence):
    rows = portal.ask("/__truth/crimes")["count"]
    sentence = sentence.replace("267", str(rows + 7))
    check_held(portal, desk, portal.source(protocol), sentence, "wrong_count", delta=delta)


# ---------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("protocol", PAGED)
def test_nan_once(portal, desk, protocol):
    portal.play("nan", field="latitude", count=1, path="description")
    assert desk.rows(desk(portal.source(protocol))) == portal.truth()


@pytest.mark.parametrize("protocol", PAGED)
def test_nan_always(portal, desk, protocol):
    source = portal.source(protocol)
    check_held(portal, desk, source, "not whole, valid JSON", "nan", field="latitude", path="description")


@pytest.mark.parametrize("protocol", PAGED)
def test_almost_a_megabyte_in_one_value_is_stagings_business(portal, desk, protocol):
    portal.play("huge_field", mb=0.9, field="description", count=1, path="description")
    snapshot = desk(portal.source(protocol))
    assert portal.ask("/__faults")["faults"][0]["fired"] == 1
    rows = desk.rows(snapshot)
    assert len(rows) == len(portal.truth())
    assert max(len(row[3] or "") for row in rows) == int(0.9 * 2**20)


@pytest.mark.parametrize("protocol", PAGED)
def test_eight_megabytes_of_one_letter_are_a_bomb(portal, desk, protocol):
    source = portal.source(protocol)
    how = {"field": "description", "path": "description"}
    check_held(portal, desk, source, "unpacks to more than 100 times", "huge_field", mb=8, **how)


# ---------------------------------------------------------------------------------------------------- errors


def test_arcgis_error_in_a_good_status_once(portal, desk):
    portal.play("arcgis_error", count=1, path="query")
    assert desk.rows(desk(portal.source("arcgis"))) == portal.truth()


def test_arcgis_error_in_a_good_status_always(portal, desk):
    source = portal.source("arcgis")
    check_held(portal, desk, source, "error 500: Error performing query operation", "arcgis_error", path="query")


def test_arcgis_error_that_will_not_mend_is_not_tried_again(portal, desk):
    portal.play("arcgis_error", code=400, message="Cannot perform query.", details=["'where' is invalid"])
    with pytest.raises(SourceError, match=r"400: Cannot perform query. \('where' is invalid\)"):
        desk(portal.source("arcgis"))
    assert len(portal.log()) == 1


def test_arcgis_token_expires_in_the_middle(portal, desk, monkeypatch):
    monkeypatch.setenv("PORTAL_TOKEN", portal.ask("/arcgis/tokens/generateToken?f=json")["token"])
    source = portal.source("arcgis", "locked", token_variable="PORTAL_TOKEN")
    portal.play("token_expiry", after=3)
    with pytest.raises(SourceError, match=r"no longer valid.*fresh token into PORTAL_TOKEN"):
        desk(source)
    assert desk.files(source) == []


def test_socrata_still_processing_always(portal, desk):
    check_held(portal, desk, portal.source("socrata"), "202 .*still being processed", "soda_202")


def test_carto_statement_timeout_once(portal, desk):
    portal.play("carto_timeout", count=1)
    assert desk.rows(desk(portal.source("carto"))) == portal.truth()


def test_carto_statement_timeout_always(portal, desk):
    check_held(portal, desk, portal.source("carto"), "SQL query timeout", "carto_timeout")


# --------------------------------------------------------------------------------------------- schema, copies


@pytest.mark.parametrize("protocol", ALL)
@pytest.mark.parametrize("drift", [{"rename": {"description": "Description_1"}}, {"drop": ["description"]}])
def test_declared_column_renamed_or_gone(portal, desk, protocol, drift):
    check_held(portal, desk, portal.source(protocol), "column description is missing", "schema_drift", **drift)


def test_renamed_column_that_looks_alike_is_pointed_out(portal, desk):
    portal.play("schema_drift", rename={"description": "DESCRIPTION"})
    with pytest.raises(SourceError, match=r"there is DESCRIPTION"):
        desk(portal.source("arcgis"))


@pytest.mark.parametrize("protocol", PAGED)
@pytest.mark.parametrize(("column", "to"), [("description", "double"), ("crimedate", "text"), ("latitude", "date")])
def test_declared_column_of_another_type(portal, desk, protocol, column, to):
    check_held(
        portal,
        desk,
        portal.source(protocol),
        f"column {column} is declared as",
        "schema_drift",
        retype={column: to},
    )


@pytest.mark.parametrize("protocol", ALL)
def test_new_column_is_noted_and_not_fetched(portal, desk, protocol):
    portal.play("schema_drift", add={"victim_name": "CANARY"})
    source = portal.source(protocol)
    snapshot = desk(source)
    assert snapshot.new_columns == ("victim_name",)
    assert desk.rows(snapshot) == portal.truth()
    if protocol != "files":
        assert not [entry for entry in portal.log() if "victim_name" in entry["target"]]


@pytest.mark.parametrize("protocol", ["arcgis", "socrata", "files"])
def test_older_copy_is_refused(portal, desk, protocol):
    portal.mutate("crimes", update=[{"key": {"rowid": 5}, "set": {"description": f"CORRECTED {protocol}"}}])
    check_held(portal, desk, portal.source(protocol), "older copy", "stale")


def test_clock_of_the_server_runs_ahead(portal, desk):
    source = portal.source("files")
    portal.play("clock_skew", seconds=10 * 365 * 86400)
    snapshot = desk(source)
    assert snapshot.source_updated_at is None
    portal.ask("/__faults", {"clear": True})
    assert desk(source) == snapshot


def test_clock_of_the_server_runs_behind_with_the_same_rows(portal, desk):
    source = portal.source("files")
    snapshot = desk(source)
    portal.play("clock_skew", seconds=-86400)
    assert desk(source) == snapshot


# -------------------------------------------------------------------------------------------------- encodings


def test_csv_in_another_encoding_than_declared(portal, desk):
    check_held(portal, desk, portal.source("files"), "not utf-8 text.*encoding", "encoding", bom=False)


@pytest.mark.parametrize("bom", [True, False])
def test_csv_in_windows_1252_as_declared(portal, desk, bom):
    portal.play("encoding", bom=bom)
    snapshot = desk(portal.source("files", csv={"encoding": "cp1252"}))
    assert (snapshot.rows, snapshot.columns[0]) == (len(portal.truth()), "rowid")


def test_csv_with_a_byte_order_mark(portal, desk):
    portal.play("encoding", charset="utf-8")
    snapshot = desk(portal.source("files"))
    assert snapshot.columns[0] == "rowid"
    assert desk.rows(snapshot) == portal.truth()
