"""The fictional city's two strategies, drawn at full size: one with the planted effect, one with none."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from harborlight.demo import SEED, patterns
from harborlight.demo.geography import is_land, neighborhoods
from harborlight.demo.patterns import CODE
from harborlight.demo.world import World, make_world
from harborlight.demo.write import THROUGH
from harborlight.publish.strategy_estimates import COMPARED, INSIDE, Evaluation, Panel, evaluate_panel

LANTERN_HILL, SALTERN = patterns.STRATEGY_DISTRICT, 5


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SEED, 1.0, THROUGH)


def roles_of(district: int, rings: int, others: tuple[int, ...]) -> tuple[str, ...]:
    """Inside, rings by sides of cells, other strategies' districts out."""
    cells = {n.cell: INSIDE if n.district_before == district else "out" if n.district_before in others else COMPARED for n in neighborhoods()}
    for step in range(1, rings + 1):
        reached = {cell for cell, role in cells.items() if role == INSIDE or role.startswith("ring_")}
        for c, r in reached:
            for beside in ((c + 1, r), (c - 1, r), (c, r + 1), (c, r - 1)):
                if is_land(beside) and cells[beside] not in (INSIDE, "out") and not cells[beside].startswith("ring_"):
                    cells[beside] = f"ring_{step}"
    return tuple(cells[n.cell] for n in neighborhoods())


def panel_of(world: World, rows: np.ndarray, first: str, start: str, last: str, roles: tuple[str, ...]) -> Panel:
    owner = world.rows.incident[rows]
    month = world.incidents.occurred[owner].astype("datetime64[M]")
    months = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    counts = np.zeros((len(roles), len(months)), dtype=np.int64)
    kept = (month >= months[0]) & (month <= months[-1])
    np.add.at(counts, (world.incidents.neighborhood[owner][kept], (month[kept] - months[0]).astype(int)), 1)
    return Panel(tuple(str(m) for m in months), int((months < np.datetime64(start)).sum()), counts, roles)


def say(name: str, found: Evaluation) -> None:
    for line in found.lines:
        print(name, line.id, line.label, line.n_before, line.n_after, [round(x, 2) if x else x for x in (line.ratio, line.ratio_low, line.ratio_high)])
    print(name, found.verdict, found.label, found.lacks, found.pretrend_p, found.placebo and found.placebo.p_value, found.detectable_fall, found.chance(0.7))


@pytest.mark.deep
def test_the_planted_effect_is_in_every_range(world: World) -> None:
    assert date(2024, 7, 1) == patterns.STRATEGY_FROM
    hurt = np.flatnonzero((world.rows.code == CODE["09A"]) | world.rows.is_shooting)
    panel = panel_of(world, hurt, "2023-01", "2024-07", "2026-06", roles_of(LANTERN_HILL, 2, (SALTERN,)))
    found = evaluate_panel(panel, is_registered=True)
    say("focused outreach", found)
    planted = 1 - patterns.STRATEGY_EFFECT
    lines = {line.id: line for line in found.lines}
    assert (lines["did"].ratio_low or 9) <= planted <= (lines["did"].ratio_high or 0)
    assert found.label == "evaluation"


@pytest.mark.deep
def test_nothing_is_found_where_nothing_was_done(world: World) -> None:
    robbed = np.flatnonzero(world.rows.code == CODE["120"])
    panel = panel_of(world, robbed, "2022-07", "2024-10", "2026-06", roles_of(SALTERN, 1, (LANTERN_HILL,)))
    found = evaluate_panel(panel, is_registered=True)
    say("evening lights", found)
    assert found.verdict == "no_clear_effect"
