// What stands on the page, section by section.

function section(id, title, lead, ...children) {
  return el("section", { id, "aria-labelledby": id + "-title" },
    el("div", { class: "section-head" }, el("h2", { id: id + "-title" }, title), lead ? el("p", { class: "quiet" }, lead) : null),
    ...children);
}

function panel(title, note, ...children) {
  return el("article", { class: "panel" }, el("h3", {}, title), note ? el("p", { class: "note quiet" }, note) : null, ...children);
}

// Says of what does not follow the charts' zoom that it does not, while they are zoomed in.
function notZoomed() {
  const note = el("p", { class: "whole", hidden: true });
  view(() => {
    note.hidden = !state.zoomed;
    note.textContent = "Of the whole range, " + spanOf(data.from_ms, data.to_ms) + ": the charts' zoom does not act on this." + (data.form ? " \u201cAsk again\u201d asks for that time alone." : "");
  });
  return note;
}

// A part that is drawn anew when the bucket changes.
function ofScope(draw) {
  const holder = el("div", {});
  view((change) => {
    if (change && !("scope" in change)) return;
    holder.replaceChildren(...[draw(state.scope)].flat().filter(Boolean));
  });
  return holder;
}

const ofThis = () => " of this range" + (data.bucket ? " and bucket" : "");
const empty = (text) => el("p", { class: "empty" }, text);

function sumOf(series, metric) {
  const [first, last] = visibleSteps(series);
  const list = numbers(series, state.scope, metric);
  let sum = 0;
  for (let at = first; at < last; at += 1) sum += list[at];
  return sum;
}

function tiles() {
  const holder = el("section", { class: "tiles", "aria-label": "In short" });
  view(() => {
    // Billions must fit into a tile, too.
    const fit = (figure) => (figure.length > 12 ? " longer" : figure.length > 8 ? " long" : "");
    const tile = (name, figure, detail, kind) =>
      el("div", { class: "tile " + (kind || "") }, el("div", { class: "name" }, name), el("div", { class: "figure" + fit(figure) }, figure), el("div", { class: "detail quiet" }, detail || "\u00a0"));
    const made = [];
    if (data.access) {
      const of = (metric) => sumOf(data.access.series, metric);
      const [requests, refused, failed, anonymous, sent, uploaded] = [0, 1, 2, 3, 4, 5].map(of);
      const hours = Math.max(1, (state.to - state.from) / 3600000);
      made.push(
        tile("Requests", count(requests), short(Math.round(requests / hours)) + " an hour"),
        tile("Refused, 4xx", share(refused, requests), count(refused) + " requests", refused > 0 ? "warm" : ""),
        tile("Failed, 5xx", share(failed, requests), count(failed) + " requests", failed > 0 ? "hot" : ""),
        tile("Unauthenticated", share(anonymous, requests), count(anonymous) + " requests"),
        tile("Sent", bytes(sent), "in responses"),
        tile("Uploaded", bytes(uploaded), "in complete objects"));
    } else if (data.events) {
      const of = (metric) => sumOf(data.events.series, metric);
      made.push(tile("Events", count(of(0)), "of CloudTrail"), tile("With an error", share(of(1), of(0)), count(of(1)) + " events", of(1) > 0 ? "warm" : ""), tile("Changes", count(of(2)), "not read-only"));
    }
    const grave = data.findings.found.filter((one) => one.severity === "high" && rowsOf(one) > 0).length;
    const all = data.findings.found.filter((one) => rowsOf(one) > 0);
    const elsewhere = state.scope > 0 ? all.filter((one) => one.scopes.length === 0).length : 0;
    made.push(tile("Findings", count(all.length), (grave ? count(grave) : "none") + " of high severity" + (elsewhere ? "; " + count(elsewhere) + " of all buckets" : ""), grave ? "hot" : ""));
    if (data.pipeline) {
      const behind = data.made_ms - data.pipeline.watermark_ms;
      const lag = !data.pipeline.watermark_ms ? "nothing read yet" : behind < 120000 ? "all is read" : "read up to " + duration(behind) + " before";
      made.push(tile("Pipeline", data.pipeline.health, lag, data.pipeline.health === "unhealthy" ? "hot" : data.pipeline.health === "healthy" ? "" : "warm"));
    }
    holder.replaceChildren(...made);
  });
  return holder;
}

// Rows of a finding in the bucket that is shown; of all where the query does not tell buckets apart.
function rowsOf(one) {
  return one.scopes.length > 0 ? one.scopes[state.scope] : one.rows;
}

function findings() {
  const { found, clean, unasked, left_out: leftOut } = data.findings;
  const list = ofScope(() => {
    const shown = found.filter((one) => rowsOf(one) > 0);
    if (shown.length === 0) return empty(found.length > 0 ? "Nothing was found in this bucket." : clean.length > 0 ? "Nothing was found in " + plural(clean.length, "check", "checks") + "." : "Nothing was looked for: the lake holds no records.");
    const grades = [...new Set(shown.map((one) => one.severity))];
    return grades.flatMap((grade) => {
      const those = shown.filter((one) => one.severity === grade);
      return [
        el("h3", { class: "grade" }, el("span", { class: "badge " + grade }, grade), " ", plural(those.length, "finding", "findings")),
        el("ul", { class: "findings" }, those.map(finding)),
      ];
    });
  });
  // Titles occur twice where access logs and CloudTrail are asked the same; ids do not.
  const listed = (checks, sentence) => (checks.length === 0 ? null
    : el("details", { class: "figures" }, el("summary", {}, sentence), el("ul", { class: "plain" }, checks.map((check) => el("li", {}, check.title, " ", el("code", { class: "id" }, check.query))))));
  const single = (checks) => checks.length === 1;
  const lacking = [...new Set(leftOut.map((check) => check.lacks))].map((lacks) => {
    const those = leftOut.filter((check) => check.lacks === lacks);
    return listed(those, plural(those.length, "check was", "checks were") + " left out: the lake has no records of " + lacks + " for " + (single(those) ? "it" : "them"));
  });
  const others = [
    found.length > 0 ? listed(clean, plural(clean.length, "check", "checks") + " found nothing") : null,
    listed(unasked, plural(unasked.length, "check was", "checks were") + " not asked: " + (single(unasked) ? "it needs" : "they need") + " a parameter"),
    ...lacking,
  ];
  return section("findings", "Findings", "What the saved queries that look for something found, the gravest first.", notZoomed(), list, ...others);
}

function finding(one) {
  const command = one.commands[state.scope] ?? one.commands[0];
  return el("li", { class: "finding " + one.severity },
    el("div", { class: "finding-head" },
      el("h4", {}, one.title),
      el("span", { class: "rows" }, plural(rowsOf(one), "row", "rows"), state.scope > 0 && one.scopes.length === 0 ? el("small", {}, " in all buckets") : null)),
    el("code", { class: "id" }, one.query),
    el("p", { class: "next" }, el("strong", {}, "What to do: "), one.next_step || "Look at the rows."),
    el("details", {}, el("summary", {}, "What this is, and the rows", el("span", { class: "unseen" }, " of " + one.query)),
      el("p", {}, one.answers),
      one.false_positives ? el("p", {}, el("strong", {}, "Harmless cases: "), one.false_positives) : null,
      el("div", { class: "code line" }, copier(command, "command of " + one.query), el("pre", { tabindex: "0", "aria-label": "Command that shows the rows of " + one.query }, el("code", {}, command))),
      statement(one.sql, one.query)));
}

function traffic() {
  const { series } = data.access;
  const line = (label, colour, metric, unit) => ({ label, colour, unit, name: label, values: () => numbers(series, state.scope, metric) });
  const of = (title, unit, note, lines) => panel(title, note, timeChart({ title, series, unit, lines }), timeTable(title, series, lines), statementOf("hours"));
  return section("traffic", "Traffic", "Drag over a chart to zoom in on a time; all charts follow. Where there is no room for hours, days are drawn." + (data.pipeline ? " Shaded: hours without " + data.pipeline.gaps_of + "." : ""),
    of("Requests", "count", null, [line("Requests", "requests", 0, "count"), line("Unauthenticated", "anonymous", 3, "count")]),
    of("Errors", "count", null, [line("Refused, 4xx", "refused", 1, "count"), line("Failed, 5xx", "failed", 2, "count")]),
    of("Bytes", "bytes", null, [line("Sent", "sent", 4, "bytes"), line("Uploaded", "uploaded", 5, "bytes")]));
}

const absent = {
  requester: "unauthenticated, or the service itself", status: "no status", prefix: "no key", tls: "not logged", signature: "unsigned, or not logged",
  agent: "no user agent", address: "no address", operation: "no operation", caller: "not told", named: "no bucket", region: "not told", call: "not told", error: "not told",
};

function named(rows, dimension) {
  return rows.map((row) => (row.v === null && !row.m ? { ...row, v: "(" + (absent[dimension] || "not logged") + ")", empty: true } : row));
}

const trafficColumns = [
  { name: "Requests", unit: "count", at: 0, bar: true }, { name: "4xx", unit: "count", at: 1 }, { name: "5xx", unit: "count", at: 2 },
  { name: "Sent", unit: "bytes", at: 3 }, { name: "Uploaded", unit: "bytes", at: 4 }, { name: "Deleted", unit: "count", at: 5, title: "Objects deleted on request" },
];
const callColumns = [
  { name: "Events", unit: "count", at: 0, bar: true }, { name: "Errors", unit: "count", at: 1 }, { name: "Changes", unit: "count", at: 2 },
];
const valued = (columns) => columns.map((column) => ({ ...column, value: (row) => row.n[column.at] }));

function breakdown(source, dimension, title, first, columns, limit, note, sql) {
  const { scopes } = source.breakdowns.find((one) => one.dimension === dimension);
  return panel(title, note, ofScope((scope) => {
    const rows = named(scopes[scope] || [], dimension);
    if (rows.length === 0) return empty(dimension === "error" ? "No errors." : "Nothing here.");
    return table({ caption: title + ", " + data.scopes[scope].label, first, columns: valued(columns), rows, total: true, limit });
  }), statementOf(sql));
}

function breakdowns() {
  const of = (dimension, title, first, columns, limit, note) => breakdown(data.access, dimension, title, first, columns, limit, note, "breakdowns");
  const few = trafficColumns.slice(0, 4);
  return section("breakdowns", "What the requests were", "The 25 most frequent values have a row each.", notZoomed(),
    buckets(data.access, "Buckets", bucketColumns, "bucket", "buckets"),
    of("operation", "Operations", "Operation", trafficColumns, 10),
    of("requester", "Requesters", "Requester", trafficColumns, 10),
    of("prefix", "Key prefixes", "Prefix", trafficColumns, 10, "Keys up to their second slash."),
    el("div", { class: "pair" }, of("status", "Status classes", "Class", few, 10), of("error", "Errors", "Status and code", few, 6)),
    el("div", { class: "pair" }, of("address", "Addresses", "Address", few, 8), of("agent", "User agents", "User agent", few, 8)),
    el("div", { class: "pair" }, of("tls", "TLS versions", "Version", few, 8, "Plain HTTP and versions before 1.2 can be denied in a bucket's policy."), of("signature", "Signature versions", "Version", few, 8, "SigV2 is deprecated.")));
}

const bucketColumns = ["Requests", "4xx", "5xx", "Unauthenticated", "Sent", "Uploaded"].map((name, at) => ({ name, unit: at > 3 ? "bytes" : "count", bar: at === 0, value: (row) => row.n[at] }));

function buckets(source, caption, columns, dimension, sql) {
  const labels = new Map(data.scopes.map((scope, at) => [scope.label, at]));
  const all = named(source.buckets, dimension);
  const can = (row) => !row.m && !row.empty && labels.get(row.v) > 0;
  const further = all.filter((row) => !can(row) && !row.empty).reduce((sum, row) => sum + (row.m || 1), 0);
  const note = further > 0 && data.scopes.length > 1 ? plural(further, "bucket has", "buckets have") + " no figures of " + (further === 1 ? "its" : "their") + " own and cannot be chosen." : null;
  return panel("Buckets", note, ofScope((scope) => {
    const rows = scope === 0 ? all : all.filter((row) => can(row) && row.v === data.scopes[scope].label);
    if (rows.length === 0) return empty("Nothing here.");
    const pick = (row) => {
      choose(labels.get(row.v));
      // The button is gone with its table: the focus goes to where the choice can be changed.
      document.getElementById("scope").focus({ preventScroll: true });
    };
    const onPick = { can: (row) => scope === 0 && can(row), pick };
    return table({ caption, first: "Bucket", columns, rows, total: scope === 0, limit: 15, onPick });
  }), statementOf(sql));
}

function latency() {
  // To the eye, what stands before p50 is that of the next two as well.
  const names = [["Requests"], ["Turn-around p50"], ["Turn-around p90", "p90"], ["Turn-around p99", "p99"], ["Total p50"], ["Total p90", "p90"], ["Total p99", "p99"], ["Longest"]];
  const columns = names.map(([name, shown], at) => ({ name, shown, unit: at === 0 ? "count" : "ms", value: (row) => row.n[at], bar: at === 0, title: at >= 1 && at <= 3 ? "Turn-around time: what S3 needed" : at > 3 ? "Total time, with the transfer" : null }));
  const chart = (title, first) => panel(title, null, ofScope((scope) => {
    const rows = named(data.access.latency[scope].slice(0, 10), "operation");
    return rows.length ? rangeChart({ title, rows: rows.map((row) => ({ name: row.v, parts: row.n.slice(first, first + 3) })) }) : empty("No request has a time.");
  }));
  return section("latency", "Latency", "Turn-around is the time that S3 needed, total includes the transfer to the client.", notZoomed(),
    el("div", { class: "pair" }, chart("Turn-around time", 1), chart("Total time", 4)),
    panel("Percentiles by operation", "Choose a column's name to see the slowest first.", ofScope((scope) => {
      const rows = named(data.access.latency[scope], "operation");
      return rows.length ? table({ caption: "Latency percentiles by operation", first: "Operation", columns, rows, limit: 12 }) : empty("No request has a time.");
    }), statementOf("latency")));
}

function deletions() {
  const { names, series, totals } = data.access.actions;
  const lead = "What was deleted on request, and what lifecycle rules did, by day.";
  if (names.length === 0) return section("deletions", "Deletions and lifecycle", lead, empty("Nothing was deleted or moved in this range."), statementOf("deletions"));
  const colours = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"];
  const top = names.length > 8 ? 7 : names.length;
  const added = () => numbers(series, state.scope, top).map((_, at) => names.slice(top).reduce((sum, __, more) => sum + numbers(series, state.scope, top + more)[at], 0));
  const lines = names.slice(0, top).map((name, at) => ({ label: name, name, unit: "count", colour: colours[at], values: () => numbers(series, state.scope, at) }));
  if (names.length > top) lines.push({ label: "other actions", name: "other actions", unit: "count", colour: colours[7], values: added });
  const columns = [{ name: "Objects", unit: "count", bar: true, value: (row) => row.n[0] }, { name: "Bytes", unit: "bytes", value: (row) => row.n[1] }];
  return section("deletions", "Deletions and lifecycle", lead,
    panel("Objects by day", null, timeChart({ title: "Objects deleted or moved", series, lines, unit: "count", bars: true }), timeTable("Objects deleted or moved", series, lines), statementOf("deletions")),
    panel("By action", null, notZoomed(), ofScope((scope) => {
      const rows = names.map((name, at) => ({ v: name, n: totals[scope][at] })).filter((row) => row.n[0] > 0);
      return rows.length ? table({ caption: "Deletions and lifecycle actions", first: "Action", columns, rows, total: true, limit: 12 }) : empty("Nothing in this bucket.");
    }), statementOf("deletions")));
}

function costs() {
  const { prices, prices_of: region, prices_date: date, scopes } = data.access.costs;
  const names = ["Requests", "To other Regions", "To the internet, at most", "Together, at most"];
  const columns = names.map((name, at) => ({ name, unit: "usd", value: (row) => row.n[at], bar: at === 3 }));
  return section("costs", "Costs by requester", "An estimate at list prices of " + region + " as of " + date + "; no bill. Storage, taxes, discounts and free tiers are left out.", notZoomed(),
    panel("Estimated charges", "The log does not tell where all bytes went: what it leaves open counts as if it had gone to the internet, so that column is an upper bound. Within a Region transfer is free.",
      ofScope((scope) => (scopes[scope].length ? table({ caption: "Estimated charges by requester", first: "Requester", columns, rows: named(scopes[scope], "requester"), total: true, limit: 10 }) : empty("No requests."))),
      el("details", { class: "figures" }, el("summary", {}, "Prices"), el("ul", { class: "plain" }, prices.map((price) => el("li", {}, price)))),
      statementOf("breakdowns")));
}

function events() {
  const { series } = data.events;
  const line = (label, colour, metric) => ({ label, name: label, unit: "count", colour, values: () => numbers(series, state.scope, metric) });
  const lines = [line("Events", "requests", 0), line("Errors", "failed", 1), line("Changes", "uploaded", 2)];
  const of = (dimension, title, first, limit) => breakdown(data.events, dimension, title, first, callColumns, limit, null, "events");
  return section("events", "CloudTrail", "Calls as the trails delivered them. A bucket's figures are of the events that name it.",
    panel("Events", null, timeChart({ title: "Events", series, lines, unit: "count" }), timeTable("Events", series, lines), statementOf("events")),
    notZoomed(),
    el("div", { class: "pair" }, buckets(data.events, "Buckets that events name", valued(callColumns), "named", "event-buckets"), of("region", "Regions", "Region", 8)),
    el("div", { class: "pair" }, of("call", "Calls", "Call", 8), of("caller", "Callers", "Caller", 8)),
    el("div", { class: "pair" }, of("error", "Error codes", "Code", 8), of("address", "Calling addresses", "Address", 8)));
}

function noTraffic() {
  return section("traffic", "Traffic", null, empty("The lake holds no access logs" + ofThis() + ": what CloudTrail recorded stands below."));
}

function noEvents() {
  return section("events", "CloudTrail", null, empty("The lake holds no events of CloudTrail" + ofThis() + "."));
}

function pipeline() {
  const it = data.pipeline;
  if (!it) return section("pipeline", "The pipeline itself", null, empty("How the pipeline does could not be asked with these permissions."));
  const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
  const lag = it.watermark_ms ? duration(data.made_ms - it.watermark_ms) + " (all that was modified before " + minute(it.watermark_ms) + " UTC is read)" : "nothing read yet";
  const rows = it.rejects.map(([code, meaning, n]) => ({ v: meaning ? code + ": " + meaning : code, n: [n] }));
  const gaps = it.gaps.map(([from, to, hours]) => ({ v: minute(from) + " to " + minute(to), n: [hours] }));
  const one = (name) => [{ name, unit: "count", bar: true, value: (row) => row.n[0] }];
  return section("pipeline", "The pipeline itself", ["From the commit log, as ", el("code", {}, "bucketscope status"), " tells it: of the whole lake, whatever bucket and time are chosen."],
    panel("Health", null,
      el("p", {}, el("span", { class: "badge " + it.health }, it.health), it.reasons.length ? " " + it.reasons.join("; ") : " Everything found has been read."),
      el("dl", { class: "facts" },
        fact("Lag", lag), fact("Last commit", it.last_commit_ms ? minute(it.last_commit_ms) + " UTC" : "none"),
        fact("Read", count(it.lines) + " lines of " + plural(it.objects, "log object", "log objects")),
        fact("Written", count(it.records) + " records in " + plural(it.files, "file", "files") + ", " + bytes(it.bytes)),
        fact("Rejected", count(it.rejected) + " lines (" + share(it.rejected, it.lines) + ")"), fact("Late", count(it.late) + " records came hours after their time"))),
    el("div", { class: "pair" },
      panel("Rejects and damage", "Lines that are no records are kept with their reason, and counted.", rows.length ? table({ caption: "Rejects by reason", first: "Reason", columns: one("Count"), rows, limit: 10 }) : empty("None.")),
      panel("Gaps", "Hours without " + it.gaps_of + " between the first and the last: " + count(it.gap_hours) + ".", gaps.length ? table({ caption: "Gaps", first: "Time, UTC", columns: one("Hours"), rows: gaps, limit: 8 }) : empty("None."))));
}

function asked() {
  const list = data.asked.map((one) => panel(one.title, one.answers, one.false_positives && !one.false_positives.startsWith("None;") ? el("p", { class: "note quiet" }, el("strong", {}, "Keep in mind: "), one.false_positives) : null, statement(one.sql, one.title)));
  return section("sql", "How this was asked", "The statements run on Athena and on the embedded engine; their values are written out for copying.", el("div", { class: "pair" }, list));
}
