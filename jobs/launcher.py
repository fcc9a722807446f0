"""Launches the worker in a Python shell job of AWS Glue: fetches it by its hash, verifies it, runs it.

The hash stands in the job's definition, not beside the binary: who can replace the file cannot replace what it must hash
to. Python 3.9, standard library and botocore only, which is what a Python shell job has for certain.

Calls: GetObject on the worker's key; PutMetricData in the namespace that the job names.
"""

import collections
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading

CHUNK = 1 << 20
# What an exception repeats of the worker's last lines: Glue shows it as the run's error message.
LAST_LINES = 8
# What the job's definition must say.
REQUIRED = ("--pipeline", "--worker-bucket", "--worker-key", "--worker-sha256")
# Arguments of the job that go on to the worker, beside --pipeline.
PASSED_ON = ("--from", "--to", "--full", "--inventory", "--threads")


class LauncherError(Exception):
    """Why the job fails, for Glue's error message."""


def parse(argv):
    """The job's arguments. Glue adds arguments of its own (--job-bookmark-option, --scriptLocation …), which are ignored."""
    given = {}
    position = 0
    while position < len(argv):
        name, equals, value = argv[position].partition("=")
        position += 1
        if not name.startswith("--"):
            continue
        if not equals:
            # A value may begin with two dashes, except for a name that we know.
            if position == len(argv) or argv[position].partition("=")[0] in REQUIRED + PASSED_ON:
                continue
            value = argv[position]
            position += 1
        given[name] = value
    missing = [name for name in REQUIRED if not given.get(name)]
    if missing:
        raise LauncherError("the job's definition has no " + ", ".join(missing) + "; `bucketscope deploy` renews it")
    return given


def home(pipeline):
    """The Region of the pipeline's own buckets, and the account that must own them."""
    try:
        lake = json.loads(pipeline)["lake"]
        return lake["region"], lake["owner"]
    except (ValueError, KeyError, TypeError) as error:
        raise LauncherError("--pipeline is not what the job should be told") from error


def fetch(s3, given, owner, folder):
    """Fetches and verifies the worker; gives its path."""
    bucket, key, expected = given["--worker-bucket"], given["--worker-key"], given["--worker-sha256"].lower()
    body = s3.get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=owner)["Body"]
    path = os.path.join(folder, "bucketscope-worker")
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for chunk in iter(lambda: body.read(CHUNK), b""):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != expected:
        os.unlink(path)
        raise LauncherError(
            "s3://%s/%s is not the worker that was deployed: its SHA-256 is %s, expected %s; `bucketscope deploy` puts it "
            "back" % (bucket, key, digest.hexdigest(), expected)
        )
    os.chmod(path, stat.S_IRWXU)
    return path


def run(command, environment):
    """Runs the worker and passes its lines on as they come; gives its exit code and its last lines by stream."""
    try:
        worker = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
    except OSError as error:
        raise LauncherError("the worker cannot be started on this machine: %s" % error) from error
    earlier = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        # The worker stops at a place from which the next run goes on.
        earlier[number] = signal.signal(number, lambda number, _frame: worker.send_signal(number))
    last = {}
    threads = []
    for name, source, target in (("stdout", worker.stdout, sys.stdout), ("stderr", worker.stderr, sys.stderr)):
        last[name] = collections.deque(maxlen=LAST_LINES)
        threads.append(threading.Thread(target=pass_on, args=(source, target, last[name])))
        threads[-1].start()
    for thread in threads:
        thread.join()
    code = worker.wait()
    for number, handler in earlier.items():
        signal.signal(number, handler)
    return code, last


def pass_on(source, target, last):
    for raw in source:
        line = raw.decode("utf-8", "replace").rstrip("\n")
        last.append(line)
        print(line, file=target, flush=True)


def failure(code, last):
    """What Glue shows of a worker that failed."""
    how = "was ended by signal %d" % -code if code < 0 else "ended with exit code %d" % code
    lines = [line for line in last["stderr"] if line.strip()] or list(last["stdout"])
    return LauncherError("the worker %s: %s" % (how, " | ".join(lines) or "it said nothing"))


def metrics(last):
    """The metrics in the summary, which is the worker's last line."""
    try:
        found = json.loads(last["stdout"][-1])["metrics"]
        return {str(name): float(value) for name, value in found.items() if value is not None}
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def put_metrics(cloudwatch, namespace, values):
    """Tells CloudWatch; that it cannot be told is no reason for the run to fail."""
    if not values:
        return
    data = [{"MetricName": name, "Value": value, "Unit": "None"} for name, value in sorted(values.items())]
    try:
        cloudwatch().put_metric_data(Namespace=namespace, MetricData=data)
    except Exception as error:  # noqa: BLE001
        print("warning: CloudWatch cannot be told %s: %s" % (", ".join(sorted(values)), error), file=sys.stderr)


def launch(argv, client):
    """Does the job. `client` makes a client of a service for a Region."""
    given = parse(argv)
    region, owner = home(given["--pipeline"])
    folder = tempfile.mkdtemp(prefix="bucketscope-")
    try:
        # `bucketscope doctor --remote` asks what the worker finds where it runs, and nothing else.
        what = "self-test" if given.get("--self-test") else "run"
        command = [fetch(client("s3", region), given, owner, folder), what, "--pipeline", given["--pipeline"]]
        for name in PASSED_ON:
            if given.get(name):
                command += [name, given[name]]
        code, last = run(command, dict(os.environ, AWS_REGION=region))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # A worker that failed may have committed before: what it says of that counts.
    if given.get("--metric-namespace"):
        put_metrics(lambda: client("cloudwatch", region), given["--metric-namespace"], metrics(last))
    if code != 0:
        raise failure(code, last)


def main():
    import botocore.session

    session = botocore.session.get_session()
    launch(sys.argv[1:], lambda service, region: session.create_client(service, region_name=region))


if __name__ == "__main__":
    main()
