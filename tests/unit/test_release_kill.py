"""A kill at any moment of sealing, switching and retiring leaves one whole release in service."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from harborlight.publish.release import current_release
from harborlight.publish.signing import recorded_keys
from harborlight.publish.verify import find_problems, verify

release_pattern = re.compile(r"\d{8}T\d{6}Z(-\d{3})?")


@pytest.fixture
def server(maker: ModuleType) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(maker.__file__)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.fixture
def prepared(maker: ModuleType, tmp_path: Path) -> Path:
    """A data directory with three published releases, so that the next one also retires one."""
    data = tmp_path / "prepared"
    data.mkdir()
    maker.make_database(data / "template.duckdb")
    for note in "abc":
        maker.publish(data, template=data / "template.duckdb", note=note)
    return data


def ask(server: subprocess.Popen[str], line: str) -> str:
    assert server.stdin and server.stdout
    server.stdin.write(f"{line}\n")
    server.stdin.flush()
    return server.stdout.readline().strip()


def check_serves_one_whole_release(maker: ModuleType, data: Path) -> None:
    """Whole right after the kill; nothing is left over after the sweep, and the next run publishes."""
    first = current_release(data)
    assert first is not None
    assert verify(data / "releases" / first) == []
    maker.publish_next(data, 500)
    last = current_release(data)
    assert last is not None and last > first
    for folder in (data / "releases").iterdir():
        assert release_pattern.fullmatch(folder.name)
        assert find_problems(folder, recorded_keys(data))[0] == [], folder.name


def kill_at_operations(
    maker: ModuleType, server: subprocess.Popen[str], prepared: Path, step: int, start: int
) -> int:
    kills, operation, answer = 0, start, "killed"
    while answer == "killed":
        data = prepared.with_name(f"at-{operation}")
        shutil.copytree(prepared, data)
        answer = ask(server, f"until {operation} {data}")
        assert answer in ("killed", "done")
        kills += answer == "killed"
        check_serves_one_whole_release(maker, data)
        shutil.rmtree(data)
        operation += step
    return kills


def kill_at_random_times(
    maker: ModuleType, server: subprocess.Popen[str], prepared: Path, kills: int
) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    times = random.Random(seed)
    for number in range(kills):
        data = prepared.with_name(f"kill-{number}")
        shutil.copytree(prepared, data)
        child = int(ask(server, f"forever {data}"))
        time.sleep(times.uniform(0, 0.5))
        os.kill(child, signal.SIGKILL)
        assert server.stdout and server.stdout.readline().strip() == "killed"
        check_serves_one_whole_release(maker, data)
        shutil.rmtree(data)


def test_kill_before_every_few_file_operations(
    maker: ModuleType, server: subprocess.Popen[str], prepared: Path
) -> None:
    assert kill_at_operations(maker, server, prepared, step=9, start=random.randint(1, 9)) >= 10


def test_kill_at_random_times(maker: ModuleType, server: subprocess.Popen[str], prepared: Path) -> None:
    kill_at_random_times(maker, server, prepared, 12)


@pytest.mark.deep
def test_kill_before_every_file_operation(
    maker: ModuleType, server: subprocess.Popen[str], prepared: Path
) -> None:
    assert kill_at_operations(maker, server, prepared, step=1, start=1) >= 50


@pytest.mark.deep
def test_kill_at_many_random_times(maker: ModuleType, server: subprocess.Popen[str], prepared: Path) -> None:
    kill_at_random_times(maker, server, prepared, 100)
