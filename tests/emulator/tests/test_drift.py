"""Drift: none where nothing was changed by hand; every change by hand is found, property by property."""

import json

import pytest

from .conftest import Stacks, wait
from .templates import pipeline

# Types of our templates for which CloudFormation detects no drift.
UNCHECKED = {"AWS::Glue::Table", "AWS::SNS::TopicPolicy"}


@pytest.fixture(scope="module")
def deployed(session_emulator):
    """One pipeline for all tests of this module; each undoes nothing, so each looks at its own resource."""
    session_emulator.control("POST", "/reset")
    stacks = Stacks(session_emulator)
    stack = stacks.deploy("demo", pipeline(), Tags=[{"Key": "bucketscope:pipeline", "Value": "demo"}])
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons("demo")
    return session_emulator, stacks


def drifts(stacks: Stacks) -> dict[str, dict]:
    """Runs a detection; logical id -> its drift."""
    detection = stacks.cloudformation.detect_stack_drift(StackName="demo")["StackDriftDetectionId"]
    first = stacks.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert first["DetectionStatus"] == "DETECTION_IN_PROGRESS"
    status = stacks.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert status["DetectionStatus"] == "DETECTION_COMPLETE", status
    found = stacks.cloudformation.describe_stack_resource_drifts(StackName="demo")["StackResourceDrifts"]
    return {drift["LogicalResourceId"]: drift for drift in found}


def test_nothing_changed_is_in_sync(deployed):
    _, stacks = deployed
    found = drifts(stacks)
    drifted = [json.dumps(d, default=str) for d in found.values() if d["StackResourceDriftStatus"] != "IN_SYNC"]
    assert not drifted, "\n".join(drifted)
    unchecked = {r["Type"] for name, r in pipeline()["Resources"].items() if name not in found}
    assert unchecked == UNCHECKED
