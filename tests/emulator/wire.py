"""Which operation a request asks for, and with what parameters, by botocore's service models.

botocore carries the same models from which AWS generates its SDKs, so a request that cannot be read by them is one
that AWS would not read either.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

import botocore.loaders
from botocore.model import OperationModel, ServiceModel, Shape

# Signing name of a request -> botocore's name of the service, where they differ.
SERVICES_BY_SCOPE = {
    "monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "states": "stepfunctions",
    "execute-api": None, "s3express": "s3", "organizations": "organizations",
}
_loader = botocore.loaders.Loader()


@dataclass
class Call:
    """A request as its service understands it."""

    service: str
    operation: str
    params: dict
    protocol: str
    model: OperationModel | None = None
    region: str = ""
    # Members of the request whose bytes are not looked into (bodies of objects).
    opaque: set = field(default_factory=set)


class UnknownOperation(Exception):
    """The service's model has no such operation."""

    def __init__(self, service: str, protocol: str, what: str):
        super().__init__(what)
        self.service, self.protocol, self.what = service, protocol, what


@lru_cache(maxsize=None)
def service_model(service: str) -> ServiceModel | None:
    """botocore's model of a service, or None where it has none."""
    try:
        return ServiceModel(_loader.load_service_model(service, "service-2"), service)
    except botocore.exceptions.UnknownServiceError:
        return None


def signing_scope(headers: dict, query: dict) -> tuple[str, str, str]:
    """Access key id, Region and service of the signature, from the header or a presigned address."""
    match = re.search(r"Credential=([^,\s]+)", headers.get("authorization", ""))
    credential = match[1] if match else (query.get("X-Amz-Credential") or [""])[0]
    parts = unquote(credential).split("/")
    return (parts[0], parts[2], parts[3]) if len(parts) >= 5 else ("", "", "")


def unread(path: str, headers: dict, scope: str, region: str) -> Call:
    """A call of which only service and protocol are known, for an error about the rest."""
    service = SERVICES_BY_SCOPE.get(scope, scope) or scope
    model = service_model(service)
    if path.startswith("/service/"):
        protocol = "smithy-rpc-v2-cbor"
    else:
        protocol = "json" if "x-amz-target" in headers or model is None else model.metadata["protocol"]
    return Call(service, "?", {}, protocol, region=region)


def parse(method: str, path: str, headers: dict, query: dict, body: bytes, scope: str) -> Call | None:
    """The call that a request is, None where no model describes the service."""
    service = SERVICES_BY_SCOPE.get(scope, scope)
    model = service_model(service) if service else None
    if model is None:
        return None
    if found := re.fullmatch(r"/service/[^/]+/operation/(\w+)", path):
        import cbor2

        return _call(model, "smithy-rpc-v2-cbor", found[1], cbor2.loads(body) if body else {})
    if target := headers.get("x-amz-target"):
        return _call(model, "json", target.split(".")[-1], _without_nulls(json.loads(body or b"{}")))
    if model.metadata["protocol"].startswith("rest"):
        return _rest_call(model, method, path, headers, query, body)
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    form.update({name: values[0] for name, values in query.items()})
    return _query_call(model, form)


def _operation(model: ServiceModel, protocol: str, name: str) -> OperationModel:
    if name not in model.operation_names:
        raise UnknownOperation(model.service_name, protocol, name or "(none)")
    return model.operation_model(name)


def _call(model: ServiceModel, protocol: str, name: str, params: dict) -> Call:
    return Call(model.service_name, name, params, protocol, _operation(model, protocol, name))


def _without_nulls(value):
    """A JSON null means that the member was not given."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


# ---- query: a.b.member.1.c=… -------------------------------------------------------------------------------------


def _query_call(model: ServiceModel, form: dict) -> Call:
    operation = _operation(model, "query", form.get("Action", ""))
    rest = {name: value for name, value in form.items() if name not in ("Action", "Version")}
    shape = operation.input_shape
    return Call(model.service_name, operation.name, _query_value(shape, rest, "") if shape else rest, "query", operation)


def _query_value(shape: Shape, form: dict, prefix: str):
    """The value that the form's names under `prefix` spell; None where there are none."""
    if shape.type_name == "structure":
        return _query_structure(shape, form, prefix)
    if shape.type_name == "list":
        return _query_list(shape, form, prefix)
    if shape.type_name == "map":
        return _query_map(shape, form, prefix)
    return _scalar(shape, form[prefix]) if prefix in form else None


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


def _scalar(shape: Shape, text: str):
    """A scalar that came as text, in its type; left as text where it does not fit, for the validation to say."""
    if not isinstance(text, str):
        return text
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
        if shape.type_name == "blob":
            return base64.b64decode(text)
    except ValueError:
        return text
    return text.lower() == "true" if shape.type_name == "boolean" and text.lower() in ("true", "false") else text


# ---- rest: method, address, headers, body --------------------------------------------------------------------------


@dataclass
class _Route:
    operation: OperationModel
    pattern: re.Pattern
    query: dict
    needed_query: list
    needed_headers: list

    def score(self, path: str, query: dict, headers: dict) -> int:
        """How well a request fits; negative where it does not."""
        if not self.pattern.fullmatch(path):
            return -1
        for name, value in self.query.items():
            if name not in query or (value and query[name][0] != value):
                return -1
        if any(name not in query for name in self.needed_query) or any(name not in headers for name in self.needed_headers):
            return -1
        return 10 * len(self.query) + len(self.needed_query) + len(self.needed_headers)


@lru_cache(maxsize=None)
def _routes(service: str) -> dict[str, list[_Route]]:
    """The operations of a service by method."""
    model, routes = service_model(service), {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated:
            continue
        uri, _, query = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", uri))
        wanted = dict(parse_qsl(query, keep_blank_values=True))
        wanted.pop("x-id", None)
        shape = operation.input_shape
        needed = [m for m in shape.required_members] if shape else []
        place = {member: shape.members[member].serialization for member in needed}
        routes.setdefault(operation.http["method"], []).append(_Route(
            operation, re.compile(pattern.rstrip("/") + "/?"), wanted,
            [s["name"] for s in place.values() if s.get("location") == "querystring"],
            [s["name"].lower() for s in place.values() if s.get("location") == "header"]))
    return routes


def _rest_call(model: ServiceModel, method: str, path: str, headers: dict, query: dict, body: bytes) -> Call:
    protocol = model.metadata["protocol"]
    candidates = [(route.score(path, query, headers), route) for route in _routes(model.service_name).get(method, [])]
    score, route = max(candidates, key=lambda found: found[0], default=(-1, None))
    if score < 0:
        raise UnknownOperation(model.service_name, protocol, f"{method} {path}")
    call = Call(model.service_name, route.operation.name, {}, protocol, route.operation)
    shape = route.operation.input_shape
    if shape is None:
        return call
    labels = route.pattern.fullmatch(path).groupdict()
    bodied = {}
    for member, inner in shape.members.items():
        place = inner.serialization.get("location")
        name = inner.serialization.get("name", member)
        if place == "uri":
            call.params[member] = _scalar(inner, unquote(labels.get(name, labels.get(member, ""))))
        elif place == "querystring":
            _put(call.params, member, _from_query(inner, query, name))
        elif place == "header":
            if name.lower() in headers:
                call.params[member] = _header(inner, headers[name.lower()])
        elif place == "headers":
            found = {key[len(name):]: value for key, value in headers.items() if key.startswith(name.lower())}
            _put(call.params, member, found or None)
        else:
            bodied[member] = inner
    _read_body(call, shape, bodied, body)
    return call


def _put(params: dict, name: str, value) -> None:
    if value is not None:
        params[name] = value


def _from_query(shape: Shape, query: dict, name: str):
    if shape.type_name == "map":
        return None
    if name not in query:
        return None
    if shape.type_name == "list":
        return [_scalar(shape.member, text) for text in query[name]]
    return _scalar(shape, query[name][0])


def _header(shape: Shape, text: str):
    if shape.type_name == "list":
        return [_scalar(shape.member, part.strip()) for part in text.split(",")]
    return _scalar(shape, text)


def _read_body(call: Call, shape: Shape, members: dict, body: bytes) -> None:
    payload = shape.serialization.get("payload")
    if payload:
        inner = shape.members[payload]
        if inner.type_name in ("blob", "string"):
            call.params[payload] = body
            call.opaque.add(payload)
        elif body:
            call.params[payload] = _document(call.protocol, inner, body)
    elif members and body:
        value = _document(call.protocol, shape, body)
        call.params.update(value if isinstance(value, dict) else {})


def _document(protocol: str, shape: Shape, body: bytes):
    if protocol == "rest-json":
        return _from_json(shape, _without_nulls(json.loads(body)))
    return _from_xml(shape, ElementTree.fromstring(body))


def _from_json(shape: Shape, value):
    """JSON names of members are their wire names, which may differ from the model's."""
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {inner.serialization.get("name", member): member for member, inner in shape.members.items()}
        return {names.get(key, key): _from_json(shape.members[names[key]], item) if key in names else item
                for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_from_json(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _from_json(shape.value, item) for key, item in value.items()}
    return value


def _from_xml(shape: Shape, element: ElementTree.Element):
    if shape.type_name == "structure":
        names = {inner.serialization.get("name", member): member for member, inner in shape.members.items()}
        value, found = {}, {}
        for child in element:
            found.setdefault(_local(child.tag), []).append(child)
        for name, children in found.items():
            member = names.get(name)
            if member is None:
                value[name] = children[0].text or ""
                continue
            inner = shape.members[member]
            flat = inner.type_name == "list" and inner.serialization.get("flattened")
            value[member] = [_from_xml(inner.member, c) for c in children] if flat else _from_xml(inner, children[0])
        for attribute, text in element.attrib.items():
            member = next((m for m, inner in shape.members.items()
                           if inner.serialization.get("xmlAttribute") and inner.serialization["name"].endswith(_local(attribute))), None)
            if member:
                value[member] = text
        return value
    if shape.type_name == "list":
        return [_from_xml(shape.member, child) for child in element]
    return _scalar(shape, element.text or "")


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
