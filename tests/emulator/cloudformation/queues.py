"""AWS::SQS::Queue and QueuePolicy."""

from botocore.exceptions import ClientError

from .resource import Aws, Resource, absent, document, resource, tag_changes, tag_map

_ATTRIBUTES = ("MessageRetentionPeriod", "SqsManagedSseEnabled", "VisibilityTimeout", "DelaySeconds", "MaximumMessageSize",
               "ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "KmsMasterKeyId")


def _text(value) -> str:
    return document(value) if isinstance(value, (dict, list)) else str(value).lower() if isinstance(value, bool) else str(value)


def _like(given, text: str):
    """An attribute, which the API has as text, in the type that the template has it in."""
    return text == "true" if isinstance(given, bool) else int(text) if isinstance(given, int) else text


@resource
class Queue(Resource):
    """A queue; its physical id is its URL."""

    type = "AWS::SQS::Queue"
    made_of = frozenset({"QueueName", *_ATTRIBUTES, "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name, sqs = aws.name(given.get("QueueName"), 80), aws("sqs")
        attributes = {key: _text(given[key]) for key in _ATTRIBUTES if key in given}
        url = sqs.create_queue(QueueName=name, Attributes=attributes, tags=tag_map(given.get("Tags")))["QueueUrl"]
        return url, {"Arn": aws.arn("sqs", name), "QueueName": name, "QueueUrl": url}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        attributes = {key: _text(new[key]) for key in _ATTRIBUTES if key in new and new[key] != old.get(key)}
        if attributes:
            aws("sqs").set_queue_attributes(QueueUrl=name, Attributes=attributes)
        added, removed = tag_changes(old, new)
        if added:
            aws("sqs").tag_queue(QueueUrl=name, Tags=added)
        if removed:
            aws("sqs").untag_queue(QueueUrl=name, TagKeys=removed)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("sqs").delete_queue(QueueUrl=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            found = aws("sqs").get_queue_attributes(QueueUrl=name, AttributeNames=["All"])["Attributes"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        read = {key: _like(given[key], found[key]) for key in _ATTRIBUTES if key in given and key in found}
        tags = aws("sqs").list_queue_tags(QueueUrl=name).get("Tags", {})
        return read | {"QueueName": name.rsplit("/", 1)[-1], "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@resource
class QueuePolicy(Resource):
    """The policy of queues. CloudFormation detects no drift of it."""

    type = "AWS::SQS::QueuePolicy"
    made_of = frozenset({"PolicyDocument", "Queues"})
    drifts = False

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        self._set(aws, given, document(given["PolicyDocument"]))
        name = aws.name(None, 128)
        return name, {"Id": name}

    def _set(self, aws: Aws, given: dict, policy: str) -> None:
        for url in given["Queues"]:
            aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        self._set(aws, new, document(new["PolicyDocument"]))

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            self._set(aws, given, "")
        except ClientError as error:
            if not absent(error):
                raise
