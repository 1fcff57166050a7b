"""Drawings as SVG: well-formed, readable to whoever cannot see them, nothing that the content policy forbids."""

from decimal import Decimal as D
from xml.etree import ElementTree

from redprop.common.drawings import Part, Series, bars, line_chart, stacked_bars

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawing):
    root = ElementTree.fromstring(drawing)
    assert root.find(f"{SVG}title").text
    assert "style" not in drawing
    return root


def test_a_missing_value_breaks_the_line_and_every_value_has_its_mark():
    drawing = line_chart(
        ["Q1", "Q2", "Q3", "Q4"], [Series("甲", [D(80), D(85), None, D(90)])], title="总分", unit="分"
    )
    root = parsed(drawing)
    assert [len(line.get("points").split()) for line in root.iter(f"{SVG}polyline")] == [2]
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"Q1", "Q4", "80", "85", "90", "分"} <= set(texts)


def test_two_series_differ_by_shape_and_dash_not_by_colour_alone():
    root = parsed(line_chart(["a", "b"], [Series("甲", [D(1), D(2)]), Series("乙", [D(2), D(1)])], title="x"))
    assert list(root.iter(f"{SVG}circle"))
    assert list(root.iter(f"{SVG}rect"))
    assert [line.get("stroke-dasharray") for line in root.iter(f"{SVG}polyline")] == [None, "7 4"]


def test_names_are_escaped():
    drawing = line_chart(["<1>"], [Series("a&b", [D(1)])], title='"><script>', limits=[("<", D(2))])
    parsed(drawing)
    assert "<script" not in drawing


def test_stacked_bars_stand_on_each_other_and_add_up():
    drawing = stacked_bars(
        ["Q1"], [Part("红", "#b00", [30]), Part("黑", "#000", [10])], title="榜", height=300
    )
    root = parsed(drawing)
    rects = [r for r in root.iter(f"{SVG}rect") if r.find(f"{SVG}title") is not None]
    lower, upper = (float(r.get("y")) for r in rects)
    heights = [float(r.get("height")) for r in rects]
    assert heights[0] == 3 * heights[1]
    assert abs(upper + heights[1] - lower) < 0.11


def test_bars_are_as_long_as_their_values():
    root = parsed(bars([("甲", D(50)), ("乙", D(100)), ("丙", None)], title="得分率", most=D(100)))
    wide = [float(r.get("width")) for r in root.iter(f"{SVG}rect")]
    assert wide[1] == 2 * wide[0]
    assert "–" in [text.text for text in root.iter(f"{SVG}text")]


def test_nothing_to_draw_is_no_fault():
    parsed(line_chart([], [], title="空"))
    parsed(stacked_bars([], [], title="空"))
    parsed(bars([], title="空"))
