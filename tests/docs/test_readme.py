"""What the documents promise can be run: make targets, commands and options, variables, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs import build_reference as reference

DOCUMENTS = sorted(
    path
    for folder in (Path(), Path("docs"), Path("docs/how-to"), Path("docs/explanation"), Path("docs/decisions"), Path("docs/reference"))
    for path in (Path(__file__).resolve().parents[2] / folder).glob("*.md")
)  # fmt: skip
names = [path.name for path in DOCUMENTS]


def blocks(text: str) -> list[str]:
    """The shell blocks of a page, their indentation taken off."""
    found = re.findall(r"^( *)```(?:sh|bash)\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return ["\n".join(line.removeprefix(indent) for line in body.splitlines()) for indent, body in found]


def shell_lines(text: str) -> Iterator[list[str]]:
    """Every line of every shell block, as words, comments left out."""
    for block in blocks(text):
        for line in block.splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def check_command(words: list[str]) -> None:
    """A `harborlight` line names a command that exists, with options that it has and all that it needs."""
    commands = reference.load_commands()
    assert words[1] in commands, f"there is no command {words[1]!r}"
    given, options = words[2:], commands[words[1]].params
    by_name = {name: option for option in options for name in (*option.opts, *option.secondary_opts)}
    seen, loose = set(), []
    while given:
        word = given.pop(0)
        if not word.startswith("-"):
            loose.append(word)
            continue
        assert word in by_name, f"harborlight {words[1]} has no option {word}"
        seen.add(by_name[word].name)
        if not by_name[word].is_flag:
            assert given, f"{word} needs a value"
            given.pop(0)
    wanted = [o for o in options if o.required]
    assert {o.name for o in wanted if o.opts[0].startswith("-")} <= seen, words
    assert len(loose) == len([o for o in options if not o.opts[0].startswith("-")]), words


@pytest.mark.parametrize("path", DOCUMENTS, ids=names)
def test_harborlight_commands_exist(path: Path) -> None:
    for words in shell_lines(path.read_text(encoding="utf-8")):
        if words[0] == "harborlight":
            check_command(words)


def test_readme_shows_the_way_from_init_to_verify(repository: Path) -> None:
    lines = list(shell_lines((repository / "README.md").read_text(encoding="utf-8")))
    shown = [words[1] for words in lines if words[0] == "harborlight"]
    assert shown == ["init", "check", "refresh", "review", "approve", "switch", "serve", "verify"]
    assert [words[1] for words in lines if words[0] == "make"] == ["demo", "test"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=names)
def test_make_targets_exist(path: Path, repository: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    spoken = set(re.findall(r"`make ([a-z-]+)", text)) | {w[1] for w in shell_lines(text) if w[0] == "make"}
    assert spoken <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=names)
def test_settings_exist(path: Path) -> None:
    assert set(re.findall(r"HARBORLIGHT_[A-Z_]+\b", path.read_text(encoding="utf-8"))) <= reference.SETTINGS.keys()


def test_key_of_the_readme_can_sign(repository: Path, tmp_path: Path) -> None:
    """The README's own lines make a key that the signer takes."""
    import subprocess

    from harborlight.publish.signing import load_key

    text = (repository / "README.md").read_text(encoding="utf-8")
    (block,) = [block for block in blocks(text) if "openssl" in block]
    subprocess.run(["bash", "-eu", "-c", block], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True, capture_output=True)  # fmt: skip
    assert load_key(tmp_path / "harborlight.key")


# ------------------------------------------------------------------------------------------------- links


def anchors(text: str) -> set[str]:
    """The names under which headings can be linked."""
    heads = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("path", DOCUMENTS, ids=names)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = unquote(link).partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_every_page_is_in_the_index(repository: Path) -> None:
    index = repository / "docs/index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index.read_text(encoding="utf-8"))}
    lost = [path.name for path in (repository / "docs").rglob("*.md") if path != index and path not in linked]
    assert not lost


def test_decisions_are_short(repository: Path) -> None:
    for path in (repository / "docs/decisions").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 40, path.name
        assert "**Decision.**" in text or path.name.startswith("baltimore-"), path.name
