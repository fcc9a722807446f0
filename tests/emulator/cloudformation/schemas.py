"""The resource schemas that CloudFormation publishes, as cfn-lint carries them.

They say which properties a type has, which it needs, which can only be set at creation, and where its tags stand
("CloudFormation resource type schema" in the CloudFormation CLI User Guide).
"""

import json
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import regex


@lru_cache(maxsize=1)
def _folder() -> Path:
    # Importing cfn-lint takes more than a second; only its data is wanted.
    return Path(find_spec("cfnlint").submodule_search_locations[0]) / "data" / "schemas"


@cache
def _types(region: str) -> dict[str, str]:
    path = _folder() / "providers" / f"{region}.json"
    return json.loads(path.read_text()) if path.exists() else _types("us-east-1")


@cache
def schema(region: str, resource_type: str) -> dict | None:
    """The schema of a resource type in a Region; None where there is none."""
    digest = _types(region).get(resource_type)
    return json.loads((_folder() / "resources" / f"{digest}.json").read_text()) if digest else None


def create_only(region: str, resource_type: str) -> set[str]:
    """Paths of the properties whose change means a replacement, e.g. `BucketName` or `TableInput/Name`."""
    found = schema(region, resource_type) or {}
    return {path.removeprefix("/properties/") for path in found.get("createOnlyProperties", [])}


def write_only(region: str, resource_type: str) -> set[str]:
    """Properties that no call gives back."""
    found = schema(region, resource_type) or {}
    return {path.removeprefix("/properties/") for path in found.get("writeOnlyProperties", [])}


def tag_property(region: str, resource_type: str) -> tuple[str, str] | None:
    """Name and form (list or map) of the property that holds a type's tags; None for what takes none."""
    found = schema(region, resource_type) or {}
    tagging = found.get("tagging") or {}
    if not tagging.get("taggable", "Tags" in found.get("properties", {})):
        return None
    name = tagging.get("tagProperty", "/properties/Tags").removeprefix("/properties/")
    if name not in found.get("properties", {}):
        return None
    shape = _resolve(found, found["properties"][name])
    return name, "list" if "array" in _kinds(shape) else "map"


def problems(region: str, resource_type: str, properties: dict) -> list[str]:
    """What CloudFormation would say of these properties, in the words of its resource handlers."""
    found = schema(region, resource_type)
    if found is None or resource_type.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
        return []
    return list(_check(found, found, properties, "#"))


def _resolve(root: dict, shape: dict) -> dict:
    while "$ref" in shape:
        target = root
        for part in shape["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        shape = target
    return shape


def _kinds(shape: dict) -> list[str]:
    kinds = shape.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _check(root: dict, shape: dict, value, path: str):
    shape = _resolve(root, shape)
    kinds = _kinds(shape)
    if kinds and not any(_is(kind, value) for kind in kinds):
        yield f"{path}: expected type: {kinds[0].capitalize()}, found: {type(value).__name__}"
        return
    if isinstance(value, dict):
        yield from _check_object(root, shape, value, path)
    elif isinstance(value, list):
        for limit, wrong in (("minItems", len(value).__lt__), ("maxItems", len(value).__gt__)):
            if limit in shape and wrong(shape[limit]):
                yield f"{path}: expected {limit}: {shape[limit]}, found: {len(value)}"
        for number, item in enumerate(value):
            yield from _check(root, shape.get("items", {}), item, f"{path}/{number}")
    else:
        yield from _check_scalar(shape, value, path)
    yield from _check_choices(root, shape, value, path)


def _check_object(root: dict, shape: dict, value: dict, path: str):
    known = shape.get("properties", {})
    patterns = shape.get("patternProperties", {})
    for name, item in value.items():
        if name in known:
            yield from _check(root, known[name], item, f"{path}/{name}")
        elif fitting := next((inner for pattern, inner in patterns.items() if regex.search(pattern, name)), None):
            yield from _check(root, fitting, item, f"{path}/{name}")
        elif known and shape.get("additionalProperties") is False:
            yield f"{path}: extraneous key [{name}] is not permitted"
    for name in shape.get("required", []):
        # cfn-lint lists what the account fills in (the catalogue's id) as required; CloudFormation does too.
        if name not in value:
            yield f"{path}: required key [{name}] not found"


def _check_scalar(shape: dict, value, path: str):
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "enum" in shape and value not in shape["enum"] and text not in [str(item) for item in shape["enum"]]:
        yield f"{path}: {text} is not a valid enum value"
    if "pattern" in shape and isinstance(value, str):
        try:
            if not regex.search(shape["pattern"], value):
                yield f"{path}: string [{text[:100]}] does not match pattern {shape['pattern']}"
        except regex.error:
            pass  # a pattern of another dialect
    if isinstance(value, str):
        if len(value) < shape.get("minLength", 0):
            yield f"{path}: expected minLength: {shape['minLength']}, actual: {len(value)}"
        if len(value) > shape.get("maxLength", len(value)):
            yield f"{path}: expected maxLength: {shape['maxLength']}, actual: {len(value)}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < shape.get("minimum", value):
            yield f"{path}: {value} is not greater or equal to {shape['minimum']}"
        if value > shape.get("maximum", value):
            yield f"{path}: {value} is not less or equal to {shape['maximum']}"


def _check_choices(root: dict, shape: dict, value, path: str):
    """anyOf and oneOf: some branch must fit; allOf: each."""
    for keyword in ("anyOf", "oneOf"):
        branches = shape.get(keyword)
        if branches and all(list(_check(root, branch, value, path)) for branch in branches):
            yield f"{path}: #: only 1 subschema matches out of {len(branches)}"
    for branch in shape.get("allOf", []):
        yield from _check(root, branch, value, path)
    if isinstance(value, dict) and (exclusive := shape.get("requiredXor")):
        if sum(name in value for name in exclusive) != 1:
            yield f"{path}: exactly one of {sorted(exclusive)} is required"


def _is(kind: str, value) -> bool:
    """CloudFormation takes numbers and truth values as text too."""
    if kind == "object":
        return isinstance(value, dict)
    if kind == "array":
        return isinstance(value, list)
    if kind == "boolean":
        return isinstance(value, bool) or str(value).lower() in ("true", "false")
    if kind == "integer":
        return not isinstance(value, (bool, dict, list)) and regex.fullmatch(r"-?\d+(\.0)?", str(value)) is not None
    if kind == "number":
        return not isinstance(value, (bool, dict, list)) and regex.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", str(value)) is not None
    if kind == "string":
        return isinstance(value, (str, int, float, bool))
    return kind == "null" and value is None
