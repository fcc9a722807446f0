"""Definitions of jobs: all that CreateJob takes is kept, and refused where Glue refuses it ("Jobs", AWS Glue API)."""

import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import glue as store

from emulator.errors import AwsError
from emulator.registry import operation

# "CreateJob": the default of Timeout, in minutes.
_TIMEOUT = 2880


def arn(kind: str, name: str) -> str:
    """The ARN of a job or crawler."""
    return f"arn:aws:glue:{get_region()}:{get_account_id()}:{kind}/{name}"


def not_found(what: str) -> AwsError:
    """Glue's error for a missing entity."""
    return AwsError("EntityNotFoundException", f"{what} not found")


def invalid(message: str) -> AwsError:
    """Glue's error for an input it does not take."""
    return AwsError("InvalidInputException", message)


def job(name: str) -> dict:
    """A job by name."""
    found = store._jobs.get(name)
    if found is None:
        raise AwsError("EntityNotFoundException", f"Job with name: {name} not found.")
    return found


def _checked(definition: dict) -> dict:
    """Capacity is said in one of two ways, by the kind of job ("Job structure")."""
    command = definition["Command"].get("Name")
    workers = "WorkerType" in definition or "NumberOfWorkers" in definition
    if workers and "MaxCapacity" in definition:
        raise invalid("Please do not set Max Capacity if using Worker Type and Number of Workers.")
    if command == "pythonshell":
        if workers:
            raise invalid("Worker Type is not supported for Job Command pythonshell and the Glue Version chosen")
        if definition.get("MaxCapacity", 0.0625) not in (0.0625, 1, 1.0):
            raise invalid("Max capacity for Python shell jobs must be 0.0625 or 1.")
    elif command == "glueetl":
        if "WorkerType" in definition and definition.get("NumberOfWorkers", 0) < 2:
            raise invalid("Number of workers must be at least 2.")
    elif command not in ("gluestreaming", "glueray"):
        raise invalid(f"Unknown job command: {command}")
    return definition | {"Timeout": definition.get("Timeout", _TIMEOUT), "MaxRetries": definition.get("MaxRetries", 0),
                         "ExecutionProperty": definition.get("ExecutionProperty") or {"MaxConcurrentRuns": 1}}


@operation("glue", "CreateJob")
def create(call, caller) -> dict:
    """CreateJob."""
    name = call.params["Name"]
    if name in store._jobs:
        raise AwsError("AlreadyExistsException",
                       f"Job with name: {name} already submitted with different configuration")
    definition = {key: value for key, value in call.params.items() if key != "Tags"}
    now = time.time()
    store._jobs[name] = _checked(definition) | {"CreatedOn": now, "LastModifiedOn": now}
    store._job_runs[name] = []
    store._tags[arn("job", name)] = dict(call.params.get("Tags", {}))
    return {"Name": name}


@operation("glue", "UpdateJob")
def update(call, caller) -> dict:
    """UpdateJob: "the previous job definition is completely overwritten by this information"."""
    name = call.params["JobName"]
    old = job(name)
    update = call.params["JobUpdate"]
    store._jobs[name] = _checked({"Command": old["Command"], "Role": old["Role"]} | update) | {
        "Name": name, "CreatedOn": old["CreatedOn"], "LastModifiedOn": time.time()}
    return {"JobName": name}


@operation("glue", "DeleteJob")
def delete(call, caller) -> dict:
    """DeleteJob: "If the job definition is not found, no exception is thrown." Runs are forgotten, not stopped."""
    name = call.params["JobName"]
    store._jobs.pop(name, None)
    store._job_runs.pop(name, None)
    store._tags.pop(arn("job", name), None)
    return {"JobName": name}


@operation("glue", "GetJob")
def get(call, caller) -> dict:
    """GetJob."""
    return {"Job": job(call.params["JobName"])}


@operation("glue", "GetJobs")
def get_all(call, caller) -> dict:
    """GetJobs, in one page."""
    return {"Jobs": list(store._jobs.values())}


@operation("glue", "ListJobs")
def names(call, caller) -> dict:
    """ListJobs, with its filter by tags."""
    wanted = call.params.get("Tags", {})
    return {"JobNames": [name for name in store._jobs if wanted.items() <= store._tags.get(arn("job", name), {}).items()]}


@operation("glue", "BatchGetJobs")
def get_some(call, caller) -> dict:
    """BatchGetJobs."""
    asked = call.params["JobNames"]
    return {"Jobs": [store._jobs[n] for n in asked if n in store._jobs], "JobsNotFound": [n for n in asked if n not in store._jobs]}
