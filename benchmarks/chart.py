"""Draws lines over one number, as PNG or SVG by the ending of the file's name. Knows nothing of what they mean."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 620, 340
"""Of the plane of one panel, with what stands beside it, in pixels of the SVG; the PNG has `SHARP` times as many."""
LEFT, RIGHT, TOP, BELOW, ROW = 56, 40, 40, 60, 20
SHARP = 2
TEXT_SIZE = 13
ENDINGS = (".png", ".svg")
Colour = tuple[int, int, int]
Point = tuple[float, float]
BLACK, PALE = (0, 0, 0), (225, 225, 225)
RED, BLUE, GREEN, PURPLE, GREY = (200, 60, 40), (60, 100, 180), (60, 140, 80), (150, 90, 160), (120, 120, 120)


@dataclass(frozen=True, kw_only=True)
class Line:
    name: str
    colour: Colour
    points: Sequence[Point]
    """Of each the number on the axis, from 0, and a share between 0 and 1."""
    dots: bool = False


@dataclass(frozen=True, kw_only=True)
class Panel:
    title: str
    lines: Sequence[Line]
    ticks: Sequence[tuple[float, str]]
    """Where the axis is marked, and what it says there; the last is at the right edge or before it."""
    axis: str
    levels: Sequence[tuple[float, str]] = ()
    """The same of the shares."""


@dataclass(frozen=True, kw_only=True)
class _Stroke:
    points: tuple[Point, ...]
    colour: Colour
    width: int = 2


@dataclass(frozen=True, kw_only=True)
class _Dot:
    at: Point
    colour: Colour
    radius: int = 3


@dataclass(frozen=True, kw_only=True)
class _Text:
    at: Point
    text: str
    colour: Colour = BLACK
    anchor: Literal["start", "middle", "end"] = "start"


_Mark = _Stroke | _Dot | _Text


def picture(name: str) -> Path:
    """The type of an argument that names a file to draw to: better refused at once than when a long run is over."""
    path = Path(name)
    if path.suffix.lower() not in ENDINGS:
        raise argparse.ArgumentTypeError(f"{name} must end in {' or '.join(ENDINGS)}")
    return path


def draw(panels: Sequence[Panel], path: Path) -> None:
    """The panels beside one another, each with its lines named below it."""
    width = WIDTH * max(1, len(panels))
    height = TOP + HEIGHT + BELOW + ROW * max((len(panel.lines) for panel in panels), default=0)
    marks = [mark for number, panel in enumerate(panels) for mark in _marks(panel, WIDTH * number)]
    if path.suffix.lower() == ".svg":
        path.write_text(_svg(marks, width, height), encoding="utf-8")
    else:
        _png(marks, width, height, path)


def _marks(panel: Panel, left: int) -> Iterator[_Mark]:
    first, last, bottom = left + LEFT, left + WIDTH - RIGHT, TOP + HEIGHT
    most = max([x for line in panel.lines for x, _ in line.points] + [x for x, _ in panel.ticks], default=0) or 1

    def place(point: Point) -> Point:
        return first + (last - first) * point[0] / most, bottom - HEIGHT * point[1]

    yield _Text(at=(first, TOP - 18), text=panel.title)
    for share, text in panel.levels:
        yield _Stroke(points=(place((0, share)), place((most, share))), colour=PALE, width=1)
        yield _Text(at=(first - 8, place((0, share))[1] + 4), text=text, anchor="end")
    for x, text in panel.ticks:
        yield _Text(at=(place((x, 0))[0], bottom + 18), text=text, anchor="middle")
    yield _Text(at=((first + last) / 2, bottom + 38), text=panel.axis, anchor="middle")
    yield _Stroke(points=((first, TOP), (first, bottom), (last, bottom)), colour=BLACK, width=1)
    for number, line in enumerate(panel.lines):
        yield _Stroke(points=tuple(place(point) for point in line.points), colour=line.colour)
        if line.dots:
            yield from (_Dot(at=place(point), colour=line.colour) for point in line.points)
        row = bottom + BELOW + ROW * number
        yield _Stroke(points=((first, row), (first + 24, row)), colour=line.colour)
        yield _Text(at=(first + 32, row + 4), text=line.name, colour=line.colour)


def _svg(marks: Sequence[_Mark], width: int, height: int) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="{TEXT_SIZE}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for mark in marks:
        colour = f"rgb{mark.colour}"
        match mark:
            case _Stroke():
                points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
                parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{mark.width}"/>')
            case _Dot(at=(x, y)):
                parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{mark.radius}" fill="{colour}"/>')
            case _Text(at=(x, y)):
                text = escape(mark.text)
                parts.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{mark.anchor}">{text}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _png(marks: Sequence[_Mark], width: int, height: int, path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (width * SHARP, height * SHARP), "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(TEXT_SIZE * SHARP)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for mark in marks:
        match mark:
            case _Stroke():
                points = [(x * SHARP, y * SHARP) for x, y in mark.points]
                pen.line(points, fill=mark.colour, width=mark.width * SHARP, joint="curve")
            case _Dot(at=(x, y)):
                pen.circle((x * SHARP, y * SHARP), mark.radius * SHARP, fill=mark.colour)
            case _Text(at=(x, y)):
                pen.text((x * SHARP, y * SHARP), mark.text, mark.colour, font=font, anchor=anchors[mark.anchor])
    image.save(path)
