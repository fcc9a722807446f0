"""Stacks: made, changed, rolled back, deleted, made again."""

import json

import pytest
from botocore.exceptions import ClientError

from .conftest import Stacks, wait
from .templates import bucket, pipeline, role
from .test_glue import make_role

TAGS = [{"Key": "bucketscope:pipeline", "Value": "demo"}]


def template(**resources) -> dict:
    """A template of these resources."""
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def log_group(name: str, **more) -> dict:
    """The cheapest resource there is."""
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}, **more}


def topic(name: str, **more) -> dict:
    """A topic."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}, **more}


def statuses(events: list[dict], logical_id: str) -> list[str]:
    """What became of a resource."""
    return [event["ResourceStatus"] for event in events if event["LogicalResourceId"] == logical_id]


def test_a_pipeline_is_made_and_destroyed_to_nothing(emulator, stacks):
    stack = stacks.deploy("demo", pipeline(), Tags=TAGS)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons("demo")
    assert {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]} == {"Lake": "demo-lake", "Job": "demo-etl"}
    made = emulator.control("GET", "/inventory")
    assert made["glue crawler"] == ["000000000000/us-east-1/demo-lake"]
    assert stacks.delete("demo") == "DELETE_COMPLETE", stacks.reasons(stack["StackId"])
    assert emulator.control("GET", "/inventory") == {"s3 bucket": ["000000000000/demo-lake"]}


def test_what_takes_tags_is_found_by_the_tags_of_the_stack(emulator, stacks):
    stacks.deploy("demo", pipeline(), Tags=TAGS)
    found = emulator.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "bucketscope:pipeline", "Values": ["demo"]}], PaginationConfig={"PageSize": 3})
    kinds = {":".join(r["ResourceARN"].split(":")[2:3] + r["ResourceARN"].split(":")[5:6]).split("/")[0]
             for page in found for r in page["ResourceTagMappingList"]}
    assert kinds == {"s3:demo-lake", "glue:job", "glue:crawler", "athena:workgroup", "sns:demo-notices", "events:rule",
                     "scheduler:schedule-group", "logs:log-group", "cloudwatch:alarm", "cloudwatch:dashboard", "lambda:function",
                     "kms:key", "cloudformation:stack"}


def test_the_calls_of_a_stack_are_recorded_as_its_own(emulator, stacks):
    stacks.deploy("demo", template(Log=log_group("/demo/a")))
    made = [r for r in emulator.records() if r["operation"] == "CreateLogGroup"]
    assert [(r["caller"]["kind"], r["caller"]["name"]) for r in made] == [("cloudformation", "demo")]


def test_an_update_changes_in_place_what_it_can(emulator, stacks):
    stacks.deploy("demo", pipeline(), Tags=TAGS)
    changed = pipeline()
    resources = changed["Resources"]
    resources["Job"]["Properties"]["Timeout"] = 90
    resources["Log"]["Properties"]["RetentionInDays"] = 7
    resources["Query"]["Properties"]["QueryString"] = "SELECT count(*) FROM records"
    resources["WorkGroup"]["Properties"]["WorkGroupConfiguration"]["BytesScannedCutoffPerQuery"] = 20_000_000_000
    del resources["Alarm"]
    resources["Second"] = log_group("/demo/second")
    change_set = stacks.change_set("demo", changed, "UPDATE", Tags=TAGS)
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in change_set["Changes"]}
    assert {n: (c["Action"], c.get("Replacement")) for n, c in changes.items()} == {
        "Job": ("Modify", "False"), "Log": ("Modify", "False"), "WorkGroup": ("Modify", "False"), "Query": ("Modify", "True"),
        "Alarm": ("Remove", None), "Second": ("Add", None)}
    detail = changes["Log"]["Details"][0]["Target"]
    assert (detail["Path"], detail["BeforeValue"], detail["AfterValue"]) == ("/Properties/RetentionInDays", "30", "7")
    assert json.loads(changes["Job"]["BeforeContext"])["Properties"]["Timeout"] == 60
    assert json.loads(changes["Job"]["AfterContext"])["Properties"]["Timeout"] == 90
    assert stacks.execute(change_set)["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons("demo")
    glue, athena = emulator.client("glue"), emulator.client("athena")
    assert glue.get_job(JobName="demo-etl")["Job"]["Timeout"] == 90
    queries = athena.list_named_queries(WorkGroup="demo")["NamedQueryIds"]
    assert [athena.get_named_query(NamedQueryId=q)["NamedQuery"]["QueryString"] for q in queries] == ["SELECT count(*) FROM records"]
    assert "cloudwatch alarm" not in emulator.control("GET", "/inventory")


def test_no_change_is_told_in_the_words_of_aws(stacks):
    stacks.deploy("demo", template(Log=log_group("/demo/a")))
    change_set = stacks.change_set("demo", template(Log=log_group("/demo/a")), "UPDATE")
    assert (change_set["Status"], change_set["StatusReason"]) == (
        "FAILED", "The submitted information didn't contain changes. Submit different information to create a change set.")


def test_a_stack_in_review_takes_more_change_sets(stacks):
    first = stacks.change_set("demo", template(Log=log_group("/demo/a")))
    second = stacks.change_set("demo", template(Log=log_group("/demo/b")))
    assert first["StackId"] == second["StackId"]
    assert len(stacks.cloudformation.list_change_sets(StackName="demo")["Summaries"]) == 2
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        stacks.change_set("demo", template(Wrong={"Type": "AWS::No::Type"}))
    assert stacks.cloudformation.describe_stacks(StackName="demo")["Stacks"][0]["StackId"] == first["StackId"]
    assert stacks.execute(second)["StackStatus"] == "CREATE_COMPLETE"


def test_a_failure_rolls_back_and_its_cause_is_told_among_the_noise(emulator, stacks):
    emulator.control("POST", "/faults", logical_id="Middle", on="create", message="no capacity")
    parts = template(First=log_group("/demo/first"), Middle=log_group("/demo/middle", DependsOn="First"),
                     Sibling=log_group("/demo/sibling", DependsOn="First"), Kept=bucket("demo-kept", ))
    assert stacks.deploy("demo", parts)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = stacks.events("demo")
    failed = [(e["LogicalResourceId"], e.get("ResourceStatusReason")) for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
    assert failed[0][0] == "Middle" and "no capacity" in failed[0][1]
    assert ("Sibling", "Resource creation cancelled") in failed
    assert statuses(events, "First")[-2:] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert any("failed to create: [Middle" in e.get("ResourceStatusReason", "") for e in events)
    assert emulator.control("GET", "/inventory") == {"cloudformation change set": [
        name for name in emulator.control("GET", "/inventory")["cloudformation change set"]],
        "cloudformation stack": ["000000000000/us-east-1/demo"]}


def test_a_rolled_back_stack_must_be_deleted_first(emulator, stacks):
    emulator.control("POST", "/faults", logical_id="Log", on="create")
    stacks.deploy("demo", template(Log=log_group("/demo/a")))
    for kind, message in (("CREATE", "already exists and cannot be created again"), ("UPDATE", "can not be updated")):
        with pytest.raises(ClientError, match=message):
            stacks.change_set("demo", template(Log=log_group("/demo/a")), kind)
    emulator.control("DELETE", "/faults")
    assert stacks.delete("demo") == "DELETE_COMPLETE"
    assert stacks.deploy("demo", template(Log=log_group("/demo/a")))["StackStatus"] == "CREATE_COMPLETE"


def test_a_failed_update_goes_back_to_what_was(emulator, stacks):
    stacks.deploy("demo", template(Log=log_group("/demo/a"), Notices=topic("demo")))
    emulator.control("POST", "/faults", logical_id="Notices", on="update", times=1)
    changed = template(Log=log_group("/demo/a"), Notices=topic("demo"))
    changed["Resources"]["Log"]["Properties"]["RetentionInDays"] = 7
    changed["Resources"]["Notices"]["Properties"]["DisplayName"] = "x"
    assert stacks.deploy("demo", changed, "UPDATE")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    groups = emulator.client("logs").describe_log_groups()["logGroups"]
    assert "retentionInDays" not in groups[0]


def test_a_failed_deletion_leaves_the_stack_and_can_be_tried_again(emulator, stacks):
    stacks.deploy("demo", template(Log=log_group("/demo/a"), Notices=topic("demo")))
    emulator.control("POST", "/faults", logical_id="Notices", on="delete", times=1)
    assert stacks.delete("demo") == "DELETE_FAILED"
    assert stacks.delete("demo") == "DELETE_COMPLETE"


def test_a_resource_can_be_held(emulator, stacks):
    emulator.control("POST", "/pauses", type="AWS::Logs::LogGroup", on="create")
    change_set = stacks.change_set("demo", template(Log=log_group("/demo/a")))
    stacks.cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    wait(lambda: emulator.control("GET", "/pauses")["held"] == ["Log"])
    assert stacks.cloudformation.describe_stacks(StackName="demo")["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    emulator.control("DELETE", "/pauses")
    assert stacks.settled("demo")["StackStatus"] == "CREATE_COMPLETE"


def test_a_stack_under_way_takes_no_update_but_can_be_deleted(emulator, stacks):
    emulator.control("POST", "/pauses", logical_id="Second", on="create")
    parts = template(First=log_group("/demo/first"), Second=log_group("/demo/second", DependsOn="First"),
                     Third=log_group("/demo/third", DependsOn="Second"))
    stacks.cloudformation.execute_change_set(ChangeSetName=stacks.change_set("demo", parts)["ChangeSetId"])
    wait(lambda: emulator.control("GET", "/pauses")["held"] == ["Second"])
    identity = stacks.cloudformation.describe_stacks(StackName="demo")["Stacks"][0]["StackId"]
    with pytest.raises(ClientError, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        stacks.change_set("demo", parts, "UPDATE")
    stacks.cloudformation.delete_stack(StackName="demo")
    emulator.control("DELETE", "/pauses")
    assert stacks.settled(identity)["StackStatus"] == "DELETE_COMPLETE", stacks.reasons(identity)
    assert "logs group" not in emulator.control("GET", "/inventory")
    assert "Third" not in [e["LogicalResourceId"] for e in stacks.events(identity) if e["ResourceStatus"] == "CREATE_COMPLETE"]


def test_an_update_can_be_cancelled(emulator, stacks):
    stacks.deploy("demo", template(First=log_group("/demo/first")))
    emulator.control("POST", "/pauses", logical_id="Second", on="create")
    more = template(First=log_group("/demo/first"), Second=log_group("/demo/second"), Third=log_group("/demo/third", DependsOn="Second"))
    stacks.cloudformation.execute_change_set(ChangeSetName=stacks.change_set("demo", more, "UPDATE")["ChangeSetId"])
    wait(lambda: emulator.control("GET", "/pauses")["held"] == ["Second"])
    stacks.cloudformation.cancel_update_stack(StackName="demo")
    emulator.control("DELETE", "/pauses")
    assert stacks.settled("demo")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert emulator.control("GET", "/inventory")["logs group"] == ["000000000000/us-east-1//demo/first"]


@pytest.mark.parametrize("resource, reason", [
    ({"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupNaem": "x"}}, "extraneous key [LogGroupNaem] is not permitted"),
    ({"Type": "AWS::Glue::Job", "Properties": {"Role": "r"}}, "required key [Command] not found"),
    ({"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 8}}, "8 is not a valid enum value"),
    ({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "Upper_Case"}}, "not valid|does not match|InvalidBucketName"),
    ({"Type": "AWS::S3::Bucket", "Properties": {"WebsiteConfiguration": {"IndexDocument": "i"}}}, "the emulator does nothing with"),
    ({"Type": "AWS::S3::Bucket", "Properties": {"LifecycleConfiguration": {"Rules": [{"Status": "On"}]}}}, "valid enum value"),
    ({"Type": "AWS::Athena::PreparedStatement", "Properties": {"StatementName": "a-b", "WorkGroup": "primary", "QueryStatement": "x"}},
     "pattern|constraint"),
])
def test_what_cloudformation_refuses_fails_here(stacks, resource, reason):
    import re

    assert stacks.deploy("demo", template(Wrong=resource))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert re.search(re.escape(reason) if "[" in reason else reason, stacks.reasons("demo")), stacks.reasons("demo")


def test_an_unknown_type_is_refused_at_once(stacks):
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        stacks.change_set("demo", template(Wrong={"Type": "AWS::Glue::Jobb", "Properties": {}}))


def test_limits_and_capabilities(stacks):
    long = template(Log=log_group("/demo/a"))
    long["Metadata"] = {"text": "x" * 51_200}
    with pytest.raises(ClientError, match="51200"):
        stacks.change_set("demo", long)
    with pytest.raises(ClientError, match="500"):
        stacks.change_set("demo", template(**{f"R{n}": {"Type": "AWS::SNS::Topic"} for n in range(501)}))
    with pytest.raises(ClientError, match="Requires capabilities : .CAPABILITY_NAMED_IAM."):
        stacks.cloudformation.create_change_set(
            StackName="demo", ChangeSetName="set", ChangeSetType="CREATE", TemplateBody=json.dumps(template(R=role("glue", "r"))))


def test_a_long_template_comes_from_a_bucket(emulator, stacks):
    long = template(Log=log_group("/demo/a"))
    long["Metadata"] = {"text": "x" * 51_200}
    emulator.client("s3").create_bucket(Bucket="templates")
    emulator.client("s3").put_object(Bucket="templates", Key="a/t.json", Body=json.dumps(long).encode())
    for number, url in enumerate(("https://templates.s3.us-east-1.amazonaws.com/a/t.json",
                                  "https://s3.us-east-1.amazonaws.com/templates/a/t.json", f"{emulator.url}/templates/a/t.json")):
        change_set = stacks.change_set(f"demo{number}", {}, TemplateURL=url)
        assert change_set["Status"] == "CREATE_COMPLETE"


def test_termination_protection(stacks):
    stacks.deploy("demo", template(Log=log_group("/demo/a")))
    stacks.cloudformation.update_termination_protection(StackName="demo", EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stacks.cloudformation.delete_stack(StackName="demo")


def test_a_kept_bucket_blocks_its_name_and_can_be_taken_back(emulator, stacks):
    stacks.deploy("demo", template(Lake=bucket("demo-lake")))
    emulator.client("s3").put_object(Bucket="demo-lake", Key="x", Body=b"1")
    assert stacks.delete("demo") == "DELETE_COMPLETE"
    assert stacks.deploy("demo", template(Lake=bucket("demo-lake")))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.delete("demo") == "DELETE_COMPLETE"
    taken = stacks.change_set("demo", template(Lake=bucket("demo-lake"), Log=log_group("/demo/a")), ImportExistingResources=True)
    assert {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"]["Action"] for c in taken["Changes"]} == {
        "Lake": "Import", "Log": "Add"}
    assert stacks.execute(taken)["StackStatus"] == "CREATE_COMPLETE", stacks.reasons("demo")
    assert emulator.client("s3").get_object(Bucket="demo-lake", Key="x")["Body"].read() == b"1"


def test_a_bucket_that_was_just_made_goes_with_the_rollback(emulator, stacks):
    emulator.control("POST", "/faults", logical_id="Log", on="create")
    stacks.deploy("demo", template(Lake=bucket("demo-lake"), Log=log_group("/demo/a", DependsOn="Lake")))
    assert "s3 bucket" not in emulator.control("GET", "/inventory")


def test_a_bucket_that_is_not_empty_stays(emulator, stacks):
    parts = template(Lake={"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "demo-lake"}})
    stacks.deploy("demo", parts)
    upload = emulator.client("s3").create_multipart_upload(Bucket="demo-lake", Key="x")["UploadId"]
    assert stacks.delete("demo") == "DELETE_FAILED"
    assert "not empty" in stacks.reasons("demo")
    emulator.client("s3").abort_multipart_upload(Bucket="demo-lake", Key="x", UploadId=upload)
    assert stacks.delete("demo") == "DELETE_COMPLETE"


def test_regions_keep_apart(emulator):
    for region in ("eu-central-1", "us-east-1"):
        regional = Stacks(emulator, region)
        assert regional.deploy("demo", template(Log=log_group("/demo/a")))["StackStatus"] == "CREATE_COMPLETE"
    assert emulator.control("GET", "/inventory")["logs group"] == [
        "000000000000/eu-central-1//demo/a", "000000000000/us-east-1//demo/a"]


def test_partitions_have_their_own_arns(emulator):
    assert emulator.client("sts", "111122223333", "cn-north-1").get_caller_identity()["Arn"].startswith("arn:aws-cn:")
    china = Stacks(emulator, "cn-north-1")
    parts = template(Notices=topic("demo"))
    parts["Outputs"] = {"Arn": {"Value": {"Ref": "Notices"}}}
    assert china.deploy("demo", parts)["Outputs"][0]["OutputValue"].startswith("arn:aws-cn:sns:cn-north-1:")
    with pytest.raises(ClientError, match="Partition"):
        emulator.client("sns", region="cn-north-1").get_topic_attributes(TopicArn="arn:aws:sns:cn-north-1:000000000000:demo")


def test_a_service_role_is_what_counts(emulator, stacks):
    iam = emulator.client("iam")
    from .templates import trust

    arn = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(trust("lambda")))["Role"]["Arn"]
    with pytest.raises(ClientError, match="invalid or cannot be assumed"):
        stacks.change_set("demo", template(Log=log_group("/demo/a")), RoleARN=arn)
    iam.update_assume_role_policy(RoleName="deployer", PolicyDocument=json.dumps(trust("cloudformation")))
    emulator.control("POST", "/enforce", enforce=True)
    assert stacks.deploy("demo", template(Log=log_group("/demo/a")), RoleARN=arn)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "logs:CreateLogGroup" in stacks.reasons("demo")


def test_without_a_service_role_the_permissions_of_who_asks_count(emulator):
    arn = make_role(emulator, "ci", "codebuild", {
        "Effect": "Allow", "Action": ["cloudformation:*", "logs:CreateLogGroup"], "Resource": "*"})
    session = emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="ci")["Credentials"]["AccessKeyId"]
    stacks = Stacks(emulator)
    stacks.cloudformation = emulator.client("cloudformation", session)
    emulator.control("POST", "/enforce", enforce=True)
    assert stacks.deploy("good", template(Log=log_group("/demo/a")))["StackStatus"] == "CREATE_COMPLETE", stacks.reasons("good")
    # Tags need a permission of their own, and so do topics.
    assert stacks.deploy("tags", template(Log=log_group("/demo/b")), Tags=TAGS)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "logs:TagResource" in stacks.reasons("tags")
    assert stacks.deploy("bad", template(Notices=topic("demo")))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "sns:GetTopicAttributes" in stacks.reasons("bad")


FUNCTION = '''
import json, urllib.request
def handler(event, context):
    good = event["ResourceProperties"].get("Fail") != event["RequestType"]
    answer = {"Status": "SUCCESS" if good else "FAILED", "Reason": "refused", "PhysicalResourceId": "thing",
              "StackId": event["StackId"], "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"]}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT"))
'''


def custom(fail: str = "", **more) -> dict:
    """A custom resource with its function."""
    return template(
        Role=role("lambda", "custom"),
        Function={"Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": "custom", "Runtime": "python3.11", "Handler": "index.handler", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": FUNCTION}}},
        Thing={"Type": "Custom::Thing", "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": 20, "Fail": fail, **more}})


def test_a_custom_resource_is_called_and_its_call_recorded(emulator, stacks):
    assert stacks.deploy("demo", custom())["StackStatus"] == "CREATE_COMPLETE", stacks.reasons("demo")
    assert stacks.delete("demo") == "DELETE_COMPLETE"
    calls = [r["caller"]["kind"] for r in emulator.records() if (r["service"], r["operation"]) == ("lambda", "Invoke")]
    assert calls == ["cloudformation", "cloudformation"]


def test_a_custom_resource_that_fails_rolls_back(stacks):
    assert stacks.deploy("demo", custom("Create"))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Received response status [FAILED] from custom resource. Message returned: refused" in stacks.reasons("demo")


def test_a_custom_resource_that_never_answers_times_out(stacks):
    silent = custom()
    silent["Resources"]["Function"]["Properties"]["Code"]["ZipFile"] = "def handler(event, context):\n    pass\n"
    silent["Resources"]["Thing"]["Properties"]["ServiceTimeout"] = 1
    assert stacks.deploy("demo", silent)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "did not receive a response from your Custom Resource" in stacks.reasons("demo")


def test_a_custom_named_resource_is_not_replaced(stacks):
    stacks.deploy("demo", template(Role=role("glue", "r")))
    moved = template(Role=role("glue", "r"))
    moved["Resources"]["Role"]["Properties"]["Path"] = "/other/"
    assert stacks.deploy("demo", moved, "UPDATE")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource" in stacks.reasons("demo")
