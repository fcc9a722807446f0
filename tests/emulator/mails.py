"""SNS: subscriptions by e-mail stay pending until their owner confirms, and the mails that would be sent can be read.

"Subscribing an email endpoint to an Amazon SNS topic": until then the ARN reads "pending confirmation" (unless
ReturnSubscriptionArn asks for it), and nothing is delivered.
"""

import re

from ministack.services import sns

from .control import route
from .registry import on_reset

sent: list[dict] = []
on_reset(sent.clear)
_original_subscribe = sns._subscribe
_original_fanout = sns._fanout
_MAIL = ("email", "email-json")


def _subscribe(params: dict) -> tuple:
    status, headers, body = _original_subscribe(params)
    protocol, endpoint = sns._p(params, "Protocol"), sns._p(params, "Endpoint")
    if status != 200 or protocol not in _MAIL:
        return status, headers, body
    topic = sns._topics[sns._p(params, "TopicArn")]
    subscription = next(s for s in topic["subscriptions"] if s["protocol"] == protocol and s["endpoint"] == endpoint)
    if "asked" not in subscription:
        subscription.update(confirmed=False, asked=True)
        subscription["attributes"].update(PendingConfirmation="true", ConfirmationWasAuthenticated="false")
        sns._refresh_subscription_counts(topic)
        sent.append({"to": endpoint, "topic": topic["arn"], "subject": "AWS Notification - Subscription Confirmation",
                     "body": f"You have chosen to subscribe to the topic: {topic['arn']}"})
    if not subscription["confirmed"] and sns._p(params, "ReturnSubscriptionArn").lower() != "true":
        text = body.decode() if isinstance(body, bytes) else body
        body = re.sub(r"<SubscriptionArn>.*?</SubscriptionArn>", "<SubscriptionArn>pending confirmation</SubscriptionArn>", text)
    return status, headers, body


def _pending_in_list(original):
    """"ListSubscriptions": a subscription that waits has PendingConfirmation for an ARN."""
    def answer(params: dict) -> tuple:
        status, headers, body = original(params)
        text = body.decode() if isinstance(body, bytes) else body
        for topic in list(sns._topics.values()):
            for subscription in topic["subscriptions"]:
                if subscription["protocol"] in _MAIL and not subscription["confirmed"]:
                    text = text.replace(f"<SubscriptionArn>{subscription['arn']}<", "<SubscriptionArn>PendingConfirmation<")
        return status, headers, text.encode()
    return answer


def _fanout(topic_arn: str, msg_id: str, message: str, subject: str, *rest, **named) -> None:
    topic = sns._topic_by_arn_any_scope(topic_arn)
    for subscription in (topic or {}).get("subscriptions", []):
        if subscription["protocol"] in _MAIL and subscription["confirmed"]:
            sent.append({"to": subscription["endpoint"], "topic": topic_arn, "subject": subject or "AWS Notification Message",
                         "body": message})
    _original_fanout(topic_arn, msg_id, message, subject, *rest, **named)


@route("GET", "/mails")
def mails(_: dict) -> dict:
    """What would have been mailed, confirmation requests included."""
    return {"mails": sent}


@route("POST", "/confirm")
def confirm(arguments: dict) -> dict:
    """Does what a person does who clicks the link: {"endpoint": "ops@example.com"}."""
    confirmed = 0
    for topic in list(sns._topics._data.values()):
        for subscription in topic["subscriptions"]:
            if subscription["endpoint"] == arguments["endpoint"] and not subscription["confirmed"]:
                subscription["confirmed"] = True
                subscription["attributes"]["PendingConfirmation"] = "false"
                confirmed += 1
        sns._refresh_subscription_counts(topic)
    return {"confirmed": confirmed}


sns._subscribe = _subscribe
sns._list_subscriptions = _pending_in_list(sns._list_subscriptions)
sns._list_subscriptions_by_topic = _pending_in_list(sns._list_subscriptions_by_topic)
sns._fanout = _fanout
