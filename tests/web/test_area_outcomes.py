"""What became of incidents on the page of a district: every number counted again, nothing of single persons, nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from harborlight.store import connect
from tests.recount_outcomes import Chain
from tests.web.client import Client
from tests.web.test_outcomes import check_mark
from tests.web.test_provenance import bare_numbers, marks_of, text_of

DISTRICT = "/areas/police_district/"


@pytest.fixture(scope="module")
def chain(demo_city: Any) -> Iterator[Chain]:
    con = connect(demo_city.data / "private.duckdb")
    yield Chain.read(con)
    con.close()


@pytest.fixture(scope="module")
def sections(client: Client) -> dict[str, Element]:
    """Of every district, its section."""
    layer = client.get("/areas/police_district").page
    paths = sorted({href for a in layer.iter("a") if (href := a.get("href", "")).startswith(DISTRICT) and "?" not in href})
    assert len(paths) > 4
    return {path: next(s for s in client.get(path).page.iter("section") if s.get("aria-labelledby") == "outcomes") for path in paths}


def test_every_number_is_counted_again(sections: dict[str, Element], chain: Chain) -> None:
    marks = [(path, mark) for path, section in sections.items() for mark in marks_of(section)]
    for path, mark in marks:
        try:
            check_mark(mark, chain)
        except AssertionError as problem:
            raise AssertionError(f"{path}: {mark.attrib} {text_of(mark)!r} {str(problem).splitlines()[0]}") from problem
    assert len(marks) > 50 and {mark.get("data-kind") for _, mark in marks} == {"outcome", "outcome_share", "outcome_bound"}
    assert not [text for section in sections.values() for text in bare_numbers(section)]


def test_rows_add_up_and_none_but_killings_is_of_few(sections: dict[str, Element]) -> None:
    """The same rows in every district, each of ten incidents or more, so that none can be worked out from the others."""
    heads = set()
    for section in sections.values():
        rows = [[text_of(cell) for cell in row] for row in section.iter("tr")][1:]
        if not rows:
            assert "Fewer than ten" in text_of(section) and not marks_of(section)
            continue
        counts = {row[0]: (int(row[1].replace(",", "")), int(row[2].replace(",", ""))) for row in rows}
        total = counts.pop("All")
        assert (sum(n for n, _ in counts.values()), sum(n for _, n in counts.values())) == total
        heads.add(tuple(counts))
        assert "Homicide" in counts
        del counts["Homicide"]
        assert min(n for n, _ in counts.values()) >= 10
    assert len(heads) == 1


def test_nothing_that_follows_a_clearance_is_told(sections: dict[str, Element]) -> None:
    for section in sections.values():
        said = text_of(section).lower()
        assert not any(word in said for word in ("exceptional", "diverted", "convicted", "declined", "juvenile", "solved", "offender", "suspect"))
        links = [a.get("href", "") for a in section.iter("a")]
        assert links and all(link.startswith(("/outcomes?cohort=", "/data/outcome_districts")) for link in links)


def test_its_links_lead_to_the_same_incidents_of_the_city(client: Client, sections: dict[str, Element]) -> None:
    links = {a.get("href", "") for section in sections.values() for a in section.iter("a")}
    assert all(client.get(link).status == 200 for link in links)


@pytest.mark.parametrize("path", ["/areas/police_district/quayside?lines=recorded", "/areas/neighborhood", "/areas/census_tract"])
def test_only_districts_by_the_lines_in_force_have_it(client: Client, path: str) -> None:
    if "?" not in path:
        path = next(a.get("href", "") for a in client.get(path).page.iter("a") if a.get("href", "").startswith(f"{path}/") and "?" not in a.get("href", ""))
    page = client.get(path)
    assert page.status == 200 and not [s for s in page.page.iter("section") if s.get("aria-labelledby") == "outcomes"]
