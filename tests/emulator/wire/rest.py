"""The rest protocols: method, address, headers, and a body in JSON or XML."""

import json
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from botocore.model import OperationModel, ServiceModel, Shape

from .models import Call, UnknownOperation, scalar, service_model, without_nulls


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


@cache
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


def rest_call(model: ServiceModel, method: str, path: str, headers: dict, query: dict, body: bytes) -> Call:
    """The call that method and address name; parameters stand in the address, the headers and the body."""
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
            call.params[member] = scalar(inner, unquote(labels.get(name, labels.get(member, ""))))
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
        return [scalar(shape.member, text) for text in query[name]]
    return scalar(shape, query[name][0])


def _header(shape: Shape, text: str):
    if shape.type_name == "list":
        return [scalar(shape.member, part.strip()) for part in text.split(",")]
    return scalar(shape, text)


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
        return _from_json(shape, without_nulls(json.loads(body)))
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
    return scalar(shape, element.text or "")


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
