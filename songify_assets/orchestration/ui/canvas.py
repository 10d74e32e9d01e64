"""What pictures are drawn on: figures, bars, dates, and PNG files that are small. Matplotlib is imported when the first is drawn, or computing begins."""

import base64
import io
import threading
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#882255", "#999999")
LONGEST_NAME, FEW_DAYS, PALETTE = 24, 7, 256
EPOCH, HALF = date(1970, 1, 1).toordinal(), 0.4  # days: where the axis of dates begins, half a bar


def as_metadata(png: bytes) -> dg.MetadataValue[str]:
    """A picture as Dagster shows it."""
    return dg.MetadataValue.md(f"![picture](data:image/png;base64,{base64.b64encode(png).decode()})")


@cache
def begin_to_import() -> None:
    """Imports Matplotlib in a thread of its own: that takes a third of a second, and is over when the first table is written."""
    threading.Thread(target=_import_matplotlib, daemon=True).start()


@cache
def _import_matplotlib() -> None:
    import matplotlib.backends.backend_agg
    import matplotlib.dates
    import matplotlib.figure

    matplotlib.rcParams["text.parse_math"] = False  # a name is no formula
    matplotlib.rcParams["axes.titley"] = 1.0  # else a sixth of drawing goes into looking for what is in its way


def canvas() -> "tuple[Figure, Axes]":
    """One panel that leaves room for whatever stands around it."""
    figure, (axes,) = panels(1)
    figure.set_layout_engine("constrained")
    return figure, axes


def panels(count: int, **margins: float) -> "tuple[Figure, list[Axes]]":
    """A figure with panels from top to bottom."""
    _import_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.size": 8}):
        figure = Figure(figsize=(6.4, 3.6), dpi=100)
        panels = list(figure.subplots(count, squeeze=False, gridspec_kw=margins).flat)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def bars(axes: "Axes", at: list[date], low: list[int], high: list[int], colour: str, label: str | None = None) -> None:
    """A bar a day from `low` to `high`, all in one artist: a thousand rectangles of their own take seconds."""
    from matplotlib.collections import PolyCollection

    edges = [(day.toordinal() - EPOCH - HALF, day.toordinal() - EPOCH + HALF) for day in at]
    bars = [
        [(left, bottom), (left, top), (right, top), (right, bottom)]
        for (left, right), bottom, top in zip(edges, low, high, strict=True)
    ]
    axes.xaxis_date()
    axes.add_collection(PolyCollection(bars, facecolor=colour, edgecolor=colour, linewidth=0.5, label=label))
    axes.autoscale_view()


def dates(axes: "Axes", days: pl.DataFrame) -> None:
    """Labels an axis with the `day`s of a frame: each of a few, some of many."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    shown = days["day"].to_list()
    if len(shown) > FEW_DAYS:
        locator = AutoDateLocator(minticks=2, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    else:
        axes.set_xticks(shown, [str(day) for day in shown])


def png(figure: "Figure") -> bytes:
    """A figure as a PNG file of few colours."""
    import warnings

    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings(), rc_context({"font.size": 8}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        canvas.draw()
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    # A third of the size, and no difference to be seen: each event of a partition keeps its picture.
    small = io.BytesIO()
    drawn.quantize(PALETTE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(small, format="png")
    return small.getvalue()


def short(text: str) -> str:
    """A name that fits beside a bar."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
