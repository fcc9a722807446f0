"""Launches the worker in a job of AWS Glue: fetches it by its hash, verifies it, runs it.

On one machine (a Python shell job), or on many: then the worker says which shards of which plan are to be worked on, and
Spark or Ray places them, each as a run of the worker on that shard. Only numbers of shards pass through here, never the
names of objects. A shard that is worked on twice is written twice to the same names with the same bytes, so that the
engine may try again and speculate as it likes.

The hash stands in the job's definition, not beside the binary: who can replace the file cannot replace what it must hash
to. Python 3.9, standard library and botocore only, which is what a Python shell job has for certain.

Calls: GetObject on the worker's key; PutMetricData in the namespace that the job names.
"""

import collections
import contextlib
import fcntl
import hashlib
import json
import os
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
PASSED_ON = ("--from", "--to", "--full", "--inventory", "--threads", "--shard-bytes", "--dpus", "--older-than-ms")
# What the worker can be asked to do, by --task; without it, the first.
TASKS = ("run", "compact")
# What else is ours.
OWN = ("--task", "--engine", "--metric-namespace", "--self-test")
# How often Ray tries a shard whose process has died; Spark's own default is 4.
TRIES = 4


class LauncherError(Exception):
    """Why the job fails, for Glue's error message."""


def parse(argv, environment):
    """The job's arguments. Glue adds arguments of its own (--job-bookmark-option, --scriptLocation …), which are ignored.

    Glue for Ray hands them over as variables of the environment, named without the dashes ("Using job parameters in Ray
    jobs", AWS Glue Developer Guide).
    """
    known = REQUIRED + PASSED_ON + OWN
    given = {name: environment[name[2:]] for name in known if name[2:] in environment}
    position = 0
    while position < len(argv):
        name, equals, value = argv[position].partition("=")
        position += 1
        if not name.startswith("--"):
            continue
        if not equals:
            # A value may begin with two dashes, except for a name that we know.
            if position == len(argv) or argv[position].partition("=")[0] in known:
                continue
            value = argv[position]
            position += 1
        given[name] = value
    missing = [name for name in REQUIRED if not given.get(name)]
    if missing:
        raise LauncherError("the job's definition has no " + ", ".join(missing) + "; `bucketscope deploy` renews it")
    if given.get("--task", TASKS[0]) not in TASKS:
        raise LauncherError("--task must be one of %s, not %r" % (", ".join(TASKS), given["--task"]))
    return {name: given[name] for name in known if given.get(name)}


def home(pipeline):
    """The Region of the pipeline's own buckets, and the account that must own them."""
    try:
        lake = json.loads(pipeline)["lake"]
        return lake["region"], lake["owner"]
    except (ValueError, KeyError, TypeError) as error:
        raise LauncherError("--pipeline is not what the job should be told") from error


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def provide(given, client):
    """The worker on this machine, fetched once for all that run here and verified each time; gives its path."""
    region, owner = home(given["--pipeline"])
    bucket, key, expected = given["--worker-bucket"], given["--worker-key"], given["--worker-sha256"].lower()
    # Nobody else's: another user of the machine could exchange the file between the look at it and its start.
    folder = os.path.join(tempfile.gettempdir(), "bucketscope-%d" % os.getuid())
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.stat(folder).st_uid != os.getuid() or stat.S_IMODE(os.stat(folder).st_mode) & 0o077:
        folder = tempfile.mkdtemp(prefix="bucketscope-")
    path = os.path.join(folder, expected)
    with open(path + ".lock", "w") as lock:
        # The tasks of a machine wait here for the first of them.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(path) and digest_of(path) == expected:
            return path
        body = client("s3", region).get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=owner)["Body"]
        part = "%s.%d" % (path, os.getpid())
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        with open(part, "wb") as file:
            for chunk in iter(lambda: body.read(CHUNK), b""):
                file.write(chunk)
        found = digest_of(part)
        if found != expected:
            os.unlink(part)
            raise LauncherError(
                "s3://%s/%s is not the worker that was deployed: its SHA-256 is %s, expected %s; `bucketscope deploy` puts "
                "it back" % (bucket, key, found, expected)
            )
        os.chmod(part, stat.S_IRWXU)
        os.replace(part, path)
    return path


def start(command, region):
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ, AWS_REGION=region),
        )
    except OSError as error:
        raise LauncherError("the worker cannot be started on this machine: %s" % error) from error


def follow(worker, hear=lambda line: False):
    """Passes the worker's lines on as they come, but for those that `hear` takes; gives its exit code and its last lines by
    stream."""
    last = {}
    threads = []
    streams = (("stdout", worker.stdout, sys.stdout, hear), ("stderr", worker.stderr, sys.stderr, lambda line: False))
    for name, source, target, taken in streams:
        last[name] = collections.deque(maxlen=LAST_LINES)
        threads.append(threading.Thread(target=pass_on, args=(source, target, last[name], taken)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    code = worker.wait()
    worker.stdin.close()
    return code, last


def pass_on(source, target, last, taken):
    with source:
        for raw in source:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            if not taken(line):
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
    if not values or not namespace:
        return
    data = [{"MetricName": name, "Value": value, "Unit": "None"} for name, value in sorted(values.items())]
    try:
        cloudwatch().put_metric_data(Namespace=namespace, MetricData=data)
    except Exception as error:  # noqa: BLE001
        print("warning: CloudWatch cannot be told %s: %s" % (", ".join(sorted(values)), error), file=sys.stderr)


def client(service, region):
    """A client of a service, made where it is needed: clients cannot be sent to another machine."""
    import botocore.session

    return botocore.session.get_session().create_client(service, region_name=region)


def work_shard(given, plan, number):
    """What a task does: the worker on one shard. Tied, it ends with its standard input, so that a task that is killed leaves
    nobody behind."""
    region, _ = home(given["--pipeline"])
    told = ["--pipeline", given["--pipeline"], "--plan", plan, "--shard", str(number)]
    code, last = follow(start([provide(given, client), "shard", "--tied", *told], region))
    if code != 0:
        raise LauncherError("shard %d: %s" % (number, failure(code, last)))


def over_spark(given):
    """Shards as tasks of Spark; gives what has shards worked on, and what ends that."""
    from pyspark import SparkConf, SparkContext

    # A machine that has become slow does not hold up the rest: its tasks are begun elsewhere as well.
    context = SparkContext.getOrCreate(SparkConf().set("spark.speculation", "true"))

    def spread(plan, numbers):
        context.parallelize(numbers, len(numbers)).foreach(lambda number: work_shard(given, plan, number))

    return spread, context.cancelAllJobs


def over_ray(given):
    """The same as tasks of Ray, one a CPU: a shard is worked on by one thread."""
    import ray

    ray.init(ignore_reinit_error=True)
    shard = ray.remote(num_cpus=1, max_retries=TRIES - 1, retry_exceptions=True)(work_shard)

    def spread(plan, numbers):
        waiting = [shard.remote(given, plan, number) for number in numbers]
        try:
            while waiting:
                ready, waiting = ray.wait(waiting)
                ray.get(ready)
        finally:
            for task in waiting:
                ray.cancel(task)

    return spread, ray.shutdown


ENGINES = {"pythonshell": None, "glueetl": over_spark, "ray": over_ray}


def reason(error):
    """Why an engine gave up, in a line: its own account of it fills pages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for sign in ("LauncherError: ", "Job aborted", ""):
        for line in lines:
            if sign in line:
                return line[line.index(sign) + len(sign) * sign.startswith("Launcher") :][:2000]
    return type(error).__name__


def drive(worker, spread, tell):
    """Has the worker's shards worked on, plan after plan, until it ends; gives its exit code and its last lines."""

    def answer(ask):
        try:
            spread(ask["plan"], [number for first, last in ask["shards"] for number in range(first, last + 1)])
            said = "done"
        except BaseException as error:  # noqa: BLE001
            said = "failed " + reason(error)
        # It may have ended meanwhile.
        with contextlib.suppress(OSError, ValueError):
            worker.stdin.write(said.encode() + b"\n")
            worker.stdin.flush()

    def hear(line):
        if not line.startswith('{"do":'):
            return False
        ask = json.loads(line)
        if ask["do"] == "tell":
            tell(ask["done"], ask["of"])
        else:
            print("working on %d shards of the plan %s" % (ask["of"], ask["plan"]), flush=True)
            # Not here: the worker goes on saying things.
            threading.Thread(target=answer, args=(ask,), daemon=True).start()
        return True

    return follow(worker, hear)


@contextlib.contextmanager
def passing_signals(worker):
    """A request to stop goes on to the worker, which stops at a place from which the next run goes on."""
    stopping = (signal.SIGTERM, signal.SIGINT)
    earlier = {number: signal.signal(number, lambda number, _frame: worker.send_signal(number)) for number in stopping}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def launch(argv, environment, client=client):
    """Does the job. `client` makes a client of a service for a Region."""
    given = parse(argv, environment)
    region, _ = home(given["--pipeline"])
    engine = given.get("--engine", "pythonshell")
    if engine not in ENGINES:
        raise LauncherError("the job's definition has an engine that is not known: %s" % engine)
    namespace = given.get("--metric-namespace")

    def put(values):
        put_metrics(lambda: client("cloudwatch", region), namespace, values)

    def tell(done, of):
        print("shards %d of %d" % (done, of), flush=True)
        put({"ShardsDone": done, "ShardsPlanned": of})

    command = ["--pipeline", given["--pipeline"]]
    for name in PASSED_ON:
        command += [name, given[name]] if name in given else []
    program = provide(given, client)
    # `bucketscope doctor --remote` asks what the worker finds where it runs, and nothing else.
    task = "self-test" if given.get("--self-test") else given.get("--task", TASKS[0])
    if task != "run" or ENGINES[engine] is None:
        worker = start([program, task, *command], region)
        with passing_signals(worker):
            code, last = follow(worker)
    else:
        spread, stop = ENGINES[engine](given)
        worker = start([program, "drive", *command], region)
        # After the engine's beginning: pyspark takes SIGINT for itself.
        with passing_signals(worker):
            code, last = drive(worker, spread, tell)
        stop()
    # A worker that failed may have committed before: what it says of that counts.
    put(metrics(last))
    if code != 0:
        raise failure(code, last)


if __name__ == "__main__":
    launch(sys.argv[1:], os.environ)
