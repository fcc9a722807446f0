"""What a service's model does not allow in a request, in AWS's words.

botocore's own ParamValidator checks types, required members and least lengths; the services check more, and so
does this: greatest lengths, enumerations, patterns, and members that the model does not know.
"""

from functools import cache

import regex
from botocore.model import Shape

_TYPES = {
    "structure": dict, "map": dict, "list": list, "string": str, "boolean": bool,
    "integer": int, "long": int, "float": (int, float), "double": (int, float),
}
# Enumerations that the services do not check although their models state them.
_OPEN_ENUMS = {"StorageClass", "Type", "ChecksumAlgorithm"}


def problems(shape: Shape | None, params: dict, opaque: set = frozenset()) -> list[str]:
    """Everything that is wrong with the parameters of a request."""
    if shape is None:
        return [f"unknown parameter '{name}'" for name in params]
    return list(_structure(shape, params, "", opaque))


def _structure(shape: Shape, value: dict, path: str, opaque: set):
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_at(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if name in opaque and not path:
            continue
        if name not in shape.members:
            yield f"unknown parameter '{_at(path, name)}'"
        elif not getattr(shape.members[name], "is_document_type", False):
            yield from _value(shape.members[name], item, _at(path, name), name)


def _at(path: str, name: str) -> str:
    """AWS writes paths with a small first letter, members joined by dots."""
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _value(shape: Shape, value, path: str, name: str):
    kind = _TYPES.get(shape.type_name)
    if kind and (not isinstance(value, kind) or (isinstance(value, bool) and shape.type_name not in ("boolean",))):
        yield f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: Member must be of type {shape.type_name}"
        return
    size = value if isinstance(value, (int, float)) else len(value) if hasattr(value, "__len__") else None
    yield from _bounds(shape, value, size, path)
    if shape.type_name == "structure":
        yield from _structure(shape, value, path, frozenset())
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield from _value(shape.member, item, f"{path}.{number}.member", name)
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _value(shape.key, key, f"{path}.key", name)
            yield from _value(shape.value, item, f"{path}.{key}.value", name)
    elif shape.type_name == "string":
        yield from _text(shape, value, path, name)


def _bounds(shape: Shape, value, size, path: str):
    if size is None or isinstance(value, bool):
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    number = isinstance(value, (int, float))
    if low is not None and size < low:
        says = f"have value greater than or equal to {low}" if number else f"have length greater than or equal to {low}"
        yield f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: Member must {says}"
    if high is not None and size > high:
        says = f"have value less than or equal to {high}" if number else f"have length less than or equal to {high}"
        yield f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: Member must {says}"


def _text(shape: Shape, value: str, path: str, name: str):
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed and name not in _OPEN_ENUMS:
        yield (f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: "
               f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not allowed and (compiled := _compiled(pattern)) and not compiled.fullmatch(value):
        yield (f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: "
               f"Member must satisfy regular expression pattern: {pattern}")


@cache
def _compiled(pattern: str):
    """The models' patterns are Java's: characters beyond the basic plane are spelled as surrogates there."""
    for java, python in ((r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
                         (r"\ud800\udc00-\udbff\udfff", r"\U00010000-\U0010FFFF")):
        pattern = pattern.replace(java, python)
    try:
        return regex.compile(pattern, regex.DOTALL)
    except regex.error:
        return None


def _shown(value) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:200] + "…"
