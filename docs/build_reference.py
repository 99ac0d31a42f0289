"""Writes the reference pages: from the code, its YAML and its help texts, into docs/reference/*.md.

In goes the installed package, out come Markdown pages with the same bytes on every machine. Nothing in them is typed by
hand except what a settings variable means, because a reference that is copied is a reference that is wrong one day.
"""

from __future__ import annotations

import inspect
import re
import tempfile
import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import harborlight
from harborlight import errors, store
from harborlight.catalog import Part, PeopleByGroup, Snapshot, load_catalog, models
from harborlight.catalog import strategies as plans
from harborlight.catalog.models import Metric
from harborlight.catalog.services import Activity, Site
from harborlight.cli import app
from harborlight.demo import city_folder
from harborlight.metrics.measure import measure
from harborlight.model.build import build, model_files
from harborlight.publish.allowlist import load_public_tables
from harborlight.staging import load_columns, stage
from harborlight.web import openapi, pages, respond
from harborlight.web.app import make_router
from harborlight.web.wording import get_wording

PACKAGE = Path(harborlight.__file__).parent
TARGET = Path(__file__).resolve().parent / "reference"

# What each HARBORLIGHT_* variable means; the names themselves are found in the code.
SETTINGS: dict[str, str] = yaml.safe_load((Path(__file__).parent / "settings.yaml").read_text(encoding="utf-8"))
# What the columns of each kind of source are for; the columns themselves are those that staging takes.
COLUMNS: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "columns.yaml").read_text(encoding="utf-8"))
# What each address of the site is for; the addresses themselves are those that the site routes.
PLACES: dict[str, str] = yaml.safe_load((Path(__file__).parent / "addresses.yaml").read_text(encoding="utf-8"))
DECLARED = (
    ("city.yaml", models.City), ("city.yaml: contact", models.Contact), ("city.yaml: breaks, interventions", models.Break),
    ("city.yaml: homicide_year_rule", models.YearRule), ("city.yaml: publish", models.SignOff), ("city.yaml: gates", models.Gates),
    ("sources/ID.yaml", models.Source), ("sources/ID.yaml: columns", models.Column), ("sources/ID.yaml: csv", models.Csv),
    ("sources/ID.yaml: supplies", models.Supplies), ("sources/ID.yaml: coverage", models.Coverage),
    ("sources/ID.yaml: incremental", models.Incremental), ("places/ID.yaml", models.Layer), ("places/ID.yaml: areas", models.Place),
    ("places/ID.yaml: versions", models.Version), ("places/ID.yaml: represents", models.Representative),
    ("agencies.yaml", models.Agency), ("plans/ID.yaml", models.Plan), ("goals/ID.yaml", models.Goal),
    ("goals/ID.yaml: target", models.Target), ("goals/ID.yaml: sources", models.Stated), ("goals/ID.yaml: edits", models.GoalEdit),
    ("population.yaml", models.Population), ("population.yaml: groups", PeopleByGroup), ("basemap.yaml", models.Basemap),
    ("help.yaml: a list of", models.HelpLine),
    ("records.yaml", models.RecordPolicy), ("records.yaml: rules", models.RecordRule),
    ("corrections/SOURCE.yaml: a list of", models.Correction), ("notices/ID.yaml", models.Notice), ("totals/ID.yaml", models.TotalSource),
    ("totals/ID.yaml: totals", models.Total), ("services/*.csv: a row", Site), ("services/activity/*.csv: a row", Activity),
    ("metrics/ID.yaml", models.Metric), ("strategies/ID.yaml", plans.Strategy),
    ("strategies/ID.yaml: place", plans.StrategyPlace), ("strategies/ID.yaml: comparison", plans.Comparison),
    ("strategies/ID.yaml: spans", plans.Spans), ("strategies/ID.yaml: studies", plans.Study),
)  # fmt: skip


def render_all() -> dict[str, str]:
    """File name → text of every reference page."""
    bodies = {
        "metrics": ("Measures", render_metrics()),
        "public-tables": ("Public tables", render_public_tables()),
        "model-tables": ("Model tables", render_model_tables()),
        **{kind: (page["title"], render_columns(page["about"], load_columns(kind))) for kind, page in COLUMNS.items()},
        "configuration": ("Configuration of a city", render_configuration()),
        "commands": ("Commands", render_commands()),
        "settings": ("Settings", render_settings()),
        "api": ("Addresses of the site", render_addresses()),
        "errors": ("Errors", render_errors()),
    }
    note = "Made by `make docs` from the code: change the code, not this page."
    return {f"{name}.md": f"# {title}\n\n{note}\n\n{body.strip()}\n" for name, (title, body) in bodies.items()}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# ----------------------------------------------------------------------------------------- measures and tables


def load_shipped_metrics() -> list[Metric]:
    """The measures that come with Harborlight, in order of their ids."""
    files = sorted((PACKAGE / "metrics" / "library").glob("*.yaml"))
    return [Metric.model_validate({"id": f.stem} | yaml.safe_load(f.read_text(encoding="utf-8"))) for f in files]


def render_metrics() -> str:
    return "\n\n".join(_metric(metric) for metric in load_shipped_metrics())


def _metric(metric: Metric) -> str:
    held = [*(f"`{flag}`" for flag in metric.where), *(f"not `{flag}`" for flag in metric.where_not)]
    rows = [
        ("Definition", metric.definition),
        ("Why it is counted", metric.why),
        ("Take care", " ".join((metric.caveat, *metric.caveats)).strip()),
        ("Counts", f"{metric.unit}; `unit` may be {code(metric.units or (metric.unit,))}"),
        ("Conditions on `model.events`", " and ".join(held) or "none"),
        ("`by`", code(metric.breakdowns)),
        ("Better", metric.better),
        ("Addresses", f"`/metrics/{metric.id}`, `/api/v1/metrics/{metric.id}`"),
        ("Version", f"{metric.definition_version}, reviewed on {metric.reviewed_on.isoformat()}"),
    ]
    return f"## `{metric.id}`: {metric.title}\n\n{metric.question}\n\n{table(('', ''), rows)}"


def empty_store() -> store.Connection:
    """A scratch store that went the whole way with the template city and files that hold nothing but their header."""
    con, catalog = store.connect(threads=1), load_catalog(city_folder())
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        snapshots = {source.id: _empty_snapshot(source, data) for source in catalog.sources.values()}
        # Corrections need their rows, and lines their files.
        layers = {name: layer.model_copy(update={"versions": ()}) for name, layer in catalog.layers.items()}
        bare = catalog.model_copy(update={"corrections": {}, "layers": layers, "population": None, "basemap": None})
        stage(con, bare, snapshots, data)
        build(con, bare, data)
        measure(con)
    return con


def _empty_snapshot(source: models.Source, data: Path) -> Snapshot:
    """A snapshot of a delimited file without rows."""
    columns, moment = tuple(source.columns), datetime(2000, 1, 1, tzinfo=UTC)
    path = data / "snapshots" / source.id / "empty.csv"
    path.parent.mkdir(parents=True)
    path.write_text(source.csv.delimiter.join(columns) + "\n", encoding="ascii")
    part = Part(file=path.name, layout="csv", sha256="0" * 64, bytes=path.stat().st_size, rows=0)
    return Snapshot(
        source_id=source.id, id="empty", connector=source.connector, connector_version=1, url=source.url, query={}, rows=0,
        started_at=moment, finished_at=moment, full_at=moment, sha256="0" * 64, parts=(part,), columns=columns,
    )  # fmt: skip


def read_columns(con: store.Connection, name: str) -> dict[str, str]:
    """Column name → type of `schema.table`."""
    return {row["column_name"]: row["column_type"] for row in store.read_rows(con, f"describe {name}")}


def render_public_tables() -> str:
    con = empty_store()
    out = ["A release holds these tables and columns and nothing else: publishing compares the file with this list and stops where they differ."]
    for name, entry in load_public_tables().items():
        columns = entry.columns
        if name in ("packed", "tiles") or name.startswith("rollup_"):  # these share one list, and the summed ones lack columns
            there = read_columns(con, f"metric.{name}")
            columns = {column: about for column, about in columns.items() if column in there}
        files = f" Download: `{name}.csv`, `{name}.parquet`." if entry.download else " Not offered for download."
        rows = [(f"`{column}`", about) for column, about in columns.items()]
        out.append(f"## `{name}`\n\n{entry.about} Tier {entry.tier}.{files}\n\n{table(('column', 'meaning'), rows)}")
    return "\n\n".join(out)


def load_model_pages() -> dict[str, dict[str, Any]]:
    """Model table → what its YAML says."""
    files = sorted((PACKAGE / "model").glob("*.yaml"))
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def render_model_tables() -> str:
    con = empty_store()
    out = ["These tables are private: they are made at each refresh in `private.duckdb`, which the site never opens."]
    for name, page in load_model_pages().items():
        is_table = f"model.{name}" in model_files()
        there = read_columns(con, f"model.{name}" if is_table else f"staging.{name}")
        origin = f"`src/harborlight/model/{name}.{'sql' if is_table else 'csv'}`"
        rows = [(f"`{c}`", there[c].lower(), about) for c, about in page["columns"].items()]
        kind = " A view." if page.get("kind") == "view" else ""
        text = f"{page['about']} One row is {page['grain']}. Tier {page['tier']}. From {origin}.{kind}"
        out.append(f"## `{name}`\n\n{text}\n\n{table(('column', 'type', 'meaning'), rows)}")
    return "\n\n".join(out)


def render_columns(intro: str, columns: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [(f"`{name}`", column["type"].lower(), column["tier"], column["about"]) for name, column in columns.items()]
    return f"{intro}\n\n{table(('column', 'type', 'tier', 'meaning'), rows)}"


# ------------------------------------------------------------------------------------------------ configuration


def render_configuration() -> str:
    connectors = sorted(point.name for point in entry_points(group="harborlight.connectors"))
    out = [
        "Every file is YAML but those that end in .csv, whose columns are listed as keys; a key that is not listed here is an error. "
        f"`ID` is the file's name without its ending, and is not written in the file. Connectors: {code(connectors)}."
    ]
    for title, model in DECLARED:
        fields = ((f.alias or name, f) for name, f in model.model_fields.items() if name != "id")
        rows = [(f"`{name}`", _type_words(f.annotation), _default_words(f)) for name, f in fields]
        about = inspect.cleandoc(model.__doc__ or "") if "__doc__" in vars(model) else ""
        about = "\n\n".join(part for part in (about,) if part and "usage docs" not in part.lower())
        heading = f"## `{title.split(':')[0]}`" + (f": {title.split(':')[1].strip()}" if ":" in title else "")
        out.append("\n\n".join(filter(None, (heading, about, table(("key", "value", "default"), rows)))))
    return "\n\n".join(out)


def _type_words(kind: Any) -> str:
    """A type as a person who writes YAML would say it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _type_words(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_type_words(item) for item in arguments if item is not type(None))
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"list of {_type_words(arguments[0])}"
    if origin is tuple:
        return f"list of {len(arguments)}: {_type_words(arguments[0])}"
    if origin is dict:
        return f"mapping of {_type_words(arguments[0])} to {_type_words(arguments[1])}"
    if inspect.isclass(kind) and issubclass(kind, BaseModel):
        return f"{kind.__name__} (below)"
    words = {str: "text", int: "whole number", float: "number", bool: "true or false", date: "date"}
    return words[kind]


def _default_words(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, BaseModel) or (isinstance(value, tuple) and isinstance(value[0], BaseModel)):
        return "see below"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else str(value)


# ------------------------------------------------------------------------------- commands, settings, addresses


def load_commands() -> Mapping[str, Any]:
    """Command name → Typer's command, in the order of `--help`."""
    group: Any = typer.main.get_command(app)
    found = {}
    for name, command in group.commands.items():
        below = getattr(command, "commands", None)
        found |= {f"{name} {part}": inner for part, inner in below.items()} if below else {name: command}
    return found


def render_commands() -> str:
    out = ["`harborlight --help` lists the commands, `harborlight COMMAND --help` explains one."]
    for name, command in load_commands().items():
        about, _, example = command.help.partition("\n\nExample: ")
        shown = [p for p in command.params if "--help" not in p.opts]
        rows = [(_option_words(p), _option_help(p)) for p in shown]
        parts = [f"## `harborlight {name}`", about, f"    {example.strip()}" if example else "", table(("", ""), rows)]
        out.append("\n\n".join(filter(None, parts)))
    return "\n\n".join(out)


def _option_words(option: Any) -> str:
    if not option.opts[0].startswith("-"):
        return f"`{option.metavar or option.name.upper()}`"
    names = " / ".join((*option.opts, *option.secondary_opts))
    return f"`{names}`" if option.is_flag else f"`{names} {option.metavar or 'VALUE'}`"


def _option_help(option: Any) -> str:
    marks = []
    if option.required:
        marks.append("Required.")
    elif option.default is not None and not isinstance(option.default, bool):
        marks.append(f"Default: `{option.default}`.")
    if option.envvar:
        marks.append(f"Or the variable `{option.envvar}`.")
    if getattr(option, "multiple", False):
        marks.append("May be repeated.")
    return " ".join((*filter(None, [option.help]), *marks))


def find_settings() -> dict[str, list[str]]:
    """HARBORLIGHT_* variable → modules that name it."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in sorted(set(re.findall(r"""["'](HARBORLIGHT_[A-Z_]+)["']""", path.read_text(encoding="utf-8")))):
            found.setdefault(name, []).append(path.relative_to(PACKAGE).as_posix())
    return dict(sorted(found.items()))


def render_settings() -> str:
    rows = [(f"`{name}`", SETTINGS[name], code(where)) for name, where in find_settings().items()]
    return (
        "Settings are environment variables. An option on the command line is stronger than its variable.\n\n"
        f"{table(('variable', 'meaning', 'read in'), rows)}\n\n"
        "A source may name one more variable in `token_variable`: the portal's access token is read from it, so that it stands in no file."
    )


def render_addresses() -> str:
    page_rows = [(f"`{path}`", PLACES[path]) for path, _ in (*pages.PAGES, *pages.FILES)]
    routes: list[Any] = [route for route in make_router().routes if getattr(route, "include_in_schema", False)]
    twins = {openapi.PREFIX + a.path: code(f".{ending}" for ending in a.twins) for a in openapi.ADDRESSES}
    api_rows = [(f"`{r.path}`", r.summary, twins[r.path]) for r in routes if r.path in twins]
    (measure_route,) = [r for r in routes if r.path == f"{openapi.PREFIX}/metrics/{{metric_id}}"]
    asked = [p for p in measure_route.openapi_extra["parameters"] if p["in"] == "query"]
    grammar = [(f"`{p['name']}`", p["description"], _values(p["schema"])) for p in asked]
    return "\n\n".join(
        (
            "## Pages and files",
            table(("address", "what it is"), page_rows),
            "## API",
            f"The description for programs is at `{openapi.PREFIX}/openapi.json`. Everything is read with GET; there is nothing to log in to.",
            table(("address", "answer", "also as"), api_rows),
            "## Questions",
            "These parameters work alike on a measure's page and in the API. Each may be given once; an unknown one is refused with "
            "a list of what is allowed.",
            table(("parameter", "meaning", "values"), grammar),
        )
    )


def _values(schema: Mapping[str, Any]) -> str:
    return code(schema["enum"]) if "enum" in schema else str(schema.get("format", ""))


def load_api_codes() -> dict[str, tuple[int, str]]:
    """Code of an API error → (status, message)."""
    problems = [respond.plain_error(status) for status in respond.ERROR_TITLES]
    slow = {"too_slow": (503, get_wording("en").text("errors.slow"))}
    return {problem.code: (problem.status, problem.message) for problem in problems} | slow


def render_errors() -> str:
    family = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.UserError) and kind.__module__ == errors.__name__
    ]  # fmt: skip
    rows = [(f"`{k.__name__}`", inspect.cleandoc(k.__doc__ or ""), str(errors.exit_code(k("")))) for k in family]
    codes = [(f"`{name}`", str(status), message) for name, (status, message) in load_api_codes().items()]
    return "\n\n".join(
        (
            "## On the command line",
            "Every failure is one sentence on standard error that names the file, line or source and what to do. The exit code is 0 for "
            "success, 1 for a failed check or source, 2 for wrong use. A bug keeps its traceback in the log and exits with 1.",
            table(("kind", "meaning", "exit code"), rows),
            "## In the API",
            'Errors have one shape: `{"error": {"code", "message", "parameter", "allowed"}}`. `parameter` names what was wrong in the '
            "question and `allowed` lists what may stand there; both can be null. Pages say the same in words.",
            table(("code", "status", "usual message"), codes),
        )
    )


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for name, text in render_all().items():
        (TARGET / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
