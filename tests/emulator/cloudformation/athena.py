"""AWS::Athena::WorkGroup, NamedQuery and PreparedStatement."""

from botocore.exceptions import ClientError

from .resource import Aws, Resource, absent, changed, fit, resource, tag_changes, tag_list


@resource
class WorkGroup(Resource):
    """A workgroup. Updates are spelled differently from creations in the API."""

    type = "AWS::Athena::WorkGroup"
    made_of = frozenset({"Name", "Description", "State", "WorkGroupConfiguration", "RecursiveDeleteOption", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = given["Name"]
        aws("athena").create_work_group(**fit(
            "athena", "CreateWorkGroup", {"Configuration": given.get("WorkGroupConfiguration", {})}, Name=name,
            Description=given.get("Description"), Tags=tag_list(given.get("Tags")) or None))
        if given.get("State") == "DISABLED":
            aws("athena").update_work_group(WorkGroup=name, State="DISABLED")
        return name, {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        if changed(old, new, "Description", "State", "WorkGroupConfiguration"):
            aws("athena").update_work_group(**fit(
                "athena", "UpdateWorkGroup",
                {"ConfigurationUpdates": _as_updates(old.get("WorkGroupConfiguration", {}), new.get("WorkGroupConfiguration", {}))},
                WorkGroup=name, Description=new.get("Description", ""), State=new.get("State", "ENABLED")))
        added, removed = tag_changes(old, new)
        arn = aws.arn("athena", f"workgroup/{name}")
        if added:
            aws("athena").tag_resource(ResourceARN=arn, Tags=tag_list(added))
        if removed:
            aws("athena").untag_resource(ResourceARN=arn, TagKeys=removed)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        recursive = str(given.get("RecursiveDeleteOption", False)).lower() == "true"
        try:
            aws("athena").delete_work_group(WorkGroup=name, RecursiveDeleteOption=recursive)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            group = aws("athena").get_work_group(WorkGroup=name)["WorkGroup"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        configuration = group.get("Configuration", {})
        wanted = given.get("WorkGroupConfiguration", {})
        # What the service fills in by itself is no drift: "only … property values that are explicitly set".
        shown = {key: value for key, value in configuration.items() if key in wanted}
        if "EngineVersion" in shown:
            shown["EngineVersion"] = {key: value for key, value in shown["EngineVersion"].items() if key in wanted["EngineVersion"]}
        tags = aws("athena").list_tags_for_resource(ResourceARN=aws.arn("athena", f"workgroup/{name}"))["Tags"]
        return {"Name": name, "Description": group.get("Description", ""), "State": group.get("State"),
                "WorkGroupConfiguration": shown, "Tags": tags}


def _as_updates(old: dict, new: dict) -> dict:
    """A configuration as WorkGroupConfigurationUpdates."""
    updates = {key: value for key, value in new.items() if key != "ResultConfiguration"}
    if "BytesScannedCutoffPerQuery" in old and "BytesScannedCutoffPerQuery" not in new:
        updates["RemoveBytesScannedCutoffPerQuery"] = True
    result = new.get("ResultConfiguration")
    if result is not None:
        updates["ResultConfigurationUpdates"] = dict(result)
        for name in ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration"):
            if name in old.get("ResultConfiguration", {}) and name not in result:
                updates["ResultConfigurationUpdates"]["Remove" + name] = True
    return updates


@resource
class NamedQuery(Resource):
    """A saved query. Every property is create-only, so an update is always a replacement."""

    type = "AWS::Athena::NamedQuery"
    made_of = frozenset({"Name", "Database", "QueryString", "Description", "WorkGroup"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        query = aws("athena").create_named_query(**fit("athena", "CreateNamedQuery", given, Name=aws.name(given.get("Name"))))
        return query["NamedQueryId"], {"NamedQueryId": query["NamedQueryId"]}

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("athena").delete_named_query(NamedQueryId=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            return aws("athena").get_named_query(NamedQueryId=name)["NamedQuery"]
        except ClientError as error:
            if absent(error):
                return None
            raise


@resource
class PreparedStatement(Resource):
    """A prepared statement; its physical id is its name."""

    type = "AWS::Athena::PreparedStatement"
    made_of = frozenset({"StatementName", "WorkGroup", "QueryStatement", "Description"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        aws("athena").create_prepared_statement(**fit("athena", "CreatePreparedStatement", given))
        return given["StatementName"], {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        aws("athena").update_prepared_statement(**fit("athena", "UpdatePreparedStatement", new))

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("athena").delete_prepared_statement(StatementName=name, WorkGroup=given["WorkGroup"])
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            found = aws("athena").get_prepared_statement(StatementName=name, WorkGroup=given["WorkGroup"])["PreparedStatement"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        return {"StatementName": found["StatementName"], "WorkGroup": found.get("WorkGroupName"),
                "QueryStatement": found["QueryStatement"], "Description": found.get("Description", "")}
