"""Writes measured tables into BENCHMARKS.md, each between its own markers."""

import platform
import re
import shlex
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "BENCHMARKS.md"


def machine():
    """The machine in a line."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", cpuinfo)
    cores = cpuinfo.count("processor\t")
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / (1 << 20)
    return f"{model[1] if model else platform.machine()}, {cores} cores, {memory:.0f} GiB, Linux {platform.release()}"


CONTESTANTS = ("pandas", "pyarrow", "duckdb", "polars")


def versions(others=CONTESTANTS):
    """The contestants' versions, and ours."""
    others = "".join(f", {name} {version(name)}" for name in others)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return f"bucketscope {commit.stdout.strip() or 'unknown'}{others}, Python {platform.python_version()}"


def table(header, rows):
    """A Markdown table; columns of numbers to the right."""
    lines = ["| " + " | ".join(header) + " |"]
    right = [bool(rows) and bool(re.match(r"^[\d.]", str(row))) for row in (rows[0] if rows else [])]
    lines.append("|" + "|".join("---:" if flag else "---" for flag in right) + "|")
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def command(script, folders):
    """The command that was typed, without the options that name somebody's folders."""
    typed, words = [], iter(sys.argv[1:])
    for word in words:
        if word in folders:
            next(words, None)
        elif word.partition("=")[0] not in folders:
            typed.append(word)
    return shlex.join(["python", f"scripts/bench/{script}", *typed])


def section(name, text, command, write, others=CONTESTANTS):
    """Prints a section and, with `write`, puts it between the markers called `name`."""
    body = f"{text}\n\n{date.today()}. {machine()}. {versions(others)}.\n\n```\n{command}\n```\n"
    print(f"\n## {name}\n\n{body}", flush=True)
    if not write:
        return
    start, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    content = FILE.read_text()
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.S)
    if not pattern.search(content):
        raise SystemExit(f"BENCHMARKS.md has no section {name}")
    FILE.write_text(pattern.sub(lambda _: f"{start}\n{body}{end}", content))
