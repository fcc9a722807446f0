"""One emulator for all tests; each test uses names of its own, or resets."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

TESTS = Path(__file__).resolve().parents[2]


class Emulator:
    """A running emulator, and clients of it."""

    def __init__(self, url: str, record: Path):
        self.url, self.record_path = url, record

    def client(self, service: str, key: str = "test", region: str = "us-east-1"):
        """A boto3 client that does not retry."""
        return boto3.client(service, endpoint_url=self.url, region_name=region, aws_access_key_id=key,
                            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))

    def control(self, method: str, path: str, **arguments):
        """Calls a control route."""
        request = urllib.request.Request(f"{self.url}/_emulator{path}", json.dumps(arguments).encode(), method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def records(self) -> list[dict]:
        """What was recorded so far."""
        return [json.loads(line) for line in self.record_path.read_text().splitlines()]


def start(record: Path, *options: str) -> tuple[subprocess.Popen, str]:
    """Starts an emulator and waits for its ready line."""
    process = subprocess.Popen([sys.executable, "-m", "emulator", "--record", str(record), *options], cwd=TESTS,
                               stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    line = process.stdout.readline()
    assert line.startswith("emulator ready "), line
    return process, line.split()[-1]


@pytest.fixture(scope="session")
def session_emulator(tmp_path_factory):
    """The process that all tests share."""
    record = tmp_path_factory.mktemp("record") / "calls.ndjson"
    process, url = start(record)
    yield Emulator(url, record)
    process.terminate()
    assert process.wait(5) == 0


@pytest.fixture
def emulator(session_emulator):
    """The shared emulator, emptied."""
    session_emulator.control("POST", "/reset")
    session_emulator.control("POST", "/enforce", enforce=False)
    session_emulator.record_path.write_text("")
    return session_emulator


def wait(condition, seconds: float = 20, pause: float = 0.05):
    """Waits until a condition holds and gives its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError("waited in vain")


class Stacks:
    """A stack as the command line handles it: change set, execution, waiting."""

    def __init__(self, emulator: Emulator, region: str = "us-east-1"):
        self.cloudformation = emulator.client("cloudformation", region=region)

    def change_set(self, name: str, template: dict, kind: str = "CREATE", **more) -> dict:
        """Creates a change set and waits until it is settled."""
        body = {} if "TemplateURL" in more else {"TemplateBody": json.dumps(template)}
        identity = self.cloudformation.create_change_set(
            StackName=name, ChangeSetName=f"set-{time.monotonic_ns()}", ChangeSetType=kind, Capabilities=["CAPABILITY_NAMED_IAM"],
            **body, **more)["Id"]
        return wait(lambda: (c := self.cloudformation.describe_change_set(ChangeSetName=identity, IncludePropertyValues=True)
                             ) and c["Status"] in ("CREATE_COMPLETE", "FAILED") and c)

    def execute(self, change_set: dict) -> dict:
        """Executes a change set; gives the stack as it ends."""
        self.cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
        return self.settled(change_set["StackName"])

    def deploy(self, name: str, template: dict, kind: str = "CREATE", **more) -> dict:
        """Creates and executes a change set; gives the stack as it ends."""
        change_set = self.change_set(name, template, kind, **more)
        assert change_set["ExecutionStatus"] == "AVAILABLE", change_set
        return self.execute(change_set)

    def settled(self, name: str) -> dict:
        """The stack when no operation runs any more."""
        return wait(lambda: (s := self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
                             ) and not s["StackStatus"].endswith("IN_PROGRESS") and s)

    def delete(self, name: str) -> str:
        """Deletes a stack; gives the status in which it ends."""
        identity = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=name)
        return self.settled(identity)["StackStatus"]

    def events(self, name: str) -> list[dict]:
        """The events, oldest first."""
        return list(reversed(self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]))

    def reasons(self, name: str) -> str:
        """The reasons of all failures, for a test that did not expect one."""
        return "\n".join(f"{e['LogicalResourceId']} {e['ResourceStatus']}: {e.get('ResourceStatusReason', '')}"
                         for e in self.events(name) if "FAILED" in e["ResourceStatus"])


@pytest.fixture
def stacks(emulator):
    """Stacks in us-east-1."""
    return Stacks(emulator)
