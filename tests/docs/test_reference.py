"""Everything public is documented, and the reference says what the code says today."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from docs import build_reference as reference
from harborlight.metrics.query import PARAMETERS
from harborlight.publish.allowlist import load_public_tables
from harborlight.staging import load_record_columns
from harborlight.store import Connection, read_rows
from harborlight.web import pages as site_pages


@pytest.fixture(scope="module")
def pages(repository: Path) -> dict[str, str]:
    """The committed reference pages by file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in (repository / "docs/reference").glob("*.md")}


def section(text: str, heading: str) -> str:
    """What stands under `## heading` up to the next heading of the same level."""
    found = re.search(rf"^## {re.escape(heading)}.*?\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def first_column(text: str) -> list[str]:
    """The names in code marks that begin the rows of a section's tables."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def test_reference_is_what_the_code_says(pages: dict[str, str]) -> None:
    made = reference.render_all()
    assert sorted(pages) == sorted(made), "run `make docs`"
    stale = [name for name, text in made.items() if pages[name] != text]
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def test_reference_is_made_the_same_way_twice() -> None:
    assert reference.render_all() == reference.render_all()


def test_every_command_and_option_is_documented(pages: dict[str, str]) -> None:
    commands = reference.load_commands()
    assert {
        "demo",
        "init",
        "check",
        "refresh",
        "releases",
        "switch",
        "review",
        "approve",
        "verify",
        "serve",
    } <= commands.keys()
    for name, command in commands.items():
        text = section(pages["commands.md"], f"`harborlight {name}`")
        assert f"    harborlight {name} " in text, f"{name} has no example"
        for option in command.params:
            shown = option.opts[0] if option.opts[0].startswith("-") else option.metavar or option.name.upper()
            assert shown in text or shown == "--help", f"{name} {shown}"


def test_every_setting_is_documented(pages: dict[str, str]) -> None:
    found = set(reference.find_settings())
    assert found == reference.SETTINGS.keys(), "a variable is read and not described, or the other way round"
    assert set(first_column(pages["settings.md"])) == found


def test_every_metric_is_documented(pages: dict[str, str], repository: Path) -> None:
    for path in (repository / "src/harborlight/metrics/library").glob("*.yaml"):
        assert "Definition" in section(pages["metrics.md"], f"`{path.stem}`")


def test_every_public_column_is_documented(pages: dict[str, str], demo_store: tuple[Connection, object]) -> None:
    """The dictionary lists exactly the tables and columns that a published release holds."""
    rows = read_rows(
        demo_store[0], "select table_name as t, column_name as c from duckdb_columns() where database_name = 'release'"
    )
    tables: dict[str, set[str]] = {}
    for row in rows:
        tables.setdefault(row["t"], set()).add(row["c"])
    assert tables.keys() == load_public_tables().keys()
    for name, columns in tables.items():
        assert set(first_column(section(pages["public-tables.md"], f"`{name}`"))) == columns, name


def test_every_model_column_is_documented(pages: dict[str, str]) -> None:
    con = reference.empty_store()
    for name in reference.model_files():
        text = section(pages["model-tables.md"], f"`{name.removeprefix('model.')}`")
        assert first_column(text) == list(reference.read_columns(con, name)), name


def test_every_record_column_is_documented(pages: dict[str, str]) -> None:
    assert first_column(pages["records.md"]) == list(load_record_columns())


def test_every_declared_key_is_documented(pages: dict[str, str]) -> None:
    for title, model in reference.DECLARED:
        file, _, part = title.partition(": ")
        text = section(pages["configuration.md"], f"`{file}`" + (f": {part}" if part else "\n"))
        wanted = {field.alias or name for name, field in model.model_fields.items() if name != "id"}
        assert set(first_column(text)) == wanted, title


def test_every_question_parameter_is_documented(pages: dict[str, str]) -> None:
    assert set(first_column(section(pages["api.md"], "Questions"))) == set(PARAMETERS)


def test_every_page_is_documented() -> None:
    assert {path for path, _ in (*site_pages.PAGES, *site_pages.FILES)} == reference.PLACES.keys()


def test_every_error_code_is_documented(pages: dict[str, str], repository: Path) -> None:
    """Codes are the `code=` of a QueryError anywhere in the source."""
    written = set()
    for path in (repository / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "QueryError":
                written |= {
                    k.value.value for k in node.keywords if k.arg == "code" and isinstance(k.value, ast.Constant)
                }
    assert written, "no code was found: this test looks in the wrong place"
    assert written <= set(first_column(section(pages["errors.md"], "In the API")))
