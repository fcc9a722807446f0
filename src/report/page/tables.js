// Tables: the same figures as the charts', sortable, with bars in them and sums below them.

// By letters, whatever their case, and by the size of figures in them.
const byText = new Intl.Collator("en", { numeric: true });
const units = { count, bytes, ms: millis, usd: dollars, text: (value) => value };

// Columns: name, unit, value(row); `shown` for a name that is shorter to the eye; `bar` for the one that bars follow until
// another is sorted by. The column before them, of names or times, is number -1; the rows of a table without bars come in its order.
// Rows with `m` stand for all others together; they stay last however the table is sorted.
function table({ caption, columns, rows, first, total, limit, onPick }) {
  let sorted = columns.findIndex((column) => column.bar);
  let descending = sorted >= 0;
  let open = false;
  const body = el("tbody");
  const foot = el("tfoot");
  const heads = [{ name: first }, ...columns].map((column, at) => head(column, at - 1));
  const more = el("button", { type: "button", class: "more", onclick: () => { open = !open; fill(); } });
  const wrapped = el("div", { class: "table" },
    el("div", { class: "scroll", "data-name": caption },
      el("table", {},
        el("caption", { class: "unseen" }, caption),
        el("thead", {}, el("tr", {}, heads)),
        body, foot)),
    more);

  function head(column, at) {
    const sort = () => {
      descending = sorted === at ? !descending : at >= 0;
      sorted = at;
      fill();
      const order = at < 0 ? [", descending", ", ascending"] : [", largest first", ", smallest first"];
      tell(caption + ": sorted by " + column.name + order[descending ? 0 : 1]);
    };
    const unseen = column.shown ? el("span", { class: "unseen" }, column.name.slice(0, -column.shown.length)) : null;
    return el("th", { scope: "col", class: at < 0 ? null : "number", title: column.title },
      el("button", { type: "button", class: "sort", onclick: sort }, unseen, column.shown || column.name));
  }

  function ordered() {
    const size = (row) => columns[sorted].value(row) ?? -Infinity;
    const compared = (a, b) => (sorted < 0 ? byText.compare(a.v, b.v) : size(a) - size(b));
    return [...rows].sort((a, b) =>
      (a.m ? 1 : 0) - (b.m ? 1 : 0) || (descending ? compared(b, a) : compared(a, b)));
  }

  function fill() {
    heads.forEach((th, at) => {
      if (at - 1 === sorted) th.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    });
    const barred = columns[sorted] || columns.find((column) => column.bar);
    const values = barred ? rows.map((row) => barred.value(row) || 0) : [];
    const most = Math.max(...values, 0);
    const sum = values.reduce((sum, n) => sum + n, 0);
    const all = ordered();
    const shown = limit && !open ? all.filter((row) => row.m).length + limit : all.length;
    const visible = all.length <= shown + 2 ? all : [...all.filter((row) => !row.m).slice(0, limit)];
    body.replaceChildren(...visible.map((row) => line(row, barred, most, sum)));
    const hidden = all.length - visible.length;
    more.hidden = !limit || all.length <= limit + 3;
    more.replaceChildren(open ? "Show fewer" : "Show " + count(hidden) + " more", el("span", { class: "unseen" }, " of " + caption));
    more.setAttribute("aria-expanded", String(open));
    more.dataset.left = hidden > 0 ? count(hidden) + " more in the page" : "";
    foot.replaceChildren();
    if (total && rows.length > 1) {
      const sum = (column) => rows.reduce((sum, row) => sum + (column.value(row) || 0), 0);
      foot.append(el("tr", {}, el("th", { scope: "row" }, "Together"),
        columns.map((column) => el("td", { class: "number" }, column.sums === false ? "" : units[column.unit](sum(column))))));
    }
  }

  function line(row, barred, most, sum) {
    const name = row.m ? el("em", {}, plural(row.m, "other", "others") + " together") : named(row);
    const cell = el("th", { scope: "row", class: row.empty ? "absent" : null }, name);
    if (barred && most > 0) {
      const filled = el("span", { class: "fill" });
      filled.style.width = ((barred.value(row) || 0) * 100 / most).toFixed(2) + "%";
      cell.append(el("span", { class: "track", "aria-hidden": "true" }, filled));
    }
    const made = el("tr", { class: row.m ? "others" : null }, cell,
      columns.map((column) => el("td", { class: "number" }, units[column.unit](column.value(row)))));
    const part = barred && total && barred.sums !== false ? [share(barred.value(row) || 0, sum) + " of all, by " + barred.name] : [];
    tipOn(made, () => [cell.textContent, ...columns.map((column) => column.name + " " + units[column.unit](column.value(row))), ...part]);
    return made;
  }

  function named(row) {
    const text = row.v;
    if (onPick && onPick.can(row)) {
      return el("button", { type: "button", class: "pick", onclick: () => onPick.pick(row) }, text);
    }
    return el("span", { class: "value", dir: "ltr" }, text);
  }

  fill();
  return wrapped;
}

// A table that is wider than its place can be scrolled by keys; the others are no stop on the way.
function reachTables() {
  document.querySelectorAll(".scroll").forEach((box) => {
    const wide = box.scrollWidth > box.clientWidth;
    for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", box.dataset.name]]) {
      if (wide) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  });
}

// The figures below a chart over time, made when somebody opens them: by hour for a few days, else by day.
function timeTable(caption, series, columns) {
  const holder = el("div", {});
  const box = el("details", { class: "figures" }, el("summary", {}, "Table", el("span", { class: "unseen" }, " of " + caption)), holder);
  const draw = () => {
    if (!box.open) return;
    const hours = (state.to - state.from) / series.step_ms <= 72;
    const rows = stepped(series, columns, hours ? series.step_ms : DAY);
    holder.replaceChildren(rows.length === 0 ? el("p", { class: "empty" }, "Nothing in this time.") : table({
      caption: caption + (hours && series.step_ms < DAY ? " by hour" : " by day") + ", UTC",
      first: hours && series.step_ms < DAY ? "Hour, UTC" : "Day, UTC",
      columns: columns.map((column, at) => ({ name: column.name, unit: column.unit, value: (row) => row.n[at] })),
      rows, total: true, limit: 31,
    }));
  };
  box.addEventListener("toggle", draw);
  view(draw);
  return box;
}

function stepped(series, columns, stepMs) {
  const values = columns.map((column) => column.values());
  const rows = new Map();
  const [first, last] = visibleSteps(series);
  for (let at = first; at < last; at += 1) {
    const ms = series.start_ms + at * series.step_ms;
    const start = ms - (((ms % stepMs) + stepMs) % stepMs);
    let row = rows.get(start);
    if (!row) rows.set(start, row = { v: stepMs < DAY ? minute(start) : day(start), n: columns.map(() => 0) });
    values.forEach((list, which) => { row.n[which] += list[at]; });
  }
  return [...rows.values()];
}

const DAY = 86400000;
const daily = new Map();
const summed = new WeakMap();
// The steps that are drawn in so many pixels: hours as long as each has one, else days.
function stepsOf(series, pixels) {
  if (series.step_ms >= DAY || (state.to - state.from) / series.step_ms <= Math.max(pixels, 240)) return series;
  let days = daily.get(series);
  if (!days) {
    const first = Math.floor(series.start_ms / DAY);
    const end = Math.ceil((series.start_ms + series.count * series.step_ms) / DAY);
    daily.set(series, days = { start_ms: first * DAY, step_ms: DAY, count: end - first });
  }
  return days;
}

// The numbers of a series in the steps that are drawn.
function inSteps(list, series, steps) {
  if (steps === series) return list;
  let out = summed.get(list);
  if (!out) {
    summed.set(list, out = new Array(steps.count).fill(0));
    list.forEach((n, at) => { out[Math.floor((series.start_ms + at * series.step_ms - steps.start_ms) / DAY)] += n; });
  }
  return out;
}

// The steps that lie in the stretch of time that is shown, also those of which a part does.
function visibleSteps(series) {
  const at = (ms) => (ms - series.start_ms) / series.step_ms;
  const first = Math.max(0, Math.floor(at(state.from)));
  return [first, Math.min(series.count, Math.max(Math.ceil(at(state.to)), first + 1))];
}

// The statement that figures come from, with a button to copy it; made when somebody opens it.
function statement(text, title) {
  const holder = el("div", {});
  const box = el("details", { class: "sql" }, el("summary", {}, "SQL", el("span", { class: "unseen" }, " of " + title)), holder);
  box.addEventListener("toggle", () => {
    if (!box.open || holder.childNodes.length > 0) return;
    holder.append(el("div", { class: "code" }, copier(text, "SQL of " + title), el("pre", { tabindex: "0", "aria-label": "SQL of " + title }, el("code", {}, text))));
  });
  return box;
}

function statementOf(id) {
  const asked = data.asked.find((one) => one.id === id);
  return asked ? statement(asked.sql, asked.title) : null;
}
