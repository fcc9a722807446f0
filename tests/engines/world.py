"""An S3 server with logs in it, the worker's program, and jobs that run it."""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import botocore.session

ROOT = pathlib.Path(__file__).parents[2]
LAUNCHER = ROOT / "jobs" / "launcher.py"
REGION, OWNER, BUCKET = "us-east-1", "000000000000", "engines"
OBJECTS, LINES = 48, 700
# Two or three objects a shard.
SHARD_BYTES = 600_000
HEAD = "79a59df900b949e5 shop-data [%s] 192.0.2.%d %s %016X REST.GET.OBJECT photos/%d/%d.jpg "
TAIL = '"GET /photos/%d.jpg HTTP/1.1" %s - %d %d %d %d "-" "curl/8.%d" - host/%x= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader %s TLSv1.2 - -'


def log(number):
    """A log object: the same text for the same number. A few of its lines are no records."""
    chance = random.Random(number)
    lines = []
    for at in range(LINES):
        time_of = "%02d/Feb/2026:%02d:%02d:%02d +0000" % (6 + number % 2, number % 24, at % 60, chance.randrange(60))
        size = chance.randrange(1 << 20)
        head = HEAD % (time_of, chance.randrange(256), "-", chance.getrandbits(64), number, at)
        tail = TAIL % (at, "200", size, size, at, at, at % 9, chance.getrandbits(200), "shop-data.s3.amazonaws.com")
        lines.append("no record, number %d" % at if at % 97 == 96 else head + tail)
    return "\n".join(lines) + "\n"


class World:
    """Everything that a test needs; ends with `close`."""

    def __init__(self, worker):
        self.folder = tempfile.TemporaryDirectory(prefix="engines-")
        self.worker = pathlib.Path(self.folder.name) / "worker"
        # A program of a debug build has four times its size in symbols, and each task hashes it.
        subprocess.run(["strip", "-o", self.worker, worker], check=True)
        self.server = subprocess.Popen(
            [sys.executable, ROOT / "tests/s3/server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.endpoint = "http://127.0.0.1:%d" % int(self.server.stdout.readline())
        self.environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "JAVA_HOME", "LD_LIBRARY_PATH") if name in os.environ
        }
        self.environment.update(
            AWS_ENDPOINT_URL=self.endpoint, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION=REGION,
            AWS_EC2_METADATA_DISABLED="true", TMPDIR=self.folder.name, PYSPARK_PYTHON=sys.executable,
            SPARK_LOCAL_IP="127.0.0.1", SPARK_LOCAL_DIRS=self.folder.name, PYTHONUNBUFFERED="1",
            RAY_USAGE_STATS_ENABLED="0", RAY_TMPDIR=self.folder.name,
        )
        session = botocore.session.get_session()
        self.s3 = session.create_client(
            "s3", region_name=REGION, endpoint_url=self.endpoint, aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.s3.create_bucket(Bucket=BUCKET)
        for number in range(OBJECTS):
            name = "2026-02-%02d-%02d-30-00-%016X" % (8 + number % 2, number % 24, number)
            self.s3.put_object(Bucket=BUCKET, Key="logs/" + name, Body=log(number).encode())
        self.sha256 = hashlib.sha256(self.worker.read_bytes()).hexdigest()
        self.s3.put_object(Bucket=BUCKET, Key=self.key, Body=self.worker.read_bytes())
        self.expected = None

    @property
    def key(self):
        return self.sha256 + "/worker"

    def close(self):
        self.server.stdin.close()
        self.server.wait()
        self.server.stdout.close()
        self.folder.cleanup()

    def pipeline(self, lake):
        def place(prefix):
            return {"bucket": BUCKET, "prefix": prefix, "region": REGION, "owner": OWNER}

        return json.dumps({
            "version": 1, "name": "test", "lake": place(lake + "/"), "sources": [{"id": "a", "place": place("logs/")}],
            "catalogue": {"database": "none", "region": REGION, "after_commit": "nothing"},
        })

    def contents(self, lake):
        """All committed bytes by path: data files and reject files."""
        found = {}
        for folder in ("s3_access_logs/", "_state/rejects/"):
            for key in self.keys("%s/%s" % (lake, folder)):
                body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
                found[key[len(lake) :]] = hashlib.sha256(body).hexdigest()
        return found

    def keys(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def done(self, lake):
        """How many shards are done."""
        return sum("/done/" in key for key in self.keys(lake + "/_state/plans/"))

    def take(self, key):
        """Removes an object; gives its content."""
        body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        self.s3.delete_object(Bucket=BUCKET, Key=key)
        return body

    def put(self, key, body):
        """Puts an object."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def lake_of_one_process(self):
        if self.expected is None:
            command = [self.worker, "run", "--shard-bytes", str(SHARD_BYTES), "--pipeline", self.pipeline("alone")]
            subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)
            self.expected = self.contents("alone")
            assert len(self.expected) > 20 and any(path.endswith(".ndjson") for path in self.expected), self.expected
        return self.expected

    def job(self, lake, engine, script=LAUNCHER, sha256=None, **environment):
        """Starts a job as Glue would."""
        command = [
            sys.executable, script, "--job-language", "python", "--engine", engine, "--pipeline", self.pipeline(lake),
            "--worker-bucket", BUCKET, "--worker-key", self.key, "--worker-sha256", sha256 or self.sha256,
            "--shard-bytes", str(SHARD_BYTES),
        ]
        return Job(self, lake, subprocess.Popen(
            command, env={**self.environment, **environment}, cwd=self.folder.name, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        ))


class Job:
    """A job that was started."""

    def __init__(self, world, lake, process):
        self.world, self.lake, self.process = world, lake, process
        self.out = self.err = ""

    def wait(self, seconds=150):
        """Waits for its end; gives its exit code."""
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            out, err = self.process.communicate()
            raise AssertionError("it goes on and on:\n%s\n%s" % (out.decode()[-3000:], err.decode()[-6000:])) from None
        self.out, self.err = out.decode(), err.decode()
        return self.process.returncode

    def succeed(self):
        code = self.wait()
        assert code == 0, "ended with %d:\n%s\n%s" % (code, self.out[-3000:], self.err[-6000:])
        # Ray may say something about its workers after the last line.
        return json.loads([line for line in self.out.splitlines() if line.startswith("{")][-1])

    def until_done(self, shards, seconds=90):
        """Waits until so many shards are done."""
        end = time.monotonic() + seconds
        while self.world.done(self.lake) < shards:
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                self.wait()
                raise AssertionError("%d shards were not done:\n%s\n%s" % (shards, self.out[-3000:], self.err[-6000:]))
            time.sleep(0.02)

    def kill(self):
        """Kills the driver and what belongs to it, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end_rest(self):
        """Ends what is left of this job outside its group, such as the servers that Ray starts."""
        for process in self.processes(""):
            if process != os.getpid() and process != self.world.server.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def processes(self, *words):
        """Processes that this job has started, with these words on their command line."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                # Ours alone: other runs of this machine have other folders.
                ours = ("TMPDIR=%s" % self.world.folder.name).encode() in (entry / "environ").read_bytes()
                if ours and all(word in line for word in words):
                    found.append(int(entry.name))
        return sorted(found)

    def until_process(self, *words, seconds=60):
        """Waits for such a process."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.processes(*words)
            if found:
                return found
            time.sleep(0.01)
        raise AssertionError("no process %s" % (words,))
