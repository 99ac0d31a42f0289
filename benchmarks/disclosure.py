"""Hiding and auditing 20,000 linked cells, and what hiding costs beside two other ways of publishing.

    python benchmarks/disclosure.py [--cells 20000] [--compare 2000] [--seed 1]

A fictional city: counts by area, month and group, in two layers of areas over the same events, with every total over areas, years,
months and groups. Prints the seconds to protect and to attack twice, as publishing does (goal: 60 together on 2 cores; process seconds are
printed too, which a busy machine does not change much), what is hidden, and for a smaller city of the same kind a table: small counts
hidden alone, hidden with the others that protect them, from those who know the rule too, and every count rounded to a multiple of 5.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harborlight.publish.audit import Audit, audit
from harborlight.publish.disclosure import Cell, Equation, Known, Pattern, protect
from harborlight.publish.group_audit import GUESSES, attack_twice, rule_facts

K, WIDTH, BASE = 10, 5, 5
SHARES = (0.55, 0.18, 0.1, 0.06, 0.045, 0.03, 0.02, 0.015)  # of the groups, as unequal as those of cities are
Counts = dict[str, int]
Lines = list[Equation]
RULES: tuple[Known, Known] = ("known", "unknown")
T = TypeVar("T")


def make_city(cells: int, seed: int) -> tuple[Counts, Lines]:
    """Counts and lines of two layers with about so many published cells. Groups and areas differ in size as those of cities do."""
    rng = np.random.default_rng(seed)
    groups, years = len(SHARES), 2
    months = 12 * years
    wide = max(2, round(cells / ((months + years + 1) * (groups + 1)) / 2.6))
    layers = {"districts": wide, "neighborhoods": round(1.6 * wide)}
    overlap = rng.random((layers["districts"], layers["neighborhoods"])) < 0.3
    overlap[np.arange(layers["neighborhoods"]) % layers["districts"], np.arange(layers["neighborhoods"])] = True
    places = rng.gamma(4.0, 1.0, size=overlap.shape) * overlap
    season = 1 + 0.2 * np.sin(np.arange(months) / 12 * 2 * np.pi)
    mean = 150.0 * layers["districts"] * groups * places / places.sum()
    events = rng.poisson(mean[:, :, None, None] * season[None, None, :, None] * np.array(SHARES)[None, None, None, :])
    counts: Counts = {}
    lines: Lines = []
    for name, axis in (("districts", 1), ("neighborhoods", 0)):
        _add_layer(counts, lines, name, events.sum(axis=axis), years)
    return counts, sorted(set(lines), key=lambda line: (line.total, line.parts))


def _add_layer(counts: Counts, lines: Lines, layer: str, events: NDArray[np.int64], years: int) -> None:
    """Areas x (months, years, all) x groups of one layer; the city's own cells have one name in both layers."""
    areas, months, groups = events.shape
    times = {f"month{m}": [m] for m in range(months)}
    times |= {f"year{y}": list(range(12 * y, 12 * y + 12)) for y in range(years)} | {"ever": list(range(months))}
    below = {f"year{y}": [f"month{m}" for m in range(12 * y, 12 * y + 12)] for y in range(years)}
    below["ever"] = [f"year{y}" for y in range(years)]
    area_names = [f"{layer}{a}" for a in range(areas)]
    group_names = [f"group{g}" for g in range(groups)]
    for (a, area), (when, inside), (g, group) in itertools.product(
        enumerate([*area_names, "city"]), times.items(), enumerate([*group_names, "all"])
    ):
        part = events[slice(None) if area == "city" else slice(a, a + 1), :, slice(None) if group == "all" else slice(g, g + 1)]
        key = f"{area}.{when}.{group}"
        counts[key] = int(part[:, inside].sum())
        if area == "city":
            lines.append(Equation(key, tuple(f"{name}.{when}.{group}" for name in area_names)))
        if group == "all":
            lines.append(Equation(key, tuple(f"{area}.{when}.{name}" for name in group_names)))
        if when in below:
            lines.append(Equation(key, tuple(f"{area}.{name}.{group}" for name in below[when])))


def timed(do: Callable[[], T]) -> tuple[T, float, float]:
    """What it gives, seconds on the wall, seconds of this process."""
    wall, process = time.perf_counter(), time.process_time()
    made = do()
    return made, time.perf_counter() - wall, time.process_time() - process


def events_in(counts: Counts, keys: frozenset[str]) -> int:
    """Events of the finest cells of one layer among these."""
    return sum(counts[key] for key in keys if key.startswith("districts") and ".month" in key and ".group" in key)


def attack(counts: Counts, pattern: Pattern, lines: Lines) -> tuple[Audit, Audit]:
    """What somebody who knows what is shown finds out, and what somebody who knows the rule does, as publishing asks it."""
    shown = {key: n for key, n in counts.items() if key not in pattern.hidden}
    limits = rule_facts(pattern.hidden, pattern.primary, K)
    return attack_twice(shown, pattern.hidden, lines, pattern.primary, limits, WIDTH)


def measure(cells: int, seed: int) -> None:
    counts, lines = make_city(cells, seed)
    events = events_in(counts, frozenset(counts))
    print(f"{len(counts):,} cells on {len(lines):,} lines in two layers; {events:,} events")
    city = [Cell(key, n) for key, n in counts.items()]
    unknown = protect(city, lines, k=K, width=WIDTH, rule="unknown")
    print(f"  if nobody knew the rule: {besides(counts, unknown)}")
    pattern, wall, process = timed(lambda: protect(city, lines, k=K, width=WIDTH))
    (found, by_rule), audit_wall, audit_process = timed(lambda: attack(counts, pattern, lines))
    print(f"  small {len(pattern.primary):,} cells ({len(pattern.primary) / len(counts):.1%}), {besides(counts, pattern)}")
    print(f"  protect {wall:.1f} s (process {process:.1f} s), two attacks {audit_wall:.1f} s (process {audit_process:.1f} s)")
    print(f"  found out exactly {len(found.exact)}, small and left fewer than {WIDTH} apart {len(found.narrow)}")
    known = len(by_rule.exact & by_rule.narrow)
    print(f"  with the rule: small and found out {known}, left fewer than {GUESSES} values {len(by_rule.narrow)}")


def besides(counts: Counts, pattern: Pattern) -> str:
    """What is hidden to protect small counts, in words."""
    events = events_in(counts, pattern.hidden) / events_in(counts, frozenset(counts))
    return f"besides {len(pattern.complementary):,} ({len(pattern.complementary) / len(counts):.1%}); events hidden {events:.1%}"


def compare(cells: int, seed: int) -> None:
    """The table of docs/explanation/disclosure-control.md."""
    counts, lines = make_city(cells, seed)
    events = events_in(counts, frozenset(counts))
    city = [Cell(key, n) for key, n in counts.items()]
    pattern, unknown = (protect(city, lines, k=K, width=WIDTH, rule=rule) for rule in RULES)
    print(f"\n{len(counts):,} cells, {events:,} events, {len(pattern.primary):,} small cells")
    print("| way | cells hidden or changed | events hidden | hidden or changed cells found out exactly | small cells left too narrow |")
    print("|---|---:|---:|---:|---:|")
    ways = {
        "small counts alone": pattern.primary, "with the others that protect them": unknown.hidden,
        "and from those who know the rule": pattern.hidden,
    }  # fmt: skip
    for name, hidden in ways.items():
        shown = {key: n for key, n in counts.items() if key not in hidden}
        found = audit(shown, hidden, lines, primary=pattern.primary, width=WIDTH)
        print(
            f"| {name} | {len(hidden):,} ({len(hidden) / len(counts):.1%}) | {events_in(counts, hidden) / events:.1%} "
            f"| {len(found.exact):,} | {len(found.narrow):,} |"
        )
    rounded = {key: BASE * round(n / BASE) for key, n in counts.items()}
    changed = [key for key in counts if rounded[key] != counts[key]]
    exact, narrow = narrowed(rounded, lines, pattern.primary)
    print(f"| rounded to {BASE} | {len(changed):,} ({len(changed) / len(counts):.1%}) | none | at least {exact:,} | {narrow:,} |")


def narrowed(rounded: Counts, lines: Lines, primary: frozenset[str]) -> tuple[int, int]:
    """How many counts are exact, and small ones too narrow, once sums have narrowed what rounding leaves open (a least number: no programs)."""
    low = {key: max(0, n - BASE // 2) for key, n in rounded.items()}
    high = {key: n + BASE // 2 for key, n in rounded.items()}
    for _ in range(20):
        for line in lines:
            least, most = sum(low[key] for key in line.parts), sum(high[key] for key in line.parts)
            low[line.total], high[line.total] = max(low[line.total], least), min(high[line.total], most)
            for key in line.parts:
                others_least, others_most = least - low[key], most - high[key]
                low[key], high[key] = max(low[key], low[line.total] - others_most), min(high[key], high[line.total] - others_least)
    return sum(low[key] == high[key] for key in low), sum(high[key] - low[key] < WIDTH for key in primary)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=20_000)
    parser.add_argument("--compare", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    measure(options.cells, options.seed)
    if options.compare:
        compare(options.compare, options.seed)


if __name__ == "__main__":
    main()
