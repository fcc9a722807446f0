"""The logs that are measured: generated ones, and real lines multiplied."""

import base64
import os
import random
import re
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path

import measure

OBJECT = 1 << 20
DAYS = 30
START = datetime(2026, 6, 1, tzinfo=timezone.utc)


def generated(bucketscope, work, size, seed, objects=None):
    """A folder of generated logs; made once, as the same options give the same bytes."""
    folder = Path(work) / f"logs-{size}-{seed}-{objects or 'default'}"
    done = folder.with_suffix(".done")
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        command = [bucketscope, "generate", "--bytes", size, "--seed", seed, folder]
        if objects:
            command[2:2] = ["--objects", objects]
        measure.run(command, cpus=os.cpu_count())
        done.touch()
    return folder


# What differs in every real record and stands for itself: time, request id, host id.
TIME = re.compile(rb"\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]")
REQUEST_ID = re.compile(rb" ([0-9A-Z]{16}) (?=[A-Z0-9]+\.)")
HOST_ID = re.compile(rb" ([A-Za-z0-9+/]{74,76}={0,2})(?= |$)")


def multiplied(real, work, size, seed):
    """Real lines over and over: as they are, but for fresh request and host ids (else every tool would store each line
    once), times spread evenly over 30 days in the order of delivery, and `-` for the fields that AWS has added since
    (else readers of columns would drop the older lines and measure nothing)."""
    folder = Path(work) / f"real-{size}-{seed}"
    done = folder.with_suffix(".done")
    if done.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    templates = [template(line) for line in real_lines(real)]
    if not templates:
        raise SystemExit(f"no log lines in {real}")
    source = random.Random(seed)
    written = number = 0
    while written < size:
        chunk, length = [], 0
        while length < OBJECT and written + length < size:
            line = filled(templates[number % len(templates)], source, (written + length) / size)
            chunk.append(line)
            length += len(line)
            number += 1
        time = START + timedelta(days=DAYS * (written + length) / size, seconds=1)
        unique = f"{source.getrandbits(64):016X}"
        (folder / f"{time:%Y-%m-%d-%H-%M-%S}-{unique}").write_bytes(b"".join(chunk))
        written += length
    done.touch()
    return folder


def real_lines(folder):
    """The lines of all files that look like records, in the order of their names."""
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            for line in path.read_bytes().splitlines():
                if TIME.search(line):
                    yield line


def template(line):
    """The line in pieces: bytes that stay, and the names of what is filled in."""
    spans = [(match.span(), name) for name, match in (("time", TIME.search(line)),) if match]
    for name, pattern in (("request", REQUEST_ID), ("host", HOST_ID)):
        match = pattern.search(line)
        if match:
            spans.append((match.span(1), name))
    pieces, at = [], 0
    for (start, end), name in sorted(spans):
        pieces += [line[at:start], name]
        at = end
    return pieces + [line[at:].rstrip() + b" -" * missing_fields(line) + b"\n"]


def missing_fields(line):
    """How many fields today's format has behind those of the line: 10 follow the last quote."""
    return max(0, 10 - len(line.rpartition(b'"')[2].split()))


def filled(pieces, source, progress):
    """A record from a template; `progress` from 0 to 1 says how far the 30 days have gone."""
    out = []
    for piece in pieces:
        if isinstance(piece, bytes):
            out.append(piece)
        elif piece == "time":
            time = START + timedelta(seconds=int(DAYS * 86400 * progress))
            out.append(time.strftime("[%d/%b/%Y:%H:%M:%S +0000]").encode())
        elif piece == "request":
            out.append(base64.b32hexencode(source.randbytes(10)))
        else:
            out.append(base64.b64encode(source.randbytes(56)))
    return b"".join(out)


def sample(folder, work, size):
    """About `size` bytes of a folder's objects, and their bytes: neighbours in time, so that an hour holds as many
    records as in the whole."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    total = sum(path.stat().st_size for path in files)
    if size <= 0 or size >= total:
        return folder, total
    target = Path(work) / f"sample-of-{folder.name}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    taken = 0
    for path in files[len(files) // 3 :]:
        if taken >= size:
            break
        os.link(path, target / path.name)
        taken += path.stat().st_size
    return target, taken
