"""From what was measured here (s3-measured.json) to a backfill in AWS: minutes and dollars of 470 GB in 1,544,692 objects on one
worker or many. Measures nothing. Prints the table, and writes it into BENCHMARKS.md with --write."""

import argparse
import json
import re
import shlex
import sys
from pathlib import Path

import report

HERE = Path(__file__).resolve().parent
MEASURED = json.loads((HERE / "s3-measured.json").read_text())

BYTES, OBJECTS = 470e9, 1_544_692
WORKERS = (1, 4, 10, 20)

# AWS's figures.
GETS_A_SECOND = 5_500
"""S3 User Guide, "Best practices design patterns": at least, for each prefix of a bucket."""
KEYS_A_PAGE = 1_000
"""S3 API Reference, ListObjectsV2."""
VCPUS = 4
"""Glue Developer Guide, "Worker types": G.1X is 1 DPU, 4 vCPU, 16 GB."""
SECONDS_AT_LEAST = 60
"""AWS Glue pricing: by the second, a minute at least."""

# Assumptions.
CORE_A_VCPU = 0.6
"""A vCPU of Glue is a hyperthread; two of them are taken for 1.2 of the cores measured here."""
TLS_SECONDS_A_GIGABYTE = 0.5
"""CPU for AES-GCM and TLS records; the server here speaks plain HTTP."""
START_SECONDS = 60
"""Until the workers of a Glue job run."""
PAGE_SECONDS, PAGES_AT_ONCE = 0.15, 16
"""A page of a listing, and how many key ranges are listed at once."""
PLAN_MICROSECONDS = 39
"""CPU for listing and planning an object, by one process: what issue 4 allows at most (60 s for 1.5 million)."""
NETWORK_A_WORKER = 300e6
"""Bytes a second that a worker of G.1X takes in over minutes."""
TAIL_SECONDS = 15
"""The last shards, the commit, the catalogue's partitions."""
PUTS = 20_000
"""Data files, plan, done-files and commits, roughly."""


def price(name):
    """A price from the program's own list."""
    text = (HERE.parents[1] / "src/cost/prices.yaml").read_text()
    return float(re.search(rf"^{name}:\n  usd: ([\d.]+)", text, re.M)[1])


def row(workers, prefixes):
    """How long a run takes and what it costs."""
    cores = workers * VCPUS * CORE_A_VCPU
    cpu = BYTES / 1e9 * (MEASURED["cpu_seconds_a_gigabyte"] + TLS_SECONDS_A_GIGABYTE)
    cpu += OBJECTS * MEASURED["cpu_microseconds_an_object"] / 1e6
    limits = {
        "CPU": cpu / cores,
        "GET limit": OBJECTS / (GETS_A_SECOND * prefixes),
        "network": BYTES / (NETWORK_A_WORKER * workers),
    }
    binding = max(limits, key=limits.get)
    pages = OBJECTS / KEYS_A_PAGE
    listing = max(pages * PAGE_SECONDS / PAGES_AT_ONCE, OBJECTS * PLAN_MICROSECONDS / 1e6 / CORE_A_VCPU)
    seconds = START_SECONDS + listing + limits[binding] + TAIL_SECONDS
    # In a Spark job, the driver is a worker that works on no shard.
    dpus = workers if workers == 1 else workers + 1
    paid = max(seconds - START_SECONDS, SECONDS_AT_LEAST)
    glue = dpus * paid / 3600 * price("glue_dpu_hour")
    requests = OBJECTS * price("s3_read") + (pages + PUTS) * price("s3_write")
    return [
        workers if workers == 1 else f"{workers} and a driver",
        prefixes,
        f"{listing / 60:.1f}",
        f"{limits['CPU'] / 60:.1f}",
        f"{limits['GET limit'] / 60:.1f}",
        f"{limits['network'] / 60:.1f}",
        binding,
        f"{seconds / 60:.1f}",
        f"{glue:.2f}",
        f"{requests:.2f}",
        f"{glue + requests:.2f}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    header = ["Workers of G.1X", "Prefixes", "Listing and plan, min", "CPU, min", "GET limit, min", "Network, min", "What binds"]
    header += ["Run, min", "Glue $", "Requests $", "Together $"]
    rows = [row(workers, prefixes) for prefixes in (1, 4) for workers in WORKERS]
    text = (
        f"{BYTES / 1e9:,.0f} GB in {OBJECTS:,} objects. Measured here: {MEASURED['cpu_seconds_a_gigabyte']:.2f} CPU s a GB and"
        f" {MEASURED['cpu_microseconds_an_object']:.0f} CPU µs an object (`s3-measured.json`). **Everything else is assumed, and"
        f" nothing of it was run in AWS:** a vCPU of Glue is a hyperthread and does {CORE_A_VCPU} of what a core does here; TLS takes"
        f" {TLS_SECONDS_A_GIGABYTE} CPU s a GB; a job starts in {START_SECONDS} s; {PAGES_AT_ONCE} key ranges are listed at once,"
        f" {PAGE_SECONDS} s a page, and listing and planning take {PLAN_MICROSECONDS} CPU µs an object in one process; a worker takes"
        f" in {NETWORK_A_WORKER / 1e6:.0f} MB/s; S3 gives {GETS_A_SECOND:,} GET a second for each prefix from the beginning, which it"
        f" does not promise to a bucket that was idle; the last shards and the commit take {TAIL_SECONDS} s. Prices are those of"
        " `src/cost/prices.yaml`, without the start, which Glue does not charge. Shards are spread evenly."
    )
    command = shlex.join(["python", "scripts/bench/extrapolate.py", *sys.argv[1:]])
    report.section("extrapolation", f"{text}\n\n{report.table(header, rows)}", command, args.write, others=())


if __name__ == "__main__":
    main()
