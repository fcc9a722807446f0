"""Which operation a request asks for, and with what parameters, by botocore's service models.

botocore carries the same models from which AWS generates its SDKs, so a request that cannot be read by them is one
that AWS would not read either.
"""

import json
import re
from urllib.parse import parse_qsl, unquote

from .models import Call, UnknownOperation, operation, service_model, without_nulls
from .query import query_call
from .rest import rest_call

__all__ = ["SERVICES_BY_SCOPE", "Call", "UnknownOperation", "parse", "service_model", "signing_scope", "unread"]

# Signing name of a request -> botocore's name of the service, where they differ.
SERVICES_BY_SCOPE = {
    "monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "states": "stepfunctions",
    "execute-api": None, "s3express": "s3",
}


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
        return _call(model, "json", target.split(".")[-1], without_nulls(json.loads(body or b"{}")))
    if model.metadata["protocol"].startswith("rest"):
        return rest_call(model, method, path, headers, query, body)
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    form.update({name: values[0] for name, values in query.items()})
    return query_call(model, form)


def _call(model, protocol: str, name: str, params: dict) -> Call:
    return Call(model.service_name, name, params, protocol, operation(model, protocol, name))
