"""The figures on a page: each job's between two markers of its own, with a plot beside the page."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.jobs import Job
from bench.measure import Figures

BEGIN, END = "<!-- {}: written by the benchmark -->", "<!-- end of {} -->"
LIBRARIES = ("dagster", "polars", "duckdb", "pandera", "pyarrow")


@dataclass(frozen=True)
class Measured:
    """What came of a job: figures, peers that could not run and why, peers with another result."""

    job: Job
    scale: float
    input_bytes: int
    figures: Mapping[str, Figures]
    missing: Mapping[str, str]
    wrong: Mapping[str, str]

    def ratio(self, peer: str) -> float:
        """The product's median time over a peer's."""
        return self.figures["product"].seconds / self.figures[peer].seconds

    @property
    def worst(self) -> float:
        """How many times the target the worst of the ratios is; 0 where nothing was compared."""
        return max(
            (self.ratio(peer) / goal for peer, goal in self.job.goals(self.scale).items() if peer in self.figures),
            default=0,
        )

    def table(self) -> list[str]:
        """The figures as lines of Markdown."""
        lines = [
            f"### {self.job.name}: {self.job.title}",
            "",
            f"Input {self.input_bytes / 1e9:,.2f} GB (scale {self.scale:g}).",
            "",
            "| | median | fastest to slowest | peak memory | product / peer | target | |",
            "|---|---:|---:|---:|---:|---:|---|",
        ]
        for name, one in self.figures.items():
            spread = f"{one.fastest:.1f} to {one.slowest:.1f} s"
            row = [name, f"{one.seconds:.1f} s", spread, f"{one.peak_bytes / 1e9:.2f} GB", *self._judged(name)]
            lines.append(f"| {' | '.join(row)} |")
        lines += [f"| {name} | did not run | | | | | {why} |" for name, why in self.missing.items()]
        lines += [f"\n**Another result by {name}**: {what}" for name, what in self.wrong.items()]
        return [*lines, ""]

    def in_words(self) -> str:
        """The figures for a terminal."""
        return "\n".join(self.table())

    def _judged(self, name: str) -> list[str]:
        product, job = self.figures["product"], self.job
        if name == "product":
            goals = [
                (product.seconds, job.most_seconds, f"under {job.most_seconds or 0:g} s"),
                (product.peak_bytes, job.most_bytes, f"under {(job.most_bytes or 0) / 1e9:g} GB"),
            ]
            set_goals = [(value <= goal, text) for value, goal, text in goals if goal]
            return ["", ", ".join(text for _, text in set_goals), self._verdict([held for held, _ in set_goals])]
        ratio, goal = self.ratio(name), job.goals(self.scale).get(name)
        return [f"{ratio:.2f}", f"at most {goal:g}" if goal else "", self._verdict([ratio <= goal] if goal else [])]

    def _verdict(self, held: Sequence[bool]) -> str:
        if not held:
            return ""
        if self.scale < self.job.judged_from:
            return "as usual at this size" if all(held) else "**slower than usual at this size**"
        return "reached" if all(held) else "**missed**"


def written(page: Path, measured: Sequence[Measured]) -> None:
    """Replaces what stands between each job's markers on a page, or adds it at the end; draws a plot beside it."""
    memory = psutil.virtual_memory().total / 2**30
    machine = (
        f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()}, Python {platform.python_version()}"
    )
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    for one in measured:
        name = one.job.name
        plot = page.with_name(f"{page.stem}-{name}.svg")
        drawn(plot, one)
        title, *table = one.table()
        where = f"Measured on {datetime.now(UTC):%Y-%m-%d} on {machine}; {versions}."
        again = f'Repeat it: `make bench BENCH="{name} --scale {one.scale:g}"`.'
        body = "\n".join([title, "", f"{where} {again}", *table, f"![seconds]({plot.name})", ""])
        before, found, rest = page.read_text(encoding="utf-8").partition(BEGIN.format(name))
        after = rest.partition(END.format(name))[2] if found else "\n"
        text = f"{before}{BEGIN.format(name)}\n{body}{END.format(name)}{after}"
        page.write_text(text, encoding="utf-8")


def drawn(path: Path, measured: Measured) -> None:
    """Seconds of each contender of a job."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 0.8 + 0.35 * len(measured.figures)), layout="constrained")
    axes = figure.add_subplot()
    names = list(measured.figures)[::-1]
    colours = ["#0072B2" if name == "product" else "#999999" for name in names]
    axes.barh(names, [measured.figures[name].seconds for name in names], color=colours)
    axes.set_title(f"{measured.job.name}, seconds (median)", fontsize=9, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
