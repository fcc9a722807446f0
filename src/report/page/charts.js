// Charts over time, drawn by uPlot. All share one stretch of time and one cursor; each has its table, which says the same.

const charts = [];
const sync = uPlot.sync("time");
let palette = {};

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  palette = new Proxy({}, { get: (_, name) => style.getPropertyValue("--" + name).trim() });
  palette = Object.fromEntries(
    ["requests", "anonymous", "refused", "failed", "sent", "uploaded", "quiet", "line", "gap", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"]
      .map((name) => [name, palette[name]]));
}

function faded(colour, share) {
  const n = parseInt(colour.slice(1), 16);
  return "rgba(" + (n >> 16) + "," + ((n >> 8) & 255) + "," + (n & 255) + "," + share + ")";
}

// Lines: label, colour, unit, values(); `bars` draws them on top of one another, one bar a step.
function timeChart({ title, series, lines, unit, bars }) {
  const format = units[unit];
  const holder = el("div", {
    class: "chart" + (bars ? " tall" : ""), tabindex: "0", role: "group", "aria-roledescription": "chart",
    "aria-label": title + " over time. The table below has the same figures. Arrow keys read values, plus and minus zoom, Escape shows all.",
  });
  const legend = el("ul", { class: "legend" }, lines.map((line) => {
    const mark = el("span", { class: "mark", "data-colour": line.colour, "aria-hidden": "true" });
    return el("li", {}, mark, line.label);
  }));
  const tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  const chart = { holder, plot: null, series, lines, bars };
  const half = series.step_ms / 2000;
  // Points stand in the middle of their step.
  const xs = Array.from({ length: series.count }, (_, at) => (series.start_ms + at * series.step_ms) / 1000 + half);

  function rows() {
    const values = lines.map((line) => line.values());
    if (!bars) return [xs, ...values];
    // Stacked: each line is drawn over the sum of those before it, the uppermost first.
    const sums = [];
    values.forEach((list, at) => sums.push(at === 0 ? list.slice() : list.map((n, step) => n + sums[at - 1][step])));
    return [xs, ...sums.reverse()];
  }

  const drawn = (bars ? [...lines].reverse() : lines).map((line) => ({
    label: line.label,
    stroke: () => palette[line.colour],
    fill: () => faded(palette[line.colour], bars ? 0.85 : 0.14),
    width: bars ? 0 : 1.5,
    points: { show: () => !bars && series.count < 3 },
    paths: bars ? uPlot.paths.bars({ size: [0.8, 60] }) : uPlot.paths.stepped({ align: 0 }),
  }));

  function options(width) {
    const grid = { stroke: () => palette.line, width: 1 };
    const axis = { stroke: () => palette.quiet, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return {
      width, height: bars ? 220 : 170, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      padding: [10, 12, 0, 0], legend: { show: false },
      cursor: { sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, y: false, points: { size: 7 } },
      select: { show: true },
      scales: { x: { time: true, range: () => [state.from / 1000, state.to / 1000] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
      axes: [
        { ...axis, size: 30, space: 72, values: (_, splits, __, ___, step) => splits.map((at) => label(at * 1000, step)) },
        { ...axis, size: 64, values: (_, splits) => splits.map((n) => (unit === "bytes" ? bytes(n) : Number.isInteger(n) ? short(n) : "")) },
      ],
      series: [{}, ...drawn],
      hooks: {
        drawClear: [gaps],
        setSelect: [(plot) => selected(plot)],
        setCursor: [(plot) => point(plot)],
        ready: [(plot) => plot.over.append(tip)],
      },
    };
  }

  function label(ms, step) {
    const date = new Date(ms);
    if (step >= 28 * 86400) return months[date.getUTCMonth()] + " " + date.getUTCFullYear();
    if (step >= 86400 || (date.getUTCHours() === 0 && date.getUTCMinutes() === 0)) return dayOfMonth(ms);
    return minute(ms).slice(11);
  }

  // Hours without deliveries are no quiet hours: they are shaded.
  function gaps(plot) {
    const context = plot.ctx;
    const { left, top, width, height } = plot.bbox;
    context.save();
    context.fillStyle = palette.gap;
    for (const [from, to] of data.pipeline ? data.pipeline.gaps : []) {
      const start = Math.max(left, plot.valToPos(from / 1000, "x", true));
      const end = Math.min(left + width, plot.valToPos(to / 1000, "x", true));
      if (end > start) context.fillRect(start, top, Math.max(end - start, 1), height);
    }
    context.restore();
  }

  function selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const at = (pixels) => plot.posToVal(pixels, "x") * 1000;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    zoomTo(at(left), at(left + width));
  }

  function textAt(at) {
    const start = series.start_ms + at * series.step_ms;
    const values = lines.map((line) => line.label + " " + format(line.values()[at]));
    return [series.step_ms < 86400000 ? minute(start) + " UTC" : day(start) + " UTC", ...values];
  }

  function point(plot) {
    const { idx, left, top } = plot.cursor;
    tip.hidden = idx === null || idx === undefined || left < 0;
    if (tip.hidden) return;
    tip.replaceChildren(...textAt(idx).map((text, at) => {
      if (at === 0) return el("div", { class: "when" }, text);
      const mark = el("span", { class: "mark" });
      mark.style.background = palette[lines[at - 1].colour];
      return el("div", {}, mark, text);
    }));
    const over = plot.over.clientWidth;
    const beside = left > over / 2 ? left - tip.offsetWidth - 14 : left + 14;
    tip.style.transform = "translate(" + Math.max(0, Math.min(beside, over - tip.offsetWidth)) + "px," + Math.max(0, Math.min(top || 0, 60)) + "px)";
  }

  holder.addEventListener("keydown", (event) => {
    const plot = chart.plot;
    const [first, last] = visibleSteps(series);
    const now = plot.cursor.idx;
    const moves = { ArrowRight: 1, ArrowLeft: -1, PageUp: -24, PageDown: 24 };
    if (event.key in moves) {
      const at = Math.min(last - 1, Math.max(first, now === null || now === undefined ? first : now + moves[event.key]));
      plot.setCursor({ left: plot.valToPos(xs[at], "x"), top: 20 });
      tell(textAt(at).join(", "));
    } else if (event.key === "+" || event.key === "=") {
      const middle = now ? xs[now] * 1000 : (state.from + state.to) / 2;
      const reach = (state.to - state.from) / 4;
      zoomTo(middle - reach, middle + reach);
    } else if (event.key === "-") {
      const reach = (state.to - state.from) / 2;
      zoomTo(state.from - reach, state.to + reach);
    } else if (event.key === "Escape") {
      zoomTo(data.from_ms, data.to_ms);
    } else {
      return;
    }
    event.preventDefault();
  });
  holder.addEventListener("dblclick", () => zoomTo(data.from_ms, data.to_ms));

  chart.make = () => {
    const width = holder.clientWidth;
    if (width === 0) return;
    if (!chart.plot) chart.plot = new uPlot(options(width), rows(), holder);
    else if (chart.plot.width !== width) chart.plot.setSize({ width, height: chart.plot.height });
  };
  chart.update = (change) => {
    if (!chart.plot) return;
    if (!change || "scope" in change) chart.plot.setData(rows());
    else chart.plot.setScale("x", { min: state.from / 1000, max: state.to / 1000 });
  };
  charts.push(chart);
  views.push((change) => chart.update(change));
  return el("figure", {}, lines.length > 1 ? legend : null, holder);
}

function paintLegends() {
  document.querySelectorAll(".legend .mark").forEach((mark) => { mark.style.background = palette[mark.dataset.colour]; });
}

// Sets the stretch of time that is shown, in whole steps, within what the page has.
function zoomTo(from, to) {
  const step = data.access ? data.access.series.step_ms : data.events.series.step_ms;
  const start = Math.max(data.from_ms, Math.floor(from / step) * step);
  const end = Math.min(data.to_ms, Math.max(Math.ceil(to / step) * step, start + step));
  if (!(end > start)) return;
  const zoomed = start > data.from_ms || end < data.to_ms;
  show({ from: start, to: end, zoomed });
  tell(zoomed ? "Charts show " + spanOf(start, end) : "Charts show all of the time");
}
