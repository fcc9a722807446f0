"""A question about one hour of thirty days: the lake against DuckDB on the raw text."""

import statistics
import sys
from pathlib import Path

import contestants
import measure
import report

HOUR = ("2026-06-15T12:00:00Z", "2026-06-15T13:00:00Z")
# The same hour as the log writes it. Comparing text saves DuckDB the parsing of every time.
LOGGED = "15/Jun/2026:12:"
WANTED = (
    "bucket_name, key, requester, remoteip, operation, httpstatus, errorcode, authtype, useragent, requestid"
)
QUERY = "access-denied"


def statement(way, logs):
    """The question as DuckDB is asked it."""
    if way == "read_csv":
        source, time = contestants.duckdb_table(logs), "time"
        return f"SELECT {time}, {WANTED} FROM {source} WHERE {time} LIKE '[{LOGGED}%' AND httpstatus = '403' ORDER BY {time}"
    names = ", ".join(f"'{name}'" for name in contestants.COLUMNS)
    lines = contestants.duckdb_lines(logs)
    only = f" WHERE contains(line, '[{LOGGED}')" if way == "lines of the hour, then regexp_extract" else ""
    fields = f"SELECT unnest(regexp_extract(line, '{contestants.PATTERN}', [{names}])) FROM {lines}{only}"
    return (
        f"SELECT requestdatetime, {WANTED} FROM ({fields}) WHERE requestdatetime LIKE '{LOGGED}%' "
        "AND httpstatus = '403' ORDER BY requestdatetime"
    )


WAYS = ("read_csv", "regexp_extract", "lines of the hour, then regexp_extract")


def warm_run(command, cpus, repeat):
    """The last answer and the median wall time, after one run that does not count."""
    costs = [measure.run(command, cpus) for _ in range(repeat + 1)][1:]
    return costs[-1], statistics.median(cost.wall for cost in costs)


def compare(args, project, logs, raw):
    """The table: wall time, bytes read, how much faster."""
    import os

    cpus = os.cpu_count()
    command = [args.bucketscope, "-C", project, "query", QUERY, "--from", HOUR[0], "--to", HOUR[1], "--output", "json"]
    cost, wall = warm_run(command, cpus, args.repeat)
    scanned = measure.find(cost.answer, "scanned_bytes")
    rows_found = len(measure.find(cost.answer, "rows") or [])
    if scanned is None:
        raise SystemExit("the answer of `bucketscope query` does not say scanned_bytes")
    rows = [[f"bucketscope query {QUERY}", f"{wall:.3f}", f"{scanned:,}", f"{scanned / raw:.4%}", "", rows_found]]
    for way in WAYS:
        cost, other = warm_run([sys.executable, __file__, way, logs], cpus, args.repeat)
        faster = f"{1 - wall / other:.1%}"
        rows.append([f"DuckDB, {way}", f"{other:.3f}", f"{raw:,}", "100 %", faster, cost.answer["rows"]])
    header = ["", "Wall s (median, warm)", "Bytes read", "of the raw bytes (aim: 0.1 %)", "bucketscope is faster by (aim: 92 %)", "Rows"]
    return (
        f"{raw:,} bytes over 30 days; the question: `{QUERY}` from {HOUR[0]} to {HOUR[1]}. Whole processes, {cpus} cores "
        f"for both. Bytes read are counted at the storage layer, footers included.\n\n{report.table(header, rows)}"
    )


def main(way, logs):
    import duckdb
    import json

    print(json.dumps({"rows": len(duckdb.connect().execute(statement(way, Path(logs))).fetchall())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
