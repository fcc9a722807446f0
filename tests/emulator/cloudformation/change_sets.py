"""What a change set tells of values: BeforeContext, AfterContext, and the path, before and after of each change.

"IncludePropertyValues" of DescribeChangeSet: "Returns both before and after values of properties and metadata in the
change set's changes." A value that is only known when the change is made reads `{{changeSet:KNOWN_AFTER_APPLY}}`.
"""

import copy
import json
from xml.etree import ElementTree

import ministack.services.cloudformation as service
from ministack.services.cloudformation import changesets, engine, handlers, stacks
from ministack.services.cloudformation.helpers import _p

_SPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
_original_create = handlers._ACTION_HANDLERS["CreateChangeSet"]
_original_describe = handlers._ACTION_HANDLERS["DescribeChangeSet"]


def _create(params: dict) -> tuple:
    """"CreateChangeSet": a stack in REVIEW_IN_PROGRESS takes further change sets and stays the stack it is, also when
    one is refused. ministack would make a new one in its place."""
    before = handlers._resolve_stack(_p(params, "StackName"))
    if before is None or before["StackStatus"] != "REVIEW_IN_PROGRESS" or _p(params, "ChangeSetType") != "CREATE":
        return _original_create(params)
    status, headers, body = _original_create(params)
    name, identity = before["StackName"], before["StackId"]
    other = service._stacks.get(name) or {}
    service._stacks[name] = before
    service._stack_events.pop(other.get("StackId"), None) if other is not before else None
    if status == 200:
        before.update(other, StackId=identity)
        _, change_set = changesets._find_change_set(_p(params, "ChangeSetName"), name)
        made = change_set["StackId"]
        change_set["StackId"] = identity
        text = body.decode() if isinstance(body, bytes) else body
        body = text.replace(made, identity).encode()
    return status, headers, body


def _describe(params: dict) -> tuple:
    status, headers, body = _original_describe(params)
    if status != 200 or _p(params, "IncludePropertyValues").lower() != "true":
        return status, headers, body
    _, change_set = changesets._find_change_set(_p(params, "ChangeSetName"), _p(params, "StackName"))
    ElementTree.register_namespace("", _SPACE)
    root = ElementTree.fromstring(body)
    contexts = _contexts(change_set)
    for change in root.iter(f"{{{_SPACE}}}ResourceChange"):
        name = change.findtext(f"{{{_SPACE}}}LogicalResourceId")
        _add_values(change, *contexts[name])
        if name in change_set.get("_drift", {}):
            drifted = "MODIFIED" if change_set["_drift"][name] else "DELETED"
            ElementTree.SubElement(change, f"{{{_SPACE}}}ResourceDriftStatus").text = drifted
    return status, headers, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _contexts(change_set: dict) -> dict[str, tuple[dict | None, dict | None]]:
    """Logical id -> the resource's definition before and after."""
    stack = handlers._resolve_stack(change_set["StackId"]) or {}
    update = change_set["ChangeSetType"] != "CREATE"
    old = (stack.get("_template") or {}).get("Resources", {}) if update else {}
    new = change_set["_template"].get("Resources", {})
    made = stack.get("_resources", {}) if update else {}
    replaced = {change["ResourceChange"]["LogicalResourceId"] for change in change_set["Changes"]
                if change["ResourceChange"].get("Replacement") == "True"}
    with stacks._stack_region_context(stack, change_set["StackId"]):
        return {name: (_definition(old.get(name), _before(change_set, name, made.get(name, {}).get("Properties"))),
                       _definition(new.get(name), _resolved(change_set, stack, made, replaced, new.get(name))))
                for name in old.keys() | new.keys()}


def _before(change_set: dict, name: str, properties: dict | None) -> dict | None:
    """The properties before the change; of a drift-aware change set, as they are."""
    actual = change_set.get("_drift", {}).get(name)
    if not actual:
        return properties
    return {key: value for key, value in {**(properties or {}), **actual}.items() if value is not None}


def _definition(declared: dict | None, properties: dict | None) -> dict | None:
    if declared is None:
        return None
    attributes = {key: declared[key] for key in ("Metadata", "DeletionPolicy", "UpdateReplacePolicy") if key in declared}
    return {"Properties": properties or {}} | attributes


def _resolved(change_set: dict, stack: dict, made: dict, replaced: set, declared: dict | None) -> dict | None:
    """The properties after the change, as far as they are known before it."""
    if declared is None:
        return None
    known = {name: record for name, record in made.items() if name not in replaced}
    template, params = change_set["_template"], change_set["_resolved_params"]
    conditions = engine._evaluate_conditions(template, params)

    def resolve(value):
        """Resolves piece by piece, so that one unknown does not hide the rest."""
        later = [name for name, _ in engine._intrinsic_references(value)
                 if name in template["Resources"] and name not in known]
        if isinstance(value, dict) and later and not (len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))):
            return {key: resolve(item) for key, item in value.items()}
        if isinstance(value, list) and later:
            return [resolve(item) for item in value]
        if later:
            return _LATER
        return engine._resolve_refs(copy.deepcopy(value), known, params, conditions, template.get("Mappings", {}),
                                    change_set["StackName"], change_set["StackId"])

    return {name: item for name, value in (declared.get("Properties") or {}).items()
            if (item := resolve(value)) is not engine._NO_VALUE}


def _add_values(change: ElementTree.Element, before: dict | None, after: dict | None) -> None:
    for tag, context in (("BeforeContext", before), ("AfterContext", after)):
        if context is not None:
            ElementTree.SubElement(change, f"{{{_SPACE}}}{tag}").text = json.dumps(context, ensure_ascii=False, sort_keys=True)
    if before is None or after is None:
        return
    for target in change.iter(f"{{{_SPACE}}}Target"):
        attribute, name = target.findtext(f"{{{_SPACE}}}Attribute"), target.findtext(f"{{{_SPACE}}}Name")
        old, new = ((c["Properties"].get(name) if attribute == "Properties" else c.get(attribute)) for c in (before, after))
        path = f"/Properties/{name}" if attribute == "Properties" else f"/{attribute}"
        ElementTree.SubElement(target, f"{{{_SPACE}}}Path").text = path
        kind = "Add" if old is None else "Remove" if new is None else "Modify"
        for tag, value in (("BeforeValue", old), ("AfterValue", new)):
            if value is not None:
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
                ElementTree.SubElement(target, f"{{{_SPACE}}}{tag}").text = text
        ElementTree.SubElement(target, f"{{{_SPACE}}}AttributeChangeType").text = kind


handlers._ACTION_HANDLERS["CreateChangeSet"] = _create
handlers._ACTION_HANDLERS["DescribeChangeSet"] = _describe
