"""Templates from S3, by every form of address that AWS takes ("Virtual hosting of buckets", Amazon S3 User Guide)."""

import re

from ministack.core.responses import get_region
from ministack.services.cloudformation import helpers

from emulator import partitions, permissions
from emulator.errors import AwsError
from emulator.wire import Call

from .requests import requester

_VIRTUAL = re.compile(r"https://(?P<bucket>[a-z0-9.-]+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?/(?P<key>[^?]+)")
_original = helpers._resolve_document


def _resolve_document(params: dict, body_key: str, url_key: str, label: str) -> tuple:
    """The text of a document given inline or by its address."""
    url = helpers._p(params, url_key)
    if found := _VIRTUAL.match(url):
        params = {**params, url_key: [f"https://s3.amazonaws.com/{found['bucket']}/{found['key']}"]}
    if found and (caller := requester.get()):
        try:
            permissions.check(Call("s3", "GetObject", {"Bucket": found["bucket"], "Key": found["key"]}, "rest-xml",
                                   region=get_region()), caller)
        except AwsError as refusal:
            return None, helpers._error("ValidationError", f"S3 error: Access Denied ({refusal.message})")
    text, error = _original(params, body_key, url_key, label)
    if text and url:
        text = partitions.enter(get_region(), text.encode()).decode()
    return text, error


helpers._resolve_document = _resolve_document
