"""Jobs run, crawlers add partitions, and both act with their roles."""

import json
from importlib.util import find_spec

import pytest
from botocore.exceptions import ClientError

from .conftest import wait
from .templates import trust

ENDED = ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED")


def make_role(emulator, name: str, service: str, *statements: dict) -> str:
    """A role with one inline policy; gives its ARN."""
    iam = emulator.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust(service)))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return arn


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def make_job(emulator, script: str, *statements: dict, **more) -> None:
    """A pythonshell job with this script."""
    emulator.client("s3").create_bucket(Bucket="scripts")
    emulator.client("s3").put_object(Bucket="scripts", Key="job.py", Body=script.encode())
    role = make_role(emulator, "etl", "glue", *(statements or [ALL]))
    emulator.client("glue").create_job(**{
        "Name": "etl", "Role": role, "MaxCapacity": 0.0625, "Timeout": 1, "DefaultArguments": {"--a": "1", "--b": "2"},
        "Command": {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://scripts/job.py"}, **more})


def finished(emulator, identity: str) -> dict:
    """A run at its end."""
    glue = emulator.client("glue")
    return wait(lambda: (r := glue.get_job_run(JobName="etl", RunId=identity)["JobRun"]) and r["JobRunState"] in ENDED and r, seconds=60)


def run(emulator, **arguments) -> dict:
    """Starts a run and waits for its end."""
    return finished(emulator, emulator.client("glue").start_job_run(JobName="etl", Arguments=arguments)["JobRunId"])


def log(emulator, group: str, stream: str) -> list[str]:
    """The lines of a log stream."""
    events = emulator.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
    return [event["message"] for event in events]


def test_a_run_gets_its_arguments_and_is_logged(emulator):
    make_job(emulator, "import sys; print(sys.argv[1:]); print('oops', file=sys.stderr)")
    done = run(emulator, **{"--b": "3"})
    assert done["JobRunState"] == "SUCCEEDED", done
    assert log(emulator, "/aws-glue/python-jobs/output", done["Id"]) == ["['--a', '1', '--b', '3']"]
    assert log(emulator, "/aws-glue/python-jobs/error", done["Id"]) == ["oops"]
    assert done["DPUSeconds"] == pytest.approx(3.75)


def test_a_failed_run_tells_why_and_is_tried_again(emulator):
    make_job(emulator, "raise SystemExit('no lake')", MaxRetries=1)
    assert run(emulator)["ErrorMessage"] == "no lake"
    runs = wait(lambda: (r := emulator.client("glue").get_job_runs(JobName="etl")["JobRuns"]) and len(r) == 2 and r)
    assert [r["Attempt"] for r in runs] == [1, 0]


def test_runs_at_once_are_limited_and_can_be_stopped(emulator):
    make_job(emulator, "import subprocess; subprocess.run(['sleep', '60'])")
    glue = emulator.client("glue")
    first = glue.start_job_run(JobName="etl")["JobRunId"]
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        glue.start_job_run(JobName="etl")
    wait(lambda: glue.get_job_run(JobName="etl", RunId=first)["JobRun"]["JobRunState"] == "RUNNING")
    assert glue.batch_stop_job_run(JobName="etl", JobRunIds=[first])["SuccessfulSubmissions"]
    assert finished(emulator, first)["JobRunState"] == "STOPPED"


def test_a_run_ends_at_its_timeout(emulator):
    make_job(emulator, "import time; time.sleep(60)")
    emulator.control("POST", "/glue/minute", seconds=0.3)
    assert run(emulator)["JobRunState"] == "TIMEOUT"


def test_the_calls_of_a_run_are_recorded_under_its_name(emulator):
    make_job(emulator, "import boto3; boto3.client('s3').put_object(Bucket='scripts', Key='x', Body=b'')")
    assert run(emulator)["JobRunState"] == "SUCCEEDED"
    calls = [(r["service"], r["operation"], r["names"].get("Key")) for r in emulator.records() if r["caller"]["kind"] == "glue job"]
    assert ("s3", "GetObject", "job.py") in calls and ("s3", "PutObject", "x") in calls


READ_SCRIPT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::scripts/*"}


@pytest.mark.parametrize("statements, outcome", [
    ([ALL], "SUCCEEDED"),
    ([READ_SCRIPT], "FAILED"),
    ([ALL, {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}], "FAILED"),
    ([READ_SCRIPT, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::scripts/x",
                    "Condition": {"StringEquals": {"aws:ResourceAccount": "000000000000"}}}], "SUCCEEDED"),
    ([READ_SCRIPT, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::scripts/x",
                    "Condition": {"StringEquals": {"aws:ResourceAccount": "111111111111"}}}], "FAILED"),
])
def test_a_role_may_do_what_its_policies_say(emulator, statements, outcome):
    make_job(emulator, "import boto3; boto3.client('s3').put_object(Bucket='scripts', Key='x', Body=b'')", *statements)
    emulator.control("POST", "/enforce", enforce=True)
    assert run(emulator)["JobRunState"] == outcome


SPARK = """
import sys, boto3
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
bucket = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])["bucket"]
def work(n):
    boto3.client("s3").put_object(Bucket=bucket, Key=f"out/{n}", Body=b"")
    return n
spark = GlueContext(SparkContext.getOrCreate()).spark_session.sparkContext
print("sum", spark.parallelize(range(4), 2).map(work).sum())
"""


def make_spark_job(emulator) -> None:
    """A glueetl job whose tasks write objects."""
    make_job(emulator, SPARK)
    glue = emulator.client("glue")
    role = glue.get_job(JobName="etl")["Job"]["Role"]
    glue.update_job(JobName="etl", JobUpdate={
        "Role": role, "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}, "GlueVersion": "5.0",
        "WorkerType": "G.1X", "NumberOfWorkers": 2, "DefaultArguments": {"--bucket": "scripts"}})


@pytest.mark.skipif(not find_spec("pyspark"), reason="needs requirements-spark.txt")
def test_a_spark_job_runs_on_two_local_cores(emulator):
    make_spark_job(emulator)
    done = run(emulator)
    assert done["JobRunState"] == "SUCCEEDED", done
    assert log(emulator, "/aws-glue/jobs/output", done["Id"]) == ["sum 6"]
    assert [o["Key"] for o in emulator.client("s3").list_objects_v2(Bucket="scripts", Prefix="out/")["Contents"]] == [
        "out/0", "out/1", "out/2", "out/3"]


@pytest.mark.skipif(bool(find_spec("pyspark")), reason="pyspark is there")
def test_a_spark_job_says_what_it_needs(emulator):
    make_spark_job(emulator)
    assert "requirements-spark.txt" in run(emulator)["ErrorMessage"]


@pytest.mark.parametrize("namespace, outcome", [("ours", "SUCCEEDED"), ("theirs", "FAILED")])
def test_metrics_are_bound_by_their_namespace(emulator, namespace, outcome):
    make_job(emulator, "import boto3; boto3.client('cloudwatch').put_metric_data("
             "Namespace='ours', MetricData=[{'MetricName': 'Lag', 'Value': 1}])",
             READ_SCRIPT, {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
                           "Condition": {"StringEquals": {"cloudwatch:namespace": namespace}}})
    emulator.control("POST", "/enforce", enforce=True)
    assert run(emulator)["JobRunState"] == outcome


def test_glue_must_be_trusted(emulator):
    make_job(emulator, "pass")
    emulator.client("iam").update_assume_role_policy(RoleName="etl", PolicyDocument=json.dumps(trust("lambda")))
    assert "assume role permissions" in run(emulator)["ErrorMessage"]


@pytest.mark.parametrize("definition, message", [
    ({"MaxCapacity": 3}, "0.0625 or 1"),
    ({"WorkerType": "G.1X", "NumberOfWorkers": 2}, "do not set Max Capacity"),
])
def test_capacities_that_glue_refuses(emulator, definition, message):
    with pytest.raises(ClientError, match=message):
        make_job(emulator, "pass", **definition)


def make_table(emulator, *keys: str) -> None:
    """A partitioned table in s3://lake/records/, with these objects."""
    s3, glue = emulator.client("s3"), emulator.client("glue")
    s3.create_bucket(Bucket="lake")
    for key in keys:
        s3.put_object(Bucket="lake", Key=key, Body=b"x")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput={
        "Name": "records", "PartitionKeys": [{"Name": "day", "Type": "string"}, {"Name": "hour", "Type": "string"}],
        "StorageDescriptor": {"Location": "s3://lake/records", "Columns": [{"Name": "n", "Type": "bigint"}]}})


def make_crawler(emulator, *statements: dict) -> None:
    """A crawler of that table."""
    emulator.client("glue").create_crawler(
        Name="c", Role=make_role(emulator, "crawler", "glue", *(statements or [ALL])), DatabaseName="db",
        Targets={"CatalogTargets": [{"DatabaseName": "db", "Tables": ["records"]}]},
        SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"})


def crawl(emulator) -> dict:
    """Runs the crawler to its end; gives its last crawl."""
    glue = emulator.client("glue")
    glue.start_crawler(Name="c")
    return wait(lambda: (c := glue.get_crawler(Name="c")["Crawler"]) and c["State"] == "READY" and c["LastCrawl"])


def partitions(emulator, **more) -> list[list[str]]:
    """The values of the table's partitions."""
    pages = emulator.client("glue").get_paginator("get_partitions").paginate(DatabaseName="db", TableName="records", **more)
    return [p["Values"] for page in pages for p in page["Partitions"]]


def test_a_crawler_adds_the_partitions_that_the_storage_shows(emulator):
    make_table(emulator, "records/day=2026-06-01/hour=00/a.parquet", "records/day=2026-06-01/hour=01/a.parquet",
               "records/stray.txt", "other/day=2026-06-02/hour=00/a.parquet")
    make_crawler(emulator)
    emulator.control("POST", "/enforce", enforce=True)
    assert crawl(emulator)["Status"] == "SUCCEEDED"
    assert partitions(emulator) == [["2026-06-01", "00"], ["2026-06-01", "01"]]
    crawls = emulator.client("glue").list_crawls(CrawlerName="c")["Crawls"]
    assert json.loads(json.loads(crawls[0]["Summary"])["PARTITION"])["ADD"]["Count"] == 2
    assert crawl(emulator)["Status"] == "SUCCEEDED"
    assert len(partitions(emulator)) == 2
    where = emulator.client("glue").get_partition(DatabaseName="db", TableName="records", PartitionValues=["2026-06-01", "00"])
    assert where["Partition"]["StorageDescriptor"]["Location"] == "s3://lake/records/day=2026-06-01/hour=00/"


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:GetObject", "glue:GetTable", "glue:BatchCreatePartition"])
def test_a_crawler_without_a_permission_fails(emulator, action):
    make_table(emulator, "records/day=2026-06-01/hour=00/a.parquet")
    make_crawler(emulator, ALL, {"Effect": "Deny", "Action": action, "Resource": "*"})
    emulator.control("POST", "/enforce", enforce=True)
    last = crawl(emulator)
    assert last["Status"] == "FAILED" and action in last["ErrorMessage"]
    assert partitions(emulator) == []


def test_a_running_crawler_can_be_neither_started_nor_deleted(emulator):
    make_table(emulator)
    make_crawler(emulator)
    emulator.control("POST", "/glue/crawl", seconds=30)
    glue = emulator.client("glue")
    glue.start_crawler(Name="c")
    for act in (glue.start_crawler, glue.delete_crawler):
        with pytest.raises(ClientError, match="CrawlerRunningException"):
            act(Name="c")
    glue.stop_crawler(Name="c")
    wait(lambda: glue.get_crawler(Name="c")["Crawler"]["State"] == "READY")
    glue.delete_crawler(Name="c")


def test_catalogue_targets_must_not_delete(emulator):
    make_table(emulator)
    with pytest.raises(ClientError, match="LOG"):
        emulator.client("glue").create_crawler(
            Name="c", Role="r", Targets={"CatalogTargets": [{"DatabaseName": "db", "Tables": ["records"]}]})


def test_partitions_come_in_pages_and_are_filtered(emulator):
    make_table(emulator)
    glue = emulator.client("glue")
    for start in range(0, 24, 12):
        glue.batch_create_partition(DatabaseName="db", TableName="records", PartitionInputList=[
            {"Values": ["2026-06-01", f"{hour:02}"], "StorageDescriptor": {}} for hour in range(start, start + 12)])
    assert len(partitions(emulator, PaginationConfig={"PageSize": 5})) == 24
    assert len(partitions(emulator, Expression="day = '2026-06-01' AND hour >= '20'")) == 4
    answer = glue.batch_delete_partition(DatabaseName="db", TableName="records", PartitionsToDelete=[
        {"Values": ["2026-06-01", "00"]}, {"Values": ["2026-06-09", "00"]}])
    assert [error["PartitionValues"] for error in answer["Errors"]] == [["2026-06-09", "00"]]
    assert len(partitions(emulator)) == 23


def test_tables_and_partitions_have_what_every_one_has_and_nothing_that_was_not_given(emulator):
    make_table(emulator)
    glue = emulator.client("glue")
    glue.create_partition(DatabaseName="db", TableName="records", PartitionInput={"Values": ["1", "2"], "StorageDescriptor": {}})
    table = glue.get_table(DatabaseName="db", Name="records")["Table"]
    assert "Description" not in table and "ViewOriginalText" not in table
    named = {"DatabaseName": "db", "TableName": "records"}
    for storage in (
        table["StorageDescriptor"],
        glue.get_partition(**named, PartitionValues=["1", "2"])["Partition"]["StorageDescriptor"],
        glue.get_partitions(**named)["Partitions"][0]["StorageDescriptor"],
        glue.batch_get_partition(**named, PartitionsToGet=[{"Values": ["1", "2"]}, {"Values": ["3", "4"]}])["Partitions"][0]["StorageDescriptor"],
    ):
        assert (storage["NumberOfBuckets"], storage["Compressed"], storage["StoredAsSubDirectories"]) == (0, False, False)


def test_tables_come_in_pages(emulator):
    make_table(emulator)
    glue = emulator.client("glue")
    glue.create_table(DatabaseName="db", TableInput={"Name": "others"})
    first = glue.get_tables(DatabaseName="db", MaxResults=1)
    second = glue.get_tables(DatabaseName="db", MaxResults=1, NextToken=first["NextToken"])
    assert [table["Name"] for table in first["TableList"] + second["TableList"]] == ["others", "records"]
    assert "NextToken" not in second
    assert [table["Name"] for table in glue.get_tables(DatabaseName="db", Expression="rec.*")["TableList"]] == ["records"]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_tables(DatabaseName="none")


def test_an_update_of_a_table_leaves_nothing_of_the_earlier_one(emulator):
    make_table(emulator)
    glue = emulator.client("glue")
    glue.update_table(DatabaseName="db", TableInput={"Name": "records", "Description": "told"})
    assert glue.get_table(DatabaseName="db", Name="records")["Table"]["Description"] == "told"
    glue.update_table(DatabaseName="db", TableInput={"Name": "records", "Owner": "me"}, VersionId="2")
    table = glue.get_table(DatabaseName="db", Name="records")["Table"]
    assert ("Description" in table, table["Owner"], table["VersionId"]) == (False, "me", "3")
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        glue.update_table(DatabaseName="db", TableInput={"Name": "records"}, VersionId="1")
