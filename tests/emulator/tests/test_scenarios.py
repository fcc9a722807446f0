"""The rendered templates of scenarios deploy, are in sync, and are destroyed; only what they keep is left."""

import io
import json
import re
import stat
import zipfile
from pathlib import Path

import pytest

from .conftest import TESTS, Emulator, Stacks, wait
from .test_services import BOOTSTRAP

SCENARIOS = TESTS / "blueprint" / "scenarios"
ACCOUNT = "123456789012"
# Answers CloudFormation in the place of the functions' program.
ANSWER = BOOTSTRAP.replace("request.read()", "event = json.load(request)").replace('''    answer = json''', '''    reply = json.dumps({
        "Status": "SUCCESS", "PhysicalResourceId": event["LogicalResourceId"], "StackId": event["StackId"],
        "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"]}).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], reply, method="PUT"))
    answer = json''')


def programs() -> bytes:
    """The zip file of the functions."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = (stat.S_IFREG | 0o755) << 16
        file.writestr(entry, ANSWER)
    return packed.getvalue()


class Account:
    """The account of the scenarios, in one Region."""

    def __init__(self, emulator: Emulator, region: str):
        self.region = region
        self.s3 = emulator.client("s3", ACCOUNT, region)
        self.stacks = Stacks(emulator, region)
        self.stacks.cloudformation = emulator.client("cloudformation", ACCOUNT, region)

    def bucket(self, name: str) -> None:
        """A bucket of the people whose account it is."""
        where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.s3.create_bucket(Bucket=name, **where)

    def deploy(self, name: str, text: str) -> None:
        """Puts what the template needs in place, and deploys it from the assets bucket if it is long."""
        for bucket, key in set(re.findall(r'"S3Bucket": "([^"]+)",\s*"S3Key": "([^"]+)"', text)):
            self.s3.put_object(Bucket=bucket, Key=key, Body=programs())
        for resource in json.loads(text)["Resources"].values():
            if resource["Type"].startswith("Custom::"):
                self.bucket(resource["Properties"]["Bucket"])
        more = {}
        if len(text) > 51_200:
            assets = next(b["Name"] for b in self.s3.list_buckets()["Buckets"] if f"-assets-{self.region}-" in b["Name"])
            self.s3.put_object(Bucket=assets, Key="template.json", Body=text.encode())
            more["TemplateURL"] = f"https://{assets}.s3.{self.region}.amazonaws.com/template.json"
        stack = self.stacks.deploy(name, json.loads(text), **more)
        assert stack["StackStatus"] == "CREATE_COMPLETE", self.stacks.reasons(name)

    def in_sync(self, name: str) -> None:
        """Nothing has drifted."""
        cloudformation = self.stacks.cloudformation
        detection = cloudformation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
        wait(lambda: cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)["DetectionStatus"]
             == "DETECTION_COMPLETE")
        found = cloudformation.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
        assert not [drift for drift in found if drift["StackResourceDriftStatus"] != "IN_SYNC"]

    def destroy(self, name: str) -> None:
        """Empties the assets and deletes the stack."""
        for bucket in self.s3.list_buckets()["Buckets"]:
            if f"-assets-{self.region}-" in bucket["Name"] and name.endswith("-assets"):
                for item in self.s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
                    self.s3.delete_object(Bucket=bucket["Name"], Key=item["Key"])
        assert self.stacks.delete(name) == "DELETE_COMPLETE", self.stacks.reasons(name)


def order(path: Path) -> tuple:
    """Assets first, then collectors, then the lake, then what stands on it."""
    kinds = ("-assets", "-collector", "-lake", "-dashboards")
    return next(at for at, kind in enumerate(kinds) if kind in path.stem), path.name


@pytest.mark.parametrize("scenario", ["minimal", "everything", "china", "regions", "kms", "dashboards-imported"])
def test_a_scenario_deploys_and_goes(emulator, scenario):
    emulator.client("iam", ACCOUNT).create_policy(PolicyName="pipelines", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    templates = sorted((SCENARIOS / scenario).glob("*.json"), key=order)
    for path in templates:
        region, name = path.stem.split(".", 1)
        account = Account(emulator, region)
        account.deploy(name, path.read_text())
        account.in_sync(name)
    for path in reversed(templates):
        region, name = path.stem.split(".", 1)
        Account(emulator, region).destroy(name)
    assert set(emulator.control("GET", "/inventory")) <= {"s3 bucket", "iam policy"}
