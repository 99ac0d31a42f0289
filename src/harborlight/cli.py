"""The command line: reads arguments, calls one function, prints, and turns the error family into exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from harborlight import __version__, log
from harborlight.bars import Bars
from harborlight.catalog import load_catalog
from harborlight.catalog.services import tell_unverified
from harborlight.errors import ConfigError, ReleaseError, UserError, exit_code
from harborlight.refresh import refresh as run_refresh
from harborlight.refresh import refresh_demo

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="Publish a city's public-safety record so that anyone can check it.",
)
sites = typer.Typer(no_args_is_help=True, help="Sites of help and prevention.")
app.add_typer(sites, name="services")
out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)

# What answers when the server is told to end may take this long; then its worker is ended too, whatever it does.
DRAIN_SECONDS = 10

City = Annotated[Path, typer.Option("--city", help="Folder of the city's configuration.", envvar="HARBORLIGHT_CITY")]
Data = Annotated[
    Path, typer.Option("--data", help="Folder of snapshots, private store and releases.", envvar="HARBORLIGHT_DATA")
]


@app.command()
def demo(
    data: Annotated[Path, typer.Option("--data", help="Where to put the fictional city's data.")] = Path("demo-data"),
    port: Annotated[int, typer.Option(help="Port of the site.")] = 8000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same city.")] = 20260101,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the site when it is ready.")] = True,
    scale: Annotated[float, typer.Option(help="1 is about 120,000 incidents.")] = 1.0,
) -> None:
    """Make the fictional city of Port Calvert, refresh, publish and serve it.

    Example: harborlight demo --port 8080
    """
    err.print(f"Making Port Calvert, a fictional city, in {data} ...")
    data.mkdir(parents=True, exist_ok=True)
    _use_demo_key(data)
    bars = Bars(err)
    with bars.shown():
        run, _ = refresh_demo(data, seed=seed, scale=scale, progress=bars)
    out.print(run.sentence)
    if serve:
        _serve(data, "127.0.0.1", port, 1)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="New folder for the city.")]) -> None:
    """Make a new city folder from the template, with comments that say what to fill in.

    Example: harborlight init cities/springfield
    """
    from harborlight.demo import lay_template

    if folder.exists() and any(folder.iterdir()):
        raise ConfigError("this folder is not empty", where=str(folder), hint="Choose a new one.")
    lay_template(folder)
    out.print(f"{folder} is ready: start with city.yaml, then run `harborlight check --city {folder}`.")


@app.command()
def check(city: City) -> None:
    """Read the whole configuration and report every mistake at once, with file and line.

    Example: harborlight check --city cities/baltimore
    """
    catalog = load_catalog(city)
    late = [m.id for m in catalog.metrics.values() if (date.today() - m.reviewed_on).days > 365]
    out.print(
        f"{catalog.city.name}: {len(catalog.sources)} sources, {len(catalog.metrics)} metrics, {len(catalog.layers)} layers. No mistakes."
    )
    if late:
        err.print(f"Warning: the definition of {', '.join(late)} was last reviewed more than a year ago.")


@sites.command("check")
def check_sites(city: City) -> None:
    """List the sites of help that somebody has to ask again; exit 1 where one is overdue.

    Example: harborlight services check --city cities/baltimore
    """
    lines, is_overdue = tell_unverified(load_catalog(city).services, date.today())
    out.print("\n".join(lines))
    if is_overdue:
        raise typer.Exit(1)


@app.command()
def refresh(
    city: City, data: Data,
    only: Annotated[list[str] | None, typer.Option("--only", help="Fetch only this source; the others keep their snapshot.")] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Build and check, but do not switch.")] = False,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override one value: sources.incidents.url=...")] = None,
    allow_private_hosts: Annotated[bool, typer.Option("--allow-private-hosts", help="Let a source point at this machine or an intranet.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Build a new release although nothing is new.")] = False,
) -> None:  # fmt: skip
    """Fetch, stage, build, measure and publish.

    Example: harborlight refresh --city cities/baltimore --data /srv/harborlight
    """
    overrides = {}
    for pair in set_ or []:
        key, sign, value = pair.partition("=")
        if not sign:
            raise typer.BadParameter(f"{pair!r} has no value; write KEY=VALUE", param_hint="--set")
        overrides[key] = value
    _refresh(city, data, only=only or [], hold=hold, overrides=overrides, allow_private_hosts=allow_private_hosts, force=force)


def _refresh(city: Path, data: Path, **options: Any) -> None:
    bars = Bars(err)
    with bars.shown():
        run = run_refresh(city, data, progress=bars, **options)
    for sentence in run.held_sources.values():
        err.print(f"Warning: {sentence} Its last good snapshot stays in use.")
    out.print(run.sentence)


@app.command()
def remove(
    city: City,
    data: Data,
    case: Annotated[list[str] | None, typer.Option("--case", metavar="ID", help="A court case, by any of its numbers.")] = None,
    incident: Annotated[list[str] | None, typer.Option("--incident", metavar="ID", help="A report, by its complaint number.")] = None,
    arrest: Annotated[list[str] | None, typer.Option("--arrest", metavar="ID", help="An arrest, by its number.")] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="ORDERS.csv", help="Many orders: a CSV file with the columns kind and id.")] = None,
) -> None:  # fmt: skip
    """Carry out removal orders: publish without the records, purge them everywhere, and say what was purged where.

    Without an order it takes up what an earlier run left undone.

    Example: harborlight remove --city cities/baltimore --data /srv/harborlight --file orders.csv
    """
    from harborlight.places import with_files_hashed
    from harborlight.records.orders import make_order, read_orders
    from harborlight.removal import remove as carry_out

    orders = [make_order(kind, text) for kind, texts in (("case", case), ("incident", incident), ("arrest", arrest)) for text in texts or ()]
    orders += read_orders(file) if file else []
    bars = Bars(err)
    with bars.shown():
        done = carry_out(with_files_hashed(load_catalog(city), data), data, orders, report=bars.item)
    out.print(done.sentence)
    if orders:
        out.print("1 order is carried out." if len(orders) == 1 else f"{len(orders)} orders are carried out.")
    for place, n in done.purged.items():
        out.print(f"  {place}: {n}")


@app.command()
def releases(data: Data) -> None:
    """List releases with size, date and state.

    Example: harborlight releases --data /srv/harborlight
    """
    from harborlight.publish.retention import list_releases

    table = Table("release", "made", "state", "size", "why", box=None)
    for info in list_releases(data):
        made = f"{info.created_at:%Y-%m-%d %H:%M}" if info.created_at else "not known"
        table.add_row(info.id, made, info.state, f"{info.bytes / 1e6:.1f} MB", info.held_because)
    out.print(table)


@app.command()
def switch(data: Data, release_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Publish an approved release, or roll back to an earlier one.

    Example: harborlight switch --data /srv/harborlight 20261122T161500Z
    """
    from harborlight.publish.release import sweep
    from harborlight.publish.release import switch as switch_release
    from harborlight.store import only_writer

    with only_writer(data):
        sweep(data)
        switch_release(data, release_id)
    out.print(f"Release {release_id} is up.")


@app.command()
def review(
    data: Data, release_id: Annotated[str, typer.Argument(metavar="ID")],
    against: Annotated[str | None, typer.Option(help="Compare with this release; default: the one that is up.")] = None,
) -> None:  # fmt: skip
    """Print a private report on a release: headline changes, restated periods, rejects, failed checks.

    Example: harborlight review --data /srv/harborlight 20261122T161500Z
    """
    from harborlight.publish.review import make_review

    out.print_json(json.dumps(make_review(data, release_id, against), default=str))


@app.command()
def preview(data: Data, release_id: Annotated[str, typer.Argument(metavar="ID")], port: int = 8001) -> None:
    """Show a release on this machine only, marked as not published.

    Example: harborlight preview --data /srv/harborlight 20261122T161500Z
    """
    from harborlight.publish.release import release_folder

    release_folder(data, release_id)
    _serve(data, "127.0.0.1", port, 1, preview=release_id)


@app.command()
def approve(
    data: Data, release_id: Annotated[str, typer.Argument(metavar="ID")],
    role: Annotated[str, typer.Option(help="Role that signs; never a person's name, it is public.")],
    note: Annotated[str, typer.Option(help="Why; public too.")],
) -> None:  # fmt: skip
    """Sign off a held release. Roles, times and notes go into the public manifest.

    Example: harborlight approve --data /srv/harborlight 20261122T161500Z --role analyst --note "Checked against the weekly report."
    """
    from harborlight.publish.release import approve as approve_release
    from harborlight.publish.release import sweep
    from harborlight.store import only_writer

    with only_writer(data):
        sweep(data)
        manifest = approve_release(data, release_id, role, note, datetime.now(UTC))
    out.print(f"{len(manifest.approvals)} approval(s) on {release_id}. `harborlight switch` publishes it.")


@app.command()
def verify(folder: Path, key: Annotated[Path | None, typer.Option(help="Public key to trust.")] = None) -> None:
    """Recompute every hash, the chain, the signature and a sample of numbers of a release.

    Example: harborlight verify /srv/harborlight/releases/20261122T161500Z
    """
    from harborlight.publish.recompute import recompute_sample
    from harborlight.publish.verify import inspect_release

    problems, remarks = inspect_release(folder, key, recompute=recompute_sample)
    for remark in remarks:
        err.print(f"Remark: {remark}")
    for problem in problems:
        err.print(problem)
    if problems:
        raise typer.Exit(1)
    checked = (
        "every hash, the chain, the signature and the sampled numbers are"
        if (folder / "public.duckdb").exists()
        else "the manifest, its chain and its signature are"
    )
    out.print(f"{folder.name}: {checked} right.")


@app.command()
def serve(
    data: Data,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 1,
) -> None:
    """Serve the site, read-only.

    Example: harborlight serve --data /srv/harborlight --host 0.0.0.0 --workers 2
    """
    _serve(data, host, port, workers)


@app.command()
def export(
    data: Data,
    out_: Annotated[Path, typer.Option("--out", help="Folder of the copy: a new one, or an earlier copy that is replaced.")],
    base_url: Annotated[str | None, typer.Option("--base-url", help="Address of the live site; the city's `site_url` where left out.")] = None,
) -> None:  # fmt: skip
    """Copy the site that is up into files that need neither server nor JavaScript. Single records are not among them.

    Example: harborlight export --data /srv/harborlight --out /srv/copy --base-url https://safety.example.org
    """
    from harborlight.export import export as export_site

    made = export_site(data, out_, live=base_url, report=lambda line: err.print(line, markup=False))
    out.print(f"Release {made.release} lies in {out_}: {made.pages:,} pages, {made.files:,} files, {made.bytes / 1e6:.1f} MB.", markup=False)


@app.command()
def status(data: Data, as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Say how the last run went, and how fresh each source is.

    Example: harborlight status --data /srv/harborlight --json
    """
    from harborlight.publish import current_manifest

    runs = sorted((data / "runs").glob("*.json"))
    last = json.loads(runs[-1].read_text()) if runs else None
    manifest = current_manifest(data)
    sources = {
        i: {"rows": n.fetched, "accepted": n.accepted, "rejected": n.rejected, "duplicate": n.duplicate}
        for i, n in (manifest.sources if manifest else {}).items()
    }
    report = {"release": manifest.id if manifest else None, "last_run": last, "sources": sources}
    if as_json:
        out.print_json(json.dumps(report))
        return
    out.print(f"Release: {report['release'] or 'none yet'}")
    out.print(f"Last run: {last['started_at']}, {last['outcome']}. {last['sentence']}" if last else "No run yet.")
    for source_id, counts in sources.items():
        out.print(
            f"  {source_id}: {counts['rows']} rows, {counts['rejected']} rejected, {counts['duplicate']} duplicate"
        )


# ----------------------------------------------------------------------------------------------- inside


def _use_demo_key(data: Path) -> None:
    """The demo signs with a key of its own, made on first use."""
    from harborlight.publish.signing import VARIABLE, make_key

    path = data / "signing.key"
    if not path.exists():
        make_key(path)
    os.environ[VARIABLE] = str(path)


def _serve(data: Path, host: str, port: int, workers: int, preview: str | None = None) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    from harborlight.publish.manifest import load_manifest
    from harborlight.publish.release import current_release, release_folder
    from harborlight.records.ledger import check_epoch
    from harborlight.web.limits import query_seconds

    query_seconds()  # a wrong setting is said here, and not by a worker that ends
    if not (data / "current").exists() and preview is None:
        raise ReleaseError("there is no release to serve yet", where=str(data), hint="Run `harborlight refresh` first.")
    # A release from before the last removal is neither served nor shown.
    release_id = preview or current_release(data) or ""
    check_epoch(data, release_id, load_manifest(release_folder(data, release_id)).epoch)
    os.environ["HARBORLIGHT_DATA"] = str(data.resolve())
    if preview:
        os.environ["HARBORLIGHT_PREVIEW"] = preview
    out.print(f"Open http://{host}:{port}/ (Ctrl-C stops it)")
    Granian(
        "harborlight.web.app:make_served_app",
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=False,
        workers_kill_timeout=DRAIN_SECONDS,
    ).serve()


@app.callback(invoke_without_command=True)
def _common(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(__version__)
        raise typer.Exit(0)


def main(run: Callable[..., Any] = app) -> None:
    """Entry point: every failure is one clear sentence and an exit code; a bug keeps its traceback in the log."""
    log.set_up(os.environ.get("HARBORLIGHT_LOG", "WARNING"))
    try:
        run()
    except UserError as error:
        err.print(str(error), markup=False)
        sys.exit(exit_code(error))
    except Exception:
        log.get_logger("run").exception("unexpected failure")
        err.print("Something failed inside Harborlight; the log above says where. The last good release stays up.")
        sys.exit(1)


if __name__ == "__main__":
    main()
