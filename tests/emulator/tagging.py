"""GetResources over every service of the pipeline, in pages ("Resource Groups Tagging API Reference").

IAM roles and schedules are not in it: the Tagging API does not list the former, and the latter take no tags.
"""

from collections.abc import Iterator

from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, cloudformation, cloudwatch, cloudwatch_logs, secretsmanager, tagging

from .registry import operation


def _flat(tags: dict) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def _own() -> Iterator[tuple[str, list[dict]]]:
    """What ministack's own collectors leave out."""
    base = f"{get_region()}:{get_account_id()}"
    for name, group in cloudwatch_logs._log_groups.items():
        yield f"arn:aws:logs:{base}:log-group:{name}", _flat(group.get("tags"))
    for resource, tags in athena._tags.items():
        if resource.split(":")[3] == get_region():
            yield resource, _flat(tags)
    for resource, tags in cloudwatch._resource_tags.items():
        if resource.split(":")[3] in ("", get_region()):
            yield resource, _flat(tags)
    for secret in secretsmanager._secrets.values():
        yield secret.get("ARN", ""), secret.get("Tags") or []
    for stack in cloudformation._stacks.values():
        if stack["StackStatus"] != "DELETE_COMPLETE":
            yield stack["StackId"], stack.get("Tags") or []


_COLLECTED = ("s3", "lambda", "sqs", "sns", "events", "kms", "glue", "scheduler", "dynamodb")


@operation("resourcegroupstaggingapi", "GetResources")
def get_resources(call, caller) -> dict:
    """GetResources."""
    params = call.params
    everything = [found for name in _COLLECTED for found in tagging._COLLECTORS[name]()] + list(_own())
    wanted = [(arn, tags) for arn, tags in everything if tags
              and (not params.get("ResourceARNList") or arn in params["ResourceARNList"])
              and tagging._matches_type_filters(arn, params.get("ResourceTypeFilters"))
              and tagging._matches_tag_filters(tags, params.get("TagFilters"))]
    wanted.sort()
    start, size = int(params.get("PaginationToken") or 0), params.get("ResourcesPerPage", 100)
    following = start + size
    return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn, tags in wanted[start:following]],
            "PaginationToken": str(following) if following < len(wanted) else ""}
