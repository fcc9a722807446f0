"""AWS::S3::Bucket and AWS::S3::BucketPolicy."""

from botocore.exceptions import ClientError

from emulator import wire

from .resource import Aws, Resource, absent, as_shape, changed, document, parsed, resource, tag_list

# Property -> (operation to set it, operation to take it away, parameter).
_SETTINGS = {
    "BucketEncryption": ("put_bucket_encryption", "delete_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", "delete_bucket_lifecycle", "LifecycleConfiguration"),
    "LoggingConfiguration": ("put_bucket_logging", None, "BucketLoggingStatus"),
    "NotificationConfiguration": ("put_bucket_notification_configuration", None, "NotificationConfiguration"),
    "OwnershipControls": ("put_bucket_ownership_controls", "delete_bucket_ownership_controls", "OwnershipControls"),
    "PublicAccessBlockConfiguration": ("put_public_access_block", "delete_public_access_block",
                                       "PublicAccessBlockConfiguration"),
    "VersioningConfiguration": ("put_bucket_versioning", None, "VersioningConfiguration"),
    "Tags": ("put_bucket_tagging", "delete_bucket_tagging", "Tagging"),
}
_EMPTY = {"LoggingConfiguration": {}, "NotificationConfiguration": {}, "VersioningConfiguration": {"Status": "Suspended"}}


def _lifecycle(rules: list[dict]) -> dict:
    """The template's lifecycle rules in the API's words."""
    return {"Rules": [_lifecycle_rule(rule) for rule in rules]}


def _lifecycle_rule(rule: dict) -> dict:
    wanted = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if rule.get("Id"):
        wanted["ID"] = rule["Id"]
    if rule.get("TagFilters"):
        tags = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in rule["TagFilters"]]
        wanted["Filter"] = {"And": {"Prefix": rule.get("Prefix", ""), "Tags": tags}}
    if "ExpirationInDays" in rule:
        wanted["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    elif "ExpiredObjectDeleteMarker" in rule:
        wanted["Expiration"] = {"ExpiredObjectDeleteMarker": str(rule["ExpiredObjectDeleteMarker"]).lower() == "true"}
    transitions = rule.get("Transitions") or ([rule["Transition"]] if rule.get("Transition") else [])
    if transitions:
        wanted["Transitions"] = [{"Days": int(t["TransitionInDays"]), "StorageClass": t["StorageClass"]} for t in transitions]
    noncurrent = (rule.get("NoncurrentVersionExpiration") or {})
    days = noncurrent.get("NoncurrentDays") or rule.get("NoncurrentVersionExpirationInDays")
    if days:
        wanted["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days)}
        if noncurrent.get("NewerNoncurrentVersions"):
            wanted["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = int(noncurrent["NewerNoncurrentVersions"])
    if rule.get("AbortIncompleteMultipartUpload"):
        abort = rule["AbortIncompleteMultipartUpload"]
        wanted["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(abort["DaysAfterInitiation"])}
    return wanted


def _lifecycle_back(answer: dict, given: dict) -> dict:
    """The rules as a template writes them; an empty prefix is the same as none."""
    empty = {rule.get("Id") for rule in (given.get("LifecycleConfiguration") or {}).get("Rules", []) if rule.get("Prefix") == ""}
    rules = [_lifecycle_rule_back(rule) for rule in answer.get("Rules", [])]
    return {"Rules": [{"Prefix": ""} | rule if rule.get("Id") in empty else rule for rule in rules]}


def _lifecycle_rule_back(rule: dict) -> dict:
    given = {"Status": rule["Status"]}
    prefix = (rule.get("Filter") or {}).get("Prefix", rule.get("Prefix", ""))
    if prefix:
        given["Prefix"] = prefix
    if rule.get("ID"):
        given["Id"] = rule["ID"]
    expiration = rule.get("Expiration") or {}
    if "Days" in expiration:
        given["ExpirationInDays"] = expiration["Days"]
    if "ExpiredObjectDeleteMarker" in expiration:
        given["ExpiredObjectDeleteMarker"] = expiration["ExpiredObjectDeleteMarker"]
    if rule.get("Transitions"):
        given["Transitions"] = [{"TransitionInDays": t["Days"], "StorageClass": t["StorageClass"]} for t in rule["Transitions"]]
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if rule.get(name):
            given[name] = rule[name]
    return given


def _logging(value: dict, bucket: str) -> dict:
    enabled = {"TargetBucket": value.get("DestinationBucketName", bucket), "TargetPrefix": value.get("LogFilePrefix", "")}
    if "TargetObjectKeyFormat" in value:
        enabled["TargetObjectKeyFormat"] = value["TargetObjectKeyFormat"]
    return {"LoggingEnabled": enabled}


_TRIGGERS = (("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
             ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
             ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"))


def _notification(value: dict) -> dict:
    wanted = {}
    for ours, theirs, our_target, their_target in _TRIGGERS:
        for entry in value.get(ours, []):
            item = {their_target: entry[our_target], "Events": [entry["Event"]]}
            if rules := ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules"):
                item["Filter"] = {"Key": {"FilterRules": rules}}
            wanted.setdefault(theirs, []).append(item)
    if "EventBridgeConfiguration" in value:
        wanted["EventBridgeConfiguration"] = {}
    return wanted


def _encryption(value: dict) -> dict:
    return {"Rules": [{name: item for name, item in
                       (("ApplyServerSideEncryptionByDefault", rule.get("ServerSideEncryptionByDefault")),
                        ("BucketKeyEnabled", rule.get("BucketKeyEnabled"))) if item is not None}
                      for rule in value["ServerSideEncryptionConfiguration"]]}


@resource
class Bucket(Resource):
    """A bucket. Its settings are calls of their own in the API."""

    type = "AWS::S3::Bucket"
    made_of = frozenset({"BucketName", *_SETTINGS})
    unread = frozenset({"NotificationConfiguration"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name = aws.name(given.get("BucketName"), 63, lower=True)
        try:
            # In us-east-1 CreateBucket of one's own bucket succeeds; the handler looks first.
            aws("s3").head_bucket(Bucket=name)
            raise ValueError(f"{name} already exists")
        except ClientError as error:
            if error.response["Error"]["Code"] == "403":
                raise ValueError(f"{name} already exists") from error
        where = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
        aws("s3").create_bucket(Bucket=name, **where)
        try:
            self._set(aws, name, {}, given)
        except ClientError:
            aws("s3").delete_bucket(Bucket=name)
            raise
        return name, self.attributes(aws, name)

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> dict:
        self._set(aws, name, old, new)
        return self.attributes(aws, name)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("s3").delete_bucket(Bucket=name)
        except ClientError as error:
            if not absent(error):
                raise

    def attributes(self, aws: Aws, name: str) -> dict:
        """What Fn::GetAtt gives."""
        return {"Arn": f"arn:aws:s3:::{name}", "DomainName": f"{name}.s3.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{aws.region}.amazonaws.com",
                "DualStackDomainName": f"{name}.s3.dualstack.{aws.region}.amazonaws.com"}

    def _set(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        for setting, (put, delete, parameter) in _SETTINGS.items():
            if not changed(old, new, setting):
                continue
            if setting in new:
                self._put(aws, name, put, parameter, self._wanted(setting, new[setting], name))
            elif delete:
                getattr(aws("s3"), delete)(Bucket=name)
            else:
                self._put(aws, name, put, parameter, _EMPTY[setting])

    def _put(self, aws: Aws, name: str, operation: str, parameter: str, value: dict) -> None:
        client = aws("s3")
        model = wire.service_model("s3").operation_model(client.meta.method_to_api_mapping[operation])
        getattr(client, operation)(Bucket=name, **{parameter: as_shape(model.input_shape.members[parameter], value)})

    def _wanted(self, setting: str, value, name: str) -> dict:
        if setting == "LifecycleConfiguration":
            return _lifecycle(value["Rules"])
        if setting == "LoggingConfiguration":
            return _logging(value, name)
        if setting == "NotificationConfiguration":
            return _notification(value)
        if setting == "BucketEncryption":
            return _encryption(value)
        return {"TagSet": tag_list(value)} if setting == "Tags" else value

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        s3 = aws("s3")
        try:
            s3.head_bucket(Bucket=name)
        except ClientError:
            return None
        found = {"BucketName": name}
        rules = self._ask(s3.get_bucket_encryption, name).get("ServerSideEncryptionConfiguration", {}).get("Rules")
        if rules:
            found["BucketEncryption"] = {"ServerSideEncryptionConfiguration": [_rule_back(r, given) for r in rules]}
        lifecycle = self._ask(s3.get_bucket_lifecycle_configuration, name)
        if lifecycle.get("Rules"):
            found["LifecycleConfiguration"] = _lifecycle_back(lifecycle, given)
        enabled = self._ask(s3.get_bucket_logging, name).get("LoggingEnabled")
        if enabled:
            found["LoggingConfiguration"] = {ours: enabled[theirs] for ours, theirs in (
                ("DestinationBucketName", "TargetBucket"), ("LogFilePrefix", "TargetPrefix"),
                ("TargetObjectKeyFormat", "TargetObjectKeyFormat")) if enabled.get(theirs)}
        for setting, ask, member in (
                ("OwnershipControls", s3.get_bucket_ownership_controls, "OwnershipControls"),
                ("PublicAccessBlockConfiguration", s3.get_public_access_block, "PublicAccessBlockConfiguration")):
            if value := self._ask(ask, name).get(member):
                found[setting] = value
        if status := self._ask(s3.get_bucket_versioning, name).get("Status"):
            found["VersioningConfiguration"] = {"Status": status}
        found["Tags"] = self._ask(s3.get_bucket_tagging, name).get("TagSet", [])
        return found

    def _ask(self, operation, name: str) -> dict:
        try:
            return operation(Bucket=name)
        except ClientError as error:
            if absent(error) or "NotFound" in error.response["Error"]["Code"]:
                return {}
            raise


def _rule_back(rule: dict, given: dict) -> dict:
    found = {"ServerSideEncryptionByDefault": rule.get("ApplyServerSideEncryptionByDefault", {})}
    wanted = (given.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration") or [{}]
    if "BucketKeyEnabled" in wanted[0]:
        found["BucketKeyEnabled"] = rule.get("BucketKeyEnabled", False)
    return found


@resource
class BucketPolicy(Resource):
    """The policy of a bucket; its physical id is the bucket's name."""

    type = "AWS::S3::BucketPolicy"
    made_of = frozenset({"Bucket", "PolicyDocument"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        bucket = given["Bucket"]
        try:
            aws("s3").get_bucket_policy(Bucket=bucket)
            raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
        aws("s3").put_bucket_policy(Bucket=bucket, Policy=document(given["PolicyDocument"]))
        return bucket, {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        aws("s3").put_bucket_policy(Bucket=name, Policy=document(new["PolicyDocument"]))

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("s3").delete_bucket_policy(Bucket=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            return {"Bucket": name, "PolicyDocument": parsed(aws("s3").get_bucket_policy(Bucket=name)["Policy"])}
        except ClientError as error:
            if absent(error):
                return None
            raise
