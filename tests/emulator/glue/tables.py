"""Tables as Glue hands them out: what was not given is not there, and a storage descriptor has its numbers and flags
("StorageDescriptor", Glue API). Trino's client reads `NumberOfBuckets` without asking whether it is there, and takes any
`Description`, an empty one too, for the comment by which it knows a view."""

import re
import time

from ministack.services import glue as store

from emulator.errors import AwsError
from emulator.registry import operation

_ALWAYS = {"Compressed": False, "NumberOfBuckets": 0, "StoredAsSubDirectories": False}


def described(storage: dict) -> dict:
    """A storage descriptor with what every one has."""
    return {**_ALWAYS, **storage}


def _handed_out(table: dict) -> dict:
    kept = {key: value for key, value in table.items() if value not in (None, "")}
    return kept | {"StorageDescriptor": described(table.get("StorageDescriptor") or {})}


@operation("glue", "GetTable")
def get(call, caller) -> dict:
    """GetTable."""
    database, name = call.params["DatabaseName"], call.params["Name"]
    found = store._tables.get(f"{database}/{name}")
    if found is None:
        raise AwsError("EntityNotFoundException", f"Table {name} not found in {database}")
    return {"Table": _handed_out(found)}


@operation("glue", "GetTables")
def get_all(call, caller) -> dict:
    """GetTables, with Expression ("a regular expression pattern") and pages."""
    database, pattern = call.params["DatabaseName"], call.params.get("Expression")
    if database not in store._databases:
        raise AwsError("EntityNotFoundException", f"Database {database} not found.")
    found = [table for key, table in sorted(store._tables.items()) if key.startswith(f"{database}/")]
    found = [table for table in found if not pattern or re.fullmatch(pattern, table["Name"])]
    start, size = int(call.params.get("NextToken") or 0), call.params.get("MaxResults", 100)
    answer = {"TableList": [_handed_out(table) for table in found[start:start + size]]}
    if start + size < len(found):
        answer["NextToken"] = str(start + size)
    return answer


@operation("glue", "UpdateTable")
def update(call, caller) -> dict:
    """UpdateTable: what the input leaves out is gone, as "an updated TableInput object to define the metadata table" says."""
    database, given = call.params["DatabaseName"], call.params["TableInput"]
    key = f"{database}/{given['Name']}"
    old = store._tables.get(key)
    if old is None:
        raise AwsError("EntityNotFoundException", f"Table {given['Name']} not found.")
    if call.params.get("VersionId", old["VersionId"]) != old["VersionId"]:
        raise AwsError("ConcurrentModificationException", f"Update table failed due to concurrent modifications of {given['Name']}.")
    kept = {name: old[name] for name in ("DatabaseName", "CreateTime", "IsRegisteredWithLakeFormation", "CatalogId")}
    store._tables[key] = kept | given | {"UpdateTime": int(time.time()), "VersionId": str(int(old["VersionId"]) + 1)}
    return {}
