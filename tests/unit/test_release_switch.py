"""Holding, approving, switching, rolling back and retiring."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from harborlight.catalog.models import SignOff
from harborlight.errors import ReleaseError
from harborlight.publish import release
from harborlight.publish.approval import goes_out_by_itself, is_approved, why_held
from harborlight.publish.manifest import load_manifest
from harborlight.publish.retention import list_releases, retire
from harborlight.publish.verify import verify

TWO_ROLES = SignOff(roles=("analyst", "records counsel"), auto_when="never")


def approve(maker: ModuleType, data: Path, release_id: str, role: str, note: str = "checked") -> None:
    release.approve(data, release_id, role, note, maker.START, key=maker.load_key(data))


def switch(maker: ModuleType, data: Path, release_id: str) -> None:
    release.switch(data, release_id, now=maker.START, key=maker.load_key(data))


def states(data: Path) -> dict[str, str]:
    return {info.id: info.state for info in list_releases(data)}


def test_with_all_checks_passed_a_release_goes_out_by_itself(maker: ModuleType, tmp_path: Path) -> None:
    release_id = maker.publish(tmp_path)
    assert release.current_release(tmp_path) == release_id
    assert (tmp_path / "current").read_text() == f"{release_id}\n"
    manifest = load_manifest(tmp_path / "releases" / release_id)
    assert manifest.published_at == maker.START
    assert verify(tmp_path / "releases" / release_id) == []


def test_each_role_that_the_city_names_must_sign(maker: ModuleType, tmp_path: Path) -> None:
    release_id = maker.seal(tmp_path, facts={"sign_off": TWO_ROLES})
    with pytest.raises(ReleaseError, match="missing from analyst and records counsel"):
        switch(maker, tmp_path, release_id)
    approve(maker, tmp_path, release_id, "analyst", "numbers agree with the annual report")
    with pytest.raises(ReleaseError, match="missing from records counsel"):
        switch(maker, tmp_path, release_id)
    assert states(tmp_path) == {release_id: "held"}
    approve(maker, tmp_path, release_id, "Records  Counsel")
    assert states(tmp_path) == {release_id: "approved"}
    assert release.current_release(tmp_path) is None
    switch(maker, tmp_path, release_id)
    approvals = load_manifest(tmp_path / "releases" / release_id).approvals
    assert [approval.role for approval in approvals] == ["analyst", "records counsel"]
    assert approvals[0].note == "numbers agree with the annual report"
    assert approvals[0].approved_at == maker.START
    assert verify(tmp_path / "releases" / release_id) == []


def test_a_held_release_needs_two_different_roles_where_none_are_named(
    maker: ModuleType, tmp_path: Path
) -> None:
    release_id = maker.seal(tmp_path, facts={"gates": (maker.HOLD,)})
    with pytest.raises(ReleaseError, match=r"Held by volume of s: .*missing from two different roles"):
        switch(maker, tmp_path, release_id)
    approve(maker, tmp_path, release_id, "analyst")
    with pytest.raises(ReleaseError, match="has approved this release already"):
        approve(maker, tmp_path, release_id, " ANALYST ")
    with pytest.raises(ReleaseError, match="missing from a second role"):
        switch(maker, tmp_path, release_id)
    approve(maker, tmp_path, release_id, "director")
    switch(maker, tmp_path, release_id)
    assert release.current_release(tmp_path) == release_id


def test_numbers_that_do_not_add_up_are_never_approved(maker: ModuleType, tmp_path: Path) -> None:
    release_id = maker.seal(tmp_path, facts={"gates": (maker.UNBALANCED,)})
    approve(maker, tmp_path, release_id, "analyst")
    approve(maker, tmp_path, release_id, "director")
    with pytest.raises(ReleaseError, match="cannot be approved"):
        switch(maker, tmp_path, release_id)
    assert release.current_release(tmp_path) is None


@pytest.mark.parametrize(
    ("role", "note", "message"),
    [
        ("mayor", "fine", "does not approve releases.*analyst, records counsel"),
        ("", "fine", "needs a role and a note"),
        ("analyst", " ", "needs a role and a note"),
        ("analyst", "x" * 501, "longer than 500"),
    ],
)
def test_an_approval_that_is_refused_changes_nothing(
    maker: ModuleType, tmp_path: Path, role: str, note: str, message: str
) -> None:
    release_id = maker.seal(tmp_path, facts={"sign_off": TWO_ROLES})
    with pytest.raises(ReleaseError, match=message):
        approve(maker, tmp_path, release_id, role, note)
    assert load_manifest(tmp_path / "releases" / release_id).approvals == ()


def test_a_published_release_takes_no_more_approvals(maker: ModuleType, tmp_path: Path) -> None:
    release_id = maker.publish(tmp_path)
    before = (tmp_path / "releases" / release_id / "manifest.json").read_bytes()
    with pytest.raises(ReleaseError, match="published already"):
        approve(maker, tmp_path, release_id, "analyst")
    assert (tmp_path / "releases" / release_id / "manifest.json").read_bytes() == before


def test_the_calendar_decides_when_a_release_goes_out_unasked(maker: ModuleType, tmp_path: Path) -> None:
    manifest = load_manifest(tmp_path / "releases" / maker.seal(tmp_path))
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    assert goes_out_by_itself(manifest, SignOff(weekday=0), monday)
    assert not goes_out_by_itself(manifest, SignOff(weekday=0), tuesday)
    assert goes_out_by_itself(manifest, SignOff(), tuesday)
    assert not goes_out_by_itself(manifest, SignOff(auto_when="never"), monday)
    assert is_approved(manifest, SignOff(weekday=0))
    assert why_held(manifest, SignOff(auto_when="never")) == "Approval is missing from two different roles."


@pytest.mark.parametrize("damaged", ["public.duckdb", "downloads/records.csv", "manifest.json"])
def test_a_damaged_release_is_not_switched_to(maker: ModuleType, tmp_path: Path, damaged: str) -> None:
    good, bad = maker.publish(tmp_path), maker.seal(tmp_path)
    path = tmp_path / "releases" / bad / damaged
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ReleaseError, match="damaged"):
        switch(maker, tmp_path, bad)
    with pytest.raises(ReleaseError, match="damaged"):
        approve(maker, tmp_path, bad, "analyst")
    assert release.current_release(tmp_path) == good


@pytest.mark.parametrize("name", ["20200101T000000Z", "..", "", "../../etc", ".building-20261122T161500Z"])
def test_only_releases_that_are_there_can_be_named(maker: ModuleType, tmp_path: Path, name: str) -> None:
    maker.seal(tmp_path)
    with pytest.raises(ReleaseError, match="there is no release"):
        switch(maker, tmp_path, name)


def test_a_pointer_that_holds_something_else_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("../../etc\n")
    with pytest.raises(ReleaseError, match="does not hold a release id"):
        release.current_release(tmp_path)


def test_rolling_back_needs_no_key_and_changes_no_manifest(maker: ModuleType, tmp_path: Path) -> None:
    first, second = maker.publish(tmp_path), maker.publish(tmp_path, note="b")
    before = {path: path.read_bytes() for path in tmp_path.glob("releases/*/manifest.json")}
    (tmp_path / "signing.key").unlink()
    release.switch(tmp_path, first)
    assert states(tmp_path) == {first: "current", second: "published"}
    release.switch(tmp_path, second)
    assert states(tmp_path) == {first: "published", second: "current"}
    assert {path: path.read_bytes() for path in tmp_path.glob("releases/*/manifest.json")} == before


def test_a_draft_older_than_the_published_release_is_superseded(maker: ModuleType, tmp_path: Path) -> None:
    draft, published = maker.seal(tmp_path), maker.publish(tmp_path)
    assert states(tmp_path) == {draft: "superseded", published: "current"}
    with pytest.raises(ReleaseError, match=f"newer release {published} was published"):
        switch(maker, tmp_path, draft)


def test_retiring_keeps_what_is_in_use(maker: ModuleType, tmp_path: Path) -> None:
    old = [maker.publish(tmp_path, maker.START + timedelta(minutes=n)) for n in range(4)]
    draft = maker.seal(tmp_path, maker.START + timedelta(hours=1), facts={"sign_off": TWO_ROLES})
    release.switch(tmp_path, old[1])
    assert retire(tmp_path, 2) == []
    assert retire(tmp_path, 1) == [old[2]]
    assert states(tmp_path) == {
        old[0]: "published", old[1]: "current", old[2]: "retired", old[3]: "published", draft: "held",
    }  # fmt: skip
    assert [path.name for path in (tmp_path / "releases" / old[2]).iterdir()] == ["manifest.json"]
    assert verify(tmp_path / "releases" / old[3]) == []
    with pytest.raises(ReleaseError, match="retired"):
        switch(maker, tmp_path, old[2])


def test_a_superseded_draft_is_retired(maker: ModuleType, tmp_path: Path) -> None:
    draft, published = maker.seal(tmp_path), maker.publish(tmp_path)
    assert retire(tmp_path, 4) == [draft]
    assert states(tmp_path) == {draft: "retired", published: "current"}


def test_an_interrupted_retirement_is_finished_by_the_next_sweep(maker: ModuleType, tmp_path: Path) -> None:
    old, _ = maker.publish(tmp_path), maker.publish(tmp_path)
    (tmp_path / "releases" / f".retiring-{old}").touch()
    (tmp_path / "releases" / old / "public.duckdb").unlink()
    assert verify(tmp_path / "releases" / old) == ["public.duckdb is missing."]
    release.sweep(tmp_path)
    assert verify(tmp_path / "releases" / old) == []
    assert states(tmp_path)[old] == "retired"


def test_the_list_shows_sizes_dates_and_damage(maker: ModuleType, tmp_path: Path) -> None:
    first, second = maker.publish(tmp_path), maker.publish(tmp_path, maker.START + timedelta(days=1))
    (tmp_path / "releases" / first / "manifest.json").write_text("{}")
    newest, oldest = list_releases(tmp_path)
    folder = tmp_path / "releases" / second
    assert newest.bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert newest.created_at == maker.START + timedelta(days=1)
    assert (oldest.state, newest.state) == ("damaged", "current")
    assert "damaged" in oldest.held_because
