"""EventBridge Scheduler: schedules fire when a test says so, with the schedule's role, into any API ("universal targets") or a
function.

`POST /_emulator/fire {"group": "demo", "name": "demo-etl"}`. The clock fires none: a test must not depend on the hour.
"""

import json
import re
import time

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_account_id, get_region
from ministack.services import scheduler

from . import actions, callers, clients, notices, policies, recorder
from .cloudformation.resource import fit
from .control import route
from .errors import AwsError
from .registry import check
from .wire import Call

scheduler.start_scheduler = lambda: None
_TARGET = re.compile(r"arn:aws[\w-]*:scheduler:::aws-sdk:(\w+):(\w+)")


def _context(group: str) -> dict:
    """"Cross-service confused deputy prevention": the source is the group of the schedule."""
    return {"aws:SourceAccount": get_account_id(),
            "aws:SourceArn": f"arn:aws:scheduler:{get_region()}:{get_account_id()}:schedule-group/{group}"}


@check("scheduler")
def _role_can_be_taken(call, caller) -> None:
    """CreateSchedule and UpdateSchedule look at the trust policy of the target's role, and at the group."""
    if call.operation not in ("CreateSchedule", "UpdateSchedule"):
        return
    group, target = call.params.get("GroupName", "default"), call.params["Target"]
    if group != "default" and group not in scheduler._schedule_groups:
        raise AwsError("ResourceNotFoundException", f"Schedule group {group} does not exist.", 404)
    if not policies.assumable(target["RoleArn"], "scheduler.amazonaws.com", _context(group)):
        raise AwsError("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
    if _TARGET.fullmatch(target["Arn"]) and target.get("Input"):
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise AwsError("ValidationException", "Invalid JSON in Target Input.") from error


@route("POST", "/fire")
def fire(arguments: dict) -> dict:
    """Fires a schedule now; gives the answer of its target, or why there is none."""
    group, name = arguments.get("group", "default"), arguments["name"]
    schedule = scheduler._schedules.get(f"{group}/{name}")
    if schedule is None:
        raise KeyError(f"no schedule {group}/{name} in {get_account_id()} {get_region()}")
    if schedule.get("State") == "DISABLED":
        return {"fired": False, "error": "the schedule is disabled"}
    target = schedule["Target"]
    found = _TARGET.fullmatch(target["Arn"])
    if found is None and ":lambda:" not in target["Arn"]:
        return {"fired": False, "error": f"the emulator fires universal targets and functions only, not {target['Arn']}"}
    if not policies.assumable(target["RoleArn"], "scheduler.amazonaws.com", _context(group)):
        return {"fired": False, "error": f"{target['RoleArn']} cannot be assumed by scheduler.amazonaws.com"}
    if found is None:
        return _call(f"{group}/{name}", target, arguments.get("due") or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    service, action = found[1], found[2]
    token = callers.acting.set(callers.mint("scheduler", f"{group}/{name}", target["RoleArn"]))
    try:
        client = clients.client(service, get_region())
        operation = action[:1].upper() + action[1:]
        method = next(m for m, api in client.meta.method_to_api_mapping.items() if api == operation)
        answer = getattr(client, method)(**fit(service, operation, json.loads(target.get("Input") or "{}")))
    except (ClientError, BotoCoreError, StopIteration, ValueError) as error:
        return {"fired": False, "error": str(error)}
    finally:
        callers.acting.reset(token)
    answer.pop("ResponseMetadata", None)
    return {"fired": True, "answer": answer}


def _call(name: str, target: dict, due: str) -> dict:
    """Calls a function with the schedule's role and does not wait; what cannot be called lies in the target's queue. "Adding context
    attributes": placeholders in the input are filled in."""
    caller = callers.mint("scheduler", name, target["RoleArn"])
    text = (target.get("Input") or "{}").replace("<aws.scheduler.scheduled-time>", due)
    function = target["Arn"].rsplit(":", 1)[-1]
    call = Call("lambda", "Invoke", {"FunctionName": function}, "rest-json", region=get_region())
    granted = all(policies.decide(policies.of_role(target["RoleArn"]), *one) == "allow" for one in actions.required(call, caller))
    recorder.record(call, caller, 202 if granted else 403, "" if granted else "AccessDeniedException")
    event = json.loads(text)
    if granted and notices.invoke(target["Arn"], event):
        return {"fired": True, "answer": {}}
    kept = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    return {"fired": False, "error": "the function cannot be called", "kept": bool(kept) and notices.send_as(caller, kept, event)}
