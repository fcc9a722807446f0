"""Partitions: `arn:aws-cn:` in China and `arn:aws-us-gov:` in GovCloud ("Amazon Resource Names", AWS General Reference).

ministack knows `aws` alone. So ARNs are translated at the door, both ways, in Regions of another partition, and a
request there that names an `arn:aws:` is refused as AWS refuses it: no such partition in that place.
"""

from .errors import AwsError

_PREFIXES = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def of_region(region: str) -> str:
    """The partition of a Region."""
    return next((name for prefix, name in _PREFIXES.items() if region.startswith(prefix)), "aws")


def _spellings(partition: str) -> tuple[bytes, bytes]:
    """An ARN's beginning as it is, and in a form."""
    return f"arn:{partition}:".encode(), f"arn%3A{partition}%3A".encode()


def enter(region: str, body: bytes) -> bytes:
    """A request's body with the ARNs that ministack knows."""
    partition = of_region(region)
    if partition == "aws" or not body:
        return body
    if any(spelling in body for spelling in _spellings("aws")):
        raise AwsError("ValidationException", f'Partition "aws" is not valid for resource "arn:aws:…" in {region}.')
    for foreign, known in zip(_spellings(partition), _spellings("aws"), strict=True):
        body = body.replace(foreign, known)
    return body


def leave(region: str, body: bytes) -> bytes:
    """An answer's body with the ARNs of the Region's partition."""
    partition = of_region(region)
    return body if partition == "aws" else body.replace(_spellings("aws")[0], _spellings(partition)[0])
