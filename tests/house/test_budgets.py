"""Budgets that keep the house small, and the few things that only some rooms may do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = sorted((ROOT / "src").rglob("*.py"))
PYTHON = [*SOURCE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "docs").rglob("*.py"))]
TABLES = [p for top in ("src", "cities") for p in sorted((ROOT / top).rglob("*")) if p.suffix in (".sql", ".yaml")]
MAY_PRINT = {"cli.py"}
MAY_CATCH_ALL = {"cli.py", "refresh.py"}
NEVER_ASSERT = {"publish", "staging"}


def room(path: Path) -> str:
    """The first name below the package: a module, or the package that a module lies in."""
    return path.relative_to(ROOT / "src/harborlight").parts[0]


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_files_are_short() -> None:
    assert len(SOURCE) > 50 and len(TABLES) > 30, "this test looks in the wrong place"
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (*PYTHON, *TABLES)}
    long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > (400 if path.suffix == ".py" else 150)}
    assert not long


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCE
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 50
    ]
    assert not long


def test_only_the_command_line_prints() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCE
        if room(path) not in MAY_PRINT
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found


def catches_all(node: ast.ExceptHandler) -> bool:
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in kinds)


def test_broad_except_stands_at_the_edges_only() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCE
        if room(path) not in MAY_CATCH_ALL
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    ]
    assert not found


@pytest.mark.parametrize("kinds", [" Exception", " (ValueError, BaseException)", ""])
def test_a_broad_except_is_recognized(kinds: str) -> None:
    tree = ast.parse(f"try: pass\nexcept{kinds}: pass")
    assert [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and catches_all(node)]


def test_privacy_guards_raise() -> None:
    """`assert` disappears under `python -O`: what guards people or rows must not."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCE
        if room(path) in NEVER_ASSERT
        for node in nodes(path)
        if isinstance(node, ast.Assert)
    ]
    assert not found
