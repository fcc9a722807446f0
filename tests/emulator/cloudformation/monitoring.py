"""AWS::Logs::LogGroup, AWS::CloudWatch::Alarm and Dashboard."""

from botocore.exceptions import ClientError

from .resource import Aws, Resource, absent, changed, fit, parsed, resource, tag_changes, tag_list, tag_map


@resource
class LogGroup(Resource):
    """A log group."""

    type = "AWS::Logs::LogGroup"
    made_of = frozenset({"LogGroupName", "RetentionInDays", "KmsKeyId", "LogGroupClass", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("LogGroupName"), 512)
        aws("logs").create_log_group(**fit("logs", "CreateLogGroup", {"logGroupName": name}, tags=tag_map(given.get("Tags")) or None,
                                           kmsKeyId=given.get("KmsKeyId"), logGroupClass=given.get("LogGroupClass")))
        if "RetentionInDays" in given:
            aws("logs").put_retention_policy(logGroupName=name, retentionInDays=int(given["RetentionInDays"]))
        return name, {"Arn": aws.arn("logs", f"log-group:{name}:*")}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        logs = aws("logs")
        if changed(old, new, "RetentionInDays"):
            if "RetentionInDays" in new:
                logs.put_retention_policy(logGroupName=name, retentionInDays=int(new["RetentionInDays"]))
            else:
                logs.delete_retention_policy(logGroupName=name)
        if changed(old, new, "KmsKeyId"):
            if new.get("KmsKeyId"):
                logs.associate_kms_key(logGroupName=name, kmsKeyId=new["KmsKeyId"])
            else:
                logs.disassociate_kms_key(logGroupName=name)
        added, removed = tag_changes(old, new)
        arn = aws.arn("logs", f"log-group:{name}")
        if added:
            logs.tag_resource(resourceArn=arn, tags=added)
        if removed:
            logs.untag_resource(resourceArn=arn, tagKeys=removed)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("logs").delete_log_group(logGroupName=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        groups = aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        group = next((g for g in groups if g["logGroupName"] == name), None)
        if group is None:
            return None
        found = {"LogGroupName": name, "Tags": aws("logs").list_tags_for_resource(
            resourceArn=aws.arn("logs", f"log-group:{name}"))["tags"]}
        for theirs, ours in (("retentionInDays", "RetentionInDays"), ("kmsKeyId", "KmsKeyId"), ("logGroupClass", "LogGroupClass")):
            if group.get(theirs):
                found[ours] = group[theirs]
        return found


@resource
class Alarm(Resource):
    """A metric alarm."""

    type = "AWS::CloudWatch::Alarm"
    made_of = frozenset({
        "AlarmName", "AlarmDescription", "MetricName", "Namespace", "Dimensions", "Statistic", "ExtendedStatistic", "Period",
        "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "AlarmActions",
        "OKActions", "InsufficientDataActions", "ActionsEnabled", "Unit", "Metrics", "ThresholdMetricId",
        "EvaluateLowSampleCountPercentile", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("AlarmName"), 255)
        if aws("cloudwatch").describe_alarms(AlarmNames=[name]).get("MetricAlarms"):
            raise ValueError(f"{name} already exists")  # PutMetricAlarm itself would overwrite it
        aws("cloudwatch").put_metric_alarm(**fit("cloudwatch", "PutMetricAlarm", given, AlarmName=name))
        return name, {"Arn": aws.arn("cloudwatch", f"alarm:{name}")}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        rest = {key: value for key, value in new.items() if key != "Tags"}
        aws("cloudwatch").put_metric_alarm(**fit("cloudwatch", "PutMetricAlarm", rest, AlarmName=name))
        added, removed = tag_changes(old, new)
        arn = aws.arn("cloudwatch", f"alarm:{name}")
        if added:
            aws("cloudwatch").tag_resource(ResourceARN=arn, Tags=tag_list(added))
        if removed:
            aws("cloudwatch").untag_resource(ResourceARN=arn, TagKeys=removed)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("cloudwatch").delete_alarms(AlarmNames=[name])
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        alarms = aws("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"]).get("MetricAlarms")
        if not alarms:
            return None
        found = dict(alarms[0])
        found["Tags"] = aws("cloudwatch").list_tags_for_resource(
            ResourceARN=aws.arn("cloudwatch", f"alarm:{name}")).get("Tags", [])
        return found


@resource
class Dashboard(Resource):
    """A dashboard; its body is a text in a template as well."""

    type = "AWS::CloudWatch::Dashboard"
    made_of = frozenset({"DashboardName", "DashboardBody", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("DashboardName"), 255)
        self._put(aws, name, given, **({"Tags": tag_list(given["Tags"])} if given.get("Tags") else {}))
        return name, {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        self._put(aws, name, new)
        added, removed = tag_changes(old, new)
        if added:
            aws("cloudwatch").tag_resource(ResourceARN=self._arn(aws, name), Tags=tag_list(added))
        if removed:
            aws("cloudwatch").untag_resource(ResourceARN=self._arn(aws, name), TagKeys=removed)

    def _arn(self, aws: Aws, name: str) -> str:
        return f"arn:aws:cloudwatch::{aws.account}:dashboard/{name}"

    def _put(self, aws: Aws, name: str, given: dict, **more) -> None:
        answer = aws("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=given["DashboardBody"], **more)
        errors = [m for m in answer.get("DashboardValidationMessages", []) if m.get("Message")]
        if errors:
            raise ValueError(errors[0]["Message"])

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("cloudwatch").delete_dashboards(DashboardNames=[name])
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            body = aws("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        # Compared as JSON: neither order nor spaces are drift.
        same = parsed(body) == parsed(given.get("DashboardBody"))
        tags = aws("cloudwatch").list_tags_for_resource(ResourceARN=self._arn(aws, name)).get("Tags", [])
        return {"DashboardName": name, "DashboardBody": given["DashboardBody"] if same else body, "Tags": tags}
