// Charts over time, drawn by uPlot. All share one stretch of time and one cursor; each has its table, which says the same.

const charts = [];
const sync = uPlot.sync("time");
let palette = {};
// The chart over which a drag began, and the time that a finger has last touched.
let pressed = null;
let touched = null;

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
  const by = el("span", { class: "by" });
  const chart = { holder, plot: null };
  // The steps that are drawn: those of the series, or days where there are too many of them.
  let steps = series;
  const room = () => stepsOf(series, holder.clientWidth - 90);
  const stepAt = (ms) => Math.min(steps.count - 1, Math.max(0, Math.floor((ms - steps.start_ms) / steps.step_ms)));
  // Points stand in the middle of their step, so that the one next to a pointer is the step below it.
  const middle = (at) => (steps.start_ms + (at + 0.5) * steps.step_ms) / 1000;
  const values = (line) => inSteps(line.values(), series, steps);

  function rows() {
    by.textContent = (steps.step_ms < DAY ? "by hour" : "by day") + ", UTC";
    const xs = Array.from({ length: steps.count }, (_, at) => middle(at));
    const lists = lines.map(values);
    if (!bars) return [xs, ...lists];
    // Stacked: each line is drawn over the sum of those before it, the uppermost first.
    const sums = [];
    lists.forEach((list, at) => sums.push(at === 0 ? list.slice() : list.map((n, step) => n + sums[at - 1][step])));
    return [xs, ...sums.reverse()];
  }

  // What is shown, in whole steps: a day of which only hours are shown is drawn as a day.
  const shown = () => [Math.floor(state.from / steps.step_ms) * steps.step_ms / 1000, Math.ceil(state.to / steps.step_ms) * steps.step_ms / 1000];

  // A stair of which each tread is as wide as its step; uPlot's own begin or end in the middle of one.
  function stairs(plot, line) {
    const [first, end] = visibleSteps(steps);
    const x = (at) => Math.round(plot.valToPos(middle(at - 0.5), "x", true));
    const y = (n) => Math.round(plot.valToPos(n, "y", true));
    const stroke = new Path2D();
    for (let at = first; at < end; at += 1) {
      stroke.lineTo(x(at), y(plot.data[line][at]));
      stroke.lineTo(x(at + 1), y(plot.data[line][at]));
    }
    const fill = new Path2D(stroke);
    fill.lineTo(x(end), y(0));
    fill.lineTo(x(first), y(0));
    return { stroke, fill };
  }

  const drawn = (bars ? [...lines].reverse() : lines).map((line) => ({
    label: line.label,
    stroke: () => palette[line.colour],
    fill: () => (bars ? palette[line.colour] : faded(palette[line.colour], 0.14)),
    width: bars ? 0 : 1.5,
    points: { show: false },
    paths: bars ? uPlot.paths.bars({ size: [0.8, 60] }) : stairs,
  }));

  function options(width) {
    const grid = { stroke: () => palette.line, width: 1 };
    const axis = { stroke: () => palette.quiet, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return {
      width, height: bars ? 220 : 170, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      padding: [10, 28, 0, 0], legend: { show: false },
      cursor: { sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, y: false, points: { size: 7 } },
      select: { show: true },
      scales: { x: { time: true, range: shown }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
      axes: [
        bars
          ? { ...axis, size: 26, grid: { show: false }, splits: dayMiddles, values: (_, splits) => splits.map((at) => dayOfMonth(at * 1000)) }
          : { ...axis, size: 26, space: 72, values: (_, splits, __, ___, step) => splits.map((at) => label(at * 1000, step)) },
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

  // A bar stands for a day: its name belongs below it, and every so many have one as there is room.
  function dayMiddles(plot, _, from, to) {
    const day = 86400;
    const every = Math.max(1, Math.ceil(((to - from) / day) * 64 / Math.max(plot.width - 90, 64)));
    const splits = [];
    for (let at = Math.floor(from / day) * day + day / 2; at < to; at += every * day) if (at >= from) splits.push(at);
    return splits;
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
    // The others are told of the drag, too; what was dragged over are the steps of this one.
    if (pressed === chart) zoomTo(at(left), at(left + width), steps.step_ms);
  }

  function textAt(at) {
    const start = steps.start_ms + at * steps.step_ms;
    const figures = lines.map((line) => line.label + " " + format(values(line)[at]));
    return [(steps.step_ms < DAY ? minute(start) : day(start)) + " UTC", ...figures];
  }

  function point(plot) {
    const { idx, left, top } = plot.cursor;
    const { clientWidth: width, clientHeight: height } = plot.over;
    // A chart of days reaches further than one of hours: the time below its pointer can lie beside this one.
    tip.hidden = idx === null || idx === undefined || left < 0 || left > width;
    if (tip.hidden) return;
    tip.replaceChildren(...textAt(idx).map((text, at) => {
      if (at === 0) return el("div", { class: "when" }, text);
      const mark = el("span", { class: "mark" });
      mark.style.background = palette[lines[at - 1].colour];
      return el("div", {}, mark, text);
    }));
    const beside = left > width / 2 ? left - tip.offsetWidth - 14 : left + 14;
    tip.style.transform = "translate(" + Math.max(0, Math.min(beside, width - tip.offsetWidth)) + "px," + Math.max(0, Math.min(top, height - tip.offsetHeight)) + "px)";
  }

  const putCursor = (at) => chart.plot.setCursor({ left: chart.plot.valToPos(middle(at), "x"), top: 20 });
  const dropCursor = () => chart.plot.setCursor({ left: -10, top: -10 });

  holder.addEventListener("keydown", (event) => {
    const [first, last] = visibleSteps(steps);
    const now = chart.plot.cursor.idx ?? null;
    const moves = { ArrowRight: 1, ArrowLeft: -1, PageUp: -24, PageDown: 24 };
    if (event.key in moves) {
      const at = Math.min(last - 1, Math.max(first, now === null ? first : now + moves[event.key]));
      putCursor(at);
      tell(textAt(at).join(", "));
    } else if (event.key === "+" || event.key === "=" || event.key === "-") {
      const time = now === null ? null : middle(now) * 1000;
      zoomBy(event.key === "-" ? 2 : 0.5, time, chart.grain());
      // The cursor stays on its time, once the chart is drawn for it; its steps may be others now.
      if (time !== null) queueMicrotask(() => putCursor(stepAt(time)));
    } else if (event.key === "Escape") {
      dropCursor();
      zoomTo(data.from_ms, data.to_ms);
    } else {
      return;
    }
    event.preventDefault();
  });
  holder.addEventListener("blur", dropCursor);
  holder.addEventListener("mousedown", () => { pressed = chart; });
  holder.addEventListener("pointerup", (event) => {
    if (event.pointerType === "touch") touched = chart.plot.posToVal(event.clientX - chart.plot.over.getBoundingClientRect().left, "x") * 1000;
  });
  holder.addEventListener("dblclick", () => zoomTo(data.from_ms, data.to_ms));

  // What a zoom is rounded to: days where days are drawn. Bars always are days, and leave the others their hours.
  chart.grain = () => (bars ? undefined : steps.step_ms);
  chart.make = (given) => {
    const width = given || holder.clientWidth;
    if (width === 0) return;
    if (!chart.plot) {
      steps = room();
      chart.plot = new uPlot(options(width), rows(), holder);
    } else if (chart.plot.width !== width) {
      chart.plot.setSize({ width, height: chart.plot.height });
      chart.update({});
    }
  };
  chart.update = (change) => {
    if (!chart.plot) return;
    const drawn = steps;
    steps = room();
    if (!change || "scope" in change || steps !== drawn) chart.plot.setData(rows());
    else chart.plot.setScale("x", { min: shown()[0], max: shown()[1] });
  };
  charts.push(chart);
  views.push((change) => chart.update(change));
  return el("figure", {}, el("div", { class: "over" }, lines.length > 1 ? legend : null, by), holder);
}

// Ranges on a scale of powers of ten, a row each: from the median over what 90 % did not exceed to what 99 % did not.
function rangeChart({ title, rows }) {
  const known = rows.filter((row) => row.parts.every((n) => n !== null && n !== undefined));
  if (known.length === 0) return empty("Nothing was timed.");
  const ends = known.flatMap((row) => [row.parts[0], row.parts[2]]).map((n) => Math.max(n, 1));
  const low = Math.floor(Math.log10(Math.min(...ends)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...ends))));
  const place = (n) => ((Math.log10(Math.max(n, 1)) - low) * 100) / (high - low);
  const put = (part, from, to) => {
    const node = el("span", { class: part });
    node.style.left = place(from).toFixed(2) + "%";
    if (to !== undefined) node.style.width = (place(to) - place(from)).toFixed(2) + "%";
    return node;
  };
  const lines = known.map(({ name, parts: [half, most, all] }) => {
    const track = el("div", { class: "range" }, put("wide", half, all), put("narrow", half, most), put("median", half));
    const row = el("div", { class: "ranged" }, el("div", { class: "whose", dir: "ltr" }, name), track);
    tipOn(row, () => [name, "Median " + millis(half), "90 % within " + millis(most), "99 % within " + millis(all)]);
    return row;
  });
  const scale = el("div", { class: "range scale" });
  for (let power = low; power <= high; power += 1) {
    const mark = put("power", 10 ** power);
    mark.append(el("span", {}, power < 3 ? count(10 ** power) + " ms" : count(10 ** (power - 3)) + " s"));
    scale.append(mark);
  }
  const legend = el("ul", { class: "legend" }, [["median", "median"], ["narrow", "to 90 %"], ["wide", "to 99 %"]].map(([part, name]) => el("li", {}, el("span", { class: "mark " + part, "aria-hidden": "true" }), name)));
  const drawn = el("div", { class: "ranges", role: "img", "aria-label": title + ": a range for each operation, from the median to 99 %. The table below has the figures." }, lines, el("div", { class: "ranged" }, el("div", { class: "whose" }), scale));
  return el("figure", {}, el("div", { class: "over" }, legend, el("span", { class: "by" }, "logarithmic scale")), drawn);
}

// One box for what a pointer stands over, beside it.
const overs = new WeakMap();
function tipOn(node, lines) {
  overs.set(node, lines);
}
function tips() {
  const tip = el("div", { class: "tip", id: "tip", hidden: true, "aria-hidden": "true" });
  document.body.append(tip);
  document.addEventListener("pointermove", (event) => {
    let node = event.target instanceof Element ? event.target : null;
    while (node && !overs.has(node)) node = node.parentElement;
    tip.hidden = !node;
    if (!node) return;
    tip.replaceChildren(...overs.get(node)().map((text, at) => el("div", { class: at === 0 ? "when" : null }, text)));
    const beside = event.clientX + 16 + tip.offsetWidth > innerWidth ? event.clientX - 16 - tip.offsetWidth : event.clientX + 16;
    const below = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8);
    tip.style.transform = "translate(" + Math.max(4, beside) + "px," + below + "px)";
  });
  const hide = () => { tip.hidden = true; };
  document.addEventListener("pointerleave", hide);
  document.addEventListener("scroll", hide, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

function paintLegends() {
  document.querySelectorAll(".legend .mark[data-colour]").forEach((mark) => { mark.style.background = palette[mark.dataset.colour]; });
}

// The shortest time that the page tells apart, where it has records.
const finest = (data.access || data.events)?.series.step_ms;

// Sets the stretch of time that is shown, in whole steps, within what the page has.
function zoomTo(from, to, step = finest) {
  const start = Math.max(data.from_ms, Math.floor(from / step) * step);
  const end = Math.min(data.to_ms, Math.max(Math.ceil(to / step) * step, start + step));
  if (!(end > start)) return;
  const zoomed = start > data.from_ms || end < data.to_ms;
  show({ from: start, to: end, zoomed });
  tell(zoomed ? "Charts show " + spanOf(start, end) : "Charts show all of the time");
}

// Shows so many times as much, around a time or what is in the middle: a number of whole steps, down to one.
function zoomBy(factor, time, step = finest) {
  const length = Math.ceil(((state.to - state.from) * factor) / step) * step;
  const middle = time ?? (state.from + state.to) / 2;
  const start = Math.round((middle - length / 2) / step) * step;
  zoomTo(start, start + length, step);
}
