"""Which IAM actions on which resources a call needs, after the Service Authorization Reference.

Only what the pipeline and its command line use is spelled out; any other operation needs `service:Operation` on `*`.
"""

import re
from urllib.parse import unquote

from ministack.services import athena, cloudformation, s3

from .callers import Caller
from .wire import Call

_PREFIXES = {"cloudwatch": "cloudwatch", "events": "events", "resourcegroupstaggingapi": "tag", "stepfunctions": "states"}
# "Actions defined by Amazon S3": where the action is not named like the operation.
_S3 = {
    "HeadObject": "GetObject", "ListObjects": "ListBucket", "ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions", "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts", "CreateMultipartUpload": "PutObject", "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject", "ListBuckets": "ListAllMyBuckets", "CopyObject": "PutObject",
    "UploadPartCopy": "PutObject", "DeleteObjects": "DeleteObject",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration", "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration", "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock", "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification", "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration", "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS", "DeleteBucketCors": "PutBucketCORS",
    "GetBucketReplication": "GetReplicationConfiguration",
}
# Actions that are named otherwise than their operation.
_OTHERWISE = {("lambda", "Invoke"): "InvokeFunction"}
# Operations that hand a role to a service also need iam:PassRole: member that holds the role, and the service.
_PASSED = {
    ("glue", "CreateJob"): ("Role", "glue"), ("glue", "CreateCrawler"): ("Role", "glue"),
    ("glue", "UpdateCrawler"): ("Role", "glue"), ("lambda", "CreateFunction"): ("Role", "lambda"),
    ("cloudformation", "CreateChangeSet"): ("RoleARN", "cloudformation"),
    ("cloudformation", "CreateStack"): ("RoleARN", "cloudformation"),
    ("cloudformation", "UpdateStack"): ("RoleARN", "cloudformation"),
    ("cloudformation", "DeleteStack"): ("RoleARN", "cloudformation"),
}


# "Tag-based … on creation": who makes a thing with tags must be allowed to tag it.
_TAGGERS = {("iam", "CreateRole"): "iam:TagRole", ("iam", "CreatePolicy"): "iam:TagPolicy"}
_TAG_ON_CREATION = {"glue", "athena", "sns", "events", "scheduler", "logs", "lambda", "kms", "cloudwatch", "sqs"}


def _tagging(call: Call) -> str | None:
    """The action that tagging on creation needs besides."""
    if not (call.params.get("Tags") or call.params.get("tags")) or not call.operation.startswith(("Create", "Put", "Run")):
        return None
    tagger = _TAGGERS.get((call.service, call.operation), "sqs:TagQueue" if call.service == "sqs" else None)
    return tagger or (f"{_PREFIXES.get(call.service, call.service)}:TagResource" if call.service in _TAG_ON_CREATION else None)


def required(call: Call, caller: Caller) -> list[tuple[str, str, dict]]:
    """(action, resource, condition context) for each check that AWS makes for a call."""
    if (call.service, call.operation) in (("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")):
        return []  # "No permissions are required to perform this operation."
    context = {"aws:SecureTransport": "true", "aws:RequestedRegion": call.region, "aws:ResourceAccount": caller.account,
               "aws:PrincipalAccount": caller.account, "aws:PrincipalArn": caller.role or ""}
    if call.service == "s3":
        return _s3(call, context)
    if call.service == "cloudwatch" and call.params.get("Namespace"):
        context["cloudwatch:namespace"] = call.params["Namespace"]
    action = f"{_PREFIXES.get(call.service, call.service)}:{_OTHERWISE.get((call.service, call.operation), call.operation)}"
    found = [(action, resource, context) for resource in _resources(call, caller.account)]
    if tagging := _tagging(call):
        found += [(tagging, resource, context) for _, resource, _ in found]
    passed = _PASSED.get((call.service, call.operation))
    if passed and call.params.get(passed[0]):
        found.append(("iam:PassRole", _role(call.params[passed[0]], caller.account),
                      context | {"iam:PassedToService": f"{passed[1]}.amazonaws.com"}))
    if call.service == "scheduler" and "Target" in call.params:
        found.append(("iam:PassRole", call.params["Target"].get("RoleArn", ""),
                      context | {"iam:PassedToService": "scheduler.amazonaws.com"}))
    return found


def _s3(call: Call, context: dict) -> list[tuple[str, str, dict]]:
    bucket, key = call.params.get("Bucket", ""), call.params.get("Key", "")
    owner = next((account for account, name in list(s3._buckets._data) if name == bucket), context["aws:ResourceAccount"])
    context = context | {"aws:ResourceAccount": owner}
    for member, name in (("Prefix", "s3:prefix"), ("Delimiter", "s3:delimiter"), ("MaxKeys", "s3:max-keys")):
        if member in call.params:
            context[name] = str(call.params[member])
    action = "s3:" + _S3.get(call.operation, call.operation)
    if call.params.get("VersionId") and action in ("s3:GetObject", "s3:DeleteObject"):
        action += "Version"
    arn = f"arn:aws:s3:::{bucket}"
    if call.operation == "DeleteObjects":
        objects = (call.params.get("Delete") or {}).get("Objects") or []
        return [("s3:DeleteObjectVersion" if o.get("VersionId") else "s3:DeleteObject", f"{arn}/{o.get('Key', '')}", context)
                for o in objects]
    found = [(action, "*" if not bucket else f"{arn}/{key}" if key else arn, context)]
    if call.operation in ("CopyObject", "UploadPartCopy"):
        found.append(("s3:GetObject", f"arn:aws:s3:::{unquote(call.params['CopySource']).lstrip('/')}", context))
    return found + _keys(call, bucket, owner, context)


_ENCRYPTING = {"PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}
_DECRYPTING = {"GetObject", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}


def _keys(call: Call, bucket: str, owner: str, context: dict) -> list[tuple[str, str, dict]]:
    """"Using server-side encryption with AWS KMS keys": the caller must be allowed to use the key of the bucket."""
    found = re.search(r"<KMSMasterKeyID>(.*?)</KMSMasterKeyID>", s3._bucket_encryption.get_scoped(owner, "", bucket) or "")
    key = call.params.get("SSEKMSKeyId") or (found[1] if found else "")
    if not key:
        return []
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{call.region}:{owner}:key/{key}"
    context = context | {"aws:ResourceAccount": arn.split(":")[4], "kms:ViaService": f"s3.{call.region}.amazonaws.com"}
    wanted = [("kms:GenerateDataKey", _ENCRYPTING), ("kms:Decrypt", _DECRYPTING)]
    return [(action, arn, context) for action, operations in wanted if call.operation in operations]


def _role(name: str, account: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:iam::{account}:role/{name}"


def _resources(call: Call, account: str) -> list[str]:
    """The ARNs that a call is about."""
    params, base = call.params, f"{call.region}:{account}"
    for member in ("ResourceArn", "ResourceARN", "resourceArn", "TopicArn", "SubscriptionArn", "AlarmArn"):
        if isinstance(params.get(member), str):
            return [params[member]]
    finder = _FINDERS.get(call.service)
    return (finder(call.operation, params, base, account) if finder else None) or ["*"]


def _glue(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    if any(noun in operation for noun in ("Partition", "Table", "Database")):
        return _catalogue(operation, params, base)
    name = params.get("JobName") or (params.get("Name") if "Job" in operation else None)
    if name:
        return [f"arn:aws:glue:{base}:job/{name}"]
    if "Crawler" in operation or "Crawls" in operation:
        crawler = params.get("Name") or params.get("CrawlerName")
        return [f"arn:aws:glue:{base}:crawler/{crawler}"] if crawler else None
    if "Trigger" in operation and params.get("Name"):
        return [f"arn:aws:glue:{base}:trigger/{params['Name']}"]
    return None


def _catalogue(operation: str, params: dict, base: str) -> list[str]:
    """"Data Catalog resource ARNs": an action on a table needs the database and the catalogue as well."""
    database = params.get("DatabaseName") or (params.get("DatabaseInput") or {}).get("Name") or (
        params.get("Name") if "Database" in operation else None)
    table = params.get("TableName") or (params.get("TableInput") or {}).get("Name") or (
        params.get("Name") if "Table" in operation and "Database" not in operation else None)
    arns = [f"arn:aws:glue:{base}:catalog", f"arn:aws:glue:{base}:database/{database or '*'}"]
    if "Database" not in operation or operation == "DeleteDatabase":
        arns.append(f"arn:aws:glue:{base}:table/{database}/{table or '*'}")
    return arns


def _athena(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    group = params.get("WorkGroup") or (params.get("Name") if "WorkGroup" in operation else None)
    if params.get("QueryExecutionId"):
        group = (athena._executions.get(params["QueryExecutionId"]) or {}).get("WorkGroup", "primary")
    elif params.get("NamedQueryId"):
        group = (athena._named_queries.get(params["NamedQueryId"]) or {}).get("WorkGroup", "primary")
    elif operation == "StartQueryExecution":
        group = group or "primary"
    return [f"arn:aws:athena:{base}:workgroup/{group}"] if group else None


def _logs(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    group = params.get("logGroupName")
    if not group:
        return None
    stream = params.get("logStreamName")
    # "For all other API actions" the ARN of a group ends in `:*`.
    return [f"arn:aws:logs:{base}:log-group:{group}:" + (f"log-stream:{stream}" if stream else "*")]


def _iam(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    if params.get("RoleName"):
        return [f"arn:aws:iam::{account}:role{params.get('Path', '/')}{params['RoleName']}"]
    return [params["PolicyArn"]] if params.get("PolicyArn") else None


def _lambda(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    name = params.get("FunctionName")
    return [name if name.startswith("arn:") else f"arn:aws:lambda:{base}:function:{name}"] if name else None


def _events(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    name = params.get("Rule") or (params.get("Name") if "Rule" in operation else None)
    return [f"arn:aws:events:{base}:rule/{name}"] if name else None


def _scheduler(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    if not params.get("Name"):
        return None
    if "Group" in operation:
        return [f"arn:aws:scheduler:{base}:schedule-group/{params['Name']}"]
    return [f"arn:aws:scheduler:{base}:schedule/{params.get('GroupName', 'default')}/{params['Name']}"]


def _cloudformation(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    name = params.get("StackName") or ""
    if not name and params.get("ChangeSetName"):
        change_set = cloudformation._change_sets.get(params["ChangeSetName"])
        name = change_set["StackId"] if change_set else ""
    return [name if name.startswith("arn:") else f"arn:aws:cloudformation:{base}:stack/{name}/*"] if name else None


def _sns(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    return [f"arn:aws:sns:{base}:{params['Name']}"] if params.get("Name") else None


def _sqs(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    name = params.get("QueueName") or params.get("QueueUrl", "").rsplit("/", 1)[-1]
    return [f"arn:aws:sqs:{base}:{name}"] if name else None


def _kms(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    key = params.get("KeyId")
    return [key if key.startswith("arn:") else f"arn:aws:kms:{base}:key/{key}"] if key else None


def _cloudwatch(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    names = params.get("AlarmNames") or [params.get("AlarmName")]
    return [f"arn:aws:cloudwatch:{base}:alarm:{name}" for name in names if name]


def _sts(operation: str, params: dict, base: str, account: str) -> list[str] | None:
    return [params["RoleArn"]] if params.get("RoleArn") else None


_FINDERS = {
    "glue": _glue, "athena": _athena, "logs": _logs, "iam": _iam, "lambda": _lambda, "events": _events,
    "scheduler": _scheduler, "cloudformation": _cloudformation, "sns": _sns, "sqs": _sqs, "kms": _kms,
    "cloudwatch": _cloudwatch, "sts": _sts,
}
