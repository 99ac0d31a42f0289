"""What became of incidents on the page of a district: every number counted again, nothing of single persons, nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from harborlight.store import connect
from harborlight.web.area_outcomes import fold, make_area_outcomes
from harborlight.web.wording import get_wording
from tests.recount_reports import Reports
from tests.web.client import Client
from tests.web.test_provenance import bare_numbers, marks_of, shown_number, text_of

DISTRICT = "/areas/police_district/"


@pytest.fixture(scope="module")
def reports(demo_city: Any) -> Iterator[Reports]:
    con = connect(demo_city.data / "private.duckdb")
    yield Reports(con)
    con.close()


@pytest.fixture(scope="module")
def sections(client: Client) -> dict[str, Element]:
    """Of every district, its section."""
    layer = client.get("/areas/police_district").page
    paths = sorted({href for a in layer.iter("a") if (href := a.get("href", "")).startswith(DISTRICT) and "?" not in href})
    assert len(paths) > 4
    return {path: next(s for s in client.get(path).page.iter("section") if s.get("aria-labelledby") == "outcomes") for path in paths}


def check_mark(mark: Element, reports: Reports) -> None:
    """One number of the section from the rows of the model."""
    asked = tuple(mark.get(f"data-{name}", "") for name in ("area", "offense", "months"))
    value, shown, n = float(mark.get("value", "nan")), shown_number(text_of(mark)), reports.count(*asked)
    if mark.get("data-kind") == "report":
        assert shown == value == reports.count(*asked, mark.get("data-state", ""))
        return
    assert mark.get("data-kind") == "report_share" and shown == pytest.approx(value * 100, abs=0.0501 if "." in text_of(mark) else 0.501)
    cleared = reports.count(*asked, "cleared")
    low, high = proportion_confint(cleared, n, method="wilson")
    assert value == pytest.approx({"low": low, "high": high, None: cleared / n}[mark.get("data-end")], abs=1e-8)


def test_every_number_is_counted_again(sections: dict[str, Element], reports: Reports) -> None:
    marks = [(path, mark) for path, section in sections.items() for mark in marks_of(section)]
    for path, mark in marks:
        try:
            check_mark(mark, reports)
        except AssertionError as problem:
            raise AssertionError(f"{path}: {mark.attrib} {text_of(mark)!r} {str(problem).splitlines()[0]}") from problem
    assert len(marks) > 50 and {mark.get("data-kind") for _, mark in marks} == {"report", "report_share"}
    assert not [text for section in sections.values() for text in bare_numbers(section)]


def test_a_false_number_is_found(sections: dict[str, Element], reports: Reports) -> None:
    mark = next(m for section in sections.values() for m in marks_of(section))
    value = mark.get("value", "0")
    mark.set("value", str(int(value) + 1))
    with pytest.raises(AssertionError):
        check_mark(mark, reports)
    mark.set("value", value)


def test_rows_add_up_and_none_is_of_few(sections: dict[str, Element]) -> None:
    """The same rows in every district, each of ten incidents or more, so that none can be worked out from the others."""
    heads = set()
    for section in sections.values():
        rows = [[text_of(cell) for cell in row] for row in section.iter("tr")][1:]
        if not rows:
            assert "Fewer than ten" in text_of(section) and not marks_of(section)
            continue
        counts = {row[0]: (int(row[1].replace(",", "")), int(row[2].replace(",", ""))) for row in rows}
        total = counts.pop("All")
        assert not counts or (sum(n for n, _ in counts.values()), sum(n for _, n in counts.values())) == total
        assert min(n for n, _ in counts.values() or [total]) >= 10
        heads.add(tuple(counts))
    assert len(heads) == 1


def test_nothing_that_follows_a_clearance_is_told(sections: dict[str, Element]) -> None:
    for section in sections.values():
        states = {mark.get("data-state") for mark in marks_of(section)}
        assert states <= {None, "cleared", "open"}
        said = text_of(section).lower()
        assert not any(word in said for word in ("exceptional", "diverted", "convicted", "declined", "juvenile", "solved", "offender", "suspect"))
        links = [a.get("href", "") for a in section.iter("a")]
        assert links and all(link.startswith("/outcomes?cohort=") for link in links)


def test_its_links_lead_to_the_same_incidents_of_the_city(client: Client, sections: dict[str, Element]) -> None:
    links = {a.get("href", "") for section in sections.values() for a in section.iter("a")}
    assert all(client.get(link).status == 200 for link in links)


@pytest.mark.parametrize("path", ["/areas/police_district/quayside?lines=recorded", "/areas/neighborhood", "/areas/census_tract"])
def test_only_districts_by_the_lines_in_force_have_it(client: Client, path: str) -> None:
    if "?" not in path:
        path = next(a.get("href", "") for a in client.get(path).page.iter("a") if a.get("href", "").startswith(f"{path}/") and "?" not in a.get("href", ""))
    page = client.get(path)
    assert page.status == 200 and not [s for s in page.page.iter("section") if s.get("aria-labelledby") == "outcomes"]


def test_without_pages_of_reports_there_is_no_section() -> None:
    class NoRows:
        def using(self, _: Any) -> Any:
            return SimpleNamespace(usual=SimpleNamespace(id="2024", months="2024-01..2024-12"), groups=())

        def rows(self, *_: Any) -> list[Any]:
            return []

    place = SimpleNamespace(layer=SimpleNamespace(id="police_district"), lines=None, lines_text="", id="a")
    assert make_area_outcomes(NoRows(), place, get_wording("en")) is None  # type: ignore[arg-type]


@given(st.dictionaries(st.sampled_from("abcd"), st.dictionaries(st.sampled_from("vwxyz"), st.integers(0, 40)), min_size=1))
def test_each_group_is_in_one_row_and_no_row_is_of_few(counts: dict[str, dict[str, int]]) -> None:
    single, rest = fold(counts)
    assert sorted([*single, *rest]) == sorted({group for own in counts.values() for group in own})
    for own in counts.values():
        assert all(own.get(group, 0) >= 10 for group in single)
        assert not (single and rest) or sum(own.get(group, 0) for group in rest) >= 10
