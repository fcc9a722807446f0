"""Lambda: each function acts with its role, and the role must be one that Lambda can take."""

import ministack.core.lambda_runtime as runtime
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

from . import callers, policies, recorder
from .errors import AwsError
from .registry import check
from .wire import Call


def _credentials(config: dict) -> dict[str, str]:
    """The credentials in a function's environment: an access key of its own that leads to its role."""
    caller = callers.mint("lambda", config["FunctionName"], config["Role"], config["FunctionArn"].split(":")[4])
    return {"AWS_ACCESS_KEY_ID": caller.access_key, "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test"}


@check("lambda")
def _role_can_be_taken(call, caller) -> None:
    """"CreateFunction": the execution role must trust Lambda."""
    role = call.params.get("Role") if call.operation in ("CreateFunction", "UpdateFunctionConfiguration") else None
    if role and not policies.assumable(role, "lambda.amazonaws.com", {}):
        raise AwsError("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")


_original_invoke = custom_resource.invoke_custom_resource


def _invoke_custom_resource(request_type, logical_id, props, stack_name, *rest, **named) -> tuple:
    """CloudFormation's call of the function behind a custom resource goes past the gateway; it is recorded here."""
    caller = callers.acting.get()
    name = str(props.get("ServiceToken", "")).rsplit(":", 1)[-1]
    call = Call("lambda", "Invoke", {"FunctionName": name}, "rest-json", region=str(props.get("ServiceToken", "::::")).split(":")[3])
    if caller:
        recorder.record(call, caller, 200)
    return _original_invoke(request_type, logical_id, props, stack_name, *rest, **named)


runtime.execution_credentials = _credentials
lambda_svc.execution_credentials = _credentials
custom_resource.invoke_custom_resource = _invoke_custom_resource
