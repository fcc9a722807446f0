"""Partitions: in pages, filtered, deleted in batches ("Partition API" in the Glue Developer Guide)."""

import duckdb
from ministack.services import glue as store

from emulator.errors import AwsError
from emulator.registry import operation

from .tables import described


def _table(params: dict) -> dict:
    key = f"{params['DatabaseName']}/{params['TableName']}"
    if key not in store._tables:
        raise AwsError("EntityNotFoundException", f"Table {params['TableName']} not found.")
    return store._tables[key]


def _partitions(params: dict) -> list[dict]:
    _table(params)
    return store._partitions.setdefault(f"{params['DatabaseName']}/{params['TableName']}", [])


@operation("glue", "GetPartitions")
def get_all(call, caller) -> dict:
    """GetPartitions, with Expression, Segment and pages."""
    params = call.params
    found = sorted(_partitions(params), key=lambda partition: partition["Values"])
    if params.get("Expression"):
        found = _filtered(found, [key["Name"] for key in _table(params).get("PartitionKeys", [])], params["Expression"])
    if segment := params.get("Segment"):
        found = [p for number, p in enumerate(found) if number % segment["TotalSegments"] == segment["SegmentNumber"]]
    start, size = int(params.get("NextToken") or 0), params.get("MaxResults", 1000)
    page = [_handed_out(partition) for partition in found[start:start + size]]
    if params.get("ExcludeColumnSchema"):
        page = [partition | {"StorageDescriptor": {key: value for key, value in partition.get("StorageDescriptor", {}).items()
                                                   if key != "Columns"}} for partition in page]
    answer = {"Partitions": page}
    if start + size < len(found):
        answer["NextToken"] = str(start + size)
    return answer


def _handed_out(partition: dict) -> dict:
    return partition | {"StorageDescriptor": described(partition.get("StorageDescriptor") or {})}


@operation("glue", "GetPartition")
def get(call, caller) -> dict:
    """GetPartition."""
    found = next((p for p in _partitions(call.params) if p["Values"] == call.params["PartitionValues"]), None)
    if found is None:
        raise AwsError("EntityNotFoundException", "Cannot find partition.")
    return {"Partition": _handed_out(found)}


@operation("glue", "BatchGetPartition")
def get_some(call, caller) -> dict:
    """BatchGetPartition: what is not there is left out."""
    wanted = [entry["Values"] for entry in call.params["PartitionsToGet"]]
    return {"Partitions": [_handed_out(p) for p in _partitions(call.params) if p["Values"] in wanted], "UnprocessedKeys": []}


def _filtered(partitions: list[dict], keys: list[str], expression: str) -> list[dict]:
    """"Expression … uses SQL syntax similar to the SQL WHERE filter clause." All our keys are strings."""
    connection = duckdb.connect()
    columns = ", ".join(f'"{key}" VARCHAR' for key in keys)
    connection.execute(f"CREATE TABLE partitions (number INTEGER, {columns})")
    for number, partition in enumerate(partitions):
        marks = ", ".join("?" for _ in range(len(keys) + 1))
        connection.execute(f"INSERT INTO partitions VALUES ({marks})", [number, *partition["Values"]])
    try:
        rows = connection.execute(f"SELECT number FROM partitions WHERE {expression} ORDER BY number").fetchall()
    except duckdb.Error as error:
        raise AwsError("InvalidInputException", f"Unsupported expression '{expression}': {error}") from error
    return [partitions[number] for number, in rows]


@operation("glue", "BatchDeletePartition")
def delete_some(call, caller) -> dict:
    """BatchDeletePartition: what is missing is an error of its own, not of the call."""
    partitions, errors = _partitions(call.params), []
    for wanted in call.params["PartitionsToDelete"]:
        found = next((p for p in partitions if p["Values"] == wanted["Values"]), None)
        if found is None:
            errors.append({"PartitionValues": wanted["Values"], "ErrorDetail": {
                "ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found."}})
        else:
            partitions.remove(found)
    return {"Errors": errors}
