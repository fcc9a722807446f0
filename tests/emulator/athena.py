"""Athena: the dialect, parameters, workgroups and events, on ministack's DuckDB.

What passes here is no proof for Trino; DuckDB is only near enough to see a query answer. Views of the Data Catalog are
put into the query in place of their names.
"""

import base64
import json
import re
import time
import uuid

import sqlglot
from ministack.services import athena, s3
from ministack.services import glue as catalogue
from sqlglot import exp

from . import athena_calls, athena_runs
from .errors import AwsError, text_of
from .glue.runs import announce
from .registry import check, operation

# Query execution -> why it must fail.
_refused: dict[str, str] = {}
_NOTHING = "SELECT '' AS result WHERE false"
_QUOTED_OR_MARK = re.compile(r"'(?:[^']|'')*'|\?")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)


@operation("athena", "StartQueryExecution")
def start(call, caller) -> dict:
    """StartQueryExecution: settings of the workgroup, prepared statements, parameters."""
    params = dict(call.params)
    name = params.setdefault("WorkGroup", "primary")
    athena._ensure_default_workgroup()
    group = athena._workgroups.get(name)
    if group is None:
        raise _invalid(f"WorkGroup {name} is not found.")
    if group.get("State") == "DISABLED":
        raise _invalid(f"WorkGroup {name} is disabled.")
    same = athena_runs.key(params)
    if earlier := athena_runs.reusable(params, same):
        identity = str(uuid.uuid4())
        athena_runs.reuse(earlier, identity)
        return {"QueryExecutionId": identity}
    _place_results(params, group.get("Configuration") or {})
    query = params["QueryString"].strip().rstrip(";")
    query, values = _prepared(query, name, params.get("ExecutionParameters") or [])
    params["QueryString"] = _bound(_utility(query, params), values)
    status, _, body = athena._start_query_execution(params)
    if status >= 400:
        raise AwsError(*text_of(body), status)
    answer = json.loads(body)
    if athena_calls.needed(caller):
        database = (params.get("QueryExecutionContext") or {}).get("Database", "default")
        tree = athena_calls.parsed(params["QueryString"])
        trees = [tree] if tree is None else [tree, _with_views(tree.copy(), database)]
        why = next(filter(None, (athena_calls.refusal(t, database, _location(params), call.region, caller) for t in trees)), None)
        if why:
            _refused[answer["QueryExecutionId"]] = why
    # What a person asked, not what was made of it.
    athena._executions[answer["QueryExecutionId"]]["Query"] = call.params["QueryString"]
    athena_runs.remember(same, answer["QueryExecutionId"])
    return answer


def _location(params: dict) -> str:
    """Where results go."""
    group = athena._workgroups.get(params["WorkGroup"], {}).get("Configuration", {})
    return (params.get("ResultConfiguration") or group.get("ResultConfiguration") or {}).get("OutputLocation", "")


def _place_results(params: dict, configuration: dict) -> None:
    """"Override client-side settings": an enforced workgroup decides where results go."""
    enforced = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    if enforced and configuration.get("EnforceWorkGroupConfiguration"):
        params["ResultConfiguration"] = {"OutputLocation": enforced}
    location = (params.get("ResultConfiguration") or {}).get("OutputLocation") or enforced
    if location:
        params["ResultConfiguration"] = {"OutputLocation": location if location.endswith("/") else location + "/"}


def _prepared(query: str, group: str, values: list[str]) -> tuple[str, list[str]]:
    """`EXECUTE name USING …` runs a prepared statement."""
    found = re.match(r"(?is)^EXECUTE\s+(\w+)(?:\s+USING\s+(.*))?$", query)
    if not found:
        return query, values
    statement = athena._prepared_statements.get(f"{group}/{found[1]}")
    if statement is None:
        raise _invalid(f"PreparedStatement {found[1]} was not found in workGroup {group}")
    if found[2]:
        values = [item.sql("trino") for item in sqlglot.parse_one(f"SELECT {found[2]}", read="trino").expressions]
    return statement["QueryStatement"].strip().rstrip(";"), values


def _bound(query: str, values: list[str]) -> str:
    """Puts the parameters, which are SQL literals, in place of the question marks."""
    marks = sum(match[0] == "?" for match in _QUOTED_OR_MARK.finditer(query))
    if marks != len(values):
        raise _invalid(f"SYNTAX_ERROR: Incorrect number of parameters: expected {marks} but found {len(values)}")
    rest = iter(values)
    return _QUOTED_OR_MARK.sub(lambda match: next(rest) if match[0] == "?" else match[0], query)


def _utility(query: str, params: dict) -> str:
    """Statements that DuckDB does not know."""
    database = (params.get("QueryExecutionContext") or {}).get("Database", "default")
    if re.match(r"(?is)^(MSCK\s+REPAIR|ALTER\s+TABLE\s+\S+\s+(ADD|DROP))", query):
        return _NOTHING  # partitions are found by their folders anyway
    if found := re.match(r'(?is)^SHOW\s+TABLES(?:\s+IN\s+[`"]?(\w+)[`"]?)?', query):
        names = sorted(key.split("/", 1)[1] for key in catalogue._tables.keys() if key.startswith((found[1] or database) + "/"))
        return " UNION ALL ".join(f"SELECT '{name}' AS tab_name" for name in names) or "SELECT '' AS tab_name WHERE false"
    return query


_original_duckdb = athena._run_duckdb


async def _run_duckdb(query: str, database: str, catalog: str | None = None):
    """Translates Athena's dialect, and views into the queries behind them."""
    try:
        tree = sqlglot.parse_one(query, read="athena")
        translated = _as_trino(_with_views(tree, database)).sql("duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise ValueError(f"line 1:1: {error}") from error
    return await _original_duckdb(translated, database, catalog)


def _as_trino(tree: exp.Expression) -> exp.Expression:
    """Where DuckDB's functions give something else: regexp_extract gives an empty text where Trino's gives null."""
    for call in list(tree.find_all(exp.RegexpExtract)):
        call.replace(exp.Nullif(this=call.copy(), expression=exp.Literal.string("")))
    return tree


def _with_views(tree: exp.Expression, database: str, depth: int = 0) -> exp.Expression:
    """Replaces names of views; a view keeps its query, in JSON and base64, in ViewOriginalText."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        record = catalogue._tables.get(f"{table.db or database}/{table.name}")
        if table.name in own or not record or record.get("TableType") != "VIRTUAL_VIEW" or depth > 8:
            continue
        packed = re.search(r"/\* Presto View: (\S+) \*/", record.get("ViewOriginalText", ""))
        if not packed:
            continue
        view = json.loads(base64.b64decode(packed[1]))
        inner = _with_views(sqlglot.parse_one(view["originalSql"], read="athena"), view.get("schema", database), depth + 1)
        for name in inner.find_all(exp.Table):
            if not name.db and name.name not in {cte.alias for cte in inner.find_all(exp.CTE)}:
                name.set("db", exp.to_identifier(view.get("schema", database)))
        table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(table.alias or table.name))))
    return tree


async def _save(query_id: str) -> None:
    """Results stand at `<location>/<id>.csv`, in Athena's own form of CSV; ministack writes them elsewhere and otherwise."""
    execution = athena._executions[query_id]
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    results = execution["_results"]
    body = athena_runs.csv(results["columns"], results["rows"]).encode()
    answer = s3._put_object(bucket, key, body, {"content-type": "application/octet-stream", "content-length": str(len(body))})
    if isinstance(answer, tuple) and answer[0] >= 300:
        execution["Status"].update(State="FAILED", StateChangeReason=f"Unable to verify/create output bucket {bucket}")


_original_execute = athena._execute_query


async def _execute(query_id: str, *rest) -> None:
    """Tells EventBridge of begin and end ("Monitor Athena query events with EventBridge": no result path in it)."""
    execution = athena._executions.get(query_id)
    if execution:
        _tell(query_id, execution, "RUNNING", "QUEUED")
    if query_id in _refused:
        status = {"State": "FAILED", "StateChangeReason": _refused.pop(query_id), "CompletionDateTime": int(time.time())}
        execution["Status"].update(status)
    else:
        await athena_runs.run(query_id, lambda: _original_execute(query_id, *rest))
    if execution:
        _tell(query_id, execution, execution["Status"]["State"], "RUNNING")


def _tell(query_id: str, execution: dict, state: str, before: str) -> None:
    announce("Athena Query State Change", {
        "versionId": "0", "currentState": state, "previousState": before,
        "statementType": execution.get("StatementType", "DML"), "queryExecutionId": query_id,
        "workgroupName": execution["WorkGroup"], "sequenceNumber": "2" if state == "RUNNING" else "3"}, source="aws.athena")


@operation("athena", "UpdatePreparedStatement")
def update_prepared_statement(call, caller) -> dict:
    """UpdatePreparedStatement."""
    params = call.params
    statement = athena._prepared_statements[f"{params['WorkGroup']}/{params['StatementName']}"]
    statement.update({name: params[name] for name in ("QueryStatement", "Description") if name in params})
    return {}


def _refuse_absent(operation: str, params: dict) -> None:
    """What does not exist, in Athena's words: it has no error code of its own for most of it."""
    group = params.get("WorkGroup", "primary")
    if group != "primary" and group not in athena._workgroups:
        raise _invalid(f"WorkGroup {group} is not found.")
    for member, noun, store in (("QueryExecutionId", "QueryExecution", athena._executions),
                                ("NamedQueryId", "NamedQuery", athena._named_queries)):
        if member in params and params[member] not in store:
            raise _invalid(f"{noun} {params[member]} was not found")
    name = params.get("StatementName")
    if name and operation != "CreatePreparedStatement" and f"{group}/{name}" not in athena._prepared_statements:
        raise AwsError("ResourceNotFoundException", f"PreparedStatement {name} was not found in workGroup {group}")


@check("athena")
def _refuse(call, caller) -> None:
    """A workgroup with content goes only recursively, and its queries need it to exist ("DeleteWorkGroup")."""
    params = call.params
    _refuse_absent(call.operation, params)
    if call.operation == "DeleteWorkGroup":
        name = params["WorkGroup"]
        held = [(store, key) for store in (athena._named_queries, athena._prepared_statements, athena._executions)
                for key, item in store.items() if name in (item.get("WorkGroup"), item.get("WorkGroupName"))]
        if held and not params.get("RecursiveDeleteOption"):
            raise _invalid(f"WorkGroup {name} is not empty")
        for store, key in held:
            store.pop(key, None)


athena._run_duckdb = _run_duckdb
athena._save_query_results = _save
athena._datum_text = athena_runs.text
athena._execute_query = _execute
