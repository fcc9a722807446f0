"""The query protocol: a form whose names spell a path, `a.b.member.1.c=…`."""

import re

from botocore.model import ServiceModel, Shape

from .models import Call, operation, scalar


def query_call(model: ServiceModel, form: dict) -> Call:
    """The call that a form spells."""
    found = operation(model, "query", form.get("Action", ""))
    rest = {name: value for name, value in form.items() if name not in ("Action", "Version")}
    shape = found.input_shape
    return Call(model.service_name, found.name, _query_value(shape, rest, "") if shape else rest, "query", found)


def _query_value(shape: Shape, form: dict, prefix: str):
    """The value that the form's names under `prefix` spell; None where there are none."""
    if shape.type_name == "structure":
        return _query_structure(shape, form, prefix)
    if shape.type_name == "list":
        return _query_list(shape, form, prefix)
    if shape.type_name == "map":
        return _query_map(shape, form, prefix)
    return scalar(shape, form[prefix]) if prefix in form else None


def _query_structure(shape: Shape, form: dict, prefix: str):
    start = f"{prefix}." if prefix else ""
    names = [name[len(start):] for name in form if name.startswith(start)]
    if prefix and not names:
        return {} if form.get(prefix) == "" else None
    known, value = {}, {}
    for member, inner in shape.members.items():
        known[_query_name(member, inner)] = member
    for wire_name in dict.fromkeys(name.split(".")[0] for name in names):
        member = known.get(wire_name)
        if member is None:
            value[wire_name] = form.get(start + wire_name, "")
            continue
        item = _query_value(shape.members[member], form, start + wire_name)
        if item is not None:
            value[member] = item
    return value


def _query_name(member: str, shape: Shape) -> str:
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        return shape.member.serialization.get("name", shape.serialization.get("name", member))
    return shape.serialization.get("name", member)


def _query_list(shape: Shape, form: dict, prefix: str):
    if form.get(prefix) == "":
        return []
    start = prefix if shape.serialization.get("flattened") else f"{prefix}.{shape.member.serialization.get('name', 'member')}"
    numbers = {match[1] for name in form if (match := re.match(re.escape(start) + r"\.(\d+)(?:\.|$)", name))}
    items = [_query_value(shape.member, form, f"{start}.{number}") for number in sorted(numbers, key=int)]
    return items or None


def _query_map(shape: Shape, form: dict, prefix: str):
    start = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    numbers = {match[1] for name in form if (match := re.match(re.escape(start) + r"\.(\d+)\.", name))}
    entries = {}
    for number in sorted(numbers, key=int):
        entries[form.get(f"{start}.{number}.{key_name}", "")] = _query_value(shape.value, form, f"{start}.{number}.{value_name}")
    return entries or None
