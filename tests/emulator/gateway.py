"""The way of every request: who calls, what is called, is it allowed, is it valid; then the answer; then the record."""

import json
import logging
from datetime import datetime
from urllib.parse import parse_qs

import ministack.app
from ministack.core.responses import new_uuid, set_request_account_id, set_request_region

from . import callers, constraints, control, errors, partitions, permissions, recorder, registry, settings, wire
from .callers import Caller
from .errors import AwsError
from .wire import Call

logger = logging.getLogger("emulator")


async def application(scope, receive, send) -> None:
    """The ASGI application."""
    if scope["type"] != "http":
        await ministack.app.app(scope, receive, send)
        return
    body = await _body(receive)
    path = scope["path"]
    query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
    if path.startswith("/_emulator/"):
        await _send(send, await control.handle(scope["method"], path.removeprefix("/_emulator"), query, body))
        return
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    access_key, region, signed_for = wire.signing_scope(headers, query)
    if path.startswith("/_ministack/") or not signed_for:
        await ministack.app.app(scope, _replay(body, receive), send)
        return
    set_request_account_id(access_key)
    set_request_region(region)
    await _signed(scope, receive, send, body, headers, query, (access_key, region, signed_for))


async def _signed(scope, receive, send, body, headers, query, signature) -> None:
    access_key, region, signed_for = signature
    caller = callers.resolve(access_key)
    path = _raw_path(scope)
    # What the emulator's own machinery sends is in its own terms already.
    foreign = partitions.of_region(region) != "aws" and caller.kind not in ("cloudformation", "crawler", "scheduler")
    if foreign:
        send = _translated(send, region)
    try:
        if foreign and (signed_for != "s3" or {"policy", "notification", "encryption"} & query.keys()):
            body = partitions.enter(region, body)
        call = wire.parse(scope["method"], path, headers, query, body, signed_for)
    except wire.UnknownOperation as unknown:
        call = Call(unknown.service, unknown.what, {}, unknown.protocol, region=region)
        await _refuse(send, call, caller, AwsError(
            "InvalidAction" if unknown.protocol == "query" else "UnknownOperationException",
            f"The action {unknown.what} is not valid for this web service.", 400))
        return
    except AwsError as error:
        await _refuse(send, wire.unread(path, headers, signed_for, region), caller, error)
        return
    except Exception as error:  # a body that its model cannot read: hostile or broken
        call = wire.unread(path, headers, signed_for, region)
        code = "MalformedXML" if signed_for == "s3" else "SerializationException"
        await _refuse(send, call, caller, AwsError(code, f"the request cannot be read: {error}"))
        return
    if call is None:
        call = Call(signed_for, f"{scope['method']} {path}", {}, "json", region=region)
        if settings.fail_on_unknown:
            await _refuse(send, call, caller, AwsError("UnknownService", f"no model of the service {signed_for}"))
            return
    call.region = region
    try:
        _admit(call, caller, access_key)
        own = registry.operations.get((call.service, call.operation))
        answer = own(call, caller) if own else None
    except AwsError as error:
        await _refuse(send, call, caller, error)
        return
    except Exception:  # a defect of the emulator must show as one
        logger.exception("%s %s", call.service, call.operation)
        await _refuse(send, call, caller, AwsError("InternalFailure", "the emulator failed; see its log", 500))
        return
    if own:
        recorder.record(call, caller, 200)
        await _send(send, (200, {"content-type": _content_type(call)}, _serialise(call, answer)))
        return
    await _forward(scope, receive, send, body, call, caller)


def _admit(call: Call, caller: Caller, access_key: str) -> None:
    """Raises what speaks against a call: its credentials, a permission, its form, a rule of its service."""
    callers.check_credentials(access_key, call.service, call.protocol)
    if call.model is not None:
        found = constraints.problems(call.model.input_shape, call.params, call.opaque)
        if found:
            raise errors.validation(call.service, found)
    permissions.check(call, caller)
    for check in registry.checks[call.service]:
        check(call, caller)


async def _forward(scope, receive, send, body: bytes, call: Call, caller: Caller) -> None:
    """Lets ministack answer, and records how it did."""
    seen = {"status": 0, "body": b""}

    async def watch(message) -> None:
        if message["type"] == "http.response.start":
            seen["status"] = message["status"]
        elif seen["status"] >= 400:
            seen["body"] += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            # Before the last byte leaves: whoever has the answer finds the record.
            recorder.record(call, caller, seen["status"], errors.text_of(seen["body"])[0] if seen["status"] >= 400 else "")
        await send(message)

    await ministack.app.app(_with_length(scope, body), _replay(body, receive), watch)


def _with_length(scope, body: bytes):
    """The request as it stands after its body was translated."""
    headers = [(name, str(len(body)).encode() if name.lower() == b"content-length" else value) for name, value in scope["headers"]]
    return {**scope, "headers": headers}


def _translated(send, region: str):
    """Gathers an answer and sends it with the ARNs of the Region's partition."""
    start, parts = {}, []

    async def gather(message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = partitions.leave(region, b"".join(parts))
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length" or not body]
        if body:
            headers.append((b"content-length", str(len(body)).encode()))
        await send({**start, "headers": [(name, partitions.leave(region, value)) for name, value in headers]})
        await send({"type": "http.response.body", "body": body})

    return gather


async def _refuse(send, call: Call, caller: Caller, error: AwsError) -> None:
    recorder.record(call, caller, error.status, error.code)
    await _send(send, errors.response(error, call.service, call.protocol))


def _content_type(call: Call) -> str:
    return "application/json" if call.protocol == "rest-json" else "application/x-amz-json-1.1"


def _serialise(call: Call, answer: dict | None) -> bytes:
    """JSON in the wire names of the operation's output."""
    shape = call.model.output_shape if call.model else None
    return json.dumps(_wire_names(shape, answer or {}), default=_timestamp).encode()


def _wire_names(shape, value):
    if shape is not None and shape.type_name == "structure" and isinstance(value, dict):
        return {inner.serialization.get("name", name): _wire_names(inner, value[name])
                for name, inner in shape.members.items() if value.get(name) is not None}
    if shape is not None and shape.type_name == "list" and isinstance(value, list):
        return [_wire_names(shape.member, item) for item in value]
    return value


def _timestamp(value):
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value)} has no form in JSON")


def _raw_path(scope) -> str:
    """The path as it was sent: keys of objects may hold encoded slashes."""
    raw = scope.get("raw_path")
    return raw.decode("latin-1").split("?")[0] if raw else scope["path"]


async def _body(receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive):
    """Hands a body that was already read to the next application."""
    sent = False

    async def again():
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _send(send, answer: tuple[int, dict, bytes]) -> None:
    status, headers, body = answer
    headers = {"x-amzn-requestid": new_uuid(), **headers, "content-length": str(len(body))}
    await send({"type": "http.response.start", "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()]})
    await send({"type": "http.response.body", "body": body})
