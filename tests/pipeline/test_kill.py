"""kill -9 at any moment of a refresh: what is served is one whole release, and the next run goes through.

Every run finds a new edition at its source, so that there is always something to publish. The moments are drawn from a
seed over the time that an undisturbed run takes, and a little more.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harborlight.publish.manifest import load_manifest
from harborlight.publish.recompute import recompute_sample
from harborlight.publish.release import current_release
from harborlight.publish.signing import recorded_keys
from harborlight.publish.verify import find_problems, verify
from harborlight.refresh import refresh
from harborlight.sources.snapshot import check_snapshot, latest_snapshot
from harborlight.store import only_writer
from tests.tiny import feed_row, write_city, write_feed, write_ledger

SEED = 20260101
# Editions change years that are over; a notice says so, as a city's would, and nothing is held.
NOTICE = """\
kind: source_revised
title: "Every edition changes a little"
published_on: 2026-01-01
pages: [/metrics/incidents]
"""


class Port:
    """A city, its data folder, and a process that refreshes it on demand."""

    def __init__(self, folder: Path, refresher: subprocess.Popen[str]) -> None:
        self.city, self.data, self.refresher, self.edition = write_city(folder / "city", ledger=True), folder / "data", refresher, 0
        self.verified: set[str] = set()  # recounted once; hashed again every time
        # Arson has no metric of its own: one measure to draw instead of two, and a run is a second shorter.
        reports = self.city / "sources" / "reports.yaml"
        reports.write_text(reports.read_text().replace("robbery", "arson"))
        (self.city / "notices").mkdir()
        (self.city / "notices" / "editions.yaml").write_text(NOTICE)

    def write_edition(self) -> None:
        self.edition += 1
        write_feed(self.data, [feed_row(n, code="200", text="ARSON") for n in range(100 + self.edition)])
        write_ledger(self.data, [f"2024-01-{n + 1:02}" for n in range(5 + self.edition % 20)])

    def start(self) -> int:
        """The process id of a refresh that has just begun."""
        return int(self.tell(f"{self.city} {self.data}"))

    def reap(self) -> int:
        """Wait for its end: its exit code, or minus the signal."""
        return int(self.tell("reap"))

    def tell(self, line: str) -> str:
        assert self.refresher.stdin and self.refresher.stdout
        self.refresher.stdin.write(f"{line}\n")
        self.refresher.stdin.flush()
        return self.refresher.stdout.readline()

    def refresh_and_kill(self, after_s: float) -> int:
        """The end of a refresh that is killed after so many seconds, if it has not ended by then."""
        child = self.start()
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
        return self.reap()

    def time_of_a_run(self) -> float:
        started = time.monotonic()
        self.start()
        assert self.reap() == 0
        return time.monotonic() - started

    def check_served(self) -> str | None:
        """What is up is one whole, signed release of one edition; returns its id."""
        release = current_release(self.data)
        if release is None:
            return None
        folder = self.data / "releases" / release
        if release not in self.verified:
            assert verify(folder, recompute=recompute_sample) == []
        else:
            assert find_problems(folder, recorded_keys(self.data))[0] == []
        self.verified.add(release)
        # A manifest gives rows to the nearest hundred.
        assert load_manifest(folder).snapshots["reports"].rows == 100
        for source_id in ("reports", "ledger"):
            snapshot = latest_snapshot(self.data, source_id)
            assert snapshot and (source_id == "ledger" or 100 < snapshot.rows <= 100 + self.edition)
            check_snapshot(self.data / "snapshots" / source_id, snapshot)
        return release


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Port]:
    command = [sys.executable, str(Path(__file__).with_name("refresher.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as refresher:
        yield Port(tmp_path, refresher)
        assert refresher.stdin
        refresher.stdin.close()
        assert refresher.wait(60) == 0


def kill_often(port: Port, kills: int) -> None:
    moments = random.Random(SEED)
    port.write_edition()
    port.refresh_and_kill(0.01)
    assert port.check_served() is None, "nothing was ever published"
    whole = port.time_of_a_run()
    places = [number + moments.random() for number in range(kills)]
    moments.shuffle(places)
    outcomes = {"killed": 0, "ended": 0, "moved": 0}
    for number in range(kills):
        before = port.check_served()
        port.write_edition()
        # Spread evenly with a little chance, from the first moment to just beyond the last.
        code = port.refresh_and_kill(whole * 1.05 * places[number] / kills)
        assert code in (0, -signal.SIGKILL)
        outcomes["ended" if code == 0 else "killed"] += 1
        outcomes["moved"] += port.check_served() != before
        if number % 3 == 2 or number == kills - 1:
            check_next_run(port)
    print("outcomes", outcomes, "seconds of a run", round(whole, 2))
    assert outcomes["killed"] >= kills * 0.6, "the moments miss the run"


def check_next_run(port: Port) -> None:
    """After up to three killed runs in a row an undisturbed one publishes the newest edition and leaves nothing lying about."""
    run = refresh(port.city, port.data)
    assert run.outcome in ("published", "unchanged"), run.sentence
    assert port.check_served() == run.release_id
    manifest = load_manifest(port.data / "releases" / str(run.release_id))
    newest = latest_snapshot(port.data, "reports")
    assert newest and newest.rows == 100 + port.edition and manifest.snapshots["reports"].id == newest.id
    leftovers = [path.name for path in (port.data / "releases").iterdir() if path.name.startswith(".")]
    assert leftovers == [] and not list((port.data / "snapshots").rglob("*.part"))


def test_nine_kills(port):
    kill_often(port, 9)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_two_hundred_kills(port):
    kill_often(port, 200)


def test_the_command_itself_is_killed_from_outside(tmp_path):
    """The same once with the program as a person starts it, killed when it says that it publishes."""
    city, data = write_city(tmp_path / "city"), tmp_path / "data"
    write_feed(data, [feed_row(n) for n in range(120)])
    command = [sys.executable, "-m", "harborlight.cli", "refresh", "--city", str(city), "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr
        for line in child.stderr:
            if line.strip() == "publish":
                child.kill()
                break
    assert child.returncode == -signal.SIGKILL
    assert current_release(data) is None
    run = refresh(city, data)
    assert run.outcome == "published" and verify(data / "releases" / str(run.release_id)) == []


def test_a_second_refresh_at_the_same_time_says_since_when_the_first_runs(tmp_path):
    city, data = write_city(tmp_path / "city"), tmp_path / "data"
    write_feed(data, [feed_row(n) for n in range(120)])
    command = [sys.executable, "-m", "harborlight.cli", "refresh", "--city", str(city), "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        assert first.stderr
        first.stderr.readline()  # it has begun to fetch, so it holds the lock
        os.kill(first.pid, signal.SIGSTOP)
        try:
            second = subprocess.run(command, capture_output=True, text=True, timeout=120)
        finally:
            os.kill(first.pid, signal.SIGCONT)
        first.communicate(timeout=120)
    assert second.returncode == 1
    assert "already running since 20" in second.stderr and "Traceback" not in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert first.returncode == 0 and current_release(data)
    assert len(list((data / "releases").iterdir())) == 1


def test_the_lock_of_a_dead_holder_is_free(tmp_path):
    holder = (
        "import sys, time; from pathlib import Path; from harborlight.store import only_writer\n"
        "with only_writer(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline().strip() == "held"
        with pytest.raises(Exception, match="already running"), only_writer(tmp_path):
            pass
        process.kill()
    with only_writer(tmp_path):
        assert (tmp_path / ".lock").read_text().startswith("20")


def test_a_run_that_fails_leaves_its_report(tmp_path):
    city, data = write_city(tmp_path / "city"), tmp_path / "data"
    with pytest.raises(Exception, match="there is no file"):
        refresh(city, data)
    report = json.loads(next((data / "runs").glob("*.json")).read_text())
    assert report["outcome"] == "failed" and "there is no file" in report["sentence"]


def test_a_run_that_died_before_the_switch_does_not_leave_its_release_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealed and never switched to: the next run with the same data brings the site up to date instead of calling that unchanged."""
    city, data = write_city(tmp_path / "city"), tmp_path / "data"
    write_feed(data, [feed_row(n) for n in range(40)])

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sys.modules["harborlight.publish.publish"], "keep_numbers", die)
        refresh(city, data, brief=True)
    (sealed,) = (data / "releases").iterdir()
    assert current_release(data) is None and load_manifest(sealed).published_at is None
    run = refresh(city, data, brief=True)
    assert run.outcome == "published" and current_release(data) == run.release_id != sealed.name
    assert refresh(city, data, brief=True).outcome == "unchanged"


def test_a_release_that_was_to_be_held_is_not_built_again_to_be_held(tmp_path: Path) -> None:
    city, data = write_city(tmp_path / "city"), tmp_path / "data"
    write_feed(data, [feed_row(n) for n in range(40)])
    held = refresh(city, data, brief=True, hold=True)
    again = refresh(city, data, brief=True, hold=True)
    assert (held.outcome, again.outcome, again.release_id) == ("held", "unchanged", held.release_id)
    assert refresh(city, data, brief=True).outcome == "published"
