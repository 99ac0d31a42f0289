"""A small town whose first release is up, and its command line, for tests of what people and portals get wrong."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harborlight import cli
from harborlight.publish.release import current_release
from harborlight.publish.verify import verify
from harborlight.refresh import refresh
from tests.tiny import feed_row, write_city, write_feed

ROWS = 250
# Late rows change a year that is over; the notice says so, so that this alone holds nothing.
NOTICE = """\
kind: source_revised
title: "Late rows"
published_on: 2026-01-01
pages: [/metrics/robberies, /metrics/incidents]
"""


@dataclass
class Said:
    code: int
    out: str
    err: str


@dataclass
class Town:
    """A city with a release, and its command line."""

    city: Path
    data: Path
    first: str
    read: Callable[[], tuple[str, str]]

    def run(self, *words: str) -> Said:
        self.read()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["harborlight", *words])
            try:
                cli.main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Said(code, *self.read())

    def refresh(self, *words: str) -> Said:
        return self.run("refresh", "--city", str(self.city), "--data", str(self.data), *words)

    def check_refused(self, said: Said, code: int, *parts: str) -> None:
        """The exit code, one short message with these parts, no traceback, and the first release still up and whole."""
        assert said.code == code, said
        for part in parts:
            assert part in said.err, said.err
        assert "Traceback" not in said.err and "Something failed inside" not in said.err and "_duckdb" not in said.err
        words = [line for line in said.err.splitlines() if line.strip() not in ("fetch", "stage", "build", "measure", "publish")]
        assert words and len(words) <= 6, said.err
        assert said.out == ""
        self.check_first_is_up()

    def check_held(self, said: Said, *parts: str) -> None:
        """Exit 0: a release was built and waits, the sentence says why, and the first one is still up."""
        assert said.code == 0, said.err
        assert "held" in said.out and "review" in said.out
        for part in parts:
            assert part in said.out, said.out
        self.check_first_is_up()

    def check_first_is_up(self) -> None:
        assert current_release(self.data) == self.first
        assert verify(self.data / "releases" / self.first) == []

    def write(self, name: str, text: str) -> None:
        (self.city / name).parent.mkdir(parents=True, exist_ok=True)
        (self.city / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.city / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def feed(self, *, rows: int = ROWS + 1, extra: str = "", **changed: str) -> None:
        """A new edition of the feed; `changed` are columns of its last row."""
        write_feed(self.data, [feed_row(n, **(changed if n == rows - 1 else {})) for n in range(rows)], extra=extra)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    write_city(folder / "city")
    (folder / "city/notices").mkdir()
    (folder / "city/notices/late.yaml").write_text(NOTICE)
    write_feed(folder / "data", [feed_row(n) for n in range(ROWS)])
    assert refresh(folder / "city", folder / "data").outcome == "published"
    return folder


@pytest.fixture
def town(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Town:
    shutil.copytree(published, tmp_path / "town")
    data = tmp_path / "town/data"
    return Town(tmp_path / "town/city", data, current_release(data) or "", lambda: tuple(capsys.readouterr()))
