"""Sites as a city lists them: hours, rows with file and line, what has to be verified, and how a site stands at a moment."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from harborlight.catalog import load_catalog
from harborlight.catalog.hours import Span, is_always, open_until, opens_next, parse_hours
from harborlight.catalog.service_files import read_services
from harborlight.catalog.services import Services, Site, find_unverified, tell_unverified
from harborlight.cli import app
from harborlight.demo import city_folder
from harborlight.errors import ConfigError
from harborlight.web.service_reader import stand

HEAD = "id,name,kind,hours,status,status_from,status_to,last_verified,is_confidential,address,catchment,languages,longitude,latitude\n"


def site(**given: Any) -> Site:
    return Site(**{"id": "a", "name": "A", "kind": "outreach", **given})


# --------------------------------------------------------------------------------------------------- hours


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "until"),
    [("2026-11-09T09:00", "2026-11-09T17:00"), ("2026-11-09T16:59", "2026-11-09T17:00"), ("2026-11-09T17:00", None), ("2026-11-08T12:00", None),
     ("2026-11-13T23:30", "2026-11-14T02:00"), ("2026-11-14T01:59", "2026-11-14T02:00"), ("2026-11-14T02:00", None)],
)  # fmt: skip
def test_hours_hold_their_first_minute_and_not_their_last(moment: str, until: str | None) -> None:
    spans = parse_hours("Mo-Fr 09:00-17:00; Fr 18:00-02:00")
    assert open_until(spans, at(moment)) == (at(until) if until else None)


def test_sunday_night_runs_into_monday() -> None:
    spans = parse_hours("Su 20:00-03:00")
    assert open_until(spans, at("2026-11-09T02:00")) == at("2026-11-09T03:00")
    assert opens_next(spans, at("2026-11-09T04:00")) == at("2026-11-15T20:00")


def test_always_and_never() -> None:
    assert is_always(parse_hours("24/7")) and open_until(parse_hours("24/7"), at("2026-11-09T00:00")) == at("2026-11-10T00:00")
    assert not is_always(parse_hours("Mo-Sa 00:00-24:00")) and is_always(parse_hours("Mo-Su 00:00-24:00"))
    assert parse_hours("") == () and opens_next((), at("2026-11-09T00:00")) is None


def test_days_wrap_and_lists_are_read() -> None:
    assert parse_hours("Sa-Mo 10:00-12:00") == (Span(0, 600, 720), Span(5, 600, 720), Span(6, 600, 720))
    assert parse_hours("Mo,We 09:00-12:00,13:00-17:00")[1] == Span(0, 780, 1020)


@pytest.mark.parametrize("text", ["9-5", "Mo 9:00-17:00", "Mo-Fr", "Mo 09:00-09:00", "Mo 25:00-26:00", "Mo 10:00-24:30", "Mo 09:00-12:00; Mo 11:00-13:00"])
def test_hours_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hours|overlap"):
        parse_hours(text)


# ---------------------------------------------------------------------------------------------- standing


NOON = datetime(2026, 11, 10, 12)


@pytest.mark.parametrize(("days", "state"), [(0, "open"), (90, "open"), (91, "unverified"), (400, "unverified")])
def test_a_site_that_nobody_asked_for_91_days_cannot_read_as_available(days: int, state: str) -> None:
    standing = stand(site(hours="24/7", last_verified=NOON.date() - timedelta(days=days)), NOON)
    assert standing.state == state and standing.is_available == (days <= 90)


def test_a_site_that_nobody_ever_asked_cannot_read_as_available() -> None:
    assert not stand(site(hours="24/7"), NOON).is_available


@pytest.mark.parametrize(
    ("given", "state"),
    [({"status": "paused", "status_from": "2026-08-01", "status_to": "2026-12-31"}, "paused"),
     ({"status": "paused", "status_from": "2026-08-01", "status_to": "2026-11-09"}, "pause_over"),
     ({"status": "paused", "status_from": "2026-08-01", "status_to": "2026-11"}, "paused"),
     ({"status": "paused", "status_from": "2024-02"}, "paused"),
     ({"status": "closed", "status_from": "2025"}, "closed"),
     ({"hours": ""}, "hours_unknown"), ({"hours": "We 09:00-10:00"}, "shut"), ({"hours": "Tu 09:00-13:00"}, "open")],
)  # fmt: skip
def test_every_way_to_stand(given: dict[str, str], state: str) -> None:
    standing = stand(site(**{"hours": "24/7", "last_verified": date(2026, 11, 1), **given}), NOON)
    assert standing.state == state and standing.is_available == (state == "open")


# -------------------------------------------------------------------------------------------------- rows


def read(folder: Path, rows: str, head: str = HEAD, activity: str = "") -> tuple[Services, list[str]]:
    (folder / "services" / "activity").mkdir(parents=True, exist_ok=True)
    (folder / "services" / "sites.csv").write_text(head + rows)
    if activity:
        (folder / "services" / "activity" / "monthly.csv").write_text(activity)
    found: list[str] = []
    services = read_services(folder, lambda path, line, text: found.append(f"{path.relative_to(folder)}:{line}: {text}"))
    return services, found


def test_a_paused_site_has_both_dates(tmp_path: Path) -> None:
    services, wrong = read(tmp_path, "a,A,youth,,paused,2026-08-01,2026-12-31,2026-10-01,,,,en; es,,\n")
    assert not wrong and (services.sites[0].status_from, services.sites[0].status_to) == ("2026-08-01", "2026-12-31")
    assert services.sites[0].languages == ("en", "es") and services.places == {"a": "services/sites.csv:2"}


@pytest.mark.parametrize("given", [{"address": "1 Quay"}, {"directions": "Bus 12 to the quay"}, {"catchment": "zip/00105"}, {"longitude": -68.0, "latitude": 37.0}])
def test_nothing_leads_to_a_place_that_stays_secret(given: dict[str, Any]) -> None:
    assert site(is_confidential=True).is_confidential and site(**given)
    with pytest.raises(ValidationError, match="a confidential site has no address"):
        site(is_confidential=True, **given)


def test_every_mistake_is_told_at_once_with_file_and_line(tmp_path: Path) -> None:
    rows = (
        "a,A,youth,9 to 5,active,,,,,,,,,\n# a note of somebody\nb,B,club,,closed,,,,,,,,,\n"
        'a,Again,youth,,active,,,,,,,,,\nc,C,youth,,active,,,2026-13-01,,,,english,,\nd,D,youth,,active,,,,yes,1 Quay,,,,\ne,E,youth\n'
    )
    services, wrong = read(tmp_path, rows)
    assert [line.split(": ")[0] for line in wrong] == [f"services/sites.csv:{n}" for n in (2, 4, 6, 6, 7, 8)]
    text = "\n".join(wrong)
    for part in ("hours: '9 to 5'", "kind: ", "last_verified: ", "languages: ", "a confidential site has no address", "3 cells under 14 columns"):
        assert part in text, part
    assert [s.name for s in services.sites] == ["Again"], "a row with a mistake is left out, never half read"


def test_an_id_that_stands_twice_is_told(tmp_path: Path) -> None:
    _, wrong = read(tmp_path, "a,A,youth,,active,,,,,,,,,\na,B,youth,,active,,,,,,,,,\n")
    assert len(wrong) == 1 and "'a' stands here a second time" in wrong[0] and wrong[0].startswith("services/sites.csv:3")


@pytest.mark.parametrize(("head", "told"), [("id,name\n", "column 'kind' is missing"), ("id,name,kind,mood\n", "no column 'mood'"), ("id,id,name,kind\n", "stands here twice")])
def test_columns_are_checked(tmp_path: Path, head: str, told: str) -> None:
    _, wrong = read(tmp_path, "a,A,youth,x\n", head)
    assert len(wrong) == 1 and told in wrong[0] and ":1: " in wrong[0]


def test_outputs_name_a_site_and_a_month_once(tmp_path: Path) -> None:
    head = "site_id,month,mediations\n"
    services, wrong = read(tmp_path, "a,A,youth,,active,,,,,,,,,\n", activity=head + "a,2026-01,3\na,2026-01,4\nz,2026-01,1\na,2026-13,1\na,2026-02,-1\na,2026-03,\n")
    assert [line.split(": ")[0] for line in wrong if "a second" in line] == ["services/activity/monthly.csv:3"]
    assert len(wrong) == 4 and any("no site 'z'" in line for line in wrong)
    assert [(row.month, row.mediations) for row in services.activity] == [("2026-01", 3), ("2026-03", None)], "empty is not zero"


def square(corners: int = 4, kind: str = "Polygon") -> dict[str, Any]:
    ring = [[-68.0 + 0.001 * i, 37.0 + 0.001 * (i % 3)] for i in range(corners)]
    return {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": [[*ring, ring[0]]]}}


def crossed() -> dict[str, Any]:
    ring = [[-68.0, 37.0], [-67.99, 37.01], [-67.99, 37.0], [-68.0, 37.01], [-68.0, 37.0]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(("content", "told"), [(square(60), "3 to 50 corners"), (square(4, "Point"), "one polygon"), ({"kind": "nothing"}, "not a GeoJSON"), (crossed(), "cross")])
def test_a_catchment_is_one_small_polygon(tmp_path: Path, content: dict[str, Any], told: str) -> None:
    (tmp_path / "services" / "catchments").mkdir(parents=True)
    (tmp_path / "services" / "catchments" / "x.geojson").write_text(json.dumps(content))
    _, wrong = read(tmp_path, "a,A,youth,,active,,,,,,x.geojson,,,\n")
    assert len(wrong) == 1 and told in wrong[0]


def test_the_whole_city_reports_sites_with_its_other_mistakes(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(city_folder(), folder)
    rows = "a,A,youth,,active,,,,,,nowhere/x,,,\nb,B,youth,,active,,,,,,missing.geojson,,,\nc,C,youth,,active,,,,,,,,10,10\n"
    (folder / "services" / "more.csv").write_text(HEAD + rows)
    with pytest.raises(ConfigError) as told:
        load_catalog(folder)
    text = str(told.value)
    assert "services/more.csv:2: catchment: there is no layer 'nowhere'" in text
    assert "services/more.csv:3: catchment: there is no file services/catchments/missing.geojson" in text
    assert "services/more.csv:4: longitude, latitude: this place lies outside" in text


# ------------------------------------------------------------------------------------------- what to verify


def test_the_most_urgent_is_told_first() -> None:
    today = date(2026, 11, 10)
    given = {"fresh": (5, {}), "old": (91, {}), "older": (200, {}), "soon": (80, {}), "never": (None, {}), "gone": (500, {"status": "closed", "status_from": "2025"}),
             "over": (5, {"status": "paused", "status_from": "2026-01", "status_to": "2026-06-30"})}  # fmt: skip
    sites = tuple(site(id=i, last_verified=None if d is None else today - timedelta(days=d), **more) for i, (d, more) in given.items())
    found = find_unverified(Services(sites=sites), today)
    assert [f.site.id for f in found] == ["never", "older", "old", "over", "soon"]
    lines, is_overdue = tell_unverified(Services(sites=sites), today)
    assert is_overdue and lines[-1] == "7 sites, 4 overdue, 1 due within two weeks."
    assert tell_unverified(Services(sites=sites[:1]), today)[1] is False


def test_the_command_lists_what_needs_verifying(repository: Path) -> None:
    done = CliRunner().invoke(app, ["services", "check", "--city", str(repository / "cities" / "baltimore")])
    assert done.exit_code == 1 and "nobody has verified it" in done.output
    assert "services/sites.csv:3: Safe Streets McElderry Park" in done.output and "21 sites, 21 overdue" in done.output


def test_baltimores_start_is_unverified_and_names_no_more_than_is_known(repository: Path) -> None:
    sites = load_catalog(repository / "cities" / "baltimore").services.sites
    assert len(sites) == 21 and {s.kind for s in sites} == {"violence_interruption", "hospital", "school", "outreach"}
    for one in sites:
        assert one.last_verified is None and not stand(one, NOON).is_available
        assert not (one.phone or one.hours or one.address or one.catchment or one.longitude)


def test_the_demo_has_what_pages_have_to_show() -> None:
    sites = {s.id: s for s in load_catalog(city_folder()).services.sites}
    today = date(2026, 11, 10)
    assert len(sites) == 10
    states = [stand(s, NOON).state for s in sites.values()]
    assert states.count("paused") == 1 and states.count("closed") == 1 and states.count("unverified") == 2
    assert any((s.days_unverified(today) or 0) > 90 for s in sites.values()) and any(s.is_confidential for s in sites.values())
