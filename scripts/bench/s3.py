"""Measures the worker on an S3 server (SeaweedFS) of this machine: many small objects, the same bytes in few, and beside both what
the server gives to the plainest client. See --help; results go into BENCHMARKS.md and s3-measured.json with --write."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import urllib.request
from pathlib import Path

import measure
import report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MEASURED = HERE / "s3-measured.json"
OWNER = "000000000000"
REGION = "us-east-1"


def generated(args):
    """Logs in many small objects, and the same bytes in few: a thousand neighbours in each."""
    small, few = (args.work / f"s3-{name}-{args.objects}-{args.bytes}" for name in ("small", "few"))
    if not few.with_suffix(".done").exists():
        for folder in (small, few):
            shutil.rmtree(folder, ignore_errors=True)
        measure.run([args.limits, "generate", small, args.bytes, args.objects])
        files = sorted(path for path in small.rglob("*") if path.is_file())
        few.mkdir(parents=True)
        for at in range(0, len(files), 1000):
            (few / files[at].name).write_bytes(b"".join(path.read_bytes() for path in files[at : at + 1000]))
        few.with_suffix(".done").touch()
    return {"small": small, "few": few}


class Server:
    """The server, until the end of the `with`."""

    def __enter__(self):
        command = [ROOT / ".venv/bin/python", ROOT / "tests/s3/server.py", "--open"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def make_bucket(self, name):
        url = f"http://127.0.0.1:{self.port}/{name}"
        urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=60).close()


def plain(args, server, folders, name, method, threads):
    """The plainest client, which is written for nothing else."""
    command = [args.load, method, server.port, name, "logs/", folders[name], threads]
    return measure.run(command, cpus=os.cpu_count())


def worker(args, server, name, run):
    """The worker, as a job runs it, into a lake of its own."""

    def place(bucket, prefix):
        return {"bucket": bucket, "prefix": prefix, "region": REGION, "owner": OWNER}

    told = {
        "version": 1,
        "name": "bench",
        "lake": place("lakes", f"{name}-{run}/"),
        "sources": [{"id": "a", "place": place(name, "logs/")}],
        "trails": [],
        "catalogue": {"database": "none", "region": REGION, "after_commit": "nothing"},
    }
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
    }
    command = [args.worker, "run", "--threads", args.threads, "--pipeline", json.dumps(told)]
    return measure.run(command, cpus=os.cpu_count(), env=environment)


def measured(args):
    """Everything, side by side: each round measures all four, one after the other."""
    folders = generated(args)
    costs = {}
    with Server() as server:
        server.make_bucket("lakes")
        for name in folders:
            plain(args, server, folders, name, "put", 8)
        for run in range(args.repeat):
            for name in folders:
                costs.setdefault(("plain", name), []).append(plain(args, server, folders, name, "get", args.connections))
                costs.setdefault(("worker", name), []).append(worker(args, server, name, run))
    return folders, costs


def middle(costs, what):
    return statistics.median(getattr(cost, what) for cost in costs)


def table(folders, costs):
    """The table, and the figures that follow from it."""
    total = {name: measure.size_of(folder) for name, folder in folders.items()}
    base = middle(costs["worker", "few"], "cpu") / total["few"][0]
    rows = []
    for (who, name), runs in costs.items():
        (size, objects), cpu, wall = total[name], middle(runs, "cpu"), middle(runs, "wall")
        limit = objects / middle(costs["plain", name], "wall")
        rows.append(
            [
                {"plain": "a plain client", "worker": "bucketscope-worker"}[who],
                f"{objects:,} of {size / objects / 1000:,.0f} KB",
                f"{cpu:.1f}",
                f"{cpu / size * 1e9:.2f}",
                f"{cpu / size / base:.2f}" if who == "worker" else "",
                f"{wall:.1f}",
                f"{objects / wall:,.0f}",
                f"{objects / wall / limit:.0%}" if who == "worker" else "100%",
                f"{max(cost.peak for cost in runs) / 1e6:.0f}",
            ]
        )
    header = ["", "Objects", "CPU s", "CPU s a GB", "× few objects (aim: 2)", "Wall s", "Objects a s"]
    header += ["of the server's own GET rate", "Peak MB"]
    (size, objects), few = total["small"], middle(costs["worker", "few"], "cpu")
    figures = {
        "cpu_seconds_a_gigabyte": round(few / size * 1e9, 3),
        "cpu_microseconds_an_object": round((middle(costs["worker", "small"], "cpu") - few) / objects * 1e6, 1),
    }
    return report.table(header, rows), figures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=200_000)
    parser.add_argument("--bytes", type=int, default=2_000_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of the worker")
    parser.add_argument("--connections", type=int, default=16, help="of the plain client")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench")
    parser.add_argument("--worker", type=Path, default=ROOT / "target/release/bucketscope-worker")
    parser.add_argument("--load", type=Path, default=ROOT / "target/release/examples/s3_load")
    parser.add_argument("--limits", type=Path, default=ROOT / "target/release/examples/limits")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    folders, costs = measured(args)
    text, figures = table(folders, costs)
    text += (
        f"\n\nMedians of {args.repeat} rounds. The server runs on the same cores, so rates are those of both together. From the two rows"
        f" of the worker: {figures['cpu_seconds_a_gigabyte']:.2f} CPU s a GB, and {figures['cpu_microseconds_an_object']:.0f}"
        " CPU µs an object on top, the listing and the plan among them."
    )
    command = report.command("s3.py", ("--work", "--worker", "--limits", "--load"))
    report.section("s3", text, command, args.write, others=())
    if args.write:
        MEASURED.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
