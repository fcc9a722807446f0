"""The events of a stack as AWS tells them: "Resource creation Initiated", the cancelled siblings, the cause of a rollback;
and the deletion of a stack that is still being made.

AWS makes independent resources side by side. When one fails, those under way are cancelled, and their events come
with the same FAILED status as the cause ("View CloudFormation stack events" in the User Guide).
"""

import asyncio

import ministack.services.cloudformation as service
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from . import operations

_CANCELLED = {"CREATE": "Resource creation cancelled", "UPDATE": "Resource update cancelled"}
_AT_ONCE = 3
_original_add = stacks._add_event
_original_deploy = stacks._deploy_stack_async
_original_validation = stacks._validation_errors
_original_roll_back = stacks._roll_back_operation
_original_delete = stacks._delete_stack_async


def _add_event(stack_id, stack_name, logical_id, resource_type, status, reason="", physical_id="", detailed_status=""):
    operation = operations.current.get()

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


def _under_way(operation: operations.Operation, failed: str) -> list[str]:
    """Resources that AWS would have begun beside the failed one: what they need is done."""
    resources = operation.template.get("Resources", {})
    waiting = [name for name in resources if name not in operation.done and name != failed]
    ready = [name for name in waiting if engine._extract_deps(resources[name], set(resources)) <= operation.done]
    return ready[:_AT_ONCE]


async def _deploy(stack_name, stack_id, template, *rest, **named):
    operation = operations.Operation(template, named.get("imports") or {})
    operations.running[stack_id] = operation, (ended := asyncio.Event())
    token = operations.current.set(operation)
    try:
        await _original_deploy(stack_name, stack_id, template, *rest, **named)
    finally:
        operations.current.reset(token)
        operations.running.pop(stack_id, None)
        ended.set()


async def _roll_back(stack_name, stack_id, stack, operation, *rest, **named):
    """A creation that was cancelled by a deletion leaves what it made to the deletion."""
    current = operations.current.get()
    if current is not None and current.cancelled:
        stack["_template"], stack["_resolved_params"] = current.template, operation["param_values"]
        return
    await _original_roll_back(stack_name, stack_id, stack, operation, *rest, **named)


async def _delete(stack_name, stack_id, *rest, **named):
    """"DeleteStack" while the stack is being created: what is under way ends first, nothing new begins."""
    if stack_id in operations.running:
        operation, ended = operations.running[stack_id]
        operation.cancelled = True
        service._stacks[stack_name]["StackStatus"] = "DELETE_IN_PROGRESS"
        await ended.wait()
    await _original_delete(stack_name, stack_id, *rest, **named)


def _validation_errors(*rest, **named):
    """A bucket that is being imported has its name because it is the one."""
    operation = operations.current.get()
    imported = operation.imports if operation else {}
    return [error for error in _original_validation(*rest, **named) if error[0] not in imported]


stacks._add_event = _add_event
stacks._validation_errors = _validation_errors
stacks._roll_back_operation = _roll_back
for _module in (stacks, changesets, handlers, provisioners):
    for _name, _function in (("_deploy_stack_async", _deploy), ("_delete_stack_async", _delete)):
        if hasattr(_module, _name):
            setattr(_module, _name, _function)
