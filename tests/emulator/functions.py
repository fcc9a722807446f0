"""Lambda: each function acts with its role, which Lambda must be able to take, and which must let it write its log."""

import ministack.core.lambda_runtime as runtime
from ministack.core.responses import new_uuid
from ministack.services import cloudwatch_logs, lambda_svc
from ministack.services.cloudformation import custom_resource

from . import actions, callers, permissions, policies, recorder, settings
from .errors import AwsError
from .registry import check
from .wire import Call


def _credentials(config: dict) -> dict[str, str]:
    """What a function acts with: an access key of its own that leads to its role, and the address of the emulator."""
    _, _, _, region, account = config["FunctionArn"].split(":")[:5]
    caller = callers.mint("lambda", config["FunctionName"], config["Role"], account)
    return callers.environment(caller, region, settings.endpoint())


@check("lambda")
def _role_can_be_taken(call, caller) -> None:
    """"CreateFunction": the execution role must trust Lambda."""
    role = call.params.get("Role") if call.operation in ("CreateFunction", "UpdateFunctionConfiguration") else None
    if role and not policies.assumable(role, "lambda.amazonaws.com", {}):
        raise AwsError("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")


@check("lambda")
def _code_can_be_read(call, caller) -> None:
    """Lambda fetches the code with the permissions of whoever makes the function."""
    code = call.params.get("Code") or call.params
    if call.operation in ("CreateFunction", "UpdateFunctionCode") and code.get("S3Bucket"):
        read = Call("s3", "GetObject", {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}, "rest-xml", region=call.region)
        permissions.check(read, caller)


_original_invoke = custom_resource.invoke_custom_resource


def _invoke_custom_resource(request_type, logical_id, props, stack_name, *rest, **named) -> tuple:
    """CloudFormation's call of the function behind a custom resource goes past the gateway; it is recorded here."""
    caller = callers.acting.get()
    name = str(props.get("ServiceToken", "")).rsplit(":", 1)[-1]
    call = Call("lambda", "Invoke", {"FunctionName": name}, "rest-json", region=str(props.get("ServiceToken", "::::")).split(":")[3])
    if caller:
        permissions.check(call, caller)
        recorder.record(call, caller, 200)
    try:
        return _original_invoke(request_type, logical_id, props, stack_name, *rest, **named)
    except TimeoutError as error:
        raise ValueError("CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
                         f"requestId [{new_uuid()}].") from error
    except RuntimeError as error:
        raise ValueError(f"Received response status [FAILED] from custom resource. Message returned: {error} "
                         f"(RequestId: {new_uuid()})") from error


_original_logs = lambda_svc._emit_lambda_logs


def _emit_logs(func: dict, *rest, **named) -> None:
    """"Sending Lambda function logs to CloudWatch Logs": Lambda writes with the role. Without logs:CreateLogGroup a
    group that was deleted stays deleted; without the other two nothing is written."""
    config = func.get("config") or func
    account, region = config["FunctionArn"].split(":")[4], config["FunctionArn"].split(":")[3]
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    caller = callers.mint("lambda", config["FunctionName"], config["Role"], account)
    operations = ["CreateLogStream", "PutLogEvents"]
    if group not in cloudwatch_logs._log_groups:
        operations.insert(0, "CreateLogGroup")
    for operation in operations:
        names = {"logGroupName": group} | ({"logStreamName": "stream"} if operation != "CreateLogGroup" else {})
        call = Call("logs", operation, names, "json", region=region)
        needed = actions.required(call, caller)
        granted = all(policies.decide(policies.of_role(config["Role"]), *one) == "allow" for one in needed)
        recorder.record(call, caller, 200 if granted else 400, "" if granted else "AccessDeniedException")
        if not granted:
            return
    _original_logs(func, *rest, **named)


runtime.execution_credentials = _credentials
lambda_svc._emit_lambda_logs = _emit_logs
lambda_svc.execution_credentials = _credentials
custom_resource.invoke_custom_resource = _invoke_custom_resource
