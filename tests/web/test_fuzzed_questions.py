"""Questions nobody would ask: every one is answered, or refused with what may be asked instead; never a crash.

Parameters are drawn from right values, near misses and hostile text, for every address that takes any. `make deep` asks
10,000 of them.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from harborlight.metrics.query import PARAMETERS
from harborlight.metrics.shapes import Facts
from harborlight.web.openapi import ADDRESSES, PREFIX
from tests.web.client import Answer, Client

HOSTILE = (
    "", " ", "0", "-0", "-1", "1e400", "NaN", "inf", "null", "None", "undefined", "%00", "\0", "\n", "\r\nX: y", "'", '"', "`", "' OR 1=1--",
    "]; drop table packed", "<script>alert(1)</script>", "{{7*7}}", "${x}", "../../etc/passwd", "..%2f..", "\\\\evil.example", "１２", "٣", "\u202e",
    "\ud7ff", "🦊", "a" * 399, "9" * 399, "," * 50, ";;", ":::", "a,b,c,d", "=1+1", "%", "%zz", "+", "\u0000\u0001",
)  # fmt: skip
DAYS = (
    "2024-01-01", "2024-02-29", "2023-02-29", "0000-00-00", "9999-12-31", "1899-12-31", "2069-12-31", "2070-01-01", "2024-1-1", "20240101",
    "2024-W01-1", "2024-01-01T00:00", "２０２４-01-01", "2025-12-31", "2021-03-01", "1900-01-01",
)  # fmt: skip
WINDOWS = ("28d", "ytd", "12m", "year:2024", "year:1900", "year:2069", "year:2070", "year:", "36m", "YTD", "year:２０２４", "12m,28d")
PLACES = (
    "-68.1,36.95,-67.9,37.05", "-67.9,37.05,-68.1,36.95", "0,0,0,0", "-180,-90,180,90", "1,2,3", "-68,37,500", "-68,37,0", "-68,37,-5", "nan,nan,1",
    "-68,37;-67.95,37;-67.95,37.02", "-68,37;-67,38", "-68,37;-67.9,37.1;-67.9,37;-68,37.1", "1;2;3", "1e308,1e308,1e308", "-68.0000001,37.0,1e-9",
    ";".join(f"-68.{i:02d},37.0{i % 10}" for i in range(60)),
)  # fmt: skip
STATUSES = (200, 400, 404, 422)


class Asker:
    """Makes questions from one seed: the same seed asks the same."""

    def __init__(self, seed: int, facts: Facts) -> None:
        self.random, self.facts = random.Random(seed), facts
        self.metrics = [m for m in facts.metrics if facts.metric_sources[m]]
        self.areas = [(lines.layer, area.id) for lines in facts.lines for area in lines.areas]
        self.good = self._good_values()
        self.names = [*dict.fromkeys([*PARAMETERS, *self.good, "since", "known", "claim", "mode", "q", "limit", "next", "_sql", "x[]", "FROM"])]

    def _good_values(self) -> dict[str, list[str]]:
        facts = self.facts
        breakdowns = list(dict.fromkeys(name for m in facts.metrics.values() for name in m.breakdowns))
        pairs = [f"{a},{b}" for a in breakdowns for b in breakdowns]
        spans = [f"{a}/{b}" for a in DAYS[:3] for b in DAYS[-4:]]
        return {
            "from": [*DAYS], "to": [*DAYS], "window": [*WINDOWS], "by": [*breakdowns, *pairs, "month,area,offense", "day,week,month,year"],
            "layer": [*facts.layers, "nowhere"], "area": [area for _, area in self.areas][:40], "lines": [*DAYS[:6], "recorded", "current"],
            "offense": [*{o.group for o in facts.offenses}, *[o.code for o in facts.offenses][:10], "robbery,burglary"],
            "unit": ["incidents", "victims", "offenses", "arrests", "rows"], "hours": ["day", "night", "noon"], "system": ["srs", "nibrs", "both"],
            "rule": ["ruled", "died", "injured", "other"], "justified": ["in", "out", "yes"], "bbox": [*PLACES], "polygon": [*PLACES], "near": [*PLACES],
            "format": ["json", "csv", "svg", "html", "xml", "geojson"], "metric": [*self.metrics, "warrants"], "a": spans, "b": spans,
            "mode": ["areas", "cells", "points", "unusual", "heat"], "known": [*DAYS], "since": [*DAYS], "claim": ["-25.2", "1e9", "x"],
            "lon": ["-68", "181", "x"], "lat": ["37", "-91", ""], "q": ["quay", "'", "zip 1"], "limit": ["1", "1000", "1001", "-1"],
        }  # fmt: skip

    def value(self, name: str) -> str:
        roll = self.random.random()
        if roll < 0.7 and name in self.good:
            return self.random.choice(self.good[name])
        if roll < 0.9:
            return self.random.choice(HOSTILE)
        size = self.random.randint(0, 30)
        return "".join(self.random.choice(string.printable + "äß漢\u202e🦊") for _ in range(size))

    def path(self) -> str:
        pick = self.random.choice
        layer, area = pick(self.areas) if self.random.random() < 0.9 else (pick(HOSTILE), pick(HOSTILE))
        metric = pick(self.metrics) if self.random.random() < 0.93 else pick([*HOSTILE, "nothing"])
        known = [PREFIX + a.path for a in ADDRESSES] + [PREFIX + a.path + ".csv" for a in ADDRESSES if a.has_csv]
        measures = [f"{PREFIX}/metrics/{{metric_id}}{ending}" for ending in ("", "", "", ".csv", ".svg")]
        pages = ["/metrics/{metric_id}", "/metrics/{metric_id}.csv", "/areas", "/areas/{layer}", "/areas/{layer}/{area}", "/compare", "/map", "/map.csv",
                 "/changes", "/status", "/data", "/data/{table}", "/tiles/incidents/12/1275/1600.mvt", "/map/points/3"]  # fmt: skip
        path = pick(measures) if self.random.random() < 0.5 else pick([*known, *pages])
        for name, value in (("metric_id", metric), ("layer", layer), ("area", area), ("table", pick(["counts", "facts", *HOSTILE]))):
            path = path.replace("{" + name + "}", quote(value, safe=""))
        return path

    def tame(self) -> str:
        """A question as a reader would ask it, with one thing more that may be right or wrong."""
        metric = self.facts.metrics[self.random.choice(self.metrics)]
        layer, area = self.random.choice(self.areas)
        asked = {"window": self.random.choice(WINDOWS[:4]), "by": self.random.choice([b for b in metric.breakdowns if b != "area"])}
        if self.random.random() < 0.4:
            asked |= {"layer": layer, "area": area} if self.random.random() < 0.5 else {"layer": layer, "by": "area"}
        if self.random.random() < 0.4:
            name = self.random.choice(self.names)
            asked[name] = self.value(name)
        start = self.random.choice([f"{PREFIX}/metrics/", "/metrics/"])
        ending = self.random.choice(["", ".csv", ".svg"] if start.startswith(PREFIX) else ["", ".csv"])
        return f"{start}{metric.id}{ending}?{urlencode(asked, errors='replace')}"

    def question(self) -> str:
        if self.random.random() < 0.3:
            return self.tame()
        path = self.path()
        few = self.random.choices([0, 1, 2, 3, 4, 7], [1, 3, 4, 3, 2, 1])[0]
        likely = [n for n in ("window", "by", "layer", "area", "offense", "from", "to", "unit") if self.random.random() < 0.8]
        names = [self.random.choice(likely if likely and self.random.random() < 0.6 else self.names) for _ in range(few)]
        pairs = [(name, self.value(name)) for name in names]
        if "/compare" in path and self.random.random() < 0.8:
            pairs += [(name, self.value(name)) for name in ("metric", "a", "b") if name not in names]
        return path + ("?" + urlencode(pairs, errors="replace") if pairs else "")

    def questions(self, n: int) -> Iterator[str]:
        return (self.question() for _ in range(n))


def check_helpful(address: str, answer: Answer) -> None:
    """An answer, or a refusal that says in a sentence what was wrong and what may stand there."""
    assert answer.status in (*STATUSES, 414) and (answer.status != 414 or len(address) > 1500), (address, answer.status)
    if answer.status == 200 or answer.status == 422:
        return
    if "json" not in answer.headers["content-type"]:
        assert answer.headers["content-type"].startswith("text/html") and "<h1" in answer.text, address
        return
    problem = answer.json["error"]
    assert problem["message"].endswith((".", "?")) and len(problem["message"]) > 10, address
    if answer.status == 400:
        assert problem["allowed"] is not None or problem["parameter"] is None, f"{address} is refused without saying what is allowed"


def ask_all(client: Client, facts: Facts, seed: int, n: int) -> Counter[int]:
    seen: Counter[int] = Counter()
    for address in Asker(seed, facts).questions(n):
        answer = client.get(address)
        check_helpful(address, answer)
        seen[answer.status] += 1
    return seen


def test_fuzzed_questions_are_answered_or_refused(client: Client, front: Any) -> None:
    seen = ask_all(client, front.releases.current.facts, seed=1, n=500)
    assert seen[200] > 50 and seen[400] > 50, f"the questions are too easy or too wild: {seen}"


@pytest.mark.deep
def test_ten_thousand_fuzzed_questions(client: Client, front: Any) -> None:
    seen = ask_all(client, front.releases.current.facts, seed=2, n=10_000)
    assert seen[200] > 1_000 and seen[400] > 1_000, seen


def test_the_same_seed_asks_the_same(front: Any) -> None:
    facts = front.releases.current.facts
    one, other = (list(Asker(7, facts).questions(50)) for _ in range(2))
    assert one == other and len(set(one)) > 40
