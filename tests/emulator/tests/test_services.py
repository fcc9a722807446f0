"""What was added to single services."""

import base64
import io
import json
import time
import zipfile

import pytest
from botocore.exceptions import ClientError

from .conftest import wait
from .test_glue import ALL, make_job, make_role, make_table

# ---- S3 ----

def test_the_expected_owner_must_be_the_owner(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="b-owner")
    s3.put_object(Bucket="b-owner", Key="k", Body=b"", ExpectedBucketOwner="000000000000")
    for act in (lambda: s3.put_object(Bucket="b-owner", Key="k", Body=b"", ExpectedBucketOwner="111122223333"),
                lambda: s3.head_bucket(Bucket="b-owner", ExpectedBucketOwner="111122223333")):
        with pytest.raises(ClientError, match="403|AccessDenied"):
            act()


def test_an_object_is_created_once(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="b-once")
    s3.put_object(Bucket="b-once", Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="b-once", Key="k", Body=b"2", IfNoneMatch="*")


def test_only_the_last_part_may_be_small(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="b-parts")
    upload = s3.create_multipart_upload(Bucket="b-parts", Key="k")["UploadId"]
    parts = [{"PartNumber": n, "ETag": s3.upload_part(Bucket="b-parts", Key="k", UploadId=upload, PartNumber=n, Body=b"x")["ETag"]}
             for n in (1, 2)]
    with pytest.raises(ClientError, match="EntityTooSmall"):
        s3.complete_multipart_upload(Bucket="b-parts", Key="k", UploadId=upload, MultipartUpload={"Parts": parts})


def test_a_bucket_with_versions_is_not_empty(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="b-versions")
    s3.put_bucket_versioning(Bucket="b-versions", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="b-versions", Key="k", Body=b"")
    s3.delete_object(Bucket="b-versions", Key="k")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket="b-versions")


def test_logging_goes_to_a_bucket_of_the_same_owner_and_region(emulator):
    s3 = emulator.client("s3")
    for name in ("b-source", "b-logs"):
        s3.create_bucket(Bucket=name)
    emulator.client("s3", region="eu-central-1").create_bucket(
        Bucket="b-far", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    emulator.client("s3", "111122223333").create_bucket(Bucket="b-theirs")
    grants = [{"Grantee": {"Type": "CanonicalUser", "ID": "a" * 64}, "Permission": "READ"}]
    kept = {"LoggingEnabled": {"TargetBucket": "b-logs", "TargetPrefix": "p/", "TargetGrants": grants, "TargetObjectKeyFormat": {
        "PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}}
    s3.put_bucket_logging(Bucket="b-source", BucketLoggingStatus=kept)
    assert s3.get_bucket_logging(Bucket="b-source")["LoggingEnabled"] == kept["LoggingEnabled"]
    for target, code in (("b-none", "InvalidTargetBucketForLogging"), ("b-theirs", "InvalidTargetBucketForLogging"),
                         ("b-far", "CrossLocationLoggingProhibited")):
        with pytest.raises(ClientError, match=code):
            s3.put_bucket_logging(Bucket="b-source", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": ""}})


def test_a_policy_ends_at_twenty_kilobytes(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="b-policy")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b-policy/*"}
    s3.put_bucket_policy(Bucket="b-policy", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with pytest.raises(ClientError, match="PolicyTooLarge"):
        s3.put_bucket_policy(Bucket="b-policy", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement] * 400}))


def test_the_settings_of_a_bucket_are_its_own(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="b-settings")
    assert s3.get_bucket_request_payment(Bucket="b-settings")["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket="b-settings", RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket="b-settings")["Payer"] == "Requester"
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.get_bucket_policy_status(Bucket="b-settings")


def test_a_key_of_the_bucket_must_be_allowed_too(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="b-key")
    key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    s3.put_bucket_encryption(Bucket="b-key", ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]})
    s3.put_object(Bucket="b-key", Key="k", Body=b"1")
    emulator.control("POST", "/enforce", enforce=True)
    objects = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    for name, more in (("without", {}), ("with", {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key})):
        arn = make_role(emulator, name, "ec2", objects, *([more] if more else []))
        session = emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="reader")["Credentials"]["AccessKeyId"]
        if more:
            emulator.client("s3", session).get_object(Bucket="b-key", Key="k")
        else:
            with pytest.raises(ClientError, match="kms:Decrypt"):
                emulator.client("s3", session).get_object(Bucket="b-key", Key="k")


# ---- IAM ----

def test_the_inline_policies_of_a_role_have_a_greatest_size(emulator):
    make_role(emulator, "r", "glue", ALL)
    long = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b{n:04}/*"}
                                                   for n in range(200)]}
    with pytest.raises(ClientError, match="Maximum policy size of 10240 bytes exceeded for role r"):
        emulator.client("iam").put_role_policy(RoleName="r", PolicyName="long", PolicyDocument=json.dumps(long))


@pytest.mark.parametrize("statement", [
    {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}, {"Effect": "Allow", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:GetObject"}, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"}])
def test_policies_that_are_none(emulator, statement):
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        make_role(emulator, "r", "glue", statement)


# ---- SNS and EventBridge ----

def test_a_subscription_by_mail_stays_pending_until_confirmed(emulator):
    sns = emulator.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    assert sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")["SubscriptionArn"] == "pending confirmation"
    assert [s["SubscriptionArn"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]] == ["PendingConfirmation"]
    sns.publish(TopicArn=topic, Subject="lost", Message="m")
    emulator.control("POST", "/confirm", endpoint="a@example.com")
    sns.publish(TopicArn=topic, Subject="found", Message="m")
    assert [m["subject"] for m in emulator.control("GET", "/mails")["mails"]] == ["AWS Notification - Subscription Confirmation", "found"]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"


def test_a_failed_job_is_told_to_a_rule(emulator):
    make_job(emulator, "raise SystemExit(1)")
    sqs, events = emulator.client("sqs"), emulator.client("events")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    events.put_rule(Name="r", EventPattern=json.dumps({
        "source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": {"jobName": ["etl"], "state": ["FAILED"]}}))
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:000000000000:q"}])
    emulator.client("glue").start_job_run(JobName="etl")
    message = wait(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))[0]
    assert json.loads(message["Body"])["detail"]["state"] == "FAILED"


def told(emulator, *statements: dict, key: str = "") -> tuple[list, list]:
    """Lets a failed job tell a topic with this policy; gives mails and losses."""
    make_job(emulator, "raise SystemExit(1)")
    sns, events = emulator.client("sns"), emulator.client("events")
    topic = sns.create_topic(Name="t", Attributes={"KmsMasterKeyId": key} if key else {})["TopicArn"]
    if statements:
        publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic}
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(
            {"Version": "2012-10-17", "Statement": [publish | statement for statement in statements]}))
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    emulator.control("POST", "/confirm", endpoint="a@example.com")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.glue"], "detail": {"state": ["FAILED"]}}))
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": topic}])
    emulator.client("glue").start_job_run(JobName="etl")

    def settled():
        mails = [m for m in emulator.control("GET", "/mails")["mails"] if "Confirmation" not in m["subject"]]
        lost = emulator.control("GET", "/undelivered")["undelivered"]
        return (mails, lost) if mails or lost else None

    return wait(settled)


def test_a_topic_takes_events_if_its_policy_says_so(emulator):
    mails, lost = told(emulator, {"Principal": {"Service": "events.amazonaws.com"}, "Condition": {
        "ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/*"}}})
    assert len(mails) == 1 and not lost


@pytest.mark.parametrize("statements, key, why", [
    ([], "", "policy of the topic"),
    ([{"Principal": {"Service": "events.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}], "",
     "policy of the topic"),
    ([{"Principal": {"Service": "events.amazonaws.com"}}], "alias/aws/sns", "alias/aws/sns")])
def test_what_a_topic_does_not_let_through_is_lost(emulator, statements, key, why):
    mails, lost = told(emulator, *statements, key=key)
    assert not mails and why in lost[0]["why"]


# ---- Scheduler ----

def make_schedule(emulator, *statements: dict, role_for: str = "scheduler") -> None:
    """A schedule of the job."""
    make_job(emulator, "pass")
    emulator.client("scheduler").create_schedule(
        Name="s", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"}, Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun", "RoleArn": make_role(emulator, "timer", role_for, *statements),
            "Input": json.dumps({"JobName": "etl", "Arguments": {"--x": "1"}})})


def test_a_schedule_starts_a_job_with_its_role(emulator):
    make_schedule(emulator, {"Effect": "Allow", "Action": "glue:StartJobRun", "Resource": "arn:aws:glue:us-east-1:000000000000:job/etl"})
    emulator.control("POST", "/enforce", enforce=True)
    answer = emulator.control("POST", "/fire", name="s")
    assert answer["fired"], answer
    run = emulator.client("glue").get_job_run(JobName="etl", RunId=answer["answer"]["JobRunId"])["JobRun"]
    assert run["Arguments"] == {"--x": "1"}
    assert [r["caller"]["kind"] for r in emulator.records() if r["operation"] == "StartJobRun"] == ["scheduler"]


def test_a_schedule_without_the_permission_starts_nothing(emulator):
    make_schedule(emulator, {"Effect": "Allow", "Action": "glue:StartJobRun", "Resource": "arn:aws:glue:us-east-1:000000000000:job/other"})
    emulator.control("POST", "/enforce", enforce=True)
    assert "glue:StartJobRun" in emulator.control("POST", "/fire", name="s")["error"]


def test_a_schedule_needs_a_role_that_trusts_it(emulator):
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        make_schedule(emulator, ALL, role_for="glue")


# ---- Lambda ----

def archive(name: str, text: str) -> bytes:
    """A zip with one executable file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o755 << 16
        file.writestr(entry, text)
    return packed.getvalue()


BOOTSTRAP = """#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as request:
        identity = request.headers["Lambda-Runtime-Aws-Request-Id"]
        request.read()
    answer = json.dumps({"key": os.environ["AWS_ACCESS_KEY_ID"], "at": os.environ["AWS_ENDPOINT_URL"]}).encode()
    urllib.request.urlopen(urllib.request.Request(api + identity + "/response", answer, method="POST"))
"""


def test_a_native_function_runs_as_its_role(emulator):
    function = emulator.client("lambda")
    role = make_role(emulator, "fn", "lambda")
    function.create_function(FunctionName="f", Runtime="provided.al2023", Handler="bootstrap", Role=role,
                             Code={"ZipFile": archive("bootstrap", BOOTSTRAP)})
    answer = json.load(function.invoke(FunctionName="f", Payload=b"{}")["Payload"])
    assert answer["at"] == emulator.url
    emulator.client("sts", answer["key"]).get_caller_identity()
    caller = emulator.records()[-1]["caller"]
    assert (caller["kind"], caller["name"], caller["role"]) == ("lambda", "f", role)


def test_a_function_needs_a_role_that_trusts_lambda(emulator):
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        emulator.client("lambda").create_function(FunctionName="f", Runtime="provided.al2023", Handler="bootstrap",
                                                  Role=make_role(emulator, "fn", "glue"), Code={"ZipFile": archive("bootstrap", "x")})


# ---- Athena and Lake Formation ----

def ask(emulator, query: str, **more) -> list[list[str]]:
    """The rows of an answer, header included."""
    athena = emulator.client("athena")
    identity = athena.start_query_execution(QueryString=query, **more)["QueryExecutionId"]
    state = wait(lambda: (e := athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
                          ) and e["Status"]["State"] in ("SUCCEEDED", "FAILED") and e)
    assert state["Status"]["State"] == "SUCCEEDED", state["Status"]
    rows = athena.get_query_results(QueryExecutionId=identity)["ResultSet"]["Rows"]
    bucket, _, key = state["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    emulator.client("s3").head_object(Bucket=bucket, Key=key)
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]


@pytest.mark.parametrize("operation, arguments, message", [
    ("get_work_group", {"WorkGroup": "none"}, "WorkGroup none is not found."),
    ("start_query_execution", {"QueryString": "SELECT 1", "WorkGroup": "none"}, "WorkGroup none is not found."),
    ("get_named_query", {"NamedQueryId": "none"}, "NamedQuery none was not found"),
    ("get_query_execution", {"QueryExecutionId": "none"}, "QueryExecution none was not found"),
    ("get_prepared_statement", {"StatementName": "none", "WorkGroup": "primary"},
     "PreparedStatement none was not found in workGroup primary")])
def test_what_athena_does_not_find(emulator, operation, arguments, message):
    with pytest.raises(ClientError, match=message):
        getattr(emulator.client("athena"), operation)(**arguments)


def test_a_workgroup_answers_in_its_dialect(emulator):
    emulator.client("s3").create_bucket(Bucket="b-results")
    athena = emulator.client("athena")
    athena.create_work_group(Name="w", Configuration={
        "EnforceWorkGroupConfiguration": True, "ResultConfiguration": {"OutputLocation": "s3://b-results/r/"}})
    assert ask(emulator, "SELECT date_format(timestamp '2026-06-01 10:00:00', '%Y') AS y, url_decode('a%20b') AS d", WorkGroup="w")[1:] in (
        [["2026", "a b"]],)
    assert ask(emulator, "SELECT ? AS a, '?' AS b", WorkGroup="w", ExecutionParameters=["'x''y'"])[1:] == [["x'y", "?"]]
    athena.create_prepared_statement(StatementName="plus", WorkGroup="w", QueryStatement="SELECT ? + 1 AS n")
    assert ask(emulator, "EXECUTE plus USING 41", WorkGroup="w") == [["n"], ["42"]]
    with pytest.raises(ClientError, match="expected 1 but found 0"):
        athena.start_query_execution(QueryString="SELECT ?", WorkGroup="w")
    with pytest.raises(ClientError, match="not empty"):
        athena.delete_work_group(WorkGroup="w")
    athena.delete_work_group(WorkGroup="w", RecursiveDeleteOption=True)
    assert "athena prepared statement" not in emulator.control("GET", "/inventory")


def asked(emulator, query: str, **more) -> dict:
    """The execution of a query, once it is over."""
    athena = emulator.client("athena")
    identity = athena.start_query_execution(QueryString=query, WorkGroup="w", **more)["QueryExecutionId"]
    return wait(lambda: (e := athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
                         ) and e["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") and e)


def workgroup(emulator, **more) -> None:
    """A workgroup `w` that writes to a bucket."""
    emulator.client("s3").create_bucket(Bucket="b-results")
    emulator.client("athena").create_work_group(Name="w", Configuration={
        "EnforceWorkGroupConfiguration": True, "ResultConfiguration": {"OutputLocation": "s3://b-results/r/"}, **more})


def test_results_are_written_as_athena_writes_them(emulator):
    workgroup(emulator)
    done = asked(emulator, """SELECT 'a"b,' AS t, '' AS e, CAST(NULL AS varchar) AS n, 1 AS i, true AS b,
        timestamp '2026-06-01 10:00:00' AS at""")
    bucket, _, key = done["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    body = emulator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert body == '"t","e","n","i","b","at"\n"a""b,","",,"1","true","2026-06-01 10:00:00.000"\n'


def test_a_result_is_reused_for_the_same_question_alone(emulator):
    workgroup(emulator)
    reuse = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}}

    def reused(query="SELECT ? AS a", value="1", **more) -> bool:
        done = asked(emulator, query, ExecutionParameters=[value], **more)
        return done["Statistics"].get("ResultReuseInformation", {}).get("ReusedPreviousResult", False)

    assert not reused(**reuse)
    assert reused(**reuse)
    assert not reused(value="2", **reuse)
    assert not reused(query="SELECT ? AS b", **reuse)
    assert not reused()


def test_a_query_is_stopped_by_its_user_or_its_workgroups_limit(emulator):
    workgroup(emulator, BytesScannedCutoffPerQuery=10_000_000)
    emulator.control("POST", "/athena/takes", bytes=10_000_001)
    status = asked(emulator, "SELECT 1 AS n")["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")
    emulator.control("POST", "/athena/takes", bytes=0, seconds=30)
    athena = emulator.client("athena")
    identity = athena.start_query_execution(QueryString="SELECT 1 AS n", WorkGroup="w")["QueryExecutionId"]
    athena.stop_query_execution(QueryExecutionId=identity)
    time.sleep(0.2)
    assert athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]["Status"]["State"] == "CANCELLED"


def test_a_view_of_the_catalogue_answers(emulator):
    s3, glue = emulator.client("s3"), emulator.client("glue")
    s3.create_bucket(Bucket="b-view")
    s3.put_object(Bucket="b-view", Key="t/day=1/a.csv", Body=b"7\n")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput={
        "Name": "t", "Parameters": {"classification": "csv"}, "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {
            "Location": "s3://b-view/t/", "Columns": [{"Name": "n", "Type": "int"}],
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat", "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}}})
    view = {"originalSql": "SELECT n + 1 AS m FROM t", "catalog": "awsdatacatalog", "schema": "db",
            "columns": [{"name": "m", "type": "integer"}]}
    glue.create_table(DatabaseName="db", TableInput={
        "Name": "v", "TableType": "VIRTUAL_VIEW", "ViewExpandedText": "/* Presto View */",
        "ViewOriginalText": f"/* Presto View: {base64.b64encode(json.dumps(view).encode()).decode()} */"})
    location = {"OutputLocation": "s3://b-view/r/"}
    assert ask(emulator, "SELECT m FROM v", ResultConfiguration=location, QueryExecutionContext={"Database": "db"}) == [["m"], ["8"]]


@pytest.mark.parametrize("missing", ["glue:GetTable", "s3:PutObject", "s3:GetObject", "s3:ListBucket", "glue:GetDatabase", "none"])
def test_athena_works_with_the_permissions_of_who_asks(emulator, missing):
    make_table(emulator)
    emulator.client("athena").create_work_group(Name="w", Configuration={"ResultConfiguration": {"OutputLocation": "s3://lake/r/"}})
    actions = {"athena:StartQueryExecution", "athena:GetQueryExecution", "glue:GetDatabase", "glue:GetTable", "glue:GetPartitions",
               "s3:GetBucketLocation", "s3:ListBucket", "s3:GetObject", "s3:PutObject"} - {missing}
    arn = make_role(emulator, "analyst", "ec2", {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"})
    key = emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="analyst")["Credentials"]["AccessKeyId"]
    emulator.control("POST", "/enforce", enforce=True)
    athena = emulator.client("athena", key)
    identity = athena.start_query_execution(QueryString="SELECT count(*) FROM db.records", WorkGroup="w")["QueryExecutionId"]
    status = wait(lambda: (e := athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]["Status"]
                           ) and e["State"] in ("SUCCEEDED", "FAILED") and e)
    assert (status["State"] == "SUCCEEDED") == (missing == "none"), status
    assert missing == "none" or missing in status["StateChangeReason"]


def test_lake_formation_can_be_closed(emulator):
    lake = emulator.client("lakeformation")
    assert lake.get_data_lake_settings()["DataLakeSettings"]["CreateTableDefaultPermissions"][0]["Permissions"] == ["ALL"]
    emulator.control("POST", "/lakeformation", CreateTableDefaultPermissions=[])
    assert lake.get_data_lake_settings()["DataLakeSettings"]["CreateTableDefaultPermissions"] == []
