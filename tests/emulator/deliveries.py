"""What services send to a topic arrives only where the topic, and its key, let them.

"Resource-based policies for EventBridge" and "Amazon SNS … permissions" for alarms: a topic's own policy decides.
"Enabling compatibility between event sources … and encrypted topics": the key alias/aws/sns lets nobody, a key of
one's own needs a policy for the service. AWS drops such messages without a word; `GET /_emulator/undelivered` tells.
"""

import contextvars
import json

from ministack.core.responses import get_account_id
from ministack.services import cloudwatch, eventbridge, kms, sns

from . import policies
from .control import route
from .registry import on_reset

_lost: list[dict] = []
on_reset(_lost.clear)
_source: contextvars.ContextVar[str] = contextvars.ContextVar("source", default="")


def lose(message: dict) -> None:
    """Notes a message that nobody gets."""
    _lost.append(message)


@route("GET", "/undelivered")
def undelivered(_: dict) -> dict:
    """Messages that a topic or its key turned away."""
    return {"undelivered": _lost}


def _why_not(topic_arn: str, service: str, context: dict) -> str | None:
    """What keeps a service from publishing; None where nothing does."""
    topic = sns._topics.get(topic_arn)
    if topic is None:
        return "there is no such topic"
    attributes = topic["attributes"]
    if not policies.resource_allows(json.loads(attributes["Policy"]), service, "sns:Publish", topic_arn, context):
        return f"the policy of the topic does not let {service} publish"
    key = attributes.get("KmsMasterKeyId")
    if key and not _key_lets(key, service, context):
        return f"the key {key} does not let {service} encrypt"
    return None


def _key_lets(name: str, service: str, context: dict) -> bool:
    if name.endswith("alias/aws/sns"):
        return False
    resolved = next((key for alias, key in kms._aliases.items() if alias.endswith(name.split(":")[-1])), name.rsplit("/", 1)[-1])
    record = kms._keys.get(resolved)
    if record is None:
        return False
    policy = record.get("Policy") or "{}"
    document = json.loads(policy) if isinstance(policy, str) else policy
    return all(policies.resource_allows(document, service, action, record.get("Arn", "*"), context)
               for action in ("kms:GenerateDataKey", "kms:Decrypt"))


_original_invoke = eventbridge._invoke_target
_original_dispatch = eventbridge._dispatch_to_sns
_original_alarm = cloudwatch._dispatch_alarm_actions


def _invoke_target(target, event, rule, view=None):
    token = _source.set(rule.get("Arn", ""))
    try:
        return _original_invoke(target, event, rule, view)
    finally:
        _source.reset(token)


def _dispatch_to_sns(arn: str, payload: str) -> None:
    context = {"aws:SourceArn": _source.get(), "aws:SourceAccount": get_account_id()}
    if why := _why_not(arn, "events.amazonaws.com", context):
        _lost.append({"from": _source.get(), "topic": arn, "why": why})
    else:
        _original_dispatch(arn, payload)


def _dispatch_alarm_actions(alarm, old_state, new_state, reason):
    """An alarm publishes as cloudwatch.amazonaws.com, for its owner."""
    context = {"aws:SourceArn": alarm.get("AlarmArn", ""), "aws:SourceAccount": get_account_id(), "aws:SourceOwner": get_account_id()}
    allowed = dict(alarm)
    for actions in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        allowed[actions] = []
        for arn in alarm.get(actions) or []:
            why = _why_not(arn, "cloudwatch.amazonaws.com", context) if ":sns:" in str(arn) else None
            if why is None:
                allowed[actions].append(arn)
            elif actions.startswith({"ALARM": "Alarm", "OK": "OK"}.get(new_state, "Insufficient")):
                _lost.append({"from": alarm.get("AlarmArn"), "topic": arn, "why": why})
    _original_alarm(allowed, old_state, new_state, reason)


eventbridge._invoke_target = _invoke_target
eventbridge._dispatch_to_sns = _dispatch_to_sns
cloudwatch._dispatch_alarm_actions = _dispatch_alarm_actions
