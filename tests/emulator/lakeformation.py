"""Lake Formation: the defaults of an account, which a test can set (`POST /_emulator/lakeformation {...}`).

"Changing the default settings for your data lake": IAMAllowedPrincipals has every permission on what is new, unless
an administrator took it away, and then Glue and Athena fail where IAM allows.
"""

import copy

from .control import route
from .registry import on_reset, operation

_OPEN = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
_DEFAULTS = {"DataLakeAdmins": [], "CreateDatabaseDefaultPermissions": _OPEN, "CreateTableDefaultPermissions": _OPEN,
             "Parameters": {"CROSS_ACCOUNT_VERSION": "4"}, "TrustedResourceOwners": []}
_settings = copy.deepcopy(_DEFAULTS)


@on_reset
def _forget() -> None:
    _settings.clear()
    _settings.update(copy.deepcopy(_DEFAULTS))


@route("POST", "/lakeformation")
def configure(arguments: dict) -> dict:
    """Sets members of the data lake settings."""
    _settings.update(arguments)
    return _settings


@operation("lakeformation", "GetDataLakeSettings")
def get_settings(call, caller) -> dict:
    """GetDataLakeSettings."""
    return {"DataLakeSettings": _settings}


@operation("lakeformation", "ListPermissions")
def list_permissions(call, caller) -> dict:
    """ListPermissions: none were granted."""
    return {"PrincipalResourcePermissions": []}
