"""Drift-aware change sets: CreateChangeSet with DeploymentMode REVERT_DRIFT.

"Using drift-aware change sets" in the User Guide: the change set compares the template with what the resources are,
as the services' APIs tell, and its execution brings them in line; what was deleted is made again. Types without drift
detection are compared as in any other change set.
"""

import copy
import json

from ministack.core.responses import now_iso
from ministack.services.cloudformation import changesets, drift, handlers
from ministack.services.cloudformation.helpers import _p

_original_create = handlers._ACTION_HANDLERS["CreateChangeSet"]
_original_execute = handlers._ACTION_HANDLERS["ExecuteChangeSet"]


def _create(params: dict) -> tuple:
    stack = handlers._resolve_stack(_p(params, "StackName"))
    if _p(params, "DeploymentMode") != "REVERT_DRIFT" or stack is None:
        return _original_create(params)
    found = _look(stack)
    kept = stack["_template"]
    stack["_template"] = _as_it_is(kept, found)
    try:
        answer = _original_create(params)
    finally:
        stack["_template"] = kept
    _, change_set = changesets._find_change_set(_p(params, "ChangeSetName"), stack["StackName"])
    if answer[0] == 200 and change_set:
        change_set["_drift"] = found
    return answer


def _look(stack: dict) -> dict[str, dict]:
    """Logical id -> {} for what is gone, or the drifted properties as they are (None for one that is not set)."""
    found = {}
    for name, record in stack["_resources"].items():
        if not drift.supports_drift(record["ResourceType"]):
            continue
        seen = drift.detect_resource_drift(stack, name, record, now_iso())
        if seen["StackResourceDriftStatus"] == "DELETED":
            found[name] = {}
        elif seen["StackResourceDriftStatus"] == "MODIFIED":
            actual = json.loads(seen["ActualProperties"])
            names = {difference["PropertyPath"].split("/")[1] for difference in seen["PropertyDifferences"]}
            found[name] = {key: actual.get(key) for key in names}
    return found


def _overlaid(properties: dict, actual: dict) -> dict:
    merged = {**properties, **actual}
    return {key: value for key, value in merged.items() if value is not None}


def _as_it_is(template: dict, found: dict[str, dict]) -> dict:
    """The template that would describe the resources as they are."""
    template = copy.deepcopy(template)
    for name, actual in found.items():
        if not actual:
            del template["Resources"][name]
        else:
            declared = template["Resources"][name]
            declared["Properties"] = _overlaid(declared.get("Properties") or {}, actual)
    return template


def _execute(params: dict) -> tuple:
    _, change_set = changesets._find_change_set(_p(params, "ChangeSetName"), _p(params, "StackName"))
    found = (change_set or {}).get("_drift")
    if found and change_set["ExecutionStatus"] == "AVAILABLE":
        records = handlers._resolve_stack(change_set["StackId"])["_resources"]
        for name, actual in found.items():
            if not actual:
                records.pop(name, None)
            elif name in records:
                records[name]["Properties"] = _overlaid(records[name]["Properties"], actual)
    return _original_execute(params)


handlers._ACTION_HANDLERS["CreateChangeSet"] = _create
handlers._ACTION_HANDLERS["ExecuteChangeSet"] = _execute
