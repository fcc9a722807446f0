"""AWS::Glue::Database, Table, Job and Crawler."""

from botocore.exceptions import ClientError

from emulator import wire

from .resource import Aws, Resource, absent, as_shape, fit, resource, tag_changes, tag_map


def _input(aws: Aws, operation: str, member: str, value: dict, **more) -> dict:
    """A nested input in the API's types."""
    shape = wire.service_model("glue").operation_model(operation).input_shape.members[member]
    return as_shape(shape, value | {name: item for name, item in more.items() if item is not None})


def _found(ask, member: str, **names) -> dict | None:
    try:
        return ask(**names)[member]
    except ClientError as error:
        if absent(error):
            return None
        raise


def _gone(act, **names) -> None:
    try:
        act(**names)
    except ClientError as error:
        if not absent(error):
            raise


def _retag(aws: Aws, kind: str, name: str, old: dict, new: dict) -> None:
    added, removed = tag_changes(old, new)
    arn = aws.arn("glue", f"{kind}/{name}")
    if added:
        aws("glue").tag_resource(ResourceArn=arn, TagsToAdd=added)
    if removed:
        aws("glue").untag_resource(ResourceArn=arn, TagsToRemove=removed)


@resource
class Database(Resource):
    """A database of the Data Catalog."""

    type = "AWS::Glue::Database"
    made_of = frozenset({"CatalogId", "DatabaseInput", "DatabaseName"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("DatabaseName") or given["DatabaseInput"].get("Name"), 255, lower=True)
        aws("glue").create_database(**self._call(aws, "CreateDatabase", given, name))
        return name, {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        aws("glue").update_database(Name=name, **self._call(aws, "UpdateDatabase", new, name))

    def _call(self, aws: Aws, operation: str, given: dict, name: str) -> dict:
        return {"CatalogId": given["CatalogId"],
                "DatabaseInput": _input(aws, operation, "DatabaseInput", given["DatabaseInput"], Name=name)}

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        _gone(aws("glue").delete_database, Name=name, CatalogId=given.get("CatalogId", aws.account))

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        found = _found(aws("glue").get_database, "Database", Name=name)
        if found is None:
            return None
        wanted = given.get("DatabaseInput", {})
        return {"CatalogId": given.get("CatalogId"), "DatabaseName": name,
                "DatabaseInput": {key: value for key, value in found.items() if key in wanted or key in
                                  ("Description", "LocationUri", "Parameters") and value}}


@resource
class Table(Resource):
    """A table of the Data Catalog. CloudFormation detects no drift of it."""

    type = "AWS::Glue::Table"
    made_of = frozenset({"CatalogId", "DatabaseName", "Name", "TableInput"})
    drifts = False

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given["TableInput"].get("Name") or given.get("Name"), 255, lower=True)
        aws("glue").create_table(**self._call(aws, "CreateTable", given, name))
        return name, {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        aws("glue").update_table(**self._call(aws, "UpdateTable", new, name))

    def _call(self, aws: Aws, operation: str, given: dict, name: str) -> dict:
        return {"CatalogId": given["CatalogId"], "DatabaseName": given["DatabaseName"],
                "TableInput": _input(aws, operation, "TableInput", given["TableInput"], Name=name)}

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        _gone(aws("glue").delete_table, DatabaseName=given["DatabaseName"], Name=name)


@resource
class Job(Resource):
    """A job."""

    type = "AWS::Glue::Job"
    made_of = frozenset({
        "Name", "Description", "Role", "Command", "DefaultArguments", "NonOverridableArguments", "Connections",
        "ExecutionProperty", "MaxRetries", "Timeout", "MaxCapacity", "WorkerType", "NumberOfWorkers", "GlueVersion",
        "ExecutionClass", "SecurityConfiguration", "Tags", "JobMode", "LogUri", "MaintenanceWindow",
        "NotificationProperty", "JobRunQueuingEnabled", "AllocatedCapacity"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("Name"), 255)
        aws("glue").create_job(**fit("glue", "CreateJob", given | {"Tags": tag_map(given.get("Tags"))}, Name=name))
        return name, {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        update = {key: value for key, value in new.items() if key not in ("Name", "Tags")}
        aws("glue").update_job(JobName=name, JobUpdate=_input(aws, "UpdateJob", "JobUpdate", update))
        _retag(aws, "job", name, old, new)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        aws("glue").delete_job(JobName=name)

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        found = _found(aws("glue").get_job, "Job", JobName=name)
        if found is not None:
            found["Tags"] = aws("glue").get_tags(ResourceArn=aws.arn("glue", f"job/{name}"))["Tags"]
        return found


@resource
class Crawler(Resource):
    """A crawler. Its schedule is an object in a template and a text in the API."""

    type = "AWS::Glue::Crawler"
    made_of = frozenset({
        "Name", "Role", "Description", "DatabaseName", "Targets", "Schedule", "Classifiers", "TablePrefix",
        "SchemaChangePolicy", "RecrawlPolicy", "Configuration", "CrawlerSecurityConfiguration", "LakeFormationConfiguration",
        "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("Name"), 255)
        aws("glue").create_crawler(**self._call("CreateCrawler", given | {"Tags": tag_map(given.get("Tags"))}, name))
        return name, {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        aws("glue").update_crawler(**self._call("UpdateCrawler", new, name))
        _retag(aws, "crawler", name, old, new)

    def _call(self, operation: str, given: dict, name: str) -> dict:
        schedule = (given.get("Schedule") or {}).get("ScheduleExpression")
        rest = {key: value for key, value in given.items() if key != "Schedule"}
        return fit("glue", operation, rest, Name=name, Schedule=schedule)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        _gone(aws("glue").delete_crawler, Name=name)

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        found = _found(aws("glue").get_crawler, "Crawler", Name=name)
        if found is None:
            return None
        found["Tags"] = aws("glue").get_tags(ResourceArn=aws.arn("glue", f"crawler/{name}"))["Tags"]
        if "Schedule" in found:
            found["Schedule"] = {"ScheduleExpression": found["Schedule"].get("ScheduleExpression", "")}
        targets = found.get("Targets", {})
        found["Targets"] = {kind: value for kind, value in targets.items() if value or kind in given.get("Targets", {})}
        return found
