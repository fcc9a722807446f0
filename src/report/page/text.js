// Figures as people read them, and elements made of text alone: nothing from the data ever becomes markup.

const data = JSON.parse(document.getElementById("data").textContent);

function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function count(n) {
  return n === null || n === undefined ? "–" : whole.format(n);
}

// Short, for axes and tiles: 1.2 M.
function short(n) {
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]]) {
    if (Math.abs(n) >= size) return trimmed(n / (unit === "k" ? 1e3 : size)) + " " + unit;
  }
  return whole.format(n);
}

function trimmed(n) {
  return n.toFixed(Math.abs(n) < 9.95 ? 1 : 0).replace(/\.0$/, "");
}

// In powers of ten, as AWS bills.
function bytes(n) {
  if (n === null || n === undefined) return "–";
  let unit = 0;
  let value = n;
  while (Math.abs(value) >= 999.5 && unit < 6) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return value.toFixed(digits) + " " + ["B", "kB", "MB", "GB", "TB", "PB", "EB"][unit];
}

function millis(n) {
  if (n === null || n === undefined) return "–";
  if (n < 1000) return whole.format(n) + " ms";
  if (n < 60000) return (n / 1000).toFixed(1) + " s";
  return (n / 60000).toFixed(1) + " min";
}

function share(part, all) {
  if (!all) return "–";
  const percent = (part * 100) / all;
  if (part > 0 && percent < 0.05) return "< 0.1 %";
  return percent.toFixed(1) + " %";
}

function dollars(n) {
  if (n === null || n === undefined) return "–";
  if (n > 0 && n < 0.005) return "< $0.01";
  return "$" + n.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function plural(n, one, many) {
  return count(n) + " " + (n === 1 ? one : many);
}

// Times are UTC everywhere, as in the logs.
function utc(ms, parts) {
  return new Date(ms).toISOString().slice(0, parts).replace("T", " ");
}
const day = (ms) => utc(ms, 10);
const minute = (ms) => utc(ms, 16);

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
function dayOfMonth(ms) {
  const date = new Date(ms);
  return date.getUTCDate() + " " + months[date.getUTCMonth()];
}

function spanOf(fromMs, toMs) {
  const whole = fromMs % 86400000 === 0 && toMs % 86400000 === 0;
  if (whole) return toMs - fromMs === 86400000 ? day(fromMs) : day(fromMs) + " to " + day(toMs - 86400000);
  return minute(fromMs) + " to " + minute(toMs);
}

function duration(ms) {
  const minutes = Math.max(0, Math.round(ms / 60000));
  if (minutes < 90) return plural(minutes, "minute", "minutes");
  if (minutes < 48 * 60) return plural(Math.round(minutes / 60), "hour", "hours");
  return plural(Math.round(minutes / 1440), "day", "days");
}

// The numbers of a series for a scope and a metric; -n stands for n zeros.
const unfolded = new Map();
function numbers(series, scope, metric) {
  const packed = series.scopes[scope][metric];
  let out = unfolded.get(packed);
  if (!out) {
    out = new Array(series.count).fill(0);
    let at = 0;
    for (const n of packed) {
      if (n < 0) at -= n;
      else out[at++] = n;
    }
    unfolded.set(packed, out);
  }
  return out;
}

// Tells those who cannot see what has changed.
function tell(text) {
  const told = document.getElementById("told");
  told.textContent = "";
  requestAnimationFrame(() => { told.textContent = text; });
}

// Where there is no clipboard to write to, the text is selected and copied as by hand.
async function copy(text, button, word) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch (_) {
    const area = el("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  word.textContent = done ? "Copied" : "Select it and copy";
  tell(word.textContent);
  setTimeout(() => { word.textContent = "Copy"; }, 1600);
}

function copier(text, what) {
  const word = el("span", {}, "Copy");
  const button = el("button", { type: "button", class: "copy" }, word, el("span", { class: "unseen" }, " " + what));
  button.addEventListener("click", () => copy(text, button, word));
  return button;
}

// What is shown of: one bucket or all, and a stretch of time or all of it. Views draw themselves anew when it changes.
const state = { scope: 0, from: data.from_ms, to: data.to_ms, zoomed: false };
const views = [];
function view(draw) {
  views.push(draw);
  draw();
}
function show(change) {
  Object.assign(state, change);
  views.forEach((draw) => draw(change));
}
