"""Runs of jobs: started, stopped, timed out, tried again, logged, announced ("Job runs", AWS Glue API)."""

import contextvars
import json
import threading
import time

from ministack.core.responses import get_region, new_uuid
from ministack.services import eventbridge
from ministack.services import glue as store

from emulator import callers, clients, policies
from emulator.control import route
from emulator.errors import AwsError
from emulator.registry import on_reset, operation

from . import jobs, process

_ACTIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")
# How long a minute of a job's Timeout lasts here.
seconds_per_minute = 60.0
_processes: dict[str, process.Process] = {}


@on_reset
def stop_everything() -> None:
    """Ends every process that a run started."""
    for running in list(_processes.values()):
        running.kill()
    _processes.clear()


@route("POST", "/glue/minute")
def set_minute(arguments: dict) -> dict:
    """{"seconds": 0.05} makes timeouts come early."""
    global seconds_per_minute
    seconds_per_minute = float(arguments["seconds"])
    return {"seconds": seconds_per_minute}


@operation("glue", "StartJobRun")
def start(call, caller) -> dict:
    """StartJobRun. No trigger follows a run that no trigger started ("Triggering jobs and crawlers")."""
    name = call.params["JobName"]
    definition = jobs.job(name)
    runs = store._job_runs.setdefault(name, [])
    most = definition["ExecutionProperty"].get("MaxConcurrentRuns", 1)
    if sum(run["JobRunState"] in _ACTIVE for run in runs) >= most:
        raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
    return {"JobRunId": _begin(definition, call.params, attempt=0)["Id"]}


def _begin(definition: dict, wanted: dict, attempt: int, previous: str | None = None) -> dict:
    identity = "jr_" + (new_uuid() + new_uuid()).replace("-", "")
    now = time.time()
    run = {"Id": identity, "Attempt": attempt, "JobName": definition["Name"], "StartedOn": now, "LastModifiedOn": now,
           "JobRunState": "STARTING", "PredecessorRuns": [], "Arguments": wanted.get("Arguments", {}), "ExecutionTime": 0,
           "LogGroupName": process.log_group(definition), "AllocatedCapacity": 0}
    if previous:
        run["PreviousRunId"] = previous
    for member in ("Timeout", "MaxCapacity", "WorkerType", "NumberOfWorkers", "GlueVersion", "ExecutionClass",
                   "SecurityConfiguration"):
        value = wanted.get(member, definition.get(member))
        if value is not None:
            run[member] = value
    store._job_runs.setdefault(definition["Name"], []).insert(0, run)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_execute, definition, run, wanted), daemon=True, name=identity[:12]).start()
    return run


def _execute(definition: dict, run: dict, wanted: dict) -> None:
    """A run's life, on a thread of its own, in the account and Region of the request."""
    role = definition["Role"] if definition["Role"].startswith("arn:") else _role_arn(definition["Role"])
    caller = callers.mint("glue job", definition["Name"], role)
    callers.acting.set(caller)
    if not policies.assumable(role, "glue.amazonaws.com", {"aws:SourceAccount": caller.account,
                                                           "aws:SourceArn": jobs.arn("job", definition["Name"])}):
        _finish(definition, run, wanted, "FAILED", f"Role {role} should be given assume role permissions for Glue Service.")
        return
    arguments = {**definition.get("DefaultArguments", {}), **run["Arguments"], **definition.get("NonOverridableArguments", {})}
    running = process.Process(definition, run, arguments, caller)
    _processes[run["Id"]] = running
    if run["JobRunState"] == "STOPPING":
        _finish(definition, run, wanted, "STOPPED")
        return
    run.update(JobRunState="RUNNING", LastModifiedOn=time.time())
    try:
        code, message = running.run(run.get("Timeout", 2880) * seconds_per_minute)
    except process.TimedOut:
        _finish(definition, run, wanted, "TIMEOUT", "Job run exceeded its timeout")
        return
    except process.CannotRun as error:
        _finish(definition, run, wanted, "FAILED", str(error))
        return
    finally:
        _processes.pop(run["Id"], None)
    if run["JobRunState"] == "STOPPING":
        _finish(definition, run, wanted, "STOPPED")
    else:
        _finish(definition, run, wanted, "SUCCEEDED" if code == 0 else "FAILED", message)


def _role_arn(name: str) -> str:
    from ministack.core.responses import get_account_id

    return f"arn:aws:iam::{get_account_id()}:role/{name}"


def _finish(definition: dict, run: dict, wanted: dict, state: str, message: str = "") -> None:
    now = time.time()
    run.update(CompletedOn=now, LastModifiedOn=now, ExecutionTime=int(now - run["StartedOn"]))
    if message and state != "SUCCEEDED":
        run["ErrorMessage"] = message[:2000]
    capacity = run.get("MaxCapacity", 0.0625 if definition["Command"]["Name"] == "pythonshell" else run.get("NumberOfWorkers", 2))
    run["DPUSeconds"] = round(float(capacity) * max(60.0, now - run["StartedOn"]), 2)  # billed a minute at least
    # Last, for whoever waits for the state finds all else in place.
    run["JobRunState"] = state
    announce("Glue Job State Change", {
        "jobName": definition["Name"], "severity": "INFO" if state in ("SUCCEEDED", "STOPPED") else "ERROR", "state": state,
        "jobRunId": run["Id"], "message": message or "Job run succeeded"})
    if state == "FAILED" and run["Attempt"] < definition.get("MaxRetries", 0) and definition["Name"] in store._jobs:
        _begin(definition, wanted, run["Attempt"] + 1, previous=run["Id"])


def announce(kind: str, detail: dict, source: str = "aws.glue") -> None:
    """Puts an event on the default bus, as the service does ("AWS Glue events" in the EventBridge User Guide)."""
    eventbridge._put_events({"Entries": [{"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}]},
                            allow_aws_source=True)


def _run(name: str, identity: str) -> dict:
    jobs.job(name)
    found = next((run for run in store._job_runs.get(name, []) if run["Id"] == identity), None)
    if found is None:
        raise AwsError("EntityNotFoundException", f"Job Run {identity} for job {name} not found")
    if found["JobRunState"] in _ACTIVE:
        found["ExecutionTime"] = int(time.time() - found["StartedOn"])
    return found


@operation("glue", "GetJobRun")
def get(call, caller) -> dict:
    """GetJobRun."""
    return {"JobRun": _run(call.params["JobName"], call.params["RunId"])}


@operation("glue", "GetJobRuns")
def get_all(call, caller) -> dict:
    """GetJobRuns, newest first, in pages."""
    name = call.params["JobName"]
    jobs.job(name)
    runs, size = store._job_runs.get(name, []), call.params.get("MaxResults", 100)
    start_at = int(call.params.get("NextToken") or 0)
    answer = {"JobRuns": runs[start_at:start_at + size]}
    if start_at + size < len(runs):
        answer["NextToken"] = str(start_at + size)
    return answer


@operation("glue", "BatchStopJobRun")
def stop(call, caller) -> dict:
    """BatchStopJobRun: ends the processes."""
    name, stopped, errors = call.params["JobName"], [], []
    for identity in call.params["JobRunIds"]:
        try:
            run = _run(name, identity)
        except AwsError as error:
            errors.append({"JobName": name, "JobRunId": identity,
                           "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": error.message}})
            continue
        if run["JobRunState"] not in ("STARTING", "RUNNING"):
            errors.append({"JobName": name, "JobRunId": identity, "ErrorDetail": {
                "ErrorCode": "JobRunCannotBeStoppedException", "ErrorMessage": f"Job run {identity} is already {run['JobRunState']}"}})
            continue
        run["JobRunState"] = "STOPPING"
        if identity in _processes:
            threading.Thread(target=_processes[identity].kill, daemon=True).start()
        stopped.append({"JobName": name, "JobRunId": identity})
    return {"SuccessfulSubmissions": stopped, "Errors": errors}


@on_reset
def _forget() -> None:
    global seconds_per_minute
    seconds_per_minute = 60.0


def write_log(group: str, stream: str, text: str) -> None:
    """Writes lines as the acting role; a role that may not write loses the log, not the run."""
    process.write_log(clients.client("logs", get_region()), group, stream, text)
