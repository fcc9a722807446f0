"""AWS::Lambda::Function and Permission."""

import io
import json
import zipfile

from botocore.exceptions import ClientError

from .resource import Aws, Resource, absent, changed, fit, resource, tag_changes, tag_map

_CODE = ("Code", "Architectures")


def _code(code: dict) -> dict:
    """The code as the API takes it: ZipFile holds source text in a template and an archive in the API."""
    if "ZipFile" not in code:
        return {key: value for key, value in code.items() if key != "SourceKMSKeyArn"}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", code["ZipFile"])
    return {"ZipFile": archive.getvalue()}


@resource
class Function(Resource):
    """A function. CloudFormation cannot read its code back, so drift never shows it."""

    type = "AWS::Lambda::Function"
    made_of = frozenset({"FunctionName", "Description", "Code", "Handler", "Runtime", "Role", "Timeout", "MemorySize",
                         "Architectures", "Environment", "EphemeralStorage", "LoggingConfig", "PackageType", "TracingConfig",
                         "ReservedConcurrentExecutions", "KmsKeyArn", "DeadLetterConfig", "Layers", "Tags"})
    unread = frozenset({"Code"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("FunctionName"), 64)
        rest = {key: value for key, value in given.items() if key != "Code"}
        call = fit("lambda", "CreateFunction", rest | {"Tags": tag_map(given.get("Tags"))}, FunctionName=name)
        made = aws("lambda").create_function(**call, Code=_code(given["Code"]))
        self._reserve(aws, name, {}, given)
        return name, {"Arn": made["FunctionArn"]}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        client = aws("lambda")
        if changed(old, new, *_CODE):
            code = {key: value for key, value in _code(new["Code"]).items() if key != "S3ObjectVersion" or value}
            client.update_function_code(FunctionName=name, **code, Architectures=new.get("Architectures", ["x86_64"]))
        untouched = {*_CODE, "Tags", "ReservedConcurrentExecutions"}
        if any(changed(old, new, key) for key in (old.keys() | new.keys()) - untouched):
            defaults = {key: _DEFAULTS[key] for key in _DEFAULTS if key in old and key not in new}
            client.update_function_configuration(**fit("lambda", "UpdateFunctionConfiguration", defaults | new, FunctionName=name))
        self._reserve(aws, name, old, new)
        added, removed = tag_changes(old, new)
        arn = aws.arn("lambda", f"function:{name}")
        if added:
            client.tag_resource(Resource=arn, Tags=added)
        if removed:
            client.untag_resource(Resource=arn, TagKeys=removed)

    def _reserve(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        if not changed(old, new, "ReservedConcurrentExecutions"):
            return
        if "ReservedConcurrentExecutions" in new:
            aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(new["ReservedConcurrentExecutions"]))
        else:
            aws("lambda").delete_function_concurrency(FunctionName=name)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("lambda").delete_function(FunctionName=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            answer = aws("lambda").get_function(FunctionName=name)
        except ClientError as error:
            if absent(error):
                return None
            raise
        found = dict(answer["Configuration"])
        found["Tags"] = [{"Key": key, "Value": value} for key, value in (answer.get("Tags") or {}).items()]
        if reserved := (answer.get("Concurrency") or {}).get("ReservedConcurrentExecutions"):
            found["ReservedConcurrentExecutions"] = reserved
        if logging := found.get("LoggingConfig"):
            wanted = given.get("LoggingConfig", {})
            found["LoggingConfig"] = {key: value for key, value in logging.items() if key in wanted}
        return found


_DEFAULTS = {"Description": "", "Environment": {"Variables": {}}, "Timeout": 3, "MemorySize": 128}


@resource
class Permission(Resource):
    """One statement of a function's policy; its physical id is the statement's."""

    type = "AWS::Lambda::Permission"
    made_of = frozenset({"FunctionName", "Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken",
                         "FunctionUrlAuthType", "PrincipalOrgID"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(None, 100)
        aws("lambda").add_permission(**fit("lambda", "AddPermission", given, StatementId=name))
        return name, {"Id": name}

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("lambda").remove_permission(FunctionName=given["FunctionName"], StatementId=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            policy = json.loads(aws("lambda").get_policy(FunctionName=given["FunctionName"])["Policy"])
        except ClientError as error:
            if absent(error):
                return None
            raise
        statement = next((s for s in policy["Statement"] if s.get("Sid") == name), None)
        if statement is None:
            return None
        condition = statement.get("Condition", {})
        principal = statement.get("Principal")
        found = {"FunctionName": given["FunctionName"], "Action": statement["Action"],
                 "Principal": next(iter(principal.values())) if isinstance(principal, dict) else principal}
        for key, name_in_policy in (("SourceArn", "AWS:SourceArn"), ("SourceAccount", "AWS:SourceAccount")):
            for operator in condition.values():
                for condition_key, value in operator.items():
                    if condition_key.lower() == name_in_policy.lower():
                        found[key] = value
        return found
