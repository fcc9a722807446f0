"""The events of a stack as AWS tells them: "Resource creation Initiated", the cancelled siblings, the cause of a rollback.

AWS makes independent resources side by side. When one fails, those under way are cancelled, and their events come
with the same FAILED status as the cause ("View CloudFormation stack events" in the User Guide).
"""

import contextvars
from dataclasses import dataclass, field

from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

_CANCELLED = {"CREATE": "Resource creation cancelled", "UPDATE": "Resource update cancelled"}
_AT_ONCE = 3


@dataclass
class _Operation:
    template: dict
    imports: dict
    done: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)


_current: contextvars.ContextVar[_Operation | None] = contextvars.ContextVar("operation", default=None)
_original_add = stacks._add_event
_original_deploy = stacks._deploy_stack_async
_original_validation = stacks._validation_errors


def _add_event(stack_id, stack_name, logical_id, resource_type, status, reason="", physical_id="", detailed_status=""):
    operation = _current.get()

    def add(name, kind, state, why="", identity=""):
        _original_add(stack_id, stack_name, name, kind, state, why, identity)

    if operation is None:
        _original_add(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)
        return
    if resource_type == "AWS::CloudFormation::Stack" and logical_id == stack_name:
        if status == "ROLLBACK_IN_PROGRESS" and operation.failed:
            reason = f"The following resource(s) failed to create: [{', '.join(operation.failed)}]. Rollback requested by user."
        _original_add(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)
        return
    if status == "CREATE_COMPLETE":
        add(logical_id, resource_type, "CREATE_IN_PROGRESS", "Resource creation Initiated", physical_id)
    _original_add(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)
    if status.endswith("_COMPLETE"):
        operation.done.add(logical_id)
    verb, _, end = status.partition("_")
    if end == "FAILED" and verb in _CANCELLED and not operation.failed:
        operation.failed.append(logical_id)
        for name in _under_way(operation, logical_id):
            kind = operation.template["Resources"][name].get("Type", "")
            add(name, kind, f"{verb}_IN_PROGRESS")
            add(name, kind, f"{verb}_FAILED", _CANCELLED[verb])
            operation.failed.append(name)


def _under_way(operation: _Operation, failed: str) -> list[str]:
    """Resources that AWS would have begun beside the failed one: what they need is done."""
    resources = operation.template.get("Resources", {})
    waiting = [name for name in resources if name not in operation.done and name != failed]
    ready = [name for name in waiting if engine._extract_deps(resources[name], set(resources)) <= operation.done]
    return ready[:_AT_ONCE]


async def _deploy(stack_name, stack_id, template, *rest, **named):
    token = _current.set(_Operation(template, named.get("imports") or {}))
    try:
        await _original_deploy(stack_name, stack_id, template, *rest, **named)
    finally:
        _current.reset(token)


def _validation_errors(*rest, **named):
    """A bucket that is being imported has its name because it is the one."""
    operation = _current.get()
    imported = operation.imports if operation else {}
    return [error for error in _original_validation(*rest, **named) if error[0] not in imported]


stacks._add_event = _add_event
stacks._validation_errors = _validation_errors
for _module in (stacks, changesets, handlers, provisioners):
    if hasattr(_module, "_deploy_stack_async"):
        _module._deploy_stack_async = _deploy
