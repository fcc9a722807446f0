"""botocore's models of the services, and what a request says in their terms."""

import base64
from dataclasses import dataclass, field
from functools import cache

import botocore.exceptions
import botocore.loaders
from botocore.model import OperationModel, ServiceModel, Shape

_loader = botocore.loaders.Loader()


@dataclass
class Call:
    """A request as its service understands it."""

    service: str
    operation: str
    params: dict
    protocol: str
    model: OperationModel | None = None
    region: str = ""
    # Members of the request whose bytes are not looked into (bodies of objects).
    opaque: set = field(default_factory=set)


class UnknownOperation(Exception):
    """The service's model has no such operation."""

    def __init__(self, service: str, protocol: str, what: str):
        super().__init__(what)
        self.service, self.protocol, self.what = service, protocol, what


@cache
def service_model(service: str) -> ServiceModel | None:
    """botocore's model of a service, or None where it has none."""
    try:
        return ServiceModel(_loader.load_service_model(service, "service-2"), service)
    except botocore.exceptions.UnknownServiceError:
        return None


def operation(model: ServiceModel, protocol: str, name: str) -> OperationModel:
    """A service's operation by name."""
    if name not in model.operation_names:
        raise UnknownOperation(model.service_name, protocol, name or "(none)")
    return model.operation_model(name)


def scalar(shape: Shape, text: str):
    """A scalar that came as text, in its type; left as text where it does not fit, for the validation to say."""
    if not isinstance(text, str):
        return text
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
        if shape.type_name == "blob":
            return base64.b64decode(text)
    except ValueError:
        return text
    return text.lower() == "true" if shape.type_name == "boolean" and text.lower() in ("true", "false") else text


def without_nulls(value):
    """A JSON null means that the member was not given."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
