"""What speaks against a call: a denial that a test declared, or, on demand, the policies of the caller's role."""

from dataclasses import dataclass

from . import actions, policies, settings
from .callers import USER, Caller
from .errors import AwsError
from .registry import on_reset
from .wire import Call


@dataclass
class Denial:
    """A call that a test wants refused. `times` counts down; None denies for good. With a code it fails otherwise,
    e.g. with ThrottlingException."""

    action: str
    resource: str = "*"
    caller: str = USER
    times: int | None = None
    code: str | None = None
    message: str = "Rate exceeded"
    status: int = 400

    def meets(self, caller: Caller, action: str, resource: str) -> bool:
        """Whether this denial speaks of the call. A stack without a service role acts with a person's permissions."""
        kind = USER if caller.kind == "cloudformation" and caller.role is None else caller.kind
        return (self.caller in ("any", kind, caller.kind) and policies.matches(self.action, action, fold=True)
                and policies.matches(self.resource, resource))


denials: list[Denial] = []
on_reset(denials.clear)


def add_denial(arguments: dict) -> dict:
    """Adds a denial from a control route."""
    denials.append(Denial(**arguments))
    return {"denials": len(denials)}


def check(call: Call, caller: Caller) -> None:
    """Raises AccessDenied for a call that may not be made."""
    if not denials and not (settings.enforce and caller.role):
        return
    for action, resource, context in actions.required(call, caller):
        denial = _denied_by_test(caller, action, resource)
        if denial and denial.code:
            raise AwsError(denial.code, denial.message, denial.status)
        if denial:
            raise _refusal(call, caller, action, resource, "with an explicit deny in an identity-based policy")
        if settings.enforce and caller.role:
            decision = policies.decide(policies.of_role(caller.role), action, resource, context)
            if decision != "allow":
                why = "with an explicit deny in" if decision == "deny" else "because no identity-based policy allows"
                raise _refusal(call, caller, action, resource, f"{why} the {action} action"
                               if decision != "deny" else f"{why} an identity-based policy")


def _denied_by_test(caller: Caller, action: str, resource: str) -> Denial | None:
    for denial in denials:
        if denial.times != 0 and denial.meets(caller, action, resource):
            if denial.times:
                denial.times -= 1
            return denial
    return None


def _refusal(call: Call, caller: Caller, action: str, resource: str, why: str) -> AwsError:
    """AWS's sentence: "Troubleshooting access denied error messages" in the IAM User Guide."""
    message = f"User: {arn_of(caller)} is not authorized to perform: {action} on resource: {resource} {why}"
    if call.service == "s3":
        return AwsError("AccessDenied", message, 403)
    if call.protocol == "query":
        return AwsError("AccessDenied", message, 403)
    if call.service == "sns":
        return AwsError("AuthorizationError", message, 403)
    return AwsError("AccessDeniedException", message, 403 if call.protocol == "rest-json" else 400)


def arn_of(caller: Caller) -> str:
    """The ARN under which AWS knows a caller."""
    if caller.role:
        return f"arn:aws:sts::{caller.account}:assumed-role/{caller.role.rsplit('/', 1)[-1]}/{caller.name.rsplit('/', 1)[-1]}"
    return f"arn:aws:iam::{caller.account}:user/{caller.name}"
