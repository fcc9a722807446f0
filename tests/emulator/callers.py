"""Who calls: a person's credentials, or a service that acts with a role.

Each job run, crawler, function, schedule and stack gets an access key id of its own, from which the gateway reads
who called. That is how the recording tells the calls of the ETL job from those of the command line.
"""

import hashlib
import re
from contextvars import ContextVar
from dataclasses import asdict, dataclass

from ministack.core.responses import get_account_id
from ministack.services import sts

from .errors import AwsError

USER = "user"


@dataclass(frozen=True)
class Caller:
    """The origin of a call. `role` is the ARN of the role whose policies count, None for a person's credentials."""

    kind: str
    name: str
    account: str
    role: str | None = None
    access_key: str = ""

    def as_record(self) -> dict:
        """The caller as the recording shows it."""
        return {key: value for key, value in asdict(self).items() if value and key != "access_key"}


_minted: dict[str, Caller] = {}
# Whose credentials in-process clients sign with (see `clients`).
acting: ContextVar[Caller | None] = ContextVar("acting", default=None)


def mint(kind: str, name: str, role: str | None = None, account: str | None = None) -> Caller:
    """A caller with an access key id of its own; the same one for the same arguments."""
    account = account or (role.split(":")[4] if role else get_account_id())
    digest = hashlib.sha256(f"{kind}|{name}|{role}|{account}".encode()).hexdigest().upper()
    caller = Caller(kind, name, account, role, "ASIA" + digest[:16])
    _minted[caller.access_key] = caller
    role_name = role.rsplit("/", 1)[-1] if role else re.sub(r"\W+", "-", kind)
    session = re.sub(r"[^\w+=,.@-]", "-", name)[:64]
    sts.register_session(caller.access_key, {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}",
        "UserId": f"AROA{digest[:16]}:{session}", "SecretAccessKey": "test", "SessionToken": "test",
    })
    return caller


def environment(caller: Caller, region: str, endpoint: str) -> dict[str, str]:
    """The environment variables with which a program acts as this caller."""
    return {
        "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": caller.access_key, "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test", "AWS_REGION": region, "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        # What the object_store crate reads; it has no AWS_ENDPOINT_URL.
        "AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true",
    }


def resolve(access_key: str) -> Caller:
    """The caller behind an access key id. Twelve digits name the account; the rest is a person in the default one."""
    if access_key in _minted:
        return _minted[access_key]
    session = sts._sessions.get(access_key)
    if session:
        parts = str(session.get("Arn", "")).split(":")
        if len(parts) > 5 and parts[5].startswith("assumed-role/"):
            role_name, _, session_name = parts[5].removeprefix("assumed-role/").partition("/")
            return Caller("role", session_name, parts[4], _role_arn(parts[4], role_name), access_key)
    account = access_key if re.fullmatch(r"\d{12}", access_key) else "000000000000"
    return Caller(USER, access_key or "anonymous", account, None, access_key)


def _role_arn(account: str, role_name: str) -> str:
    """A session's ARN leaves out the path of the role; the role itself knows it."""
    from ministack.services import iam

    for (owner, name), role in list(iam._roles._data.items()):
        if owner == account and name == role_name:
            return role["Arn"]
    return f"arn:aws:iam::{account}:role/{role_name}"


# "Troubleshooting AWS CLI errors" and each service's "Common Errors": what an invalid key is called.
_INVALID = {"s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
            "query": ("InvalidClientTokenId", "The security token included in the request is invalid."),
            "json": ("UnrecognizedClientException", "The security token included in the request is invalid.")}


def check_credentials(access_key: str, service: str, protocol: str) -> None:
    """Refuses keys that start with EXPIRED or INVALID, as the service of that protocol would."""
    family = "s3" if service == "s3" else "query" if protocol in ("query", "rest-xml") else "json"
    if access_key.startswith("EXPIRED"):
        code = "ExpiredTokenException" if family == "json" else "ExpiredToken"
        raise AwsError(code, "The security token included in the request is expired" if family != "s3" else
                       "The provided token has expired.", 400 if family != "query" else 403)
    if access_key.startswith("INVALID"):
        code, message = _INVALID[family]
        raise AwsError(code, message, 403 if family != "json" else 400)
