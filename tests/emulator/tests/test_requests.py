"""What the door lets in: credentials, forms of requests, denials; and what is written down."""

import json
import os
import signal
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError

from .conftest import Emulator, start, wait
from .test_glue import make_job


def raw(emulator, service: str, target: str, body: dict) -> tuple[int, dict]:
    """A JSON request that no SDK would build."""
    request = botocore.awsrequest.AWSRequest("POST", emulator.url, data=json.dumps(body), headers={
        "x-amz-target": target, "content-type": "application/x-amz-json-1.1"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), service, "us-east-1").add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(emulator.url, request.body, dict(request.headers))) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize("service, target, body, code, message", [
    ("glue", "AWSGlue.StartJobRunn", {}, "UnknownOperationException", "StartJobRunn"),
    ("glue", "AWSGlue.GetJob", {}, "ValidationException", "at 'jobName' failed to satisfy constraint: Member must not be null"),
    ("glue", "AWSGlue.GetJob", {"JobName": "a", "Jobname": "a"}, "ValidationException", "unknown parameter 'jobname'"),
    ("glue", "AWSGlue.GetJob", {"JobName": 7}, "ValidationException", "must be of type string"),
    ("glue", "AWSGlue.GetJob", {"JobName": "x" * 256}, "ValidationException", "length less than or equal to 255"),
    ("glue", "AWSGlue.GetPartitions", {"DatabaseName": "d", "TableName": "t", "MaxResults": 5000}, "ValidationException", "value less"),
    ("logs", "Logs_20140328.PutRetentionPolicy", {"logGroupName": "a b", "retentionInDays": 7}, "InvalidParameterException", "pattern"),
    ("athena", "AmazonAthena.CreateWorkGroup", {"Name": "a b"}, "InvalidRequestException", "pattern"),
    ("glue", "AWSGlue.CreateJob", {"Name": "j", "Role": "r", "Command": {}, "WorkerType": "G.1X", "ExecutionClass": "FAST"},
     "ValidationException", "enum value set"),
])
def test_what_the_models_do_not_allow_is_refused(emulator, service, target, body, code, message):
    status, answer = raw(emulator, service, target, body)
    assert (status, answer["__type"]) == (400, code), answer
    assert message in answer["message"]


def test_a_request_that_is_no_json_is_refused_and_recorded(emulator):
    request = botocore.awsrequest.AWSRequest("POST", emulator.url, data=b"{", headers={"x-amz-target": "AWSGlue.GetJob"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "glue", "us-east-1").add_auth(request)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(emulator.url, b"{", dict(request.headers)))
    assert json.load(refused.value)["__type"] == "SerializationException"


@pytest.mark.parametrize("service, operation, expired, unknown", [
    ("s3", "list_buckets", "ExpiredToken", "InvalidAccessKeyId"),
    ("sts", "get_caller_identity", "ExpiredToken", "InvalidClientTokenId"),
    ("cloudformation", "list_stacks", "ExpiredToken", "InvalidClientTokenId"),
    ("glue", "get_databases", "ExpiredTokenException", "UnrecognizedClientException"),
    ("lambda", "list_functions", "ExpiredTokenException", "UnrecognizedClientException"),
    ("cloudwatch", "describe_alarms", "ExpiredTokenException", "UnrecognizedClientException"),
])
def test_credentials_that_do_not_count(emulator, service, operation, expired, unknown):
    for key, code in (("EXPIREDKEY", expired), ("INVALIDKEY", unknown)):
        with pytest.raises(ClientError) as refused:
            getattr(emulator.client(service, key), operation)()
        assert refused.value.response["Error"]["Code"] == code


def test_accounts_keep_apart(emulator):
    emulator.client("sns", "111122223333").create_topic(Name="a")
    assert emulator.client("sns").list_topics()["Topics"] == []
    assert emulator.client("sts", "111122223333").get_caller_identity()["Account"] == "111122223333"


@pytest.mark.parametrize("service, operation, action, arguments", [
    ("cloudformation", "list_stacks", "cloudformation:ListStacks", {}),
    ("s3", "list_objects_v2", "s3:ListBucket", {"Bucket": "b-denied"}),
    ("glue", "get_jobs", "glue:Get*", {}),
    ("iam", "list_roles", "iam:ListRoles", {}),
    ("cloudwatch", "describe_alarms", "cloudwatch:DescribeAlarms", {}),
    ("scheduler", "list_schedules", "scheduler:ListSchedules", {}),
])
def test_a_denial_speaks_aws_and_can_be_lifted(emulator, service, operation, action, arguments):
    emulator.client("s3").create_bucket(Bucket="b-denied")
    emulator.control("POST", "/deny", action=action)
    with pytest.raises(ClientError, match="is not authorized to perform") as refused:
        getattr(emulator.client(service), operation)(**arguments)
    assert refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    emulator.control("DELETE", "/deny")
    getattr(emulator.client(service), operation)(**arguments)


def test_a_denial_can_be_for_a_resource_and_for_some_times(emulator):
    s3 = emulator.client("s3")
    for name in ("one", "two"):
        s3.create_bucket(Bucket=f"bucket-{name}")
    emulator.control("POST", "/deny", action="s3:PutObject", resource="arn:aws:s3:::bucket-one/*", times=1)
    s3.put_object(Bucket="bucket-two", Key="k", Body=b"")
    with pytest.raises(ClientError):
        s3.put_object(Bucket="bucket-one", Key="k", Body=b"")
    s3.put_object(Bucket="bucket-one", Key="k", Body=b"")


def test_a_call_can_be_throttled(emulator):
    emulator.control("POST", "/deny", action="s3:ListAllMyBuckets", code="SlowDown", message="Please reduce your request rate.",
                     status=503, times=1)
    with pytest.raises(ClientError, match="SlowDown"):
        emulator.client("s3").list_buckets()
    emulator.client("s3").list_buckets()


def test_every_call_is_recorded_with_its_names(emulator):
    emulator.client("s3").create_bucket(Bucket="records")
    emulator.client("s3").put_object(Bucket="records", Key="a/b c%2F", Body=b"secret")
    with pytest.raises(ClientError):
        emulator.client("glue").get_job(JobName="none")
    made = emulator.records()
    records = [{key: r[key] for key in ("service", "operation", "names", "status")} | {"error": r.get("error")} for r in made]
    assert records == [
        {"service": "s3", "operation": "CreateBucket", "names": {"Bucket": "records"}, "status": 200, "error": None},
        {"service": "s3", "operation": "PutObject", "names": {"Bucket": "records", "Key": "a/b c%2F"}, "status": 200, "error": None},
        {"service": "glue", "operation": "GetJob", "names": {"JobName": "none"}, "status": 400, "error": "EntityNotFoundException"}]
    assert [r["resources"] for r in made] == [["arn:aws:s3:::records"], ["arn:aws:s3:::records/a/b c%2F"],
                                              ["arn:aws:glue:us-east-1:000000000000:job/none"]]


def test_it_ends_with_its_parent(tmp_path):
    script = ("import subprocess, sys, os; p = subprocess.Popen([sys.executable, '-m', 'emulator'], stdout=subprocess.PIPE, text=True);"
              "print(p.stdout.readline(), p.pid, flush=True); os._exit(0)")
    import subprocess
    import sys

    from .conftest import TESTS

    answer = subprocess.run([sys.executable, "-c", script], cwd=TESTS, capture_output=True, text=True, timeout=20)
    pid = int(answer.stdout.split()[-1])

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return open(f"/proc/{pid}/stat").read().split()[2] == "Z"

    wait(gone, seconds=10)


def test_it_ends_on_sigterm_and_takes_its_jobs_along(tmp_path):
    process, url = start(tmp_path / "record", "--data", str(tmp_path / "data"))
    own = Emulator(url, tmp_path / "record")
    make_job(own, f"import os, time; open('{tmp_path}/pid', 'w').write(str(os.getpid())); time.sleep(60)")
    own.client("glue").start_job_run(JobName="etl")
    pid = int(wait(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()))
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    wait(lambda: not os.path.exists(f"/proc/{pid}"))
