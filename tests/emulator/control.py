"""The control routes, `/_emulator/…`: what a test does to AWS that no customer could. README.md lists them."""

import asyncio
import json
from collections.abc import Callable

import ministack.app
from ministack.core.responses import request_scope

from . import inventory, permissions, registry, settings

Route = Callable[[dict], dict]
_routes: dict[tuple[str, str], Route] = {}


def route(method: str, path: str):
    """Registers a control route; the function takes query and JSON body in one dict and gives the answer."""
    def register(function: Route) -> Route:
        _routes[method, path] = function
        return function
    return register


async def handle(method: str, path: str, query: dict, body: bytes) -> tuple[int, dict, bytes]:
    """Answers a control request."""
    function = _routes.get((method, path))
    if function is None:
        known = ", ".join(sorted(f"{verb} {name}" for verb, name in _routes))
        return _answer(404, {"error": f"no such route: {method} {path}", "routes": known})
    try:
        arguments = {name: values[0] for name, values in query.items()} | json.loads(body or b"{}")
        with request_scope(arguments.pop("account", "000000000000"), arguments.pop("region", "us-east-1")):
            return _answer(200, await asyncio.to_thread(function, arguments))
    except (KeyError, ValueError, TypeError) as error:
        return _answer(400, {"error": f"{type(error).__name__}: {error}"})


def _answer(status: int, value: dict) -> tuple[int, dict, bytes]:
    return status, {"content-type": "application/json"}, json.dumps(value, default=str).encode()


@route("GET", "/health")
def health(_: dict) -> dict:
    """Answers as soon as requests are served."""
    return {"status": "running"}


@route("POST", "/reset")
def reset(_: dict) -> dict:
    """Forgets everything: resources of every account and Region, rules, mails, faults."""
    ministack.app._reset_all_state()
    for forget in registry.resets:
        forget()
    return {"reset": True}


@route("GET", "/inventory")
def list_everything(arguments: dict) -> dict:
    """Everything that exists, service by service; `contains` keeps the names that contain a text."""
    return inventory.everything(arguments.get("contains", ""))


@route("POST", "/deny")
def deny(arguments: dict) -> dict:
    """Denies calls: {"action": "glue:Start*", "resource": "*", "caller": "user"|"any"|…, "times": 1}."""
    return permissions.add_denial(arguments)


@route("DELETE", "/deny")
def allow_again(_: dict) -> dict:
    """Drops every denial."""
    permissions.denials.clear()
    return {"denials": 0}


@route("POST", "/enforce")
def enforce(arguments: dict) -> dict:
    """Switches the enforcement of roles' policies on or off: {"enforce": true}."""
    settings.enforce = bool(arguments["enforce"])
    return {"enforce": settings.enforce}


@route("POST", "/record")
def record_to(arguments: dict) -> dict:
    """Records to another file from now on: {"path": "…"}; null stops."""
    settings.record_path = arguments["path"]
    return {"path": settings.record_path}
