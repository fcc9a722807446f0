"""Makes ministack's engine provision through the resources of this package, and check what it did not."""

import contextlib
import copy

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import drift, handlers, provisioners, stacks

from emulator import callers

from . import athena, events, faults, functions, glue, iam, kms, messaging, monitoring, operations, quicksight, s3, schemas  # noqa: F401
from .requests import caller_of, requester
from .resource import Aws, Place, failure, place, tag_list, tag_map, types

_aws = Aws()


@contextlib.contextmanager
def _acting(phase: str, resource_type: str, stack_name: str, logical_id: str):
    """Runs an operation on a resource as CloudFormation, and words its failure as CloudFormation does."""
    tokens = (place.set(Place(stack_name or "", logical_id or "")), callers.acting.set(caller_of(stack_name or "")))
    try:
        operation = operations.current.get()
        if phase == "create" and operation is not None and operation.cancelled:
            raise ValueError("Resource creation cancelled")
        faults.meet(phase, resource_type)
        yield
    except ClientError as error:
        raise ValueError(failure(error)) from error
    finally:
        place.reset(tokens[0])
        callers.acting.reset(tokens[1])


def _validate(resource_type: str, properties: dict) -> None:
    """"Properties validation failed": the schema of the type, and what the emulator makes of it."""
    found = schemas.problems(get_region(), resource_type, properties)
    known = types.get(resource_type)
    if known is not None and not found:
        found = [f"#: the emulator does nothing with the property [{name}]" for name in properties.keys() - known.made_of]
    if found:
        raise ValueError(f"Properties validation failed for resource {place.get().logical_id} with message:\n" + "\n".join(found))


_original_provision = provisioners._provision_resource
_original_update = provisioners._update_resource
_original_delete = provisioners._delete_resource


def _provision(resource_type: str, logical_id: str, properties: dict, stack_name: str) -> tuple:
    with _acting("create", resource_type, stack_name, logical_id):
        _validate(resource_type, properties)
        if resource_type in types:
            return types[resource_type].create(_aws, properties)
        return _original_provision(resource_type, logical_id, properties, stack_name)


def _update(resource_type, name, old, new, stack_name, logical_id=None, attributes=None) -> tuple:
    if old == new:
        return name, attributes or {}
    if resource_type in types and replaced(resource_type, old, new):
        if refusal := _refusal(resource_type, old, new, name):
            raise ValueError(refusal)
        provisioners._NAME_SEED.set(provisioners.new_uuid()[:8])
        return _provision(resource_type, logical_id, new, stack_name)
    with _acting("update", resource_type, stack_name, logical_id):
        _validate(resource_type, new)
        if resource_type in types:
            changed = types[resource_type].update(_aws, name, old, new)
            return name, (attributes or {}) if changed is None else changed
        return _original_update(resource_type, name, old, new, stack_name, logical_id, attributes)


def _delete(resource_type, name, properties, stack_name=None, logical_id=None) -> None:
    with _acting("delete", resource_type, stack_name, logical_id):
        if resource_type in types:
            types[resource_type].delete(_aws, name, properties)
        else:
            _original_delete(resource_type, name, properties, stack_name, logical_id)


# ---- replacement -----------------------------------------------------------------------------------------------------


def _at(properties: dict, path: str):
    value = properties
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def replaced(resource_type: str, old: dict, new: dict) -> bool:
    """Whether a change touches a property that can only be set at creation."""
    return any(_at(old, path) != _at(new, path) for path in schemas.create_only(get_region(), resource_type))


_original_recreation = provisioners._property_recreation
_original_replacing = provisioners._replacing_change
_original_refusal = provisioners._custom_named_replacement_error


def _recreation(resource_type: str, name: str) -> str:
    """What a change set says of a changed property, from the schema's createOnlyProperties."""
    if schemas.schema(get_region(), resource_type) is None:
        return _original_recreation(resource_type, name)
    paths = schemas.create_only(get_region(), resource_type)
    if name in paths:
        return "Always"
    return "Conditionally" if any(path.startswith(name + "/") for path in paths) else "Never"


def _replacing(resource_type: str, old: dict, new: dict) -> bool:
    return replaced(resource_type, old, new) if resource_type in types else _original_replacing(resource_type, old, new)


def _refusal(resource_type: str, old: dict, new: dict, name: str | None = None) -> str | None:
    """"CloudFormation cannot update a stack when a custom-named resource requires replacing."""
    if resource_type not in types:
        return _original_refusal(resource_type, old, new, name)
    found = schemas.schema(get_region(), resource_type) or {}
    keys = [path.removeprefix("/properties/") for path in found.get("primaryIdentifier", [])]
    kept = keys and all(_at(old, key) and _at(old, key) == _at(new, key) for key in keys)
    if kept and replaced(resource_type, old, new):
        return ("CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name or _at(old, keys[-1])} and update the stack again.")
    return None


# ---- tags ------------------------------------------------------------------------------------------------------------

_original_tags = provisioners._with_stack_tags


def _with_stack_tags(resource_type, properties, stack_tags, stack_name, stack_id, logical_id) -> dict:
    """The tags of the stack on a resource that takes tags; its own win. The three `aws:cloudformation:` tags are left
    out: only AWS itself can set them, and the emulated services refuse them from everybody."""
    tags = schemas.tag_property(get_region(), resource_type) if resource_type in types else None
    if resource_type not in types:
        return _original_tags(resource_type, properties, stack_tags, stack_name, stack_id, logical_id)
    if tags is None or not stack_tags:
        return properties
    merged = tag_map(stack_tags) | tag_map(properties.get(tags[0]))
    return properties | {tags[0]: merged if tags[1] == "map" else tag_list(merged)}


# ---- drift -----------------------------------------------------------------------------------------------------------


def _whole(value):
    """60.0 is 60 in a template."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value == int(value) else value


def detector() -> callers.Caller:
    """The caller as which drift is read: whoever asked for the detection."""
    caller = requester.get()
    return callers.mint("cloudformation", "drift detection", caller.role if caller else None, get_account_id())


def _reader(resource_type: str):
    known = types[resource_type]

    def read(name: str, given: dict) -> dict | None:
        """The present properties: those that the template sets."""
        caller = callers.acting.set(detector())
        try:
            return _whole(known.read(_aws, name, copy.deepcopy(given)))
        finally:
            callers.acting.reset(caller)

    return read, known.made_of - known.unread - schemas.write_only("us-east-1", resource_type)


def _install() -> None:
    for module in (provisioners, stacks):
        module._provision_resource = _provision
        module._update_resource = _update
        module._delete_resource = _delete
        module._property_recreation = _recreation
        module._replacing_change = _replacing
        module._custom_named_replacement_error = _refusal
        module._with_stack_tags = _with_stack_tags
    # Resources are made through HTTP calls to this very process, whose event loop must stay free to answer.
    stacks._runs_on_worker_thread = lambda resource_type: True
    handlers._capabilities_enforced = lambda: True
    for resource_type, known in types.items():
        # The engine only looks whether a type is known; the functions above do the work.
        provisioners._RESOURCE_HANDLERS.setdefault(resource_type, {})
        tags = schemas.tag_property("us-east-1", resource_type)
        if tags:
            provisioners._STACK_TAG_PROPERTY[resource_type] = tags
        if known.drifts:
            drift._DRIFT_READERS[resource_type] = _reader(resource_type)
        else:
            drift._DRIFT_READERS.pop(resource_type, None)
    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["import"] = lambda identifier: (
        identifier["BucketName"], types["AWS::S3::Bucket"].attributes(_aws, identifier["BucketName"]))


_install()
