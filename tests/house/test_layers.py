"""The import contract holds, every folder stands on the map, and every room is in the contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path


def test_import_contract_holds(repository: Path, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=300, env=os.environ | {"COLUMNS": "200"})  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "0 broken" in done.stdout


def test_no_import_is_excused(repository: Path) -> None:
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = [contract for contract in settings["contracts"] if contract["type"] == "layers"]
    assert layers["exhaustive"]
    assert not any(contract.get("ignore_imports") for contract in settings["contracts"])
    package = repository / "src/harborlight"
    rooms = {p.stem for p in package.glob("*") if p.suffix == ".py" or (p / "__init__.py").exists()} - {"__init__"}
    for contract in settings["contracts"]:
        if contract["type"] == "forbidden" and "duckdb" in contract["forbidden_modules"]:
            assert {name.removeprefix("harborlight.") for name in contract["source_modules"]} == rooms - {"store"}
        if contract["type"] == "forbidden" and "httpx" in contract["forbidden_modules"]:
            assert {name.removeprefix("harborlight.") for name in contract["source_modules"]} == rooms - {"sources"}


def test_every_folder_is_on_the_map(repository: Path) -> None:
    text = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    package = repository / "src/harborlight"
    folders = [
        f"{path.relative_to(package).as_posix()}/"
        for path in sorted(package.rglob("*"))
        if path.is_dir() and "__pycache__" not in path.parts and "build" not in path.relative_to(package).parts
    ]
    assert len(folders) > 10
    lost = [folder for folder in folders if not re.search(rf"[`/]{re.escape(folder)}`", text)]
    assert not lost


def test_the_map_shows_no_folder_that_is_gone(repository: Path) -> None:
    text = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `((?:src|cities|tests|docs)[a-z/-]*)`", text, re.MULTILINE)
    assert len(named) > 10
    assert [name for name in named if not (repository / name).is_dir()] == []


def test_the_map_draws_the_layers_of_the_contract(repository: Path) -> None:
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = [contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers"]
    assert "\n".join(layers) in (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
