"""An error as a service answers it, in the wire format of that service."""

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ministack.core.responses import new_uuid


@dataclass
class AwsError(Exception):
    """A refusal, by the code that the service's API reference lists."""

    code: str
    message: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def response(error: AwsError, service: str, protocol: str) -> tuple[int, dict, bytes]:
    """Status, headers and body of an error in the given protocol."""
    request_id = new_uuid()
    headers = {"x-amzn-requestid": request_id}
    if service == "s3":
        headers["content-type"] = "application/xml"
        return error.status, headers, (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(error.code)}</Code>'
            f"<Message>{escape(error.message)}</Message><RequestId>{request_id}</RequestId></Error>"
        ).encode()
    if protocol in ("query", "ec2", "rest-xml"):
        headers["content-type"] = "text/xml"
        return error.status, headers, (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode()
    body = {"__type": error.code, "message": error.message, "Message": error.message}
    if protocol == "smithy-rpc-v2-cbor":
        import cbor2

        headers.update({"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor",
                        "x-amzn-query-error": f"{error.code};Sender"})
        return error.status, headers, cbor2.dumps(body)
    headers.update({"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": error.code})
    return error.status, headers, json.dumps(body).encode()


# The code under which a service reports a request its model does not allow, where it is not ValidationException.
_VALIDATION_CODES = {
    "cloudformation": "ValidationError", "iam": "ValidationError", "sts": "ValidationError",
    "cloudwatch": "ValidationError", "sns": "InvalidParameter", "athena": "InvalidRequestException",
    "logs": "InvalidParameterException", "s3": "InvalidRequest", "sqs": "InvalidParameterValue",
    "resourcegroupstaggingapi": "InvalidParameterException",
}


def validation(service: str, problems: list[str]) -> AwsError:
    """The error for a request that its service's model does not allow, worded as AWS words it."""
    noun = "error" if len(problems) == 1 else "errors"
    return AwsError(_VALIDATION_CODES.get(service, "ValidationException"),
                    f"{len(problems)} validation {noun} detected: " + "; ".join(problems))


def text_of(response_body: bytes) -> tuple[str, str]:
    """Code and message of an error body in any format; empty where there is none."""
    import re

    text = response_body.decode("utf-8", "replace") if isinstance(response_body, bytes) else str(response_body)
    if text.lstrip().startswith("<"):
        code = re.search(r"<Code>(.*?)</Code>", text, re.S)
        message = re.search(r"<Message>(.*?)</Message>", text, re.S)
        return (code[1] if code else ""), (message[1] if message else "")
    try:
        body = json.loads(text)
    except ValueError:
        return "", text[:200]
    if not isinstance(body, dict):
        return "", text[:200]
    return str(body.get("__type", "")).split("#")[-1], str(body.get("message") or body.get("Message") or "")
