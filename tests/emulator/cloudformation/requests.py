"""Requests to CloudFormation: as whom it acts for a stack, and what it refuses that ministack does not."""

import contextvars

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import changesets, handlers

from emulator import callers, policies
from emulator.errors import AwsError
from emulator.registry import check, on_reset

# Who sent the request that is being answered.
requester: contextvars.ContextVar[callers.Caller | None] = contextvars.ContextVar("requester", default=None)
# (account, Region, stack) -> ARN of the service role with which CloudFormation acts for it.
service_roles: dict[tuple[str, str, str], str] = {}
on_reset(service_roles.clear)
# The same key -> the role of whoever asked for the operation that runs; None for a person's credentials.
requesters: dict[tuple[str, str, str], str | None] = {}
on_reset(requesters.clear)


def caller_of(stack_name: str) -> callers.Caller:
    """The caller as which CloudFormation acts for a stack: its service role, or whoever asked ("AWS CloudFormation
    service role": without one it "uses a temporary session that's generated from your user credentials")."""
    here = (get_account_id(), get_region(), stack_name)
    role = service_roles.get(here) or requesters.get(here)
    return callers.mint("cloudformation", stack_name, role, get_account_id())


_OPERATING = ("CreateChangeSet", "ExecuteChangeSet", "CreateStack", "UpdateStack", "DeleteStack", "RollbackStack",
              "ContinueUpdateRollback", "DetectStackDrift", "DetectStackResourceDrift")


def _named_stack(params: dict) -> dict | None:
    """The stack that a request is about; a change set's ARN names it too."""
    if params.get("StackName"):
        return handlers._resolve_stack(params["StackName"])
    _, change_set = changesets._find_change_set(params.get("ChangeSetName", ""), "")
    return handlers._resolve_stack(change_set["StackId"]) if change_set else None


@check("cloudformation")
def _refuse_what_aws_refuses(call, caller) -> None:
    """A failed stack must be deleted first; a service role must be one that CloudFormation can take."""
    name = call.params.get("StackName", "")
    stack = _named_stack(call.params)
    status = stack["StackStatus"] if stack else ""
    if call.operation in ("CreateChangeSet", "UpdateStack") and status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        if call.params.get("ChangeSetType") == "CREATE":
            raise AwsError("ValidationError", f"Stack [{name}] already exists and cannot be created again with the changeSet "
                                              f"[{call.params['ChangeSetName']}].")
        raise AwsError("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")
    busy = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
    if busy and call.operation in ("CreateChangeSet", "ExecuteChangeSet", "UpdateStack"):
        raise AwsError("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")
    if call.operation == "DeleteStack" and status.startswith("UPDATE_") and busy:
        raise AwsError("ValidationError", f"Stack [{stack['StackName']}] cannot be deleted while in status {status}")
    here = (get_account_id(), get_region(), stack["StackName"] if stack else name)
    if call.operation in _OPERATING:
        requesters[here] = caller.role
        requester.set(caller)
    role = call.params.get("RoleARN")
    if role and call.operation in ("CreateChangeSet", "CreateStack", "UpdateStack", "DeleteStack"):
        if not policies.assumable(role, "cloudformation.amazonaws.com", {"aws:SourceAccount": caller.account}):
            raise AwsError("ValidationError", f"Role {role} is invalid or cannot be assumed")
        service_roles[here] = role
