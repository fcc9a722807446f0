// Puts the page together and follows what is chosen.

function choose(scope) {
  show({ scope });
  document.getElementById("scope").value = String(scope);
  tell("Showing " + data.scopes[scope].label);
}

// Pixels between the margins of a sheet, A4 or Letter.
const SHEET = 690;

function theme() {
  const chosen = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    document.documentElement.dataset.theme = chosen.value || (dark.matches ? "dark" : "light");
    readPalette();
    paintLegends();
    charts.forEach((chart) => chart.plot && chart.plot.redraw());
  };
  chosen.addEventListener("change", apply);
  dark.addEventListener("change", apply);
  // Paper is white, and as wide as a sheet whatever the window is.
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "light";
    readPalette();
    paintLegends();
    charts.forEach((chart) => chart.make(SHEET));
    charts.forEach((chart) => chart.plot && chart.plot.redraw());
  });
  addEventListener("afterprint", () => {
    charts.forEach((chart) => chart.make());
    apply();
  });
  return apply;
}

function controls() {
  const select = document.getElementById("scope");
  data.scopes.forEach((scope, at) => select.append(el("option", { value: String(at) }, scope.label)));
  select.disabled = data.scopes.length < 2;
  select.addEventListener("change", () => choose(Number(select.value)));
  const zoom = document.getElementById("zoom");
  const button = (id, act) => {
    const found = document.getElementById(id);
    found.addEventListener("click", act);
    return found;
  };
  // Fingers cannot drag over a chart, which would scroll the page: they touch a time, and zoom in around it.
  const around = () => (touched >= state.from && touched < state.to ? touched : null);
  const closer = button("zoom-in", () => zoomBy(0.5, around(), charts[0].grain()));
  const further = button("zoom-out", () => zoomBy(2, around(), charts[0].grain()));
  const reset = button("reset", () => zoomTo(data.from_ms, data.to_ms));
  document.getElementById("zoom-field").hidden = !data.access && !data.events;
  view(() => {
    // It may break between the two times, not within one.
    const times = (state.zoomed ? spanOf(state.from, state.to) : "all of it").split(" to ").map((time) => el("span", {}, time));
    zoom.replaceChildren(...times.flatMap((time, at) => (at > 0 ? [" to ", time] : [time])));
    const focused = document.activeElement;
    closer.disabled = state.to - state.from <= finest;
    further.disabled = reset.disabled = !state.zoomed;
    // What cannot be pressed any more loses the focus, which would begin at the top of the page again.
    if (focused.disabled) zoom.focus();
  });
  // Paper has no controls: it says what was chosen.
  view(() => {
    const bucket = state.scope > 0 ? "Bucket: " + data.scopes[state.scope].label + ". " : "";
    const time = state.zoomed ? "Charts, their tables and the figures at the top: " + spanOf(state.from, state.to) + ", UTC." : "";
    document.getElementById("shown").textContent = bucket + time;
  });
}

// Served, the page can ask again; the browser then loads it anew.
function form() {
  if (!data.form) return;
  const field = (name, label) => el("label", { class: "field" }, el("span", {}, label), el("input", { name, value: data.form[name], autocomplete: "off", spellcheck: "false" }));
  const button = el("button", { type: "submit" }, "Ask again");
  const asking = el("form", { class: "controls ask", method: "get", "aria-label": "Another range or bucket" },
    field("from", "From, UTC"), field("to", "To, not included"), field("bucket", "Only this bucket"), button);
  asking.addEventListener("submit", () => { button.textContent = "Asking\u2026"; tell("Asking again"); });
  document.querySelector(".bar").append(asking);
  // What is chosen is filled in; what was typed into the other fields stays.
  view((change) => {
    if (change && "from" in change) {
      asking.elements.from.value = state.zoomed ? utc(state.from, 19).replace(" ", "T") + "Z" : data.form.from;
      asking.elements.to.value = state.zoomed ? utc(state.to, 19).replace(" ", "T") + "Z" : data.form.to;
    }
    if (change && "scope" in change) asking.elements.bucket.value = state.scope > 0 ? data.scopes[state.scope].label : "";
  });
}

function page() {
  document.title = data.name + ": bucketscope report";
  document.getElementById("name").textContent = data.name;
  const of = data.bucket ? " · bucket " + data.bucket : "";
  document.getElementById("range").textContent = (data.to_ms > data.from_ms ? spanOf(data.from_ms, data.to_ms) + ", UTC" : "no records yet") + of;
  const parts = [["findings", "Findings", findings]];
  if (data.access) {
    parts.push(["traffic", "Traffic", traffic], ["breakdowns", "Breakdowns", breakdowns], ["latency", "Latency", latency], ["deletions", "Deletions", deletions], ["costs", "Costs", costs]);
  }
  // What one table lacks is said where the other has records; where both are empty, one sentence is enough.
  if (!data.access && data.events) parts.push(["traffic", "Traffic", noTraffic]);
  if (data.events) parts.push(["events", "CloudTrail", events]);
  else if (data.access) parts.push(["events", "CloudTrail", noEvents]);
  parts.push(["pipeline", "Pipeline", pipeline]);
  if (data.asked.length > 0) parts.push(["sql", "SQL", asked]);
  const main = document.getElementById("main");
  main.append(tiles());
  if (!data.access && !data.events) {
    main.append(empty("The lake holds no records" + ofThis() + "."));
  }
  parts.forEach(([, , make]) => main.append(make()));
  document.getElementById("contents").append(el("ul", {}, parts.map(([id, name]) => el("li", {}, el("a", { href: "#" + id }, name)))));
  document.getElementById("footer").append(
    el("p", {}, "Made by bucketscope " + data.version + " on " + minute(data.made_ms) + " UTC" + (data.bill ? "; " + data.bill : "") + ". Times are UTC, sizes in powers of ten."),
    el("p", {}, "This page holds addresses, requesters, key prefixes and user agents from your logs: pass it on with care. It loads nothing from anywhere. Charts: uPlot (MIT)."));
}

const applyTheme = theme();
applyTheme();
controls();
form();
page();
paintLegends();
tips();
charts.forEach((chart) => chart.make());
new ResizeObserver(() => {
  charts.forEach((chart) => chart.make());
  reachTables();
}).observe(document.getElementById("main"));
// What a link or the focus goes to must not lie below the head, which stays at the top unless the window is narrow.
const head = document.querySelector(".top");
new ResizeObserver(() => {
  const covered = getComputedStyle(head).position === "sticky" ? head.offsetHeight : 0;
  document.documentElement.style.scrollPaddingTop = covered + 12 + "px";
}).observe(head);
document.documentElement.dataset.ready = "yes";
