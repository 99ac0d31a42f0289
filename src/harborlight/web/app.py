"""The wiring of the site on one page: data directory in, ASGI application out.

A FastAPI router with plain handlers stands behind one small layer that holds a release for each request, keeps whole
answers and puts headers on everything. Nothing here reads data; nothing here writes.
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

import harborlight
from harborlight.errors import QueryError
from harborlight.web import respond
from harborlight.web.assets import Assets, load_assets
from harborlight.web.cache import Front
from harborlight.web.openapi import add_api
from harborlight.web.pages import FILES, PAGES
from harborlight.web.releases import Releases

Clock = Callable[[], datetime]


def make_app(
    data: Path, *, preview_release: str | None = None, hosts: tuple[str, ...] = (), clock: Clock | None = None
) -> Front:
    """The site over a data directory. Raises ReleaseError when nothing is published, ConfigError without built styles."""
    return make_front(Releases(data, preview=preview_release), load_assets(), hosts=hosts, clock=clock)


def make_served_app() -> Front:
    """What a server's worker calls: data directory, preview and allowed hosts come from the environment.

    Binding a value makes the engine look for pandas, which refreshes need and pages do not: hidden here, it costs a worker neither
    the seconds nor the memory.
    """
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]
    hosts = tuple(host for host in os.environ.get("HARBORLIGHT_HOSTS", "").split(",") if host)
    app = make_app(
        Path(os.environ["HARBORLIGHT_DATA"]),
        preview_release=os.environ.get("HARBORLIGHT_PREVIEW"),
        hosts=hosts,
    )
    # Code, routes and texts stay for good: the collector need not walk through them at every long answer.
    gc.collect()
    gc.freeze()
    return app


def make_front(releases: Releases, assets: Assets, *, hosts: tuple[str, ...] = (), clock: Clock | None = None) -> Front:
    """The site over whatever hands out releases."""
    return Front(
        make_router(),
        releases,
        assets,
        version=site_version(assets),
        hosts=hosts,
        clock=clock or (lambda: datetime.now(UTC)),
    )


# An address can hold a number that somebody looked up: no request is traced, whatever the machine's environment asks for.
UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}


def make_router() -> FastAPI:
    """Pages, files and API; unknown addresses and refusals answer in the one error shape."""
    app = FastAPI(
        title="Harborlight",
        version=harborlight.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=UNTRACED,
        exception_handlers={QueryError: refuse, HTTPException: refuse_http},
    )
    add_api(app)
    for path, handler in (*FILES, *PAGES):
        app.add_api_route(path, handler, methods=["GET"], response_model=None, include_in_schema=False)
    return app


async def refuse(request: Request, problem: Exception) -> Response:
    """A question that cannot be answered, with what can."""
    if not isinstance(problem, QueryError):
        raise problem
    return respond.error(respond.get_turn(request), problem)


async def refuse_http(request: Request, problem: Exception) -> Response:
    """What the router itself refuses: no such address."""
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return respond.error(
        respond.get_turn(request), respond.plain_error(status if status in respond.ERROR_TITLES else 404)
    )


def site_version(assets: Assets) -> str:
    """Changes with the package, the assets, the templates and the texts, so that an upgrade is never answered by 304."""
    digest = hashlib.sha256(f"{harborlight.__version__} {assets.version}".encode())
    web = resources.files("harborlight").joinpath("web")
    for folder in (
        web.joinpath("templates"),
        web.joinpath("templates", "components"),
        web.joinpath("messages", "en"),
    ):
        for file in sorted(folder.iterdir(), key=lambda item: item.name):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
