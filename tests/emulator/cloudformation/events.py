"""AWS::Events::Rule, AWS::Scheduler::Schedule and ScheduleGroup."""

from botocore.exceptions import ClientError

from emulator import wire

from .resource import Aws, Resource, absent, as_shape, fit, parsed, resource, tag_changes, tag_list


def _gone(act, **names) -> None:
    try:
        act(**names)
    except ClientError as error:
        if not absent(error):
            raise


@resource
class Rule(Resource):
    """A rule of EventBridge with its targets."""

    type = "AWS::Events::Rule"
    made_of = frozenset({"Name", "Description", "EventPattern", "ScheduleExpression", "State", "Targets", "RoleArn",
                         "EventBusName", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("Name"), 64)
        try:
            aws("events").describe_rule(Name=name, **self._bus(given))
            raise ValueError(f"{name} already exists in stack")  # PutRule itself would overwrite it
        except ClientError as error:
            if not absent(error):
                raise
        arn = self._put(aws, name, {}, given)
        return name, {"Arn": arn}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        self._put(aws, name, old, new)

    def _bus(self, given: dict) -> dict:
        return {"EventBusName": given["EventBusName"]} if given.get("EventBusName") else {}

    def _put(self, aws: Aws, name: str, old: dict, new: dict) -> str:
        events = aws("events")
        rule = {key: value for key, value in new.items() if key not in ("Targets", "Tags")}
        arn = events.put_rule(**fit("events", "PutRule", rule, Name=name))["RuleArn"]
        shape = wire.service_model("events").operation_model("PutTargets").input_shape.members["Targets"]
        gone = {t["Id"] for t in old.get("Targets", [])} - {t["Id"] for t in new.get("Targets", [])}
        if gone:
            events.remove_targets(Rule=name, Ids=sorted(gone), **self._bus(new))
        if new.get("Targets"):
            answer = events.put_targets(Rule=name, Targets=as_shape(shape, new["Targets"]), **self._bus(new))
            if answer.get("FailedEntryCount"):
                raise ValueError(answer["FailedEntries"][0].get("ErrorMessage", "a target was refused"))
        added, removed = tag_changes(old, new)
        if added:
            events.tag_resource(ResourceARN=arn, Tags=tag_list(added))
        if removed:
            events.untag_resource(ResourceARN=arn, TagKeys=removed)
        return arn

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        ids = [target["Id"] for target in given.get("Targets", [])]
        if ids:
            _gone(aws("events").remove_targets, Rule=name, Ids=ids, **self._bus(given))
        _gone(aws("events").delete_rule, Name=name, **self._bus(given))

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        events = aws("events")
        try:
            found = events.describe_rule(Name=name, **self._bus(given))
        except ClientError as error:
            if absent(error):
                return None
            raise
        targets = events.list_targets_by_rule(Rule=name, **self._bus(given))["Targets"]
        if found.get("EventPattern"):
            found["EventPattern"] = parsed(found["EventPattern"])
        return found | {"Targets": targets, "Tags": events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]}


@resource
class ScheduleGroup(Resource):
    """A group of schedules. Deleting it deletes its schedules."""

    type = "AWS::Scheduler::ScheduleGroup"
    made_of = frozenset({"Name", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("Name"), 64)
        made = aws("scheduler").create_schedule_group(Name=name, Tags=tag_list(given.get("Tags")))
        return name, {"Arn": made["ScheduleGroupArn"], "State": "ACTIVE"}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        added, removed = tag_changes(old, new)
        arn = aws.arn("scheduler", f"schedule-group/{name}")
        if added:
            aws("scheduler").tag_resource(ResourceArn=arn, Tags=tag_list(added))
        if removed:
            aws("scheduler").untag_resource(ResourceArn=arn, TagKeys=removed)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        _gone(aws("scheduler").delete_schedule_group, Name=name)

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            found = aws("scheduler").get_schedule_group(Name=name)
        except ClientError as error:
            if absent(error):
                return None
            raise
        return {"Name": name, "Tags": aws("scheduler").list_tags_for_resource(ResourceArn=found["Arn"])["Tags"]}


@resource
class Schedule(Resource):
    """A schedule of EventBridge Scheduler."""

    type = "AWS::Scheduler::Schedule"
    made_of = frozenset({"Name", "GroupName", "Description", "ScheduleExpression", "ScheduleExpressionTimezone", "State",
                         "FlexibleTimeWindow", "StartDate", "EndDate", "KmsKeyArn", "Target"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("Name"), 64)
        made = aws("scheduler").create_schedule(**fit("scheduler", "CreateSchedule", given, Name=name))
        return name, {"Arn": made["ScheduleArn"]}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        aws("scheduler").update_schedule(**fit("scheduler", "UpdateSchedule", new, Name=name))

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        _gone(aws("scheduler").delete_schedule, Name=name, GroupName=given.get("GroupName", "default"))

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            found = aws("scheduler").get_schedule(Name=name, GroupName=given.get("GroupName", "default"))
        except ClientError as error:
            if absent(error):
                return None
            raise
        # The service states its own default; a template that says nothing of it has not drifted.
        if "RetryPolicy" not in given.get("Target", {}):
            found.get("Target", {}).pop("RetryPolicy", None)
        return found
