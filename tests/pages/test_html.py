from __future__ import annotations

import math

import pytest

from ser.pages import charts
from ser.pages.html import DASH, Html, data_uri, number, page, section, table, tag


def test_what_was_not_built_here_is_escaped() -> None:
    hostile = "<script>alert('x')</script> & \"y\""
    assert "<script" not in tag("p", hostile, title=hostile)
    assert "<script" not in table(hostile, [hostile], [[hostile], [None]])
    assert "<script" not in page(hostile, section("a", hostile, hostile))


def test_attributes_without_a_value_are_left_out_and_empty_elements_have_no_end() -> None:
    assert tag("td", 1, class_=None) == "<td>1</td>"
    assert tag("img", src="data:,", aria_hidden="true") == '<img src="data:," aria-hidden="true">'


def test_numbers_and_their_titles_stand_to_the_right() -> None:
    built = table("c", ["name", "words", "count", "share"], [["a", "b", 1234, number(0.5, ".0%")]])
    assert '<th scope="row">a</th><td>b</td><td class="n">1,234</td><td class="n">50%</td>' in built
    assert '<th scope="col">words</th><th scope="col" class="n">count</th><th scope="col" class="n">share</th>' in built


def test_an_empty_table_keeps_its_header() -> None:
    assert '<th scope="col">name</th>' in table("c", ["name"], [])


def test_what_is_no_number_is_a_dash() -> None:
    assert number(math.nan, ".1f") == DASH
    assert tag("td", None) == f"<td>{DASH}</td>"


def test_bytes_become_an_address() -> None:
    assert data_uri(b"ser", "text/plain") == "data:text/plain;base64,c2Vy"


def test_bars_are_shares_of_the_largest() -> None:
    assert "width:25.00%" in charts.bar(1, 4)
    stacked = charts.stack([(1, "female"), (0, "male"), (2, "unknown")], 4)
    assert 'class="female" style="width:25.00%"' in stacked
    assert "male" not in stacked.replace("female", "")
    assert charts.bar(0, 0) == '<span class="bar" aria-hidden="true"></span>'


def test_a_span_lies_on_its_axis() -> None:
    assert "left:25.00%;width:50.00%" in charts.span(-5, 0, 5, (-10, 10))
    assert "left:50.00%" in charts.span(-5, 0, 5, (-10, 10))


@pytest.mark.parametrize(("share", "shown"), [(-1, "0.000"), (0.5, "0.500"), (2, "1.000")])
def test_heat_stays_within_its_scale(share: float, shown: str) -> None:
    assert f"--s:{shown}" in charts.heat(7, share)


def test_a_histogram_says_in_words_what_it_shows() -> None:
    drawn = charts.histogram([0, 2, 1, 0], [0, 0.5, 1, 1.5, 2], what="Clips", unit="s")
    assert 'role="img" aria-label="Clips; tallest bar 2 at 0.5 to 1 s"' in drawn
    assert "height:100.00%" in drawn
    assert [f"<span>{edge}</span>" in drawn for edge in ("0", "0.5", "1", "1.5", "2 s")] == [True] * 5
    assert isinstance(drawn, Html)
