"""What goes wrong between the portal and us: tried again and right, or one sentence and the last good copy.

One client speaks for all connectors, so pages (ArcGIS) and files meet every fault, the other protocols a few.
"""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from harborlight.errors import SourceError
from harborlight.sources.fetch import latest_snapshot
from harborlight.sources.http import Limits

FAST = Limits(backoff_s=0.01, backoff_max_s=0.05, connect_s=20, read_s=20, page_s=20)
PASSING = [
    ("status", {"status": 503, "count": 2}),
    ("status", {"status": 429, "count": 1, "retry_after": 1}),
    ("status", {"status": 502, "count": 4}),
    ("reset", {"count": 2}),
    ("truncate", {"count": 2, "content_length": "missing"}),
    ("truncate", {"count": 2, "content_length": "full"}),
    ("maintenance", {"count": 1}),
    ("soda_202", {"count": 1}),
]
EVERYWHERE = [PASSING[0], PASSING[-3]]
LASTING = [
    ("status", {"status": 503}, r"503 .*5 tries"),
    ("reset", {}, "broke off"),
    ("truncate", {"content_length": "missing"}, "not whole|cut|where the file ends"),
    ("truncate", {"content_length": "full"}, "broke off"),
    ("maintenance", {}, "web page instead of data"),
    ("gzip_bomb", {"mb": 50}, "unpacks to more than 100 times"),
    ("redirect", {}, "another place"),
    ("redirect", {"location": "file:///etc/passwd"}, "file: are not fetched"),
    ("redirect", {"location": "/somewhere"}, "redirects more than 3 times"),
]


def name_fault(value):
    """For the test's name."""
    return "-".join(str(each) for each in value.values()) if isinstance(value, dict) else str(value)[:12]


@pytest.mark.parametrize("protocol", ["socrata", "ckan", "carto"])
@pytest.mark.parametrize(("kind", "how"), EVERYWHERE, ids=name_fault)
def test_passing_fault_is_tried_again_by_every_protocol(portal, desk, protocol, kind, how):
    test_passing_fault_is_tried_again(portal, desk, protocol, kind, how)


@pytest.mark.parametrize("protocol", ["arcgis", "files"])
@pytest.mark.parametrize(("kind", "how"), PASSING, ids=name_fault)
def test_passing_fault_is_tried_again(portal, desk, protocol, kind, how):
    portal.play(kind, **how)
    snapshot = desk(portal.source(protocol))
    assert desk.rows(snapshot) == portal.truth()
    assert portal.ask("/__faults")["faults"][0]["fired"] == how["count"]


@pytest.mark.parametrize("protocol", ["arcgis", "files"])
@pytest.mark.parametrize(("kind", "how", "sentence"), LASTING, ids=name_fault)
def test_lasting_fault_holds_the_source(portal, desk, protocol, kind, how, sentence):
    source = portal.source(protocol)
    good = desk(source)
    lying = desk.files(source)
    portal.play(kind, **how)
    with pytest.raises(SourceError, match=sentence) as caught:
        desk(source)
    assert caught.value.where == source.id
    assert desk.files(source) == lying
    assert latest_snapshot(desk.data, source.id) == good


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(portal, desk, form):
    portal.play("status", status=429, retry_after=2, form=form, count=1)
    desk(portal.source("arcgis"))
    (retry,) = portal.ask("/__log/summary")["retries"]
    assert 0.9 <= retry["waited_s"] < 4


def test_retry_after_beyond_the_budget_ends_the_fetch_at_once(portal, desk):
    portal.play("status", status=429, retry_after=7200)
    began = time.monotonic()
    with pytest.raises(SourceError, match="asks to wait 7200 seconds"):
        desk(portal.source("socrata"))
    assert time.monotonic() - began < 5


def test_status_that_will_not_mend_is_not_tried_again(portal, desk):
    portal.play("status", status=403)
    with pytest.raises(SourceError, match="403"):
        desk(portal.source("carto"))
    assert len(portal.log()) == 1


def test_five_tries_are_the_most(portal, desk):
    portal.play("status", status=500)
    with pytest.raises(SourceError):
        desk(portal.source("files"))
    assert len(portal.log()) == 5


def test_redirect_to_another_host_is_not_tried_again(portal, desk):
    portal.play("redirect", location="https://example.org/")
    with pytest.raises(SourceError, match=r"another place \(https://example.org\)"):
        desk(portal.source("ckan"))
    deadline = time.monotonic() + 5
    while not portal.log() and time.monotonic() < deadline:  # the portal writes its log after it has answered
        time.sleep(0.05)
    assert len(portal.log()) == 1


def test_redirect_on_the_same_host_is_followed(portal, desk):
    portal.play("redirect", location="/files/crimes.csv", path="moved.csv")
    source = portal.source("files", url=f"{portal.url}/files/moved.csv")
    assert desk.rows(desk(source)) == portal.truth()


@pytest.mark.parametrize("protocol", ["arcgis", "files"])
def test_silence_is_tried_again(portal, desk, protocol):
    portal.play("delay", seconds=1.2, count=1)
    snapshot = desk(portal.source(protocol), limits=replace(FAST, read_s=0.6))
    assert desk.rows(snapshot) == portal.truth()
    assert portal.ask("/__faults")["faults"][0]["seen"] > 1


def test_dripping_page_is_given_up_and_tried_again(portal, desk):
    portal.play("drip", bytes_per_s=2000, max_s=2, count=1, path="outFields")
    snapshot = desk(portal.source("arcgis"), limits=replace(FAST, page_s=0.5))
    assert desk.rows(snapshot) == portal.truth()


def test_dripping_file_ends_with_the_budget(portal, desk):
    portal.play("drip", bytes_per_s=500, max_s=4)
    with pytest.raises(SourceError, match="longer than its 1 seconds"):
        desk(portal.source("files"), budget_s=1)


def test_storm_of_429_ends_with_the_budget(portal, desk):
    portal.play("status", status=429, retry_after=1)
    began = time.monotonic()
    with pytest.raises(SourceError, match="429"):
        desk(portal.source("socrata"), budget_s=2.5)
    assert time.monotonic() - began < 5


def test_dns_failure_is_one_sentence(portal, desk):
    source = portal.source("files", url="https://nowhere.invalid/crimes.csv")
    with pytest.raises(SourceError, match="host nowhere.invalid has no address"):
        desk(source)


def test_plain_http_needs_permission(portal, desk):
    with pytest.raises(SourceError, match="not https"):
        desk(portal.source("arcgis"), allow_private_hosts=False)
    assert portal.log() == []


def test_connection_refused_is_one_sentence(portal, desk):
    source = portal.source("files", url="http://127.0.0.1:9/crimes.csv")
    with pytest.raises(SourceError, match="broke off"):
        desk(source)
