"""A small evaluator of IAM policies, after "Policy evaluation logic" in the IAM User Guide.

It knows identity-based policies, permissions boundaries and trust policies: wildcards in actions and resources,
explicit denials, and the condition operators that our templates use. An operator it does not know never matches, so
that a policy written with one is found out by a test instead of being waved through.
"""

import json
import re
from functools import lru_cache

from ministack.services import iam


@lru_cache(maxsize=4096)
def _pattern(text: str, fold: bool) -> re.Pattern:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in text)
    return re.compile("".join(parts), re.S | (re.I if fold else 0))


def matches(pattern: str, value: str, fold: bool = False) -> bool:
    """Whether a value fits a pattern of `*` and `?`; names of actions are compared without regard to case."""
    return _pattern(str(pattern), fold).fullmatch(value) is not None


def _list(value) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]


def decide(documents: dict, action: str, resource: str, context: dict) -> str:
    """"allow", "deny" (explicitly) or "implicit" for one action on one resource."""
    verdict = _evaluate(documents["policies"], action, resource, context)
    if verdict == "allow" and documents["boundary"] is not None:
        return _evaluate([documents["boundary"]], action, resource, context)
    return verdict


def _evaluate(policies: list[dict], action: str, resource: str, context: dict) -> str:
    verdict = "implicit"
    for statement in (s for policy in policies for s in _list(policy.get("Statement"))):
        if not (_acts_on(statement, action) and _speaks_of(statement, resource) and _holds(statement, context)):
            continue
        if statement.get("Effect") == "Deny":
            return "deny"
        if statement.get("Effect") == "Allow":
            verdict = "allow"
    return verdict


def _acts_on(statement: dict, action: str) -> bool:
    if "NotAction" in statement:
        return not any(matches(p, action, fold=True) for p in _list(statement["NotAction"]))
    return any(matches(p, action, fold=True) for p in _list(statement.get("Action")))


def _speaks_of(statement: dict, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(matches(p, resource) for p in _list(statement["NotResource"]))
    return any(matches(p, resource) for p in _list(statement.get("Resource")))


_OPERATORS = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": matches,
    "ArnEquals": matches,
    "ArnLike": matches,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "NumericEquals": lambda wanted, given: float(wanted) == float(given),
    "NumericLessThanEquals": lambda wanted, given: float(given) <= float(wanted),
}


def _holds(statement: dict, context: dict) -> bool:
    return all(_condition(operator, key, _list(values), context)
               for operator, keys in (statement.get("Condition") or {}).items() for key, values in keys.items())


def _condition(operator: str, key: str, wanted: list, context: dict) -> bool:
    """One line of a Condition block; keys are compared without regard to case."""
    given = [str(v) for v in _list(next((v for k, v in context.items() if k.lower() == key.lower()), None))]
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        return (not given) == (str(wanted[0]).lower() == "true")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name.startswith(("StringNot", "ArnNot"))
    test = _OPERATORS.get(name.replace("Not", "", 1) if negated else name)
    if test is None:
        return False
    if not given:
        # "A key that is not present" fits a negated operator, every …IfExists and ForAllValues.
        return if_exists or negated or quantifier == "ForAllValues"
    hits = [any(test(_text(w), g) for w in wanted) for g in given]
    if negated:
        hits = [not hit for hit in hits]
    return all(hits) if quantifier == "ForAllValues" or (negated and not quantifier) else any(hits)


def _text(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _document(value) -> dict:
    return json.loads(value) if isinstance(value, str) else value or {}


def role(arn: str) -> dict | None:
    """ministack's record of a role."""
    name, account = arn.rsplit("/", 1)[-1], arn.split(":")[4]
    return next((r for (owner, key), r in list(iam._roles._data.items()) if owner == account and key == name), None)


def of_role(arn: str) -> dict:
    """The policies that say what a role may do: its own, the attached ones, and its boundary."""
    record = role(arn)
    if record is None:
        return {"policies": [], "boundary": None}
    policies = [_document(text) for text in (record.get("InlinePolicies") or {}).values()]
    policies += [_managed(_attached(entry)) for entry in record.get("AttachedPolicies") or []]
    boundary = record.get("PermissionsBoundary")
    boundary = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else boundary
    return {"policies": policies, "boundary": _managed(boundary) if boundary else None}


def _attached(entry) -> str:
    return entry.get("PolicyArn", "") if isinstance(entry, dict) else entry


def _managed(arn: str) -> dict:
    """The default version of a managed policy; a policy that does not exist allows nothing."""
    stores = [dict(iam._policies._data), {("aws", key): value for key, value in iam._aws_managed_policies.items()}]
    for store in stores:
        for record in store.values():
            if isinstance(record, dict) and record.get("Arn") == arn:
                versions = record.get("Versions") or []
                current = next((v for v in versions if v.get("IsDefaultVersion")), versions[0] if versions else record)
                return _document(current.get("Document") or current.get("PolicyDocument"))
    return {}


def resource_allows(document: dict, service: str, action: str, resource: str, context: dict) -> bool:
    """Whether a resource's own policy lets a service act on it."""
    allowed = False
    for statement in _list(document.get("Statement")):
        if not _names(statement.get("Principal"), service) or not _acts_on(statement, action):
            continue
        if _speaks_of(statement, resource) and _holds(statement, context):
            if statement.get("Effect") == "Deny":
                return False
            allowed = True
    return allowed


def _names(principal, service: str) -> bool:
    """Whether a Principal names a service: by itself, or by naming everybody."""
    if isinstance(principal, dict):
        return any(matches(p, service) for p in _list(principal.get("Service"))) or "*" in _list(principal.get("AWS"))
    return principal == "*"


def assumable(arn: str, service: str, context: dict) -> bool:
    """Whether a role's trust policy lets a service take it, e.g. glue.amazonaws.com."""
    record = role(arn)
    if record is None:
        return False
    allowed = False
    for statement in _list(_document(record.get("AssumeRolePolicyDocument")).get("Statement")):
        principal = statement.get("Principal")
        services = _list(principal.get("Service")) if isinstance(principal, dict) else _list(principal)
        if not any(matches(p, service) for p in services) or not _acts_on(statement, "sts:AssumeRole"):
            continue
        if _holds(statement, context):
            if statement.get("Effect") == "Deny":
                return False
            allowed = True
    return allowed
