"""CloudWatch: tags of dashboards ("PutDashboard" takes Tags since 2026), which ministack does not keep."""

import json

from ministack.core.responses import get_account_id
from ministack.services import cloudwatch

from .errors import AwsError
from .registry import check

_original_validate = cloudwatch._validate_alarm_tag_arn


def arn(name: str) -> str:
    """A dashboard's ARN has no Region."""
    return f"arn:aws:cloudwatch::{get_account_id()}:dashboard/{name}"


def _validate(resource: str, is_json: bool = False, is_cbor: bool = False):
    if ":dashboard/" in str(resource) and resource.rsplit("/", 1)[-1] in cloudwatch._dashboards:
        return None
    return _original_validate(resource, is_json=is_json, is_cbor=is_cbor)


@check("cloudwatch")
def _keep_tags(call, caller) -> None:
    if call.operation == "PutDashboard":
        try:
            json.loads(call.params["DashboardBody"])
        except ValueError as error:
            raise AwsError("InvalidParameterInput", "The field DashboardBody must be a valid JSON object") from error
        if call.params.get("Tags"):
            cloudwatch._resource_tags.setdefault(arn(call.params["DashboardName"]), {}).update(
                {tag["Key"]: tag["Value"] for tag in call.params["Tags"]})
    elif call.operation == "DeleteDashboards":
        for name in call.params["DashboardNames"]:
            cloudwatch._resource_tags.pop(arn(name), None)


cloudwatch._validate_alarm_tag_arn = _validate
