"""AWS::KMS::Key and Alias."""

from botocore.exceptions import ClientError

from .resource import Aws, Resource, absent, changed, document, parsed, resource, tag_changes, tag_map


def _key_tags(tags: dict[str, str]) -> list[dict]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


@resource
class Key(Resource):
    """A key. Deleting it schedules its deletion."""

    type = "AWS::KMS::Key"
    made_of = frozenset({"Description", "Enabled", "EnableKeyRotation", "KeyPolicy", "KeySpec", "KeyUsage", "MultiRegion",
                         "PendingWindowInDays", "Tags"})
    unread = frozenset({"PendingWindowInDays"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        call = {key: given[key] for key in ("Description", "KeySpec", "KeyUsage", "MultiRegion") if key in given}
        if "KeyPolicy" in given:
            call["Policy"] = document(given["KeyPolicy"])
        made = aws("kms").create_key(**call, Tags=_key_tags(tag_map(given.get("Tags"))))["KeyMetadata"]
        self._switch(aws, made["KeyId"], {}, given)
        return made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        kms = aws("kms")
        if changed(old, new, "KeyPolicy"):
            kms.put_key_policy(KeyId=name, PolicyName="default", Policy=document(new["KeyPolicy"]))
        if changed(old, new, "Description"):
            kms.update_key_description(KeyId=name, Description=new.get("Description", ""))
        self._switch(aws, name, old, new)
        added, removed = tag_changes(old, new)
        if added:
            kms.tag_resource(KeyId=name, Tags=_key_tags(added))
        if removed:
            kms.untag_resource(KeyId=name, TagKeys=removed)

    def _switch(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        for setting, on, off, default in (("EnableKeyRotation", "enable_key_rotation", "disable_key_rotation", False),
                                          ("Enabled", "enable_key", "disable_key", True)):
            if changed(old, new, setting):
                wanted = str(new.get(setting, default)).lower() == "true"
                if wanted != (str(old.get(setting, default)).lower() == "true"):
                    getattr(aws("kms"), on if wanted else off)(KeyId=name)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("kms").schedule_key_deletion(KeyId=name, PendingWindowInDays=int(given.get("PendingWindowInDays", 30)))
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        kms = aws("kms")
        try:
            key = kms.describe_key(KeyId=name)["KeyMetadata"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        if key["KeyState"] == "PendingDeletion":
            return None
        tags = [{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in kms.list_resource_tags(KeyId=name).get("Tags", [])]
        return {"Description": key.get("Description", ""), "Enabled": key["Enabled"], "KeyUsage": key.get("KeyUsage"),
                "KeySpec": key.get("KeySpec"), "MultiRegion": key.get("MultiRegion", False), "Tags": tags,
                "EnableKeyRotation": kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"],
                "KeyPolicy": parsed(kms.get_key_policy(KeyId=name, PolicyName="default")["Policy"])}


@resource
class Alias(Resource):
    """A key's alias."""

    type = "AWS::KMS::Alias"
    made_of = frozenset({"AliasName", "TargetKeyId"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        aws("kms").create_alias(AliasName=given["AliasName"], TargetKeyId=given["TargetKeyId"])
        return given["AliasName"], {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        aws("kms").update_alias(AliasName=name, TargetKeyId=new["TargetKeyId"])

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("kms").delete_alias(AliasName=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        aliases = aws("kms").list_aliases()["Aliases"]
        found = next((alias for alias in aliases if alias["AliasName"] == name), None)
        return found and {"AliasName": name, "TargetKeyId": given["TargetKeyId"] if found["TargetKeyId"] in given["TargetKeyId"]
                          else found["TargetKeyId"]}
