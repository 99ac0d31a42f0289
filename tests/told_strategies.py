"""The small fictional city with strategies that have something to tell: its own counts are too few for an estimate."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from harborlight.catalog import load_catalog
from harborlight.demo import city_folder
from harborlight.metrics.facts import load_facts
from harborlight.publish.strategies import Judged, write_strategies
from harborlight.publish.strategy_estimates import evaluate_panel
from harborlight.publish.strategy_panel import read_window
from harborlight.store import connect, open_release
from tests.simulated import INSIDE_AREAS, draw_panel

EFFECT = 0.6
REGISTERED = "focused_outreach"


def tell_strategies(release: Path, data: Path) -> None:
    """Copy a release into an empty data folder, with strategies judged on counts that were drawn with an effect."""
    shutil.copytree(release, data / "releases" / release.name)
    shutil.copyfile(release.parents[1] / "current", data / "current")
    before = open_release(release / "public.duckdb")
    facts = load_facts(before, release.name)
    before.close()
    n_areas = len(next(lines for lines in facts.lines if lines.layer == "neighborhood").areas)
    assert n_areas > INSIDE_AREAS
    judged = []
    for strategy in load_catalog(city_folder()).strategies:
        panel = draw_panel(3, EFFECT, units=n_areas)
        found = evaluate_panel(panel, is_registered=strategy.id == REGISTERED)
        judged.append(Judged(strategy, date(2026, 8, 10), "evaluated", panel, read_window(facts, strategy), found))
    path = data / "releases" / release.name / "public.duckdb"
    path.chmod(0o644)
    con = connect(path)
    write_strategies(con, facts, judged)
    con.close()
