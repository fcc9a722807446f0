"""The calls that Athena makes for whoever asks a query: to the catalogue, to the data, to the place of the results.

"Fine-grained access to databases and tables" and "Access to Amazon S3" in the Athena User Guide: Athena uses the
permissions of the caller. The calls are recorded under the caller kind "athena" and authorised for roles.
"""

from dataclasses import replace

import sqlglot
from ministack.services import glue
from sqlglot import exp

from . import permissions, recorder, settings
from .callers import Caller
from .errors import AwsError
from .wire import Call, service_model


def refusal(tree: exp.Expression | None, database: str, location: str, region: str, caller: Caller) -> str | None:
    """Makes the checks for a query; gives the reason for which it fails, None if nothing speaks against it."""
    athena = replace(caller, kind="athena")
    for call in _calls(tree, database, location, region):
        try:
            permissions.check(call, athena)
        except AwsError as error:
            recorder.record(call, athena, error.status, error.code)
            return f"Insufficient permissions to execute the query. {error.message}"
        recorder.record(call, athena, 200)
    return None


def _calls(tree: exp.Expression | None, database: str, location: str, region: str):
    def call(service: str, operation: str, **params) -> Call:
        model = service_model(service).operation_model(operation)
        return Call(service, operation, params, "rest-xml" if service == "s3" else "json", model, region)

    results, _, prefix = location.removeprefix("s3://").partition("/")
    yield call("s3", "GetBucketLocation", Bucket=results)
    yield call("s3", "PutObject", Bucket=results, Key=f"{prefix}query.csv")
    for schema, name in sorted(_tables(tree, database)):
        yield call("glue", "GetDatabase", Name=schema)
        yield call("glue", "GetTable", DatabaseName=schema, Name=name)
        table = glue._tables.get(f"{schema}/{name}") or {}
        if table.get("PartitionKeys"):
            yield call("glue", "GetPartitions", DatabaseName=schema, TableName=name)
        data, _, folder = (table.get("StorageDescriptor") or {}).get("Location", "").removeprefix("s3://").partition("/")
        if data:
            yield call("s3", "ListObjectsV2", Bucket=data, Prefix=folder)
            yield call("s3", "GetObject", Bucket=data, Key=f"{folder.rstrip('/')}/data")


def _tables(tree: exp.Expression | None, database: str) -> set[tuple[str, str]]:
    if tree is None:
        return set()
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {(table.db or database, table.name) for table in tree.find_all(exp.Table) if table.name and table.name not in own}


def parsed(query: str) -> exp.Expression | None:
    """The query, None where it is none that the translation knows; running it will tell."""
    try:
        return sqlglot.parse_one(query, read="athena")
    except sqlglot.errors.SqlglotError:
        return None


def needed(caller: Caller) -> bool:
    """Whether anybody looks."""
    return bool(settings.record_path or permissions.denials or (settings.enforce and caller.role))
