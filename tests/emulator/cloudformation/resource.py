"""What a resource type is here: a few functions that call the service's public API, as CloudFormation's handlers do.

Because the API is called, every property passes the service's own model, each call stands in the recording under the
caller "cloudformation", and a service role can be enforced.
"""

import contextvars
import json
from dataclasses import dataclass

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services.cloudformation import provisioners

from emulator import clients, wire


@dataclass(frozen=True)
class Place:
    """Where a resource is made: by which stack, under which logical id."""

    stack: str = ""
    logical_id: str = ""


place: contextvars.ContextVar[Place] = contextvars.ContextVar("place", default=Place())


class Aws:
    """What a resource's functions get to work with."""

    @property
    def region(self) -> str:
        """The stack's Region."""
        return get_region()

    @property
    def account(self) -> str:
        """The stack's account."""
        return get_account_id()

    def __call__(self, service: str):
        """A client of a service, signing as CloudFormation does for this stack."""
        return clients.client(service, self.region)

    def name(self, given: str | None, longest: int = 128, lower: bool = False) -> str:
        """The name that the template gives, or one that CloudFormation generates."""
        here = place.get()
        return given or provisioners._physical_name(here.stack, here.logical_id, lowercase=lower, max_len=longest)

    def arn(self, service: str, resource: str, region: bool = True) -> str:
        """An ARN in the stack's account."""
        return f"arn:aws:{service}:{self.region if region else ''}:{self.account}:{resource}"


def fit(service: str, operation: str, properties: dict, **more) -> dict:
    """Those properties that are parameters of an operation, in the types of its model, and `more`."""
    shape = wire.service_model(service).operation_model(operation).input_shape
    chosen = {name: as_shape(shape.members[name], value) for name, value in properties.items() if name in shape.members}
    return chosen | {name: value for name, value in more.items() if value is not None}


def as_shape(shape, value):
    """A property in the type of the API: templates write numbers and truth values as text and documents as objects."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: as_shape(shape.members[name], item) if name in shape.members else item
                for name, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [as_shape(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {str(key): as_shape(shape.value, item) for key, item in value.items()}
    if shape.type_name in ("integer", "long") and not isinstance(value, bool):
        return int(float(value))
    if shape.type_name in ("float", "double"):
        return float(value)
    if shape.type_name == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if shape.type_name == "string" and not isinstance(value, str):
        return document(value) if isinstance(value, (dict, list)) else str(value).lower() if isinstance(value, bool) else str(value)
    return value


def document(value) -> str:
    """A policy or other document as the JSON text that an API takes."""
    return value if isinstance(value, str) else json.dumps(value)


def parsed(value):
    """A document as a template writes it."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value


def tag_map(tags) -> dict[str, str]:
    """Tags in whatever form as a map."""
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag.get("Key")): str(tag.get("Value", "")) for tag in tags or []}


def tag_list(tags) -> list[dict]:
    """Tags in whatever form as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tag_map(tags).items()]


def changed(old: dict, new: dict, *names: str) -> bool:
    """Whether any of the properties differs (any at all when none is named)."""
    return any(old.get(name) != new.get(name) for name in (names or old.keys() | new.keys()))


def tag_changes(old: dict, new: dict, name: str = "Tags") -> tuple[dict[str, str], list[str]]:
    """Tags to set, and keys to remove."""
    before, after = tag_map(old.get(name)), tag_map(new.get(name))
    return {key: value for key, value in after.items() if before.get(key) != value}, [k for k in before if k not in after]


def absent(error: ClientError) -> bool:
    """Whether an error says that the thing does not exist."""
    code = error.response["Error"]["Code"]
    return any(word in code for word in ("NotFound", "NoSuch", "NonExistent", "404")) or (
        code in ("InvalidRequestException", "InvalidParameterException") and any(
            word in error.response["Error"]["Message"].lower() for word in ("not found", "does not exist", "not exist")))


class Resource:
    """A resource type. `made_of` names every property that is acted on; any other makes the creation fail."""

    type: str = ""
    made_of: frozenset[str] = frozenset()
    # Properties that `read` does not give, beyond those that the schema calls write-only.
    unread: frozenset[str] = frozenset()
    # Whether CloudFormation detects drift of the type ("Resource type support" in the User Guide).
    drifts: bool = True

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        """Makes the resource; gives its physical id and its attributes."""
        raise NotImplementedError

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> dict | None:
        """Changes the resource in place; gives its attributes, None for those it has."""
        raise NotImplementedError

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        """Removes the resource. It may be gone already."""
        raise NotImplementedError

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        """The properties as they are now, None where the resource is gone."""
        raise NotImplementedError


types: dict[str, Resource] = {}


def resource(cls: type[Resource]) -> type[Resource]:
    """Registers a resource type."""
    types[cls.type] = cls()
    return cls


def failure(error: Exception) -> str:
    """The reason of a failed resource as CloudFormation's handlers word it."""
    if not isinstance(error, ClientError):
        return str(error)
    answer = error.response["Error"]
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 400)
    code = answer["Code"]
    kind = ("AlreadyExists" if "Exist" in code and "Not" not in code or "Already" in code else
            "AccessDenied" if "Denied" in code or "Authorization" in code else
            "NotFound" if absent(error) else
            "Throttling" if "Throttl" in code or "LimitExceeded" in code else
            "InvalidRequest" if status == 400 else "GeneralServiceException")
    return (f'Resource handler returned message: "{answer["Message"]} (Service: {error.operation_name}, '
            f'Status Code: {status}, Error Code: {code})" (RequestToken: {new_uuid()}, HandlerErrorCode: {kind})')
