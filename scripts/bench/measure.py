"""Runs a command and says what it cost: CPU seconds, wall seconds, peak memory, bytes written."""

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "ARROW_IO_THREADS",
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
    )
}


@dataclass
class Cost:
    """What a command cost, and what it printed."""

    cpu: float
    """User and system seconds of the process and its children, from wait4."""
    wall: float
    peak: int
    """Largest resident set in bytes, from wait4."""
    answer: dict
    """The JSON object on its standard output; empty if there was none."""
    fault: str
    """The last line of its complaint, if it failed."""


def run(command, cpus=1, env=None, check=True):
    """Runs `command` on `cpus` processors and measures the whole process."""
    allowed = sorted(os.sched_getaffinity(0))[-cpus:]
    environment = dict(os.environ, **(ONE_THREAD if cpus == 1 else {}), **(env or {}))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        child = subprocess.Popen(
            [str(part) for part in command],
            stdout=out,
            stderr=err,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, allowed),
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed, complaint = out.read(), err.read()
    complaint = complaint.decode(errors="replace").strip()[-3000:]
    if check and child.returncode != 0:
        raise RuntimeError(f"{command} ended with {child.returncode}:\n{complaint}")
    fault = complaint.rsplit("\n", 1)[-1] if child.returncode != 0 else ""
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024, last_json(printed), fault)


def last_json(printed):
    """The JSON object that a command printed: the whole output or its last line."""
    text = printed.decode(errors="replace").strip()
    for candidate in (text, text.rsplit("\n", 1)[-1]):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    return {}


def find(answer, name):
    """The first value called `name` anywhere in an answer."""
    if isinstance(answer, dict):
        if name in answer:
            return answer[name]
        answer = list(answer.values())
    if isinstance(answer, list):
        for value in answer:
            found = find(value, name)
            if found is not None:
                return found
    return None


def size_of(folder, ending=""):
    """Bytes and number of the files in a folder whose names end so."""
    sizes = [path.stat().st_size for path in Path(folder).rglob(f"*{ending}") if path.is_file()]
    return sum(sizes), len(sizes)


def warm(folder):
    """Reads every file once, so that no contestant pays for the disk."""
    total = lines = 0
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            total += len(content)
            lines += content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    return total, lines
