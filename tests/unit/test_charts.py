"""Charts: what stands in the SVG, what may not, and that the same numbers give the same bytes."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harborlight.charts import layout, trend
from harborlight.charts.bands import control_chart, season_chart
from harborlight.charts.charts import bar_chart, heat_map, spark_chart, trend_chart, year_chart
from harborlight.charts.panels import panel_chart
from harborlight.charts.svg import finish

SVG = "{http://www.w3.org/2000/svg}"
Draw = Callable[[bool], str]


def months(first_year: int, count: int) -> list[str]:
    return [f"{first_year + i // 12}-{i % 12 + 1:02d}" for i in range(count)]


def draw_trend(narrow: bool) -> str:
    series = [(month, None if 20 <= i < 24 else 30 + i % 12) for i, month in enumerate(months(2021, 70))]
    return trend_chart(
        series, title="People killed or shot, by month", unit="Victims a month", takeaway="Fewer than a year ago.",
        provisional_from="2026-09",
        breaks=[("2022-09", "New reporting system"), ("1999-01", "Too early")],
        interventions=[("2024-02-15", "Strategy starts in Central & Eastern")],
        missing=[("2022-09", "2022-12", "the feed was down")], narrow=narrow,
    )  # fmt: skip


def draw_bars(narrow: bool) -> str:
    rows = [("Robbery", 1204), ("Burglary <dwelling>", 987), ("Arson", None), ("Homicide", 0)]
    return bar_chart(rows, title="By offense", unit="Incidents", takeaway="Robbery is most frequent.", narrow=narrow)


def draw_years(narrow: bool) -> str:
    rows = [(2020, 335), (2021, None), (2022, 333), (2023, 263), (2024, 201)]
    return year_chart(
        rows, title="By year", unit="Victims a year", takeaway="Fewer.", part_year=2024,
        breaks=[(2022, "Year of injury")], narrow=narrow,
    )  # fmt: skip


def draw_heat(narrow: bool) -> str:
    cells = [(day, hour, (day * hour) % 37) for day in range(1, 8) for hour in range(24) if (day, hour) != (3, 4)]
    return heat_map(cells, title="By hour", unit="Incidents by hour and weekday", takeaway="Nights.", narrow=narrow)


def draw_spark(_: bool) -> str:
    series: list[tuple[str, int | None]] = [(month, i % 7) for i, month in enumerate(months(2023, 36))]
    return spark_chart(series, title="36 months", takeaway="Even.", provisional_from="2025-12")


def draw_weeks(narrow: bool) -> str:
    weeks = [
        (date(2025, 11, 10) + timedelta(days=7 * i), None if i == 12 else 14 if i == 30 else i % 7, (0.5, 12.5) if i > 8 else None)
        for i in range(52)
    ]
    return control_chart(
        weeks, title="Killed or shot, by week", unit="people killed or shot a week", band="usual, by the eight weeks before",
        takeaway="One week lies outside.", provisional_from=date(2026, 10, 12), interventions=[("2026-03-01", "Focused outreach begins")],
        breaks=[("2026-01", "New reporting system"), ("1999-01", "Too early")], narrow=narrow,
    )  # fmt: skip


def draw_season(narrow: bool) -> str:
    months: list[tuple[int | None, int | None, tuple[float, float] | None]] = [
        (1000 + 170 * i if i < 10 else None, 1100 + 200 * i, (900 + 150 * i, 1400 + 240 * i)) for i in range(12)
    ]
    return season_chart(
        months, title="This year", unit="people killed or shot since January", year="2026", before="2025",
        band="range of 2021 to 2025", takeaway="Within the range.", provisional_from=10, narrow=narrow,
    )  # fmt: skip


def draw_panels(narrow: bool) -> str:
    panels = [("Black", (310, 290, None, 214)), ("White", (21, 30, 18, 0)), ("American Indian or Alaska Native", (0, 1, 0, 2)), ("Not known", (9, 9, 9, 9)),
              ("Asian", (1204, 3, 4, 5))]  # fmt: skip
    return panel_chart(panels, ["2021", "2022", "2023", "2024"], title="By race", unit="victims a year", takeaway="Fewer.", narrow=narrow)


CHARTS: dict[str, Draw] = {
    "trend": draw_trend, "bars": draw_bars, "years": draw_years, "heat": draw_heat, "spark": draw_spark, "weeks": draw_weeks,
    "season": draw_season, "panels": draw_panels,
}  # fmt: skip
every_chart = pytest.mark.parametrize("name", CHARTS)
every_width = pytest.mark.parametrize("narrow", [False, True])


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@every_chart
@every_width
def test_a_chart_has_an_accessible_name(name: str, narrow: bool) -> None:
    root = ElementTree.fromstring(CHARTS[name](narrow))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.attrib["role"] == "img"
    assert title is not None
    assert description is not None
    assert title.text
    assert description.text
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]


@every_chart
@every_width
def test_a_chart_needs_no_font_style_script_or_other_file(name: str, narrow: bool) -> None:
    svg = CHARTS[name](narrow)
    root = ElementTree.fromstring(svg)
    allowed = {"svg", "title", "desc", "g", "path", "line", "rect", "text"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
    attributes = {key for element in root.iter() for key in element.attrib}
    assert not {key for key in attributes if key.startswith("on") or "href" in key or key in ("style", "class")}
    assert "url(" not in svg
    assert svg.count("http") == svg.count('xmlns="http://www.w3.org/2000/svg"') == 1
    assert root.attrib["font-family"].endswith("sans-serif")


@every_chart
@every_width
def test_text_can_be_read_and_stays_in_the_picture(name: str, narrow: bool) -> None:
    root = ElementTree.fromstring(CHARTS[name](narrow))
    width = float(root.attrib["width"])
    assert width == (160 if name == "spark" else 328 if narrow else 680)
    outer = root.find(f"{SVG}g")
    assert outer is not None
    origin = float(re.findall(r"-?[\d.]+", outer.attrib["transform"])[0])
    for element in outer.iter(f"{SVG}text"):
        assert float(element.attrib["font-size"].removesuffix("px")) >= 12
        if "rotate" in element.attrib["transform"]:
            continue
        x = origin + float(re.findall(r"-?[\d.]+", element.attrib["transform"])[0])
        # Text is a little narrower than its estimate; 0.5 em a character is what common fonts need.
        size = 0.5 * 12 * len(element.text or "")
        left = {"start": x, "middle": x - size / 2, "end": x - size}[element.attrib["text-anchor"]]
        assert left >= -1
        assert left + size <= width + 1


@every_chart
@every_width
def test_the_same_numbers_give_the_same_bytes(name: str, narrow: bool) -> None:
    assert CHARTS[name](narrow) == CHARTS[name](narrow)


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "from harborlight.charts.charts import bar_chart; import sys;"
        "bar_chart([('other', 5)], title='x', unit='x', takeaway='x');"
        "sys.stdout.write(bar_chart([('A', 3), ('B', 2)], title='t', unit='u', takeaway='w'))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == bar_chart([("A", 3), ("B", 2)], title="t", unit="u", takeaway="w")


@every_width
def test_two_charts_on_a_page_share_no_id(narrow: bool) -> None:
    ids = [found for draw in CHARTS.values() for found in re.findall(r' id="([^"]+)"', draw(narrow))]
    assert len(ids) == len(set(ids)) == 2 * len(CHARTS)


@every_width
def test_bars_carry_their_numbers(narrow: bool) -> None:
    found = texts(draw_bars(narrow))
    assert {"Incidents", "Robbery", "1,204", "Burglary <dwelling>", "987", "0", "not shown"} <= set(found)
    bars = re.findall(r'<path d="M0,[\d.]+h([\d.]+)v16', draw_bars(narrow))
    assert float(bars[1]) / float(bars[0]) == pytest.approx(987 / 1204, abs=1e-3)


@every_width
def test_a_trend_says_what_is_missing_broken_and_provisional(narrow: bool) -> None:
    svg = draw_trend(narrow)
    found = " ".join(texts(svg))
    assert "missing" in found
    assert "New reporting" in found
    assert "provisional from Sep 2026" in found
    assert "Too early" not in svg
    description = ElementTree.fromstring(svg).findtext(f"{SVG}desc")
    assert description == (
        "Fewer than a year ago. Sep 2022: New reporting system. Feb 2024: Strategy starts in Central & Eastern. "
        "Missing Sep 2022 to Dec 2022: the feed was down. Provisional from Sep 2026."
    )
    assert svg.count("stroke-dasharray") == 3


def draw_expected(narrow: bool) -> str:
    series = [(month, 30 + i % 12) for i, month in enumerate(months(2024, 34))]
    return trend_chart(
        series, title="Robberies by month", unit="Robberies a month", takeaway="", provisional_from="2026-09", narrow=narrow,
        expected=[("2026-08", 10, 20), ("2026-09", 39, 44), ("2026-10", 42, 71), ("2026-11", 1, 90)],
    )  # fmt: skip


@every_width
def test_a_trend_says_where_recent_months_may_end(narrow: bool) -> None:
    """A range begins at the count at the least; one that the count has passed or of a month that is not shown is left out."""
    svg = draw_expected(narrow)
    description = ElementTree.fromstring(svg).findtext(f"{SVG}desc") or ""
    assert "Sep 2026 is expected to end between 39 and 44. Oct 2026 is expected to end between 42 and 71." in description
    assert "Aug 2026" not in description and "Nov 2026" not in description
    assert "where it is expected to end (95%)" in texts(svg)
    assert "80" in texts(svg), "the axis holds the highest end"
    plain = trend_chart([(month, 30) for month in months(2024, 3)], title="", unit="", takeaway="", narrow=narrow)
    assert "expected" not in plain


@every_width
def test_the_ends_of_a_range_stand_at_their_values(narrow: bool) -> None:
    """Heights in the picture, read back from the axis: 0 and the highest tick give the scale."""
    svg = draw_expected(narrow)
    lines = [tuple(map(float, found)) for found in re.findall(r'<line transform="translate\(([\d.]+),([\d.]+)\)" x2="([-\d.]+)" y2="([-\d.]+)" stroke="#565c65"', svg)]
    tall = [(y, y + dy) for _, y, dx, dy in lines if dx == 0 and abs(dy) not in (0, 12)]
    height = 170 if narrow else 230
    assert sorted(round((height - min(pair)) / height * 80) for pair in tall) == [44, 71]
    assert sorted(round((height - max(pair)) / height * 80) for pair in tall) == [39, 42]


def test_a_range_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="below its low end"):
        trend_chart([("2026-01", 3)], title="", unit="", takeaway="", expected=[("2026-01", 9, 4)])


def test_a_gap_parts_the_line() -> None:
    lines = re.findall(r'<path d="(M[^"Z]+)" stroke="#0072b2"', draw_trend(False))
    # 20 months before the gap; 44 settled months after it (the tail begins at the last of them).
    assert [path.count("L") + 1 for path in lines] == [20, 44]
    tail = re.findall(r'<path d="(M[^"Z]+)" stroke="#5c9dc9"', draw_trend(False))
    assert [path.count("L") + 1 for path in tail] == [3]
    assert lines[1].endswith(tail[0].split("L")[0].removeprefix("M"))


def test_the_value_axis_starts_at_zero() -> None:
    svg = trend_chart([("2026-01", 980), ("2026-02", 1000)], title="t", unit="u", takeaway="w")
    assert {"0", "1,000"} <= set(texts(svg))
    high, low = re.findall(r'<path d="M[\d.]+,([\d.]+)L[\d.]+,([\d.]+)"', svg)[0][::-1]
    assert (float(high), float(low)) == pytest.approx((0, 230 * 0.02), abs=0.01)


@every_width
def test_weeks_name_their_band_their_tail_and_what_lies_outside(narrow: bool) -> None:
    shown = texts(draw_weeks(narrow))
    assert "14" in shown and "usual, by the eight weeks before" in shown and "may still rise: from 12 Oct" in shown
    assert "Too early" not in shown and any("Focused" in text for text in shown)
    # Zeros below the band get their number where they are settled; those that may still rise do not.
    weeks = [date(2025, 11, 10) + timedelta(days=7 * i) for i in range(52)]
    settled = [i for i, start in enumerate(weeks) if i > 8 and i != 12 and i % 7 == 0 and start + timedelta(days=6) < date(2026, 10, 12)]
    # The axis has a 0 of its own.
    assert shown.count("0") == len(settled) + 1


@every_width
def test_a_season_names_both_years_and_the_range(narrow: bool) -> None:
    shown = texts(draw_season(narrow))
    assert {"2026: 2,530", "2025", "range of 2021 to 2025"} <= set(shown)


@every_width
def test_weeks_and_seasons_of_nothing(narrow: bool) -> None:
    given = {"title": "T", "unit": "u", "band": "b", "takeaway": "t", "narrow": narrow}
    assert "No data for this chart" in texts(control_chart([], **given))
    assert texts(season_chart([(None, None, None)] * 12, year="2026", before="2025", **given))


@every_width
def test_years_carry_numbers_breaks_and_the_unfinished_year(narrow: bool) -> None:
    found = texts(draw_years(narrow))
    assert {"335", "333", "201", "2020", "2024", "missing", "2024: part of the year"} <= set(found)
    assert "Year of injury" in found


@every_width
def test_a_heat_map_shows_every_hour_and_tells_none_from_zero(narrow: bool) -> None:
    svg = draw_heat(narrow)
    assert {"Mon", "Sun", "midnight", "6 am", "noon", "6 pm", "0", "not shown"} <= set(texts(svg))
    boxes = re.findall(r'<path d="M[^"]+Z" fill="(#\w+)" stroke="(#\w+)" stroke-width="0.75"', svg)
    assert boxes == [("#ffffff", "#c6cace")] * 2
    assert len(re.findall(r'<path d="M[^"]+Z" fill="#\w+" stroke="#ffffff"', svg)) == 7 * 24 - 1


@every_width
@pytest.mark.parametrize("given", [[], [("2026-10", 7)], [("2026-10", None)], [("2026-09", 0), ("2026-10", 0)]])
def test_trends_of_almost_nothing(narrow: bool, given: list[tuple[str, int | None]]) -> None:
    svg = trend_chart(given, title="t", unit="Victims", takeaway="w", provisional_from="2026-10", narrow=narrow)
    found = texts(svg)
    assert "NaN" not in svg
    assert "Infinity" not in svg
    assert ("No data for this chart" in found) == (given == [])
    assert ("missing" in found) == (given == [("2026-10", None)])
    if given == [("2026-10", 7)]:
        assert "7" in found
        assert len(re.findall(r'<path [^>]*fill="#5c9dc9"', svg)) == 1
    assert "NaN" not in spark_chart(given, title="t", takeaway="w")


@every_width
def test_other_charts_of_nothing(narrow: bool) -> None:
    words = {"title": "t", "unit": "u", "takeaway": "w"}
    assert "No data for this chart" in texts(bar_chart([], **words, narrow=narrow))
    assert texts(bar_chart([("A", None)], **words, narrow=narrow)).count("not shown") == 1
    assert "No data for this chart" in texts(year_chart([], **words, narrow=narrow))
    assert "No data for this chart" in texts(year_chart([(2024, None)], **words, narrow=narrow))
    assert "not shown" in texts(heat_map([], **words, narrow=narrow))


def test_bad_input_is_refused() -> None:
    words = {"title": "t", "unit": "u", "takeaway": "w"}
    with pytest.raises(ValueError, match="follow one another"):
        trend_chart([("2026-01", 1), ("2026-03", 1)], **words)
    with pytest.raises(ValueError, match="YYYY-MM"):
        trend_chart([("2026-13", 1)], **words)
    with pytest.raises(ValueError, match="negative"):
        trend_chart([("2026-01", -1)], **words)
    with pytest.raises(ValueError, match="negative"):
        bar_chart([("A", -1)], **words)
    with pytest.raises(ValueError, match="weekday"):
        heat_map([(0, 3, 1)], **words)
    with pytest.raises(ValueError, match="once"):
        heat_map([(1, 3, 1), (1, 3, 2)], **words)


def test_what_a_chart_may_not_hold_is_refused_or_taken_out() -> None:
    with pytest.raises(ValueError, match="script"):
        finish('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "t", "d")
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9">'
        '<text onclick="x" style="y" x="0.33333">&lt;b&gt;</text></svg>'
    )
    clean = finish(drawn, "a < b", "c & d")
    assert '<text x="0.33">&lt;b&gt;</text>' in clean
    assert ">a &lt; b</title>" in clean
    assert ">c &amp; d</desc>" in clean


labels = st.lists(
    st.tuples(
        st.floats(0, 600),
        st.text("abcdefgh ", min_size=1, max_size=60),
        st.sampled_from(["break", "intervention", "gap"]),
    ),
    max_size=8,
)


@given(labels, st.sampled_from([(270.0, 150.0), (620.0, 210.0)]))
def test_labels_never_lie_on_each_other(
    wanted: list[tuple[float, str, layout.Kind]], size: tuple[float, float]
) -> None:
    width, line_width = size
    wanted = [(min(x, width), text, kind) for x, text, kind in wanted]
    placed = layout.place_labels(wanted, width, line_width)
    assert sorted(label.x for label in placed) == sorted(x for x, _, _ in wanted)
    for i, one in enumerate(placed):
        for other in placed[i + 1 :]:
            rows = one.row < other.end_row and other.row < one.end_row
            assert not (rows and one.left < other.right and other.left < one.right)


@given(st.integers(0, 10**9), st.sampled_from([4, 5]))
def test_ticks_are_few_even_and_hold_the_highest_value(highest: int, most: int) -> None:
    steps = layout.ticks(highest, most)
    assert steps[0] == 0
    assert steps[-1] >= highest
    assert 2 <= len(steps) <= most + 1
    assert len({b - a for a, b in pairwise(steps)}) == 1


@given(st.integers(0, 10**7))
def test_every_count_has_a_shade(highest: int) -> None:
    steps = layout.shade_steps(highest, 5)
    assert steps[0] == 0
    assert 2 <= len(steps) <= 6
    assert highest // steps[1] < len(steps) - 1


@given(st.lists(st.none() | st.integers(0, 99), max_size=40), st.integers(0, 45))
def test_every_month_with_a_number_is_drawn_once(values: list[int | None], late_after: int) -> None:
    names = months(2021, 46)
    series = trend.Series.of(list(zip(names, values, strict=False)), names[late_after], (), (), ())
    settled, tail = series.segments()
    drawn = {point["x"] for point in (*settled, *tail)}
    assert drawn == {i for i, n in enumerate(values) if n is not None}
    assert all(point["x"] < late_after for point in settled)
    assert sum(b - a + 1 for a, b in series.gaps) == values.count(None)
