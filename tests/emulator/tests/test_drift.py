"""Drift: none where nothing was changed by hand; every change by hand is found, property by property."""

import json

import pytest

from .conftest import Stacks
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


BY_HAND = {
    "Lake": ("s3", "put_bucket_versioning", {"Bucket": "demo-lake", "VersioningConfiguration": {"Status": "Suspended"}},
             "/VersioningConfiguration/Status"),
    "LakePolicy": ("s3", "put_bucket_policy", {"Bucket": "demo-lake", "Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [
            "arn:aws:s3:::demo-lake", "arn:aws:s3:::demo-lake/*"]}]})}, "/PolicyDocument/Statement/0/Condition"),
    "Database": ("glue", "update_database", {"Name": "demo", "DatabaseInput": {"Name": "demo", "Description": "x"}},
                 "/DatabaseInput/Description"),
    "EtlRole": ("iam", "put_role_policy", {"RoleName": "demo-etl-us-east-1", "PolicyName": "more", "PolicyDocument": json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})}, "/Policies/1"),
    "CrawlerRole": ("iam", "update_assume_role_policy", {"RoleName": "demo-crawler-us-east-1", "PolicyDocument": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"Service": "glue.amazonaws.com"},
                                                "Action": "sts:AssumeRole"}]})}, "/AssumeRolePolicyDocument/Statement/0/Effect"),
    "SchedulerRole": ("iam", "tag_role", {"RoleName": "demo-scheduler-us-east-1", "Tags": [{"Key": "bucketscope:pipeline", "Value": "x"}]},
                      "/Tags/0/Value"),
    "Crawler": ("glue", "update_crawler", {"Name": "demo-lake", "Schedule": "cron(0 5 * * ? *)"}, "/Schedule/ScheduleExpression"),
    "WorkGroup": ("athena", "update_work_group", {"WorkGroup": "demo", "ConfigurationUpdates": {"BytesScannedCutoffPerQuery": 20_000_000}},
                  "/WorkGroupConfiguration/BytesScannedCutoffPerQuery"),
    "Statement": ("athena", "update_prepared_statement", {"StatementName": "who", "WorkGroup": "demo", "QueryStatement": "SELECT ?"},
                  "/QueryStatement"),
    "Topic": ("sns", "set_topic_attributes", {"TopicArn": "arn:aws:sns:us-east-1:000000000000:demo-notices",
                                              "AttributeName": "DisplayName", "AttributeValue": "x"}, "/DisplayName"),
    "JobFailed": ("events", "disable_rule", {"Name": "demo-job-failed"}, "/State"),
    "Log": ("logs", "put_retention_policy", {"logGroupName": "/demo/etl", "retentionInDays": 7}, "/RetentionInDays"),
    "Dashboard": ("cloudwatch", "put_dashboard", {"DashboardName": "demo", "DashboardBody": '{"widgets": [], "start": "-PT1H"}'},
                  "/DashboardBody"),
    "Function": ("lambda", "update_function_configuration", {"FunctionName": "demo-logging", "MemorySize": 256}, "/MemorySize"),
    "Key": ("kms", "disable_key_rotation", {}, "/EnableKeyRotation"),
    "Boundary": ("iam", "create_policy_version", {"PolicyArn": "arn:aws:iam::000000000000:policy/demo-boundary", "SetAsDefault": True,
                                                  "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [
                                                      {"Effect": "Deny", "Action": "*", "Resource": "*"}]})},
                 "/PolicyDocument/Statement/0/Effect"),
}


def test_every_change_by_hand_is_found_by_its_property(deployed):
    emulator, stacks = deployed
    for name, (service, operation, arguments, _) in BY_HAND.items():
        if name == "Key":
            resource = stacks.cloudformation.describe_stack_resource(StackName="demo", LogicalResourceId="Key")
            arguments = {"KeyId": resource["StackResourceDetail"]["PhysicalResourceId"]}
        getattr(emulator.client(service), operation)(**arguments)
    glue, scheduler, cloudwatch = (emulator.client(name) for name in ("glue", "scheduler", "cloudwatch"))
    job = glue.get_job(JobName="demo-etl")["Job"]
    job = {key: value for key, value in job.items() if key not in ("Name", "CreatedOn", "LastModifiedOn")}
    glue.update_job(JobName="demo-etl", JobUpdate=job | {"Timeout": 61})
    schedule = scheduler.get_schedule(GroupName="demo", Name="demo-etl")
    scheduler.update_schedule(**{key: schedule[key] for key in (
        "Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")}, State="DISABLED")
    alarm = cloudwatch.describe_alarms(AlarmNames=["demo-lag"])["MetricAlarms"][0]
    cloudwatch.put_metric_alarm(**{key: alarm[key] for key in (
        "AlarmName", "Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "ComparisonOperator", "AlarmActions",
        "Dimensions", "TreatMissingData")}, Threshold=99)
    found = drifts(stacks)
    expected = {name: path for name, (_, _, _, path) in BY_HAND.items()} | {"Job": "/Timeout", "Alarm": "/Threshold"}
    for name, path in expected.items():
        drift = found[name]
        assert drift["StackResourceDriftStatus"] == "MODIFIED", drift
        assert path in [difference["PropertyPath"] for difference in drift["PropertyDifferences"]], drift["PropertyDifferences"]


def test_what_is_gone_is_deleted(deployed):
    emulator, stacks = deployed
    resources = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in
                 stacks.cloudformation.describe_stack_resources(StackName="demo")["StackResources"]}
    emulator.client("athena").delete_named_query(NamedQueryId=resources["Query"])
    emulator.client("lambda").remove_permission(FunctionName="demo-logging", StatementId=resources["MayInvoke"])
    emulator.client("sns").unsubscribe(SubscriptionArn=resources["Mail"])
    emulator.client("scheduler").delete_schedule(Name="demo-etl", GroupName="demo")
    emulator.client("kms").delete_alias(AliasName="alias/demo")
    found = drifts(stacks)
    assert {name for name, drift in found.items() if drift["StackResourceDriftStatus"] == "DELETED"} == {
        "Query", "MayInvoke", "Mail", "Schedule", "KeyAlias"}


def test_what_cannot_be_read_is_unknown(deployed):
    emulator, stacks = deployed
    emulator.control("POST", "/deny", action="logs:DescribeLogGroups", caller="cloudformation")
    detection = stacks.cloudformation.detect_stack_drift(StackName="demo")["StackDriftDetectionId"]
    stacks.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    status = stacks.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    emulator.control("DELETE", "/deny")
    assert status["DetectionStatus"] == "DETECTION_FAILED"
    listed = stacks.cloudformation.describe_stack_resource_drifts(StackName="demo")["StackResourceDrifts"]
    found = {drift["LogicalResourceId"]: drift for drift in listed}
    assert found["Log"]["StackResourceDriftStatus"] == "UNKNOWN" and "logs:DescribeLogGroups" in found["Log"]["DriftStatusReason"]


def test_drift_is_reverted(emulator):
    stacks = Stacks(emulator)
    stacks.deploy("demo", pipeline(), Tags=[{"Key": "a", "Value": "b"}])
    logs, athena, glue = (emulator.client(name) for name in ("logs", "athena", "glue"))
    logs.put_retention_policy(logGroupName="/demo/etl", retentionInDays=7)
    athena.delete_prepared_statement(StatementName="who", WorkGroup="demo")
    change_set = stacks.change_set("demo", pipeline(), "UPDATE", DeploymentMode="REVERT_DRIFT", Tags=[{"Key": "a", "Value": "b"}])
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in change_set["Changes"]}
    assert {n: (c["Action"], c["ResourceDriftStatus"]) for n, c in changes.items()} == {
        "Log": ("Modify", "MODIFIED"), "Statement": ("Add", "DELETED")}
    assert changes["Log"]["Details"][0]["Target"]["BeforeValue"] == "7"
    assert stacks.execute(change_set)["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons("demo")
    assert logs.describe_log_groups(logGroupNamePrefix="/demo/etl")["logGroups"][0]["retentionInDays"] == 30
    assert athena.get_prepared_statement(StatementName="who", WorkGroup="demo")
    assert {d["StackResourceDriftStatus"] for d in drifts(stacks).values()} == {"IN_SYNC"}
