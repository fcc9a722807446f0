"""Everything that exists, service by service, from the stores of the services themselves.

It looks at every account and Region, and also at what no stack made: log streams, partitions, object versions,
multipart uploads. A test that tears a pipeline down compares this before and after.
"""

import importlib
from collections.abc import Callable

# Things that AWS makes by itself in every account are no findings.
_GIVEN = {"athena workgroup": {"primary"}, "athena data catalog": {"AwsDataCatalog"}, "events bus": {"default"},
          "scheduler group": {"default"}}
# Label -> (ministack module, name of the store). The key of an entry is its name.
_STORES = {
    "s3 bucket": ("s3", "_buckets"),
    "s3 multipart upload": ("s3", "_multipart_uploads"),
    "glue database": ("glue", "_databases"),
    "glue table": ("glue", "_tables"),
    "glue crawler": ("glue", "_crawlers"),
    "glue job": ("glue", "_jobs"),
    "glue trigger": ("glue", "_triggers"),
    "glue workflow": ("glue", "_workflows"),
    "athena workgroup": ("athena", "_workgroups"),
    "athena named query": ("athena", "_named_queries"),
    "athena prepared statement": ("athena", "_prepared_statements"),
    "athena data catalog": ("athena", "_data_catalogs"),
    "iam role": ("iam", "_roles"),
    "iam policy": ("iam", "_policies"),
    "iam user": ("iam", "_users"),
    "sns topic": ("sns", "_topics"),
    "sns subscription": ("sns", "_sub_arn_to_topic"),
    "sqs queue": ("sqs", "_queues"),
    "lambda function": ("lambda_svc", "_functions"),
    "events bus": ("eventbridge", "_event_buses"),
    "events rule": ("eventbridge", "_rules"),
    "scheduler group": ("scheduler", "_schedule_groups"),
    "scheduler schedule": ("scheduler", "_schedules"),
    "cloudwatch alarm": ("cloudwatch", "_alarms"),
    "cloudwatch dashboard": ("cloudwatch", "_dashboards"),
    "logs group": ("cloudwatch_logs", "_log_groups"),
    "logs resource policy": ("cloudwatch_logs", "_resource_policies"),
    "kms alias": ("kms", "_aliases"),
    "secretsmanager secret": ("secretsmanager", "_secrets"),
    "ssm parameter": ("ssm", "_parameters"),
    "cloudtrail trail": ("cloudtrail", "_trails"),
    "stepfunctions state machine": ("stepfunctions", "_state_machines"),
    "cloudformation change set": ("cloudformation", "_change_sets"),
}
# More of the same, added by the modules that keep the things: label -> function that gives names.
extra: dict[str, Callable[[], list[str]]] = {}


def entries(module: str, store: str) -> list[tuple[tuple, object]]:
    """The entries of a store with their scoped keys: (account[, Region], name)."""
    return list(getattr(importlib.import_module(f"ministack.services.{module}"), store)._data.items())


def _name(key: tuple) -> str:
    """`account/Region/name`, or `account/name` where a name is one for all Regions."""
    return "/".join("/".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in key)


def everything(contains: str = "") -> dict[str, list[str]]:
    """Label of a kind of thing -> names; only kinds of which something exists."""
    found: dict[str, list[str]] = {}
    for label, (module, store) in _STORES.items():
        found[label] = [_name(key) for key, _ in entries(module, store) if key[-1] not in _GIVEN.get(label, ())]
    found["s3 object"] = [f"{_name(key)}/{name}" for key, bucket in entries("s3", "_buckets") for name in bucket["objects"]]
    found["s3 object version"] = [f"{_name(key)}?{version['version_id']}"
                                  for key, versions in entries("s3", "_object_versions") for version in versions]
    found["glue partition"] = [f"{_name(key)}/{'/'.join(partition['Values'])}"
                               for key, partitions in entries("glue", "_partitions") for partition in partitions]
    found["logs stream"] = [f"{_name(key)}/{stream}" for key, group in entries("cloudwatch_logs", "_log_groups")
                            for stream in group.get("streams", {})]
    found["kms key"] = [_name(key) for key, record in entries("kms", "_keys") if record.get("KeyState") != "PendingDeletion"]
    found["cloudformation stack"] = [_name(key) for key, stack in entries("cloudformation", "_stacks")
                                     if stack["StackStatus"] != "DELETE_COMPLETE"]
    for label, names in extra.items():
        found[label] = names()
    return {label: kept for label, names in sorted(found.items())
            if (kept := sorted(name for name in names if contains in name))}
