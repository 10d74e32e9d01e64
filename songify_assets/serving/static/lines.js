// Draws the lines of a page with uPlot. Without it the tables behind them say the same.
"use strict";

const COLOURS = 6;
const DAY = 86400;
const DASHES = [[], [8, 4], [2, 3], [12, 3, 2, 3], [5, 5], [1, 4]];

// Days of the data themselves, as many as have room.
function ticks(days, width) {
  const every = Math.ceil((days.length * 110) / width);
  return days.filter((_, n) => n % every === 0);
}

function drawn(box) {
  const spec = JSON.parse(box.dataset.lines);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const shown = (number) => (number === null || number === undefined ? "–" : number.toLocaleString("en", { maximumFractionDigits: 2 }) + spec.unit);
  const day = (seconds) => (seconds === null || seconds === undefined ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10));
  const high = Math.max(...spec.series.flatMap(([, values]) => values));
  const monthly = spec.at.length > 1 && spec.at.every((at) => day(at).endsWith("-01"));
  const series = spec.series.map(([label, values], n) => ({
    label,
    stroke: colour(`--line-${(n % COLOURS) + 1}`),
    width: 2,
    dash: DASHES[n % DASHES.length],
    points: { show: values.filter((number) => number !== null).length < 45, size: 5 },
    value: (_, number) => shown(number),
  }));
  const options = {
    width: box.clientWidth,
    height: 260,
    padding: [12, 44, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { x: { range: (_, low, high) => (low === high ? [low - DAY, high + DAY] : [low, high]) }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] } },
    axes: [
      { ...axis, splits: (plot) => ticks(spec.at, plot.width), values: (_, splits) => splits.map((at) => day(at).slice(0, monthly ? 7 : 10)) },
      { ...axis, size: 64, values: (_, splits) => splits.map((number) => number.toLocaleString("en", { notation: high >= 1e5 ? "compact" : "standard" }) + spec.unit) },
    ],
    series: [{ label: monthly ? "month" : "day", value: (_, seconds) => day(seconds).slice(0, monthly ? 7 : 10) }, ...series],
    legend: { live: true },
    cursor: { drag: { x: false, y: false } },
  };
  box.replaceChildren();
  return new uPlot(options, [spec.at, ...spec.series.map(([, values]) => values)], box);
}

for (const box of document.querySelectorAll("[data-lines]")) {
  let plot = drawn(box);
  new ResizeObserver(() => {
    if (box.clientWidth && box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height: plot.height });
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    plot.destroy();
    plot = drawn(box);
  });
}
