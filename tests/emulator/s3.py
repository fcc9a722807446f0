"""S3: refusals of AWS that ministack does not make ("Amazon S3 API Reference", "Error responses")."""

import json

from ministack.services import s3

from .errors import AwsError
from .registry import check

_LEAST_PART = 5 * 1024 * 1024
_LONGEST_POLICY = 20 * 1024


@check("s3")
def _expected_owner(call, caller) -> None:
    """"Verifying bucket ownership with bucket owner condition": a wrong owner is 403 Access Denied."""
    for member, bucket in (("ExpectedBucketOwner", call.params.get("Bucket")),
                           ("ExpectedSourceBucketOwner", str(call.params.get("CopySource", "")).lstrip("/").split("/")[0])):
        wanted = call.params.get(member)
        owner = s3._bucket_owner_account(bucket) if wanted and bucket else None
        if owner is not None and owner != wanted:
            raise AwsError("AccessDenied", "Access Denied", 403)


@check("s3")
def _refuse(call, caller) -> None:
    """Rules of single operations."""
    rule = _RULES.get(call.operation)
    if rule:
        rule(call.params)


def _delete_bucket(params: dict) -> None:
    """Uploads under way count too; objects and versions are ministack's own rule."""
    if any(upload["bucket"] == params["Bucket"] for upload in s3._multipart_uploads.values()):
        raise AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)


def _put_bucket_policy(params: dict) -> None:
    """"Bucket policies are limited to 20 KB in size.\""""
    policy = params["Policy"]
    text = policy.decode("utf-8", "replace") if isinstance(policy, bytes) else policy
    if len(text.encode()) > _LONGEST_POLICY:
        raise AwsError("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'") from error
    for statement in statements if isinstance(statements, list) else [statements]:
        if not {"Principal", "NotPrincipal"} & statement.keys():
            raise AwsError("MalformedPolicy", "Missing required field Principal")
        resources = statement.get("Resource", statement.get("NotResource", []))
        for resource in resources if isinstance(resources, list) else [resources]:
            if not str(resource).startswith(f"arn:aws:s3:::{params['Bucket']}") and resource != "*":
                raise AwsError("MalformedPolicy", "Policy has invalid resource")


def _put_bucket_logging(params: dict) -> None:
    """"Enabling Amazon S3 server access logging": the target has the same owner and Region, and takes grants only with ACLs."""
    enabled = (params.get("BucketLoggingStatus") or {}).get("LoggingEnabled")
    if not enabled:
        return
    target, bucket = enabled["TargetBucket"], params["Bucket"]
    owner = s3._bucket_owner_account(target)
    if owner is None:
        raise AwsError("InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
    if owner != s3._bucket_owner_account(bucket):
        raise AwsError("InvalidTargetBucketForLogging", "The owner for the bucket to be logged and the target bucket must be the same.")
    if s3.bucket_region(target) != s3.bucket_region(bucket):
        raise AwsError("CrossLocationLoggingProhibited", "Cross S3 location logging not allowed. ", 403)
    key_format = enabled.get("TargetObjectKeyFormat") or {}
    if len(key_format) > 1:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")


def _complete_multipart_upload(params: dict) -> None:
    """"Amazon S3 multipart upload limits": only the last part may be smaller than 5 MiB."""
    upload = s3._multipart_uploads.get(params["UploadId"])
    if not upload:
        return
    wanted = sorted(part["PartNumber"] for part in (params.get("MultipartUpload") or {}).get("Parts", []))
    for number in wanted[:-1]:
        part = upload["parts"].get(number)
        if part is not None and len(part.get("body", b"")) < _LEAST_PART:
            raise AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")


# What ministack knows of buckets, by the name in the address. To others it would answer with a list of objects.
_KNOWN = {"accelerate", "acl", "cors", "delete", "encryption", "lifecycle", "list-type", "location", "logging", "notification",
          "object-lock", "ownershipControls", "policy", "publicAccessBlock", "replication", "requestPayment", "session", "tagging",
          "uploads", "versioning", "versions", "website"}


@check("s3")
def _known(call, caller) -> None:
    """What is not emulated says so."""
    if call.model is None or "Bucket" not in call.params or "Key" in call.params:
        return
    names = {part.split("=")[0] for part in call.model.http["requestUri"].partition("?")[2].split("&")} - {"", "x-id"}
    if not names <= _KNOWN:
        raise AwsError("NotImplemented", f"the emulator does not know {call.operation}", 501)


_original_dispatch = s3._dispatch


def _dispatch(method: str, bucket: str, key: str, headers: dict, body: bytes, query: dict) -> tuple:
    """ministack looks for `request-payment`; the address says `requestPayment` ("GetBucketRequestPayment")."""
    if method == "GET" and not key and "requestPayment" in query:
        return s3._get_bucket_request_payment(bucket)
    return _original_dispatch(method, bucket, key, headers, body, query)


s3._dispatch = _dispatch
_RULES = {
    "DeleteBucket": _delete_bucket, "PutBucketPolicy": _put_bucket_policy, "PutBucketLogging": _put_bucket_logging,
    "CompleteMultipartUpload": _complete_multipart_upload,
}
