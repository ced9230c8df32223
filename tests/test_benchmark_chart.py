"""What the benchmarks draw: the same lines in either form, none of them outside the picture."""

import argparse
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from benchmarks import chart

SVG = "{http://www.w3.org/2000/svg}"
PANEL = chart.Panel(
    title="thumbs < alone",
    lines=[
        chart.Line(name="rises", colour=chart.RED, points=[(0, 0), (10, 1)], dots=True),
        chart.Line(name="stays", colour=chart.BLUE, points=[(0, 0.5), (20, 0.5)]),
    ],
    ticks=[(0, "0"), (20, "20")],
    axis="ratings",
    levels=[(0, "0"), (1, "1")],
)


def test_a_line_goes_from_where_it_begins_to_where_it_ends(tmp_path: Path) -> None:
    chart.draw([PANEL, PANEL], tmp_path / "lines.svg")
    root = ElementTree.parse(tmp_path / "lines.svg").getroot()
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    assert width == 2 * chart.WIDTH
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts.count("thumbs < alone") == texts.count("rises") == texts.count("ratings") == 2
    strokes = {line.attrib["stroke"]: line.attrib["points"] for line in reversed(list(root.iter(f"{SVG}polyline")))}
    (x0, y0), (x1, y1) = (map(float, point.split(",")) for point in strokes[f"rgb{chart.RED}"].split())
    assert y0 - y1 == chart.HEIGHT and x1 - x0 == (chart.WIDTH - chart.LEFT - chart.RIGHT) / 2
    for stroke in root.iter(f"{SVG}polyline"):
        for x, y in (map(float, point.split(",")) for point in stroke.attrib["points"].split()):
            assert 0 <= x <= width and 0 <= y <= height


def test_the_same_is_drawn_as_a_png(tmp_path: Path) -> None:
    chart.draw([PANEL], tmp_path / "lines.png")
    with Image.open(tmp_path / "lines.png") as image:
        assert image.width == chart.SHARP * chart.WIDTH
        colours = {colour for _, colour in image.getcolors(1 << 24) or []}
    assert {chart.RED, chart.BLUE, chart.BLACK} <= colours


def test_another_ending_is_refused_before_anything_runs() -> None:
    assert chart.picture("a/curve.SVG") == Path("a/curve.SVG")
    with pytest.raises(argparse.ArgumentTypeError, match=r"\.png or \.svg"):
        chart.picture("curve.jpeg")
