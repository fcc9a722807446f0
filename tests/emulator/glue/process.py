"""The process of a job run: fetched from S3, started with Glue's arguments, ended with all its children, logged."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_region

from emulator import callers, clients, settings
from emulator.callers import Caller

_RUNTIME = Path(__file__).parent / "runtime"


class TimedOut(Exception):
    """The run took longer than its Timeout."""


class CannotRun(Exception):
    """The run could not be started; the text is its error message."""


def log_group(definition: dict) -> str:
    """Where Glue logs by default ("Monitoring with Amazon CloudWatch" in the Glue Developer Guide)."""
    return "/aws-glue/python-jobs" if definition["Command"]["Name"] == "pythonshell" else "/aws-glue/jobs"


class Process:
    """A run's process. `kill` may come from another thread at any time."""

    def __init__(self, definition: dict, run: dict, arguments: dict, caller: Caller):
        self.definition, self.record, self.arguments, self.caller = definition, run, arguments, caller
        self.child: subprocess.Popen | None = None
        self.killed = False
        # Between the look at `killed` and the start of the child, `kill` has to wait.
        self.starting = threading.Lock()

    def run(self, seconds: float) -> tuple[int, str]:
        """Runs to the end; gives the exit code and, for a failure, a message."""
        folder = Path(tempfile.mkdtemp(prefix="glue-"))
        try:
            return self._run_in(folder, seconds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run_in(self, folder: Path, seconds: float) -> tuple[int, str]:
        command = self._command(folder)
        environment = {
            **callers.environment(self.caller, get_region(), settings.endpoint()),
            "PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(folder / "modules"), str(_RUNTIME)]), "PYTHONUNBUFFERED": "1",
            **{name: os.environ[name] for name in ("JAVA_HOME", "LD_LIBRARY_PATH") if name in os.environ},
        }
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
            with self.starting:
                if self.killed:
                    return -9, "stopped"
                # A session of its own, so that the binary that a script launches goes down with it.
                self.child = subprocess.Popen(command, stdout=out, stderr=err, env=environment, cwd=folder, start_new_session=True)
            try:
                code = self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                self._log(folder)
                raise TimedOut from None
        stderr = self._log(folder)
        return code, _last_line(stderr) or f"Command failed with exit code {code}"

    def kill(self) -> None:
        """Ends the process and its children: asks, then forces."""
        with self.starting:
            self.killed = True
            child = self.child
        if child is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(child.pid, number)
            except ProcessLookupError:
                return
            end = time.monotonic() + 1
            while time.monotonic() < end:
                if child.poll() is not None:
                    break
                time.sleep(0.02)

    def _command(self, folder: Path) -> list[str]:
        definition = self.definition
        script = self._fetch(definition["Command"].get("ScriptLocation", ""), folder)
        (folder / "modules").mkdir()
        for location in filter(None, self.arguments.get("--extra-py-files", "").split(",")):
            module = self._fetch(location, folder / "modules")
            if module.suffix in (".whl", ".zip", ".egg"):
                shutil.unpack_archive(module, folder / "modules", "zip")
        arguments = dict(self.arguments)
        if definition["Command"]["Name"] == "pythonshell":
            return [sys.executable, str(script), *_argv(arguments)]
        if definition["Command"]["Name"] != "glueetl":
            raise CannotRun(f"the emulator does not run jobs of the kind {definition['Command']['Name']}")
        for location in filter(None, arguments.get("--extra-files", "").split(",")):
            self._fetch(location, folder)
        # "Job parameters used by AWS Glue": a Spark script also gets its name and run.
        arguments = {"--JOB_NAME": definition["Name"], "--JOB_RUN_ID": self.record["Id"], **arguments}
        if find_spec("pyspark") is None:
            raise CannotRun("a glueetl run needs pyspark: pip install -r tests/emulator/requirements-spark.txt")
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise CannotRun("a glueetl run needs a Java runtime on the PATH or in JAVA_HOME")
        return [sys.executable, str(_RUNTIME / "run_spark.py"), str(script), *_argv(arguments)]

    def _fetch(self, location: str, folder: Path) -> Path:
        """Glue reads scripts and files with the job's role."""
        bucket, _, key = location.removeprefix("s3://").partition("/")
        target = folder / key.rsplit("/", 1)[-1]
        try:
            body = clients.client("s3", get_region()).get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError, ValueError) as error:
            raise CannotRun(f"LAUNCH ERROR | Python Module Installer indicates modules that failed to install, or {location} "
                            f"cannot be read: {error}") from error
        target.write_bytes(body)
        return target

    def _log(self, folder: Path) -> str:
        texts = {name: (folder / name).read_text("utf-8", "replace") for name in ("stdout", "stderr")}
        logs = clients.client("logs", get_region())
        group = self.arguments.get("--custom-logGroup-prefix") or log_group(self.definition)
        for name, suffix in (("stdout", "output"), ("stderr", "error")):
            write_log(logs, f"{group}/{suffix}", self.record["Id"], texts[name])
        return texts["stderr"]


def _argv(arguments: dict) -> list[str]:
    return [part for name, value in arguments.items() for part in (name, str(value))]


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def write_log(logs, group: str, stream: str, text: str) -> None:
    """Creates group and stream as needed and writes the lines; what is denied is lost, as at AWS."""
    lines = text.splitlines()
    if not lines:
        return
    now = int(time.time() * 1000)
    for act, names in (("create_log_group", {"logGroupName": group}),
                       ("create_log_stream", {"logGroupName": group, "logStreamName": stream})):
        try:
            getattr(logs, act)(**names)
        except ClientError:
            pass
    try:
        for start in range(0, len(lines), 1000):
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
                {"timestamp": now, "message": line or " "} for line in lines[start:start + 1000]])
    except ClientError:
        pass
