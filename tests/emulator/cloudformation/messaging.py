"""AWS::SNS::Topic, TopicPolicy and Subscription."""

from botocore.exceptions import ClientError

from .resource import Aws, Resource, absent, changed, document, parsed, resource, tag_changes, tag_list

_TOPIC_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "DeliveryStatusLogging")
_SUBSCRIPTION_ATTRIBUTES = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy",
                            "SubscriptionRoleArn")


def _text(value) -> str:
    return document(value) if isinstance(value, (dict, list)) else str(value).lower() if isinstance(value, bool) else str(value)


@resource
class Topic(Resource):
    """A topic; its physical id is its ARN."""

    type = "AWS::SNS::Topic"
    made_of = frozenset({"TopicName", "DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "Subscription", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name, sns = aws.name(given.get("TopicName"), 256), aws("sns")
        arn = aws.arn("sns", name)
        if self._attributes(aws, arn) is not None:
            raise ValueError(f"Topic {name} already exists")  # CreateTopic itself would succeed
        attributes = {key: _text(given[key]) for key in _TOPIC_ATTRIBUTES if key in given}
        sns.create_topic(Name=name, Attributes=attributes, Tags=tag_list(given.get("Tags")))
        for subscription in given.get("Subscription", []):
            sns.subscribe(TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])
        return arn, {"TopicArn": arn, "TopicName": name}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        sns = aws("sns")
        for key in _TOPIC_ATTRIBUTES:
            if changed(old, new, key):
                sns.set_topic_attributes(TopicArn=name, AttributeName=key, AttributeValue=_text(new.get(key, "")))
        added, removed = tag_changes(old, new)
        if added:
            sns.tag_resource(ResourceArn=name, Tags=tag_list(added))
        if removed:
            sns.untag_resource(ResourceArn=name, TagKeys=removed)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        aws("sns").delete_topic(TopicArn=name)

    def _attributes(self, aws: Aws, arn: str) -> dict | None:
        try:
            return aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        except ClientError as error:
            if absent(error):
                return None
            raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        attributes = self._attributes(aws, name)
        if attributes is None:
            return None
        found = {key: attributes[key] for key in _TOPIC_ATTRIBUTES if attributes.get(key)}
        return found | {"TopicName": name.rsplit(":", 1)[-1],
                        "Tags": aws("sns").list_tags_for_resource(ResourceArn=name)["Tags"]}


@resource
class TopicPolicy(Resource):
    """The policy of topics. CloudFormation detects no drift of it."""

    type = "AWS::SNS::TopicPolicy"
    made_of = frozenset({"PolicyDocument", "Topics"})
    drifts = False

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        for arn in given["Topics"]:
            aws("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document(given["PolicyDocument"]))
        name = aws.name(None, 128)
        return name, {"Id": name}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        self.create(aws, new)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        # "SetTopicAttributes": a topic always has a policy; what is left is the owner's.
        for arn in given["Topics"]:
            owner = {"Version": "2012-10-17", "Statement": [{
                "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": arn,
                "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:DeleteTopic"],
                "Condition": {"StringEquals": {"AWS:SourceOwner": aws.account}}}]}
            try:
                aws("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document(owner))
            except ClientError as error:
                if not absent(error):
                    raise


@resource
class Subscription(Resource):
    """A subscription. One by e-mail stays pending until its owner confirms it."""

    type = "AWS::SNS::Subscription"
    made_of = frozenset({"TopicArn", "Protocol", "Endpoint", *_SUBSCRIPTION_ATTRIBUTES})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        attributes = {key: _text(given[key]) for key in _SUBSCRIPTION_ATTRIBUTES if key in given}
        arn = aws("sns").subscribe(TopicArn=given["TopicArn"], Protocol=given["Protocol"], Endpoint=given.get("Endpoint", ""),
                                   Attributes=attributes, ReturnSubscriptionArn=True)["SubscriptionArn"]
        return arn, {"Arn": arn}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        for key in _SUBSCRIPTION_ATTRIBUTES:
            if changed(old, new, key):
                aws("sns").set_subscription_attributes(SubscriptionArn=name, AttributeName=key, AttributeValue=_text(new.get(key, "")))

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        try:
            aws("sns").unsubscribe(SubscriptionArn=name)
        except ClientError as error:
            if not absent(error):
                raise

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            attributes = aws("sns").get_subscription_attributes(SubscriptionArn=name)["Attributes"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        found = {key: attributes[key] for key in ("TopicArn", "Protocol", "Endpoint")}
        return found | {key: parsed(attributes[key]) for key in _SUBSCRIPTION_ATTRIBUTES if attributes.get(key)}
