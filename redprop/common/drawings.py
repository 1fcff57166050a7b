"""Charts as SVG, drawn here: readable without JavaScript and in print, told apart by shape and word, not colour alone.

The same numbers stand in a table beside each chart; its title and description say what it shows to whoever
cannot see it. No style attributes: the pages' content policy forbids them. Nothing here knows what is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

RED, BLACK, GREY, AMBER, BLUE = "#b8161c", "#1f1f1f", "#6b7280", "#8a5a00", "#1d4f91"
TONES = (RED, BLUE, BLACK, AMBER, GREY)
DASHES = ("", "7 4", "2 3", "10 3 2 3", "1 5")
LIGHT = "#d9d9d9"


@dataclass(frozen=True)
class Series:
    """One line of a chart: its name and a value for each label, None where there is none."""

    name: str
    values: Sequence[Decimal | None]


@dataclass(frozen=True)
class Part:
    """One part of stacked bars: its name, its colour and its count for each label."""

    name: str
    colour: str
    counts: Sequence[int]


def plain(value: Decimal | int) -> str:
    """A number without trailing zeros."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


class Drawing:
    """An SVG being drawn; coordinates are pixels of its view box."""

    def __init__(self, width: int, height: int, title: str, description: str, font: str = "") -> None:
        family = f' font-family="{escape(font)}"' if font else ""
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" viewBox="0 0 {width} {height}" role="img"'
            f' font-size="14"{family} fill="{BLACK}">'
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        ]

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: str = ""
    ) -> None:
        """Draw a straight line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'
        )

    def text(self, x: float, y: float, text: str, anchor: str = "start", colour: str = BLACK) -> None:
        """Write a text with its anchor at the point."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
        )

    def rect(self, x: float, y: float, width: float, height: float, colour: str, told: str = "") -> None:
        """Draw a filled rectangle, with what it tells as its title."""
        title = f"<title>{escape(told)}</title>" if told else ""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"'
            f' stroke="#ffffff" stroke-width="1">{title}</rect>'
        )

    def path(self, points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> None:
        """Draw a line through the points."""
        if len(points) < 2:
            return
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
        )

    def mark(self, x: float, y: float, number: int, colour: str, told: str) -> None:
        """Draw the mark of series `number`: circle, square, triangle, diamond, ring."""
        shapes = (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"',
            f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"',
            f'<path d="M{x:.1f} {y - 5:.1f}L{x + 5:.1f} {y + 4:.1f}H{x - 5:.1f}Z"',
            f'<path d="M{x:.1f} {y - 5.5:.1f}L{x + 5.5:.1f} {y:.1f}L{x:.1f} {y + 5.5:.1f}L{x - 5.5:.1f} {y:.1f}Z"',
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"',
        )
        shape = shapes[number % len(shapes)]
        tag = shape[1 : shape.index(" ")]
        self.parts.append(f'{shape} fill="{colour}"><title>{escape(told)}</title></{tag}>')

    def svg(self) -> str:
        """Return the drawing."""
        return "".join([*self.parts, "</svg>"])


def _steps(low: Decimal, high: Decimal) -> list[Decimal]:
    """Return round values from at most `low` to at least `high`, four to seven of them."""
    span = max(high - low, Decimal(1))
    step = Decimal(1)
    for wanted in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10000):
        step = Decimal(wanted)
        if span / step <= 6:
            break
    first = (low // step) * step
    if first > low:
        first -= step
    found = [first]
    while found[-1] < high:
        found.append(found[-1] + step)
    return found if len(found) > 1 else [first, first + step]


def line_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    description: str = "",
    unit: str = "",
    limits: Sequence[tuple[str, Decimal]] = (),
    width: int = 720,
    height: int = 300,
    font: str = "",
) -> str:
    """Return lines over labels as SVG; a missing value breaks its line. `limits` are drawn across with their names."""
    left, right, top, foot = 52, 128 if limits else 24, 30, 40 + 22 * (len(series) > 1)
    known = [v for one in series for v in one.values if v is not None] + [v for _n, v in limits]
    steps = _steps(min(known), max(known)) if known else [Decimal(0), Decimal(100)]
    low, high = steps[0], steps[-1]
    wide, tall = width - left - right, height - top - foot
    drawing = Drawing(width, height, title, description, font)

    def across(number: int) -> float:
        return left + wide * ((number + 0.5) / max(1, len(labels)))

    def up(value: Decimal) -> float:
        return top + tall * (1 - float((value - low) / (high - low)))

    drawing.text(4, 16, unit, colour=GREY)
    for step in steps:
        drawing.line(left, up(step), width - right, up(step), LIGHT)
        drawing.text(left - 6, up(step) + 5, plain(step), "end", GREY)
    every = max(1, -(-len(labels) * 46 // wide))
    for number, label in enumerate(labels):
        if (len(labels) - 1 - number) % every == 0:
            drawing.text(across(number), height - foot + 20, label, "middle")
    for name, limit in limits:
        drawing.line(left, up(limit), width - right, up(limit), AMBER, 1.2, "3 3")
        drawing.text(width - right + 6, up(limit) + 5, f"{name} {plain(limit)}", colour=AMBER)
    for number, one in enumerate(series):
        colour, dash = TONES[number % len(TONES)], DASHES[number % len(DASHES)]
        run: list[tuple[float, float]] = []
        for place, value in enumerate(one.values):
            if value is None:
                drawing.path(run, colour, dash)
                run = []
            else:
                run.append((across(place), up(value)))
        drawing.path(run, colour, dash)
        for place, value in enumerate(one.values):
            if value is not None:
                told = f"{one.name} {labels[place]} {plain(value)}"
                drawing.mark(across(place), up(value), number, colour, told)
        if len(series) == 1 and len(labels) <= 12:
            for place, value in enumerate(one.values):
                if value is not None:
                    drawing.text(across(place), up(value) - 9, plain(value), "middle", colour)
        if len(series) > 1:
            x = left + number * (wide / len(series))
            drawing.mark(x + 6, height - 11, number, colour, one.name)
            drawing.text(x + 16, height - 6, one.name)
    return drawing.svg()


def stacked_bars(
    labels: Sequence[str],
    parts: Sequence[Part],
    *,
    title: str,
    description: str = "",
    unit: str = "",
    width: int = 720,
    height: int = 300,
    font: str = "",
) -> str:
    """Return counts over labels as stacked bars, each part with its count where there is room for it."""
    left, right, top, foot = 52, 24, 30, 62
    sums = [sum(part.counts[i] for part in parts) for i in range(len(labels))]
    steps = _steps(Decimal(0), Decimal(max([*sums, 1])))
    wide, tall, high = width - left - right, height - top - foot, steps[-1]
    drawing = Drawing(width, height, title, description, font)
    drawing.text(4, 16, unit, colour=GREY)
    for step in steps:
        y = top + tall * (1 - float(step / high))
        drawing.line(left, y, width - right, y, LIGHT)
        drawing.text(left - 6, y + 5, plain(step), "end", GREY)
    room = wide / max(1, len(labels))
    every = max(1, -(-len(labels) * 64 // wide))
    for number, label in enumerate(labels):
        x, base = left + room * number + room * 0.2, float(top + tall)
        for part in parts:
            count = part.counts[number]
            size = tall * count / float(high)
            if count:
                drawing.rect(x, base - size, room * 0.6, size, part.colour, f"{label} {part.name} {count}")
                if size >= 16:
                    drawing.text(x + room * 0.3, base - size / 2 + 5, str(count), "middle", "#ffffff")
            base -= size
        if (len(labels) - 1 - number) % every == 0:
            drawing.text(x + room * 0.3, height - foot + 20, label, "middle")
    for number, part in enumerate(parts):
        x = left + number * (wide / max(1, len(parts)))
        drawing.rect(x, height - 18, 12, 12, part.colour)
        drawing.text(x + 17, height - 7, part.name)
    return drawing.svg()


def bars(
    rows: Sequence[tuple[str, Decimal | None]],
    *,
    title: str,
    description: str = "",
    most: Decimal | None = None,
    width: int = 720,
    font: str = "",
) -> str:
    """Return one bar across for each row with its value behind it; `most` is the length of a full bar."""
    height, left = 14 + 30 * len(rows), 220
    largest = most or max((value for _label, value in rows if value is not None), default=Decimal(1))
    largest = largest if largest > 0 else Decimal(1)
    drawing = Drawing(width, height, title, description, font)
    for number, (label, value) in enumerate(rows):
        y = 8 + 30 * number
        drawing.text(left - 8, y + 17, label if len(label) <= 14 else f"{label[:13]}…", "end")
        if value is None:
            drawing.text(left, y + 17, "–", colour=GREY)
            continue
        size = (width - left - 84) * float(max(value, Decimal(0)) / largest)
        drawing.rect(left, y + 3, max(size, 1), 20, RED, f"{label} {plain(value)}")
        drawing.text(left + size + 8, y + 18, plain(value))
    return drawing.svg()
