"""boto3 clients with which the emulator's own machinery calls the emulator.

CloudFormation, crawlers and schedules call the public API like everybody else, so their calls are checked, recorded
and, on demand, authorised. They run on worker threads: the event loop has to be free to answer them.
"""

import threading
from functools import cache, lru_cache

import botocore.config
import botocore.credentials
import botocore.session

from . import callers, settings

_lock = threading.Lock()


class _ActingCredentials(botocore.credentials.Credentials):
    """Signs with the key of the caller that acts in this context."""

    def __init__(self):
        super().__init__("unused", "test", "test")

    def get_frozen_credentials(self):
        caller = callers.acting.get()
        key = caller.access_key if caller else "000000000000"
        return botocore.credentials.ReadOnlyCredentials(key, "test", "test" if key.startswith("ASIA") else None)


@lru_cache(maxsize=1)
def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    session._credentials = _ActingCredentials()
    return session


@cache
def _client(service: str, region: str, endpoint: str):
    config = botocore.config.Config(
        retries={"max_attempts": 0}, max_pool_connections=50, s3={"addressing_style": "path"},
        connect_timeout=5, read_timeout=300, request_checksum_calculation="when_required",
        response_checksum_validation="when_required")
    return _session().create_client(service, region_name=region, endpoint_url=endpoint, config=config)


def client(service: str, region: str):
    """A client for this emulator, signing as the caller that acts in the present context."""
    with _lock:
        return _client(service, region, settings.endpoint())
