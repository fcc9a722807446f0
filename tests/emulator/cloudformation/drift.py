"""Drift detection that reads resources through the API, and takes a moment, as it does at AWS."""

import asyncio

import ministack.services.cloudformation as service
from ministack.core.concurrency import run_reentrant
from ministack.services.cloudformation import handlers
from ministack.services.cloudformation.helpers import _p

_original_handle = service.handle_request
_original_status = handlers._ACTION_HANDLERS["DescribeStackDriftDetectionStatus"]
_original_detect = handlers._ACTION_HANDLERS["DetectStackDrift"]
# Detections whose first description still says that they are under way.
_fresh: set[str] = set()


async def _handle(method: str, path: str, headers: dict, body: bytes, query: dict) -> tuple:
    """Detection reads through HTTP calls to this process, so it must not hold the event loop."""
    if any(mark in body for mark in (b"Action=DetectStackDrift", b"Action=DetectStackResourceDrift", b"DeploymentMode=REVERT_DRIFT")):
        return await run_reentrant(lambda: asyncio.run(_original_handle(method, path, headers, body, query)))
    return await _original_handle(method, path, headers, body, query)


def _detect(params: dict) -> tuple:
    answer = _original_detect(params)
    text = answer[2].decode() if isinstance(answer[2], bytes) else answer[2]
    if "<StackDriftDetectionId>" in text:
        _fresh.add(text.split("<StackDriftDetectionId>")[1].split("<")[0])
    return answer


def _status(params: dict) -> tuple:
    """The first answer is DETECTION_IN_PROGRESS: a client that does not wait must be found out."""
    status, headers, body = _original_status(params)
    detection = _p(params, "StackDriftDetectionId")
    if detection in _fresh:
        _fresh.discard(detection)
        text = body.decode() if isinstance(body, bytes) else body
        for done in ("DETECTION_COMPLETE", "DETECTION_FAILED"):
            text = text.replace(f"<DetectionStatus>{done}<", "<DetectionStatus>DETECTION_IN_PROGRESS<")
        body = text.encode()
    return status, headers, body


service.handle_request = _handle
handlers._ACTION_HANDLERS["DetectStackDrift"] = _detect
handlers._ACTION_HANDLERS["DescribeStackDriftDetectionStatus"] = _status
