"""The pictures that most loads draw anew, bars and steps, drawn by Pillow in a tenth of the time that Matplotlib takes.

Pillow is imported when the first is drawn.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

WIDTH, HEIGHT, LETTERS = 640, 360, 12
FONT = "mpl-data/fonts/ttf/DejaVuSans.ttf"
LEFT, RIGHT = 64, 604  # of all panels: what stands on the left are numbers
INK, LINE, PALETTE = "#000000", "#808080", 256
TICKS, FEW_DAYS, SOME_DAYS, TICK = 5, 6, 5, 4
UNITS = {"G": 10**9, "M": 10**6, "k": 10**3}
LONG = 10_000  # a number that is told in units


class Sheet:
    """A white sheet with a title, on which panels are drawn."""

    def __init__(self, title: str) -> None:
        from PIL import Image, ImageDraw, ImageFont

        matplotlib = find_spec("matplotlib")  # whose letters the other pictures have
        assert matplotlib, "it is a requirement"
        self.image = Image.new("RGB", (WIDTH, HEIGHT), "white")
        self.draw = ImageDraw.Draw(self.image)
        self.font = ImageFont.truetype(str(Path(matplotlib.origin or "").parent / FONT), LETTERS)
        self.text((LEFT + RIGHT) // 2, 14, title, "mm")

    def text(self, x: float, y: float, text: str, anchor: str) -> None:
        """Writes a line."""
        self.draw.text((x, y), text, fill=INK, font=self.font, anchor=anchor)

    def legend(self, colours: dict[str, str]) -> None:
        """Tells at the bottom what the colours are."""
        x: float = LEFT
        for name, colour in colours.items():
            self.draw.rectangle((x, HEIGHT - 18, x + 20, HEIGHT - 10), fill=colour)
            self.text(x + 26, HEIGHT - 14, name, "lm")
            x += 44 + self.draw.textlength(name, self.font)

    def png(self) -> bytes:
        """The sheet as a file of few colours."""
        from PIL import Image

        file = io.BytesIO()
        self.image.quantize(PALETTE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, format="png")
        return file.getvalue()


class Panel:
    """A part of a sheet, from `top` to `bottom`, with an axis of numbers that takes in all `values`, and one of `days`."""

    def __init__(self, sheet: Sheet, top: int, bottom: int, days: Sequence[date], values: Iterable[int]) -> None:
        self.sheet, self.top, self.bottom, self.days = sheet, top, bottom, [day.toordinal() for day in days]
        self.first, self.last = min(self.days, default=0) - 0.5, max(self.days, default=0) + 0.5
        low, high = min([0, *values]), max([0, *values])
        self.step = tick(max(high - low, 1))
        room = (high - low) * 0.05
        self.low, self.high = low and low - room, max(high, low + 1) + room
        sheet.draw.line([(LEFT, top), (LEFT, bottom), (RIGHT, bottom)], fill=LINE)
        for value in range(-(-int(self.low) // self.step) * self.step, int(self.high) + 1, self.step):
            sheet.draw.line([(LEFT - TICK, self.y(value)), (LEFT, self.y(value))], fill=LINE)
            sheet.text(LEFT - TICK - 3, self.y(value), in_short(value), "rm")

    def x(self, day: float) -> float:
        """Where a day is."""
        return LEFT + (RIGHT - LEFT) * (day - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        """Where a number is."""
        return self.bottom - (self.bottom - self.top) * (value - self.low) / (self.high - self.low)

    def bars(self, low: Sequence[int], high: Sequence[int], colour: str) -> None:
        """A bar a day from `low` to `high`; of nothing none."""
        for day, bottom, top in zip(self.days, low, high, strict=True):
            if bottom != top:
                box = (self.x(day - 0.4), self.y(top), max(self.x(day + 0.4), self.x(day - 0.4) + 1), self.y(bottom))
                self.sheet.draw.rectangle(box, fill=colour)

    def steps(self, values: Sequence[int], colour: str) -> None:
        """A line that goes on at the height of one day until the next, with a dot a day."""
        at = [(self.x(day), self.y(value)) for day, value in zip(self.days, values, strict=True)]
        corners = [(right[0], left[1]) for left, right in pairwise(at)]
        line = [point for pair in zip(at, corners, strict=False) for point in pair] + at[-1:]
        if len(line) > 1:
            self.sheet.draw.line(line, fill=colour, width=2)
        for x, y in at:
            self.sheet.draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)

    def dates(self) -> None:
        """Names each of a few days, some of many."""
        count = len(self.days)
        few = count <= FEW_DAYS
        shown = self.days if few else [self.days[round(at * (count - 1) / SOME_DAYS)] for at in range(SOME_DAYS + 1)]
        for day in shown:
            self.sheet.draw.line([(self.x(day), self.bottom), (self.x(day), self.bottom + TICK)], fill=LINE)
            self.sheet.text(self.x(day), self.bottom + TICK + 3, str(date.fromordinal(day)), "mt")


def tick(span: int) -> int:
    """The distance of the numbers on an axis: 1, 2 or 5 times a power of ten.

    >>> tick(1), tick(7), tick(30), tick(1_234_567)
    (1, 2, 10, 500000)
    """
    power = int(10 ** (len(str(max(span // TICKS, 1))) - 1))
    return next(power * times for times in (1, 2, 5, 10) if power * times * TICKS >= span)


def in_short(value: int) -> str:
    """A number that fits beside an axis.

    >>> in_short(9_500), in_short(-20_000), in_short(1_500_000)
    ('9,500', '-20 k', '1.5 M')
    """
    if abs(value) < LONG:
        return f"{value:,}"
    return next(f"{value / unit:g} {name}" for name, unit in UNITS.items() if abs(value) >= unit)
