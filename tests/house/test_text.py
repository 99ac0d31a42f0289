"""Files that go out hold nothing of the machine or the desk that they were written on."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

LARGEST = 2_000_000


def either(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


# Written in pieces, so that this file is not its own first finding.
PATHS = either(r"(?<![\w.~-])/" + "work" + r"/", r"/tmp/" + "bash", r"/" + r"home/\w+/", r"/" + r"Users/\w+/")
WRITERS = either(
    r"\b(?:sub|coding|ai)[ -]?" + r"agents?\b", r"\b(?:an|the|another|this|that|each|every|other) " + r"agents?\b",
    r"\bhelper " + r"sessions?\b", r"\b(?:this|previous|another|next|earlier) " + r"session\b",
    r"\blanguage " + r"models?\b", r"\bchat" + r"bots?\b", r"\bCla" + r"ude\b", r"\bAnthro" + r"pic\b", r"\bGP" + r"T-?\d",
    r"\bL" + r"LMs?\b", r"\bprom" + r"pt engineering\b",
)  # fmt: skip
NUMBERS = either(r"\biss" + r"ues? #?\d")


def text_files(root: Path) -> list[Path]:
    """What version control keeps or would keep."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, "this test runs in a checkout"
    paths = [root / name for name in done.stdout.decode().split("\0") if name]
    return [p for p in paths if p.is_file() and p.stat().st_size < LARGEST and b"\0" not in p.read_bytes()[:4096]]


def find(root: Path, pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in text_files(root):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if hit := pattern.search(line):
                found.append(f"{path.relative_to(root)}:{number}: {hit[0]}")
    return found


@pytest.mark.parametrize("pattern", [PATHS, WRITERS, NUMBERS], ids=["paths", "writers", "numbers"])
def test_no_trace_of_the_desk(repository: Path, pattern: re.Pattern[str]) -> None:
    assert len(text_files(repository)) > 100, "this test looks in the wrong place"
    assert find(repository, pattern) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(PATHS, "see /" + "work/main"), (WRITERS, "the " + "agent says"), (WRITERS, "Cla" + "ude"), (NUMBERS, "iss" + "ue 2")],
)  # fmt: skip
def test_traces_are_recognized(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize("text", ["User-Agent: Harborlight/1", 'scope="session"', "network/a", "the issue is open"])
def test_plain_words_are_not(text: str) -> None:
    assert not any(pattern.search(text) for pattern in (PATHS, WRITERS, NUMBERS))


def test_lock_files_hold_hashes_and_no_addresses(repository: Path) -> None:
    locks = sorted(repository.glob("requirements*.lock"))
    assert len(locks) >= 2
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text and not re.search(r"^\s*-(-index|-extra-index|i |f )", text, re.MULTILINE), path.name
        for entry in re.split(r"\n(?=\S)", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE).strip()):
            assert "==" in entry and "--hash=sha256:" in entry, f"{path.name}: {entry.splitlines()[0]}"


def test_npm_lock_holds_no_download_addresses(repository: Path) -> None:
    packages = json.loads((repository / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 5
    assert not [name for name, package in packages.items() if "resolved" in package]
    unhashed = [name for name, package in packages.items() if name and "integrity" not in package]
    assert not unhashed
