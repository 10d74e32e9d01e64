"use strict";
// News comes once a second as server-sent events; the chart and the tables are asked for after some of them.
const SLOW_MS = 800, QUIET_S = 3;
const at = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
let source = null, heard = Date.now(), asked = 0, asking = false, chart = null;

function share(part, whole) {
  return whole ? ` (${oneDigit.format((100 * part) / whole)}%)` : "";
}

function show(counts) {
  heard = Date.now();
  at("events").textContent = number.format(counts.events);
  at("events").dataset.value = counts.events;
  at("users").textContent = (counts.users_error ? "≈ " : "") + number.format(counts.users);
  at("late").textContent = number.format(counts.late) + share(counts.late, counts.events);
  at("too-old").textContent = number.format(counts.too_old);
  at("as-of").textContent = counts.as_of.slice(0, 19).replace("T", " ") + " UTC";
  at("as-of").dateTime = counts.as_of;
  if (!asking && heard - asked >= SLOW_MS) details();
}

async function told(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(path);
  return (await answer.json()).data;
}

async function details() {
  asking = true;
  asked = Date.now();
  try {
    const since = Math.floor(asked / 60000) * 60000 - 3600000;
    const [minutes, hours, steps] = await Promise.all([
      told(`/v1/live/logins?grain=minute&since=${since}`),
      told("/v1/live/logins?grain=hour&by=country"),
      told("/v1/live/steps?scope=window"),
    ]);
    draw(minutes, since);
    fill("by-country", byCountry(hours));
    fill("steps", steps.map((row) => [row.feature, row.step, number.format(row.n),
      ...[row.mean_ms, row.p50_ms, row.p90_ms, row.p99_ms].map((value) => oneDigit.format(value))]));
  } catch {
    // The stream of news says when the server is gone.
  }
  asking = false;
}

function byCountry(hours) {
  const sums = new Map();
  for (const row of hours) {
    const sum = sums.get(row.country) ?? [0, 0];
    sums.set(row.country, [sum[0] + row.events, sum[1] + row.late]);
  }
  const sorted = [...sums].sort((one, other) => other[1][0] - one[1][0]);
  return sorted.map(([country, [events, late]]) => [country ?? "unknown", number.format(events), number.format(late) + share(late, events)]);
}

function fill(id, rows) {
  at(id).tBodies[0].replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
}

function draw(minutes, since) {
  const events = new Map(minutes.map((row) => [Date.parse(row.at), row]));
  const starts = [...Array(61).keys()].map((minute) => since + minute * 60000);
  const column = (name) => starts.map((start) => events.get(start)?.[name] ?? 0);
  const data = [starts.map((start) => start / 1000), column("events"), column("late")];
  const ink = getComputedStyle(document.body).color;
  if (chart === null) {
    const axis = { stroke: ink, grid: { stroke: "#8884" }, ticks: { stroke: "#8884" } };
    chart = new uPlot({
      width: at("by-minute").clientWidth, height: 240, axes: [axis, { ...axis, size: 70 }],
      series: [{}, { label: "logins", stroke: "#1967d2", width: 2 }, { label: "late", stroke: "#b3261e", width: 2, dash: [6, 4] }],
    }, data, at("by-minute"));
  } else {
    chart.setData(data);
  }
  const most = Math.max(...data[1]);
  at("by-minute-text").textContent = `At most ${number.format(most)} a minute, ${number.format(data[1].at(-2))} in the last whole one.`;
}

function listen() {
  source = new EventSource("/v1/live/feed");
  source.addEventListener("counts", (news) => show(JSON.parse(news.data)));
}

function lookAround() {
  if (document.hidden) return;
  const quiet = Math.floor((Date.now() - heard) / 1000);
  at("news").hidden = quiet < QUIET_S;
  if (quiet >= QUIET_S) at("news").textContent = `No news for ${quiet} s: the figures are those of then.`;
  // A browser gives up a stream that is refused, so it is begun anew.
  if (source?.readyState === EventSource.CLOSED) listen();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source?.close();
    source = null;
  } else {
    heard = Date.now();
    listen();
  }
});
window.addEventListener("resize", () => chart?.setSize({ width: at("by-minute").clientWidth, height: 240 }));
setInterval(lookAround, 500);
listen();
