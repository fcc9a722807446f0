"""How long Athena's queries take, what they scan and are cut off at, and which results are used again.

A test says what a query takes and scans, as DuckDB's own figures mean nothing for Athena.
"""

import asyncio
import datetime
import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import athena

from . import control
from .registry import on_reset

_STEP = 0.02
_pretended: dict[str, float] = {}
# Account, Region, workgroup, catalog, database, query and parameters -> the execution with its result.
_results: dict[tuple, str] = {}


@on_reset
def _forget() -> None:
    _pretended.clear()
    _results.clear()


@control.route("POST", "/athena/takes")
def takes(arguments: dict) -> dict:
    """Every query takes so long and scans so much: {"seconds": 5, "bytes": 1000000}."""
    _pretended.update({name: float(arguments[name]) for name in ("seconds", "bytes") if name in arguments})
    return dict(_pretended)


async def run(query_id: str, work) -> None:
    """Runs a query, unless it is stopped or reaches its workgroup's limit first ("Configure workgroup data usage controls")."""
    execution = athena._executions[query_id]
    execution["Status"]["State"] = "RUNNING"
    end = time.time() + _pretended.get("seconds", 0)
    scanned = int(_pretended.get("bytes", 0))
    group = athena._workgroups.get(execution["WorkGroup"], {}).get("Configuration") or {}
    limit = group.get("BytesScannedCutoffPerQuery")
    while time.time() < end:
        execution["Statistics"]["DataScannedInBytes"] = scanned // 2
        await asyncio.sleep(_STEP)
        if execution["Status"]["State"] == "CANCELLED":
            return
    if limit and scanned > limit:
        execution["Statistics"]["DataScannedInBytes"] = limit
        execution["Status"].update(State="CANCELLED", StateChangeReason="Bytes scanned limit was exceeded",
                                   CompletionDateTime=int(time.time()))
        return
    await work()
    if scanned:
        execution["Statistics"]["DataScannedInBytes"] = scanned


def key(params: dict) -> tuple:
    """What must be the same for a result to be used again ("Reuse query results")."""
    context = params.get("QueryExecutionContext") or {}
    return (get_account_id(), get_region(), params["WorkGroup"], context.get("Catalog"), context.get("Database"), params["QueryString"],
            tuple(params.get("ExecutionParameters") or ()))


def remember(same: tuple, query_id: str) -> None:
    """Keeps in mind which query is asked."""
    _results[same] = query_id


def reusable(params: dict, same: tuple) -> dict | None:
    """The earlier execution whose result may be taken; none where the request names a place for the result."""
    wanted = (params.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    earlier = athena._executions.get(_results.get(same, ""))
    if not wanted.get("Enabled") or params.get("ResultConfiguration") or earlier is None:
        return None
    done = earlier["Status"].get("CompletionDateTime") or 0
    fresh = time.time() - done <= wanted.get("MaxAgeInMinutes", 60) * 60
    return earlier if earlier["Status"]["State"] == "SUCCEEDED" and fresh else None


def reuse(earlier: dict, query_id: str) -> None:
    """An execution of its own that scans nothing and points to the earlier result."""
    now = int(time.time())
    athena._executions[query_id] = {
        **earlier, "QueryExecutionId": query_id,
        "Status": {"State": "SUCCEEDED", "StateChangeReason": "", "SubmissionDateTime": now, "CompletionDateTime": now},
        "Statistics": {**earlier["Statistics"], "DataScannedInBytes": 0,
                       "ResultReuseInformation": {"ReusedPreviousResult": True}},
    }


def csv(columns: list[str], rows: list[list]) -> str:
    """Results as Athena writes them: every value in quotes, a quote doubled, null nothing at all, lines that end with LF."""
    def field(value) -> str:
        return "" if value is None else '"' + text(value).replace('"', '""') + '"'

    return "".join(",".join(map(field, row)) + "\n" for row in [columns, *rows])


def text(value) -> str:
    """A value as Athena writes it: times with their milliseconds."""
    if isinstance(value, datetime.datetime):
        zone = " UTC" if value.tzinfo else ""
        return value.replace(tzinfo=None).isoformat(" ", "milliseconds") + zone
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
