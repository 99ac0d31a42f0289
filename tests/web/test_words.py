"""Every sentence comes from the catalogue: none stands bare in a template, none is missing, none is left over."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from jinja2 import nodes

from harborlight.errors import ConfigError
from harborlight.web.respond import ENVIRONMENT
from harborlight.web.wording import Wording, get_wording, load_messages

WEB = Path(__file__).resolve().parents[2] / "src" / "harborlight" / "web"
EXPORT = WEB.with_name("export")
TEMPLATES = ENVIRONMENT.list_templates(extensions=["html"])
WORDS = re.compile(r"[A-Za-z]{2,}")
SPOKEN = ("alt", "title", "aria-label", "placeholder", "content", "label", "value")
NOT_SPEECH = {"utf-8", "width=device-width, initial-scale=1", "noindex"}


def bare_words(source: str) -> list[str]:
    """English that stands in a template itself: between tags, or in an attribute that is read out."""
    text = "".join(
        "\x00" if kind != "data" else value
        for _, kind, value in ENVIRONMENT.lex(source)
        if kind == "data" or kind.endswith("_begin")
    )
    found = []
    for tag in re.findall(r"<[^>]*>", text):
        for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag):
            if name in SPOKEN and value not in NOT_SPEECH and WORDS.search(value.replace("\x00", " ")):
                found.append(value)
    between = re.sub(r"<[^>]*>", "\x00", re.sub(r"<!DOCTYPE html>", "", text))
    return found + [part.strip() for part in between.split("\x00") if WORDS.search(part)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_holds_bare_words(name: str) -> None:
    source, _, _ = ENVIRONMENT.loader.get_source(ENVIRONMENT, name)  # type: ignore[union-attr]
    assert bare_words(source) == []
    spoken = [
        n.value
        for n in ENVIRONMENT.parse(source).find_all(nodes.Const)
        if isinstance(n.value, str) and re.search(r"[a-z] [a-z]", n.value)
    ]
    assert spoken == []


@pytest.mark.parametrize(
    "source", ["<p>Hello</p>", '<img alt="A chart">', '<p>{{ t("a.b") }} and more</p>', '<a aria-label="Go {{ x }}">']
)
def test_bare_words_are_recognized(source: str) -> None:
    assert bare_words(source)


def used_patterns() -> list[str]:
    """Keys that code and templates name, as patterns: an f-string matches anything where it has a value."""
    patterns = []
    for path in (*WEB.glob("*.py"), *EXPORT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                patterns.append(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else "[a-z0-9_]+" for v in node.values]
                patterns.append("".join(parts))
    for name in TEMPLATES:
        source, _, _ = ENVIRONMENT.loader.get_source(ENVIRONMENT, name)  # type: ignore[union-attr]
        patterns += [
            re.escape(n.value) for n in ENVIRONMENT.parse(source).find_all(nodes.Const) if isinstance(n.value, str)
        ]
    return patterns


# Files whose keys are the values of one thing: a pattern may name the whole file.
VOCABULARIES = ("units", "breakdowns", "hours", "systems", "weapons", "unknown", "menu", "contact")


def test_every_text_is_used() -> None:
    patterns = [p for p in used_patterns() if re.fullmatch(r"[a-z\[\]0-9_+\\-]+\.[a-z\[\]0-9_+\\-]+", p)]
    vague = [p for p in patterns if p.endswith(r"\.[a-z0-9_]+") and not p.startswith((*VOCABULARIES, "[", "\\."))]
    assert not vague, "these name a whole file of texts"
    whole = re.compile("|".join(p.replace(r"legend_", "legend_[a-z]+") for p in patterns))
    assert [key for key in load_messages("en") if not whole.fullmatch(key)] == []


def test_every_key_that_is_named_exists() -> None:
    entries = load_messages("en")
    files = {key.split(".")[0] for key in entries}
    named = set()
    for name in TEMPLATES:
        source, _, _ = ENVIRONMENT.loader.get_source(ENVIRONMENT, name)  # type: ignore[union-attr]
        for call in ENVIRONMENT.parse(source).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(call.args[0], nodes.Const):
                named.add(call.args[0].value)
    for path in (*WEB.glob("*.py"), *EXPORT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("text", "t")
                and node.args
            ):
                key = node.args[0]
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.split(".")[0] in files:
                    named.add(key.value)
    assert len(named) > 150
    assert named <= set(entries), named - set(entries)


def test_values_are_escaped_and_written_in_words() -> None:
    wording = get_wording()
    assert wording.t("shell.release", id="<b>") == "Release &lt;b&gt;"
    assert wording.text("data.rows", n=1) == "1 row" and wording.text("data.rows", n=1234) == "1,234 rows"


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"no text 'shell\.nothing'"):
        get_wording().text("shell.nothing")
    with pytest.raises(ConfigError, match="no messages in language 'xx'"):
        Wording("xx")


@pytest.mark.parametrize(("key", "text"), [(k, v) for k, v in load_messages("en").items()])
def test_texts_are_plain_and_calm(key: str, text: str | dict[str, str]) -> None:
    for words in [text] if isinstance(text, str) else text.values():
        assert ("<" not in words and words == words.strip()) or key in ("metric.narrowed", "metric.by")
        assert not re.search(r"hot ?spot|worst|deadliest|\bsolved\b|offender|skyrocket|plunge|!", words, re.IGNORECASE)
