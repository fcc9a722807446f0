"""Stacks: made, changed, rolled back, deleted, made again."""

import copy

import pytest
from botocore.exceptions import ClientError

from .conftest import wait
from .templates import bucket, pipeline

TAGS = [{"Key": "bucketscope:pipeline", "Value": "demo"}]


def test_a_pipeline_is_made_and_destroyed_to_nothing(emulator, stacks):
    stack = stacks.deploy("demo", pipeline(), Tags=TAGS)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons("demo")
    assert {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]} == {"Lake": "demo-lake", "Job": "demo-etl"}
    made = emulator.control("GET", "/inventory")
    assert made["glue crawler"] == ["000000000000/us-east-1/demo-lake"]
    assert stacks.delete("demo") == "DELETE_COMPLETE", stacks.reasons(stack["StackId"])
    assert emulator.control("GET", "/inventory") == {"s3 bucket": ["000000000000/demo-lake"]}
