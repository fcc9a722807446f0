"""The way of an event to a function, and what becomes of it where that way is broken.

"Using dead-letter queues" (EventBridge): a rule that may not call its target sends the event to the target's queue. "How Lambda
handles errors and retries with asynchronous invocation": three tries, then the function's queue, with the function's role.
Alarms tell EventBridge of their states ("Alarm events and EventBridge"). Control routes: a queue is made and read.
"""

import json
import time

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch, eventbridge, lambda_svc, sqs

from . import actions, callers, deliveries, policies, recorder
from .control import route
from .glue.runs import announce
from .wire import Call

lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS = 0.05


def send(arn: str, body: dict) -> bool:
    """Puts a message into a queue; whether there is one."""
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return False
    now, text = time.time(), json.dumps(body)
    queue["messages"].append({
        "id": new_uuid(), "body": text, "md5_body": "", "md5_attrs": "", "receipt_handle": None, "sent_at": now, "visible_at": now,
        "receive_count": 0, "first_receive_at": None, "message_attributes": {}, "sys": {"SentTimestamp": str(int(now * 1000))},
        "group_id": None, "dedup_id": None, "dedup_cache_key": None, "seq": None})
    return True


def send_as(caller: callers.Caller, arn: str, body: dict) -> bool:
    """The same with a role, which must be allowed to."""
    url = f"https://sqs/{arn.rsplit(':', 1)[-1]}"
    call = Call("sqs", "SendMessage", {"QueueUrl": url}, "json", region=arn.split(":")[3])
    granted = all(policies.decide(policies.of_role(caller.role), *one) == "allow" for one in actions.required(call, caller))
    recorder.record(call, caller, 200 if granted else 403, "" if granted else "AccessDenied")
    return granted and send(arn, body)


def _queue_lets(arn: str, service: str, source: str) -> bool:
    queue = sqs._queue_by_arn(arn)
    policy = (queue or {}).get("attributes", {}).get("Policy")
    return bool(policy) and policies.resource_allows(
        json.loads(policy), service, "sqs:SendMessage", arn, {"aws:SourceArn": source, "aws:SecureTransport": "true"})


def invoke(arn: str, event: dict) -> bool:
    """Calls a function and does not wait for it; whether there is one."""
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        return False
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)
    return True


_original_invoke_target = eventbridge._invoke_target


def _invoke_target(target: dict, event: dict, rule: dict, view=None) -> None:
    arn, source = target.get("Arn", ""), rule.get("Arn", "")
    if ":lambda:" not in arn:
        _original_invoke_target(target, event, rule, view)
        return
    function, _, _ = lambda_svc._get_func_record_for_ref(arn)
    policy = (function or {}).get("policy") or {}
    context = {"aws:SourceArn": source, "aws:SourceAccount": get_account_id()}
    payload = (view or eventbridge._pattern_event_view(event)).event_with_detail()
    if policies.resource_allows(policy, "events.amazonaws.com", "lambda:InvokeFunction", arn, context) and invoke(arn, payload):
        return
    kept = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if not (kept and _queue_lets(kept, "events.amazonaws.com", source) and send(kept, payload)):
        deliveries.lose({"from": source, "topic": arn, "why": f"{source} may not call {arn}, and no queue keeps the event"})


def _route_async_failure(target_arn: str, name: str, event: dict, result: dict) -> None:
    """A function's dead-letter queue gets the event as it was."""
    function, config, _ = lambda_svc._get_func_record_for_ref(name)
    if not function:
        return
    caller = callers.mint("lambda", config["FunctionName"], config["Role"], config["FunctionArn"].split(":")[4])
    if not send_as(caller, target_arn, event):
        deliveries.lose({"from": config["FunctionArn"], "topic": target_arn, "why": "the function's role may not send to the queue"})


_original_alarm_actions = cloudwatch._dispatch_alarm_actions


def _dispatch_alarm_actions(alarm, old_state, new_state, reason) -> None:
    _original_alarm_actions(alarm, old_state, new_state, reason)
    announce("CloudWatch Alarm State Change", {
        "alarmName": alarm["AlarmName"], "state": {"value": new_state, "reason": reason}, "previousState": {"value": old_state},
        "configuration": {"description": alarm.get("AlarmDescription", "")}}, source="aws.cloudwatch")


@route("POST", "/invoke")
def invoke_now(arguments: dict) -> dict:
    """Calls a function as a service does that does not wait: {"function": "name", "event": {…}}."""
    arn = f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{arguments['function']}"
    return {"invoked": invoke(arn, arguments["event"])}


@route("POST", "/queues")
def make_queue(arguments: dict) -> dict:
    """Makes a queue: {"name": "n"}."""
    answer = sqs._act_create_queue({"QueueName": arguments["name"], "Attributes": {}}, "")
    return {"made": bool(answer), "arn": f"arn:aws:sqs:{get_region()}:{get_account_id()}:{arguments['name']}"}


@route("GET", "/queues")
def read_queue(arguments: dict) -> dict:
    """The bodies of all messages in a queue, which stay in it: ?name=n&account=…&region=…."""
    queue = sqs._queue_by_arn(f"arn:aws:sqs:{get_region()}:{get_account_id()}:{arguments['name']}")
    if queue is None:
        raise KeyError(f"no queue {arguments['name']} in {get_account_id()} {get_region()}")
    return {"messages": [message["body"] for message in queue["messages"]]}


eventbridge._invoke_target = _invoke_target
lambda_svc._route_async_failure = _route_async_failure
cloudwatch._dispatch_alarm_actions = _dispatch_alarm_actions
