"""IAM: the sizes of policies ("IAM and AWS STS quotas"); white space does not count."""

import json
import re

from ministack.services import iam

from .errors import AwsError
from .registry import check

_ROLE_INLINE = 10_240
_MANAGED = 6_144
_TRUST = 4_096  # raised from 2,048 on request; the templates stay below either


def _size(text: str) -> int:
    return len(re.sub(r"\s", "", text))


def _statements(text: str) -> list:
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("MalformedPolicyDocument", "Syntax errors in policy.") from error
    return statements if isinstance(statements, list) else [statements]


@check("iam")
def _refuse(call, caller) -> None:
    params = call.params
    if call.operation == "PutRolePolicy":
        role = iam._roles.get(params["RoleName"]) or {}
        others = sum(_size(text if isinstance(text, str) else json.dumps(text))
                     for name, text in role.get("InlinePolicies", {}).items() if name != params["PolicyName"])
        if others + _size(params["PolicyDocument"]) > _ROLE_INLINE:
            raise AwsError("LimitExceeded", f"Maximum policy size of {_ROLE_INLINE} bytes exceeded for role {params['RoleName']}", 409)
        _check_identity(params["PolicyDocument"])
    elif call.operation in ("CreatePolicy", "CreatePolicyVersion"):
        if _size(params["PolicyDocument"]) > _MANAGED:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED}", 409)
        _check_identity(params["PolicyDocument"])
    elif call.operation in ("CreateRole", "UpdateAssumeRolePolicy"):
        text = params.get("AssumeRolePolicyDocument") or params.get("PolicyDocument", "")
        if _size(text) > _TRUST:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST}", 409)
        if any("Principal" not in statement for statement in _statements(text)):
            raise AwsError("MalformedPolicyDocument", "Missing required field Principal")


def _check_identity(text: str) -> None:
    for statement in _statements(text):
        if "Principal" in statement:
            raise AwsError("MalformedPolicyDocument", "Policy document should not specify a principal.")
        if not {"Action", "NotAction"} & statement.keys():
            raise AwsError("MalformedPolicyDocument", "Policy statement must contain actions.")
        if not {"Resource", "NotResource"} & statement.keys():
            raise AwsError("MalformedPolicyDocument", "Policy statement must contain resources.")
        actions = statement.get("Action", statement.get("NotAction"))
        for action in actions if isinstance(actions, list) else [actions]:
            if action != "*" and not re.fullmatch(r"[\w-]+:[\w*?]+", str(action)):
                raise AwsError("MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
