"""Measures bucketscope beside other tools. See --help; results go into BENCHMARKS.md with --write."""

import argparse
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

import logs
import measure
import report
import scan

HERE = Path(__file__).resolve().parent
SLOW = ("pandas-regex", "duckdb-regex")
# What issue 2 asks for: bucketscope's CPU at most a part of theirs.
AIMS = {"pandas-regex": 15, "duckdb-regex": 8, "pyarrow-pandas": 3.5, "duckdb-csv": 3, "polars-csv": 2}
WHAT = {
    "pandas-regex": "pandas, the documented regular expression",
    "duckdb-regex": "DuckDB, regexp_extract",
    "pyarrow-pandas": "pyarrow.csv and pandas",
    "duckdb-csv": "DuckDB, read_csv",
    "polars-csv": "polars, scan_csv",
}


# ext4 passes over inodes that were freed within the last minute, one by one: whoever makes files right after pays for what
# others have deleted, a sixth of our time. So nothing is deleted between measurements.
FREED_SECONDS = 60


def fresh(args, name):
    """A folder that is not there yet; it goes at the end."""
    args.outputs += 1
    return args.work / "outputs" / f"{args.outputs:03}-{name}"


def rested(args):
    """Waits until nothing has been deleted for a while."""
    stamp = args.work / "outputs-deleted"
    if stamp.exists():
        time.sleep(max(0, stamp.stat().st_mtime + FREED_SECONDS + 1 - time.time()))


def cleared(args):
    """Deletes what was written."""
    outputs = args.work / "outputs"
    if outputs.exists():
        shutil.rmtree(outputs)
        os.sync()
        (args.work / "outputs-deleted").touch()


def project(args, source, name="project"):
    """A fresh, deployed project over a folder of logs, which lie in the page cache."""
    folder = fresh(args, name)
    folder.mkdir(parents=True)
    measure.warm(source)
    ours(args, folder, ["init", "--defaults", "--target", "local", "--logs", source.resolve()])
    ours(args, folder, ["deploy", "--yes"])
    return folder


def ours(args, folder, command, cpus=1):
    return measure.run([args.bucketscope, "-C", folder, *command, "--output", "json", "--no-input"], cpus)


def run_ours(args, source, threads=1):
    """The whole pipeline: list, plan, read, write, commit."""
    folder = project(args, source)
    return ours(args, folder, ["run", "--threads", str(threads)], cpus=threads), folder


def run_worker(args, source):
    """The worker binary alone: the same work without the command line."""
    folder = project(args, source, "worker-project")
    command = [args.worker, "run", "--lake", folder / "lake", "--source", source.resolve(), "--threads", "1"]
    return measure.run(command), folder


def median_of(count, once):
    """The run with the median CPU time of `count`."""
    return sorted((once() for _ in range(count)), key=lambda pair: pair[0].cpu)[(count - 1) // 2]


def rows_in(folder):
    """Rows of Parquet files, how many of them have a request id where it belongs, and the share of distinct keys."""
    import duckdb

    query = (
        "SELECT count(*), count(*) FILTER (regexp_full_match(requestid, '[0-9A-Z]{16}|[0-9a-f-]{36}')), "
        f"count(DISTINCT (bucket_name, key)) FROM read_parquet('{folder}/**/*.parquet')"
    )
    rows, sound, keys = duckdb.connect().execute(query).fetchone()
    return rows, sound, keys / max(rows, 1)


def speed(args):
    """Text to ZSTD Parquet, one thread, side by side."""
    if args.real:
        source = logs.multiplied(args.real, args.work, args.bytes, args.seed)
        title = "real lines multiplied"
    else:
        source = logs.generated(args.bucketscope, args.work, args.bytes, args.seed)
        title = "generated logs"
    raw, lines = measure.warm(source)
    cost, folder = median_of(args.repeat, lambda: run_ours(args, source))
    table_folder = folder / "lake" / "s3_access_logs"
    output, _ = measure.size_of(table_folder, ".parquet")
    kept, sound, keys = rows_in(table_folder)
    base = cost.cpu
    rows = [row("bucketscope run", "partitioned", cost, base, raw, raw, output, kept, sound, lines, "")]
    if args.worker:
        worker, folder = median_of(args.repeat, lambda: run_worker(args, source))
        output = measure.size_of(folder / "lake" / "s3_access_logs", ".parquet")[0]
        rows.append(row("bucketscope-worker run", "partitioned", worker, base, raw, raw, output, kept, sound, lines, ""))
    sampled = False
    for name in args.only or AIMS:
        part, part_bytes = logs.sample(source, args.work, args.slow_sample) if name in SLOW else (source, raw)
        sampled |= part_bytes != raw
        part_lines = measure.warm(part)[1]
        for layout in ("single", "partitioned") if args.layout == "both" else (args.layout,):
            out = fresh(args, name)
            out.parent.mkdir(parents=True, exist_ok=True)
            measure.warm(part)
            command = [sys.executable, HERE / "contestants.py", name, part, out, layout]
            cost = measure.run(command, check=False)
            if cost.fault:
                print(f"{name}, {layout}: {cost.fault}", file=sys.stderr)
                rows.append([WHAT[name], layout, "fails", *[""] * 8])
                continue
            output = measure.size_of(out, ".parquet")[0]
            kept, sound, _ = rows_in(out)
            rows.append(row(WHAT[name], layout, cost, base, raw, part_bytes, output, kept, sound, part_lines, AIMS[name]))
    header = ["", "Output", "CPU s", "× bucketscope", "aim", "MB a CPU s", "Wall s", "Peak MB", "Output / raw", "Rows", "Right rows"]
    text = (
        f"{raw:,} bytes, {lines:,} lines, {keys:.1%} distinct keys. CPU is user and system time of the whole process, "
        f"from text to ZSTD Parquet, one thread, pinned to one core. Rows and right rows (a request id stands where it "
        f"belongs) as shares of the lines.\n\n{report.table(header, rows)}"
    )
    if sampled:
        text += f"\n\n\\* Measured on {args.slow_sample:,} bytes of the same objects (neighbours in time), CPU and wall time scaled by bytes."
    report.section(title, text, command_line(), args.write)


def row(what, layout, cost, base, raw, part, output, kept, sound, lines, aim):
    scale = raw / part
    mark = "\\*" if part != raw else ""
    return [
        what + mark,
        layout,
        f"{cost.cpu * scale:.1f}",
        f"{cost.cpu * scale / base:.2f}",
        aim,
        f"{part / cost.cpu / 1e6:.0f}",
        f"{cost.wall * scale:.1f}",
        f"{cost.peak / 1e6:.0f}",
        f"{output / part:.4f}",
        f"{kept / lines:.2%}",
        f"{sound / lines:.2%}",
    ]


def limits(args):
    """How near to what is possible: counting newlines, parsing alone."""
    source = logs.generated(args.bucketscope, args.work, args.bytes, args.seed)
    raw, _ = measure.warm(source)
    rows, base = [], None
    for what, once in (
        ("bucketscope run", lambda: run_ours(args, source)),
        ("parsing alone", lambda: (measure.run([args.limits, "parse", source]), None)),
        ("reading and counting newlines", lambda: (measure.run([args.limits, "newlines", source]), None)),
    ):
        cost, _ = median_of(args.repeat, once)
        base = base or cost.cpu
        rows.append([what, f"{cost.cpu:.2f}", f"{raw / cost.cpu / 1e6:.0f}", f"{cost.cpu / base:.1%}"])
    text = f"{raw:,} bytes.\n\n" + report.table(["", "CPU s", "MB a CPU s", "of our CPU"], rows)
    report.section("limits", text, command_line(), args.write)


def small_files(args):
    """The same bytes in 13,000 objects and in 16."""
    rows, costs = [], {}
    for count in (16, args.many):
        source = logs.generated(args.bucketscope, args.work, args.bytes, args.seed, count)
        raw, _ = measure.warm(source)
        costs[count], _ = median_of(args.repeat, lambda: run_ours(args, source))
        cost = costs[count]
        rows.append([f"{count:,}", f"{raw:,}", f"{cost.cpu:.2f}", f"{cost.cpu / costs[16].cpu:.3f}", f"{cost.wall:.2f}", f"{cost.peak / 1e6:.0f}"])
    text = report.table(["Objects", "Bytes", "CPU s", "× 16 objects (aim: 1.1)", "Wall s", "Peak MB"], rows)
    report.section("small files", text, command_line(), args.write)


def threads(args):
    """Two threads against one, by the clock."""
    source = logs.generated(args.bucketscope, args.work, args.bytes, args.seed)
    measure.warm(source)
    runs = {1: [], 2: []}
    for _ in range(args.repeat):
        for count in runs:
            runs[count].append(run_ours(args, source, count)[0])
    wall = {count: statistics.median(cost.wall for cost in costs) for count, costs in runs.items()}
    rows = [
        [count, f"{wall[count]:.2f}", f"{wall[count] / wall[1]:.3f}", f"{max(c.peak for c in costs) / 1e6:.0f}"]
        for count, costs in runs.items()
    ]
    text = report.table(["Threads", "Wall s (median)", "× one thread (aim: 0.55)", "Peak MB"], rows)
    report.section("threads", text, command_line(), args.write)


def scanning(args):
    """A one-hour question on the lake and on the raw text."""
    source = logs.generated(args.bucketscope, args.work, args.bytes, args.seed)
    raw, _ = measure.warm(source)
    _, folder = run_ours(args, source, threads=os.cpu_count())
    text = scan.compare(args, folder, source, raw)
    report.section("scan", text, command_line(), args.write)


def command_line():
    """The command that was typed, without anybody's folders."""
    return report.command("bench.py", ("--bucketscope", "--worker", "--limits", "--work"))


COMMANDS = {"speed": speed, "limits": limits, "small-files": small_files, "threads": threads, "scan": scanning}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", choices=[*COMMANDS, "all"])
    parser.add_argument("--bucketscope", type=Path, default=Path("target/release/bucketscope"))
    parser.add_argument("--worker", type=Path, help="measure this worker binary as well")
    parser.add_argument("--limits", type=Path, default=Path("target/release/examples/limits"))
    parser.add_argument("--work", type=Path, default=Path("target/bench"), help="folder for logs, lakes and outputs")
    parser.add_argument("--bytes", type=int, default=2_000_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--many", type=int, default=13_000, help="how many small files")
    parser.add_argument("--repeat", type=int, default=3, help="runs of bucketscope; the median counts")
    parser.add_argument("--slow-sample", type=int, default=0, help="run the slow ones on about this many bytes only")
    parser.add_argument("--only", nargs="+", choices=list(AIMS), help="these contestants only")
    parser.add_argument("--layout", choices=["single", "partitioned", "both"], default="both", help="of the others' output")
    parser.add_argument("--real", type=Path, help="a folder of real log files: speed multiplies their lines")
    parser.add_argument("--write", action="store_true", help="put the results into BENCHMARKS.md")
    args = parser.parse_args()
    for name in ("bucketscope", "worker", "limits"):
        path = getattr(args, name)
        if path and not path.is_file():
            parser.error(f"--{name}: there is no {path}; build it with `cargo build --release --examples --bins`")
        if path:
            setattr(args, name, path.resolve())
    args.work.mkdir(parents=True, exist_ok=True)
    args.outputs = 0
    cleared(args)
    rested(args)
    try:
        for name in COMMANDS if "all" in args.what else args.what:
            COMMANDS[name](args)
    finally:
        cleared(args)


if __name__ == "__main__":
    main()
