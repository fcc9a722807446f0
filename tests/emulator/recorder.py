"""The recording: one line of JSON a call, in the file given by --record."""

import json
import threading
import time

from . import actions, settings
from .callers import Caller
from .wire import Call

_lock = threading.Lock()
# Members that name what a call is about. Bodies, texts and secrets stay out.
_NAMING = {
    "Bucket", "Key", "Prefix", "CopySource", "UploadId", "VersionId", "Name", "JobName", "JobRunId", "RunId", "CrawlerName",
    "DatabaseName", "TableName", "CatalogId", "StackName", "ChangeSetName", "StackId", "LogicalResourceId", "WorkGroup",
    "StatementName", "NamedQueryId", "QueryExecutionId", "TopicArn", "SubscriptionArn", "RoleName", "PolicyName",
    "PolicyArn", "RoleArn", "FunctionName", "StatementId", "logGroupName", "logStreamName", "logGroupNamePrefix", "KeyId",
    "GroupName", "Rule", "RuleName", "QueueUrl", "QueueName", "SecretId", "AlarmName", "DashboardName", "ResourceArn",
    "Resource", "TriggerName", "ExpectedBucketOwner", "SourceArn", "Protocol", "IfNoneMatch",
}


def names(call: Call) -> dict:
    """The members of a request that name something."""
    return {name: value for name, value in call.params.items() if name in _NAMING and isinstance(value, (str, int))}


def resources(call: Call, caller: Caller) -> list[str]:
    """The ARNs that IAM would look at, at most twenty."""
    return sorted({resource for _, resource, _ in actions.required(call, caller)})[:20] if call.model else []


def record(call: Call, caller: Caller, status: int, error: str = "") -> None:
    """Appends a call to the recording."""
    if not settings.record_path:
        return
    line = {
        "time": round(time.time(), 3), "caller": caller.as_record(), "region": call.region, "service": call.service,
        "operation": call.operation, "names": names(call), "resources": resources(call, caller), "status": status,
    }
    if error:
        line["error"] = error
    with _lock, open(settings.record_path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
