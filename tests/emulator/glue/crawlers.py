"""Crawlers with catalogue targets: they list a table's location and add the partitions they find ("Crawlers", Glue API).

"Catalog targets": the crawler keeps the table and its schema, and DeleteBehavior must be LOG. It works with its role,
so a permission that the role lacks makes the crawl fail.
"""

import contextvars
import json
import threading
import time
from urllib.parse import unquote

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import glue as store

from emulator import callers, clients, inventory, policies
from emulator.control import route
from emulator.errors import AwsError
from emulator.registry import on_reset, operation

from . import jobs, process
from .runs import announce

# A crawl takes this long at least.
crawl_seconds = 0.2
_history: dict[tuple[str, str, str], list[dict]] = {}


@on_reset
def _forget() -> None:
    global crawl_seconds
    crawl_seconds = 0.2
    _history.clear()


@route("POST", "/glue/crawl")
def set_crawl_seconds(arguments: dict) -> dict:
    """{"seconds": 5} makes each crawl last that long, so that a test can act while one runs."""
    global crawl_seconds
    crawl_seconds = float(arguments["seconds"])
    return {"seconds": crawl_seconds}


def _crawler(name: str) -> dict:
    found = store._crawlers.get(name)
    if found is None:
        raise AwsError("EntityNotFoundException", f"Crawler with name {name} does not exist")
    return found


def _ready(name: str) -> dict:
    crawler = _crawler(name)
    if crawler["State"] != "READY":
        raise AwsError("CrawlerRunningException", f"Crawler with name {name} is currently running")
    return crawler


def _checked(definition: dict) -> dict:
    targets = definition.get("Targets", {})
    if not any(targets.values()):
        raise jobs.invalid("Crawler must have at least one target")
    policy = definition.get("SchemaChangePolicy", {})
    if targets.get("CatalogTargets"):
        if any(value for kind, value in targets.items() if kind != "CatalogTargets"):
            raise jobs.invalid("Catalog targets cannot be combined with other targets")
        if policy.get("DeleteBehavior", "DEPRECATE_IN_DATABASE") != "LOG":
            raise jobs.invalid("The SchemaChangePolicy for 'Delete behavior' can be 'LOG' only for catalog target")
    if definition.get("RecrawlPolicy", {}).get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY" and (
            policy.get("DeleteBehavior") != "LOG" or policy.get("UpdateBehavior") != "LOG"):
        raise jobs.invalid("The SchemaChangePolicy for incremental crawls must be LOG for both behaviors")
    return definition


def _definition(params: dict) -> dict:
    kept = {key: value for key, value in params.items() if key not in ("Tags", "Schedule")}
    if params.get("Schedule"):
        kept["Schedule"] = {"ScheduleExpression": params["Schedule"], "State": "SCHEDULED"}
    kept.setdefault("RecrawlPolicy", {"RecrawlBehavior": "CRAWL_EVERYTHING"})
    kept.setdefault("SchemaChangePolicy", {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"})
    return kept


@operation("glue", "CreateCrawler")
def create(call, caller) -> dict:
    """CreateCrawler."""
    name = call.params["Name"]
    if name in store._crawlers:
        raise AwsError("AlreadyExistsException", f"{get_account_id()}:{name} already exists")
    now = time.time()
    store._crawlers[name] = _checked(_definition(call.params)) | {
        "State": "READY", "CrawlElapsedTime": 0, "CreationTime": now, "LastUpdated": now, "Version": 1}
    store._tags[jobs.arn("crawler", name)] = dict(call.params.get("Tags", {}))
    return {}


@operation("glue", "UpdateCrawler")
def update(call, caller) -> dict:
    """UpdateCrawler: what is not given stays."""
    old = _ready(call.params["Name"])
    new = {key: value for key, value in _definition(call.params).items()
           if key in call.params or key == "Schedule" and "Schedule" in call.params}
    if call.params.get("Schedule") == "":
        old.pop("Schedule", None)
    _checked(old | new)
    old.update(new, LastUpdated=time.time(), Version=old["Version"] + 1)
    return {}


@operation("glue", "DeleteCrawler")
def delete(call, caller) -> dict:
    """DeleteCrawler "… unless the crawler state is RUNNING"."""
    name = call.params["Name"]
    _ready(name)
    del store._crawlers[name]
    store._tags.pop(jobs.arn("crawler", name), None)
    return {}


@operation("glue", "GetCrawler")
def get(call, caller) -> dict:
    """GetCrawler."""
    return {"Crawler": _crawler(call.params["Name"])}


@operation("glue", "GetCrawlers")
def get_all(call, caller) -> dict:
    """GetCrawlers, in one page."""
    return {"Crawlers": list(store._crawlers.values())}


@operation("glue", "ListCrawlers")
def names(call, caller) -> dict:
    """ListCrawlers, with its filter by tags."""
    wanted = call.params.get("Tags", {})
    return {"CrawlerNames": [name for name in store._crawlers
                             if wanted.items() <= store._tags.get(jobs.arn("crawler", name), {}).items()]}


@operation("glue", "StartCrawler")
def start(call, caller) -> dict:
    """StartCrawler."""
    name = call.params["Name"]
    crawler = _ready(name)
    crawl = {"CrawlId": new_uuid(), "State": "RUNNING", "StartTime": time.time(), "DPUHour": 0.0,
             "LogGroup": "/aws-glue/crawlers", "LogStream": name, "MessagePrefix": new_uuid()}
    crawler["State"] = "RUNNING"
    _history.setdefault((get_account_id(), get_region(), name), []).insert(0, crawl)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_crawl, crawler, crawl), daemon=True, name=f"crawl-{name}").start()
    return {}


@operation("glue", "StopCrawler")
def stop(call, caller) -> dict:
    """StopCrawler."""
    crawler = _crawler(call.params["Name"])
    if crawler["State"] == "STOPPING":
        raise AwsError("CrawlerStoppingException", f"Crawler with name {crawler['Name']} is already stopping")
    if crawler["State"] != "RUNNING":
        raise AwsError("CrawlerNotRunningException", f"Crawler with name {crawler['Name']} isn't running")
    crawler["State"] = "STOPPING"
    return {}


def _crawl(crawler: dict, crawl: dict) -> None:
    """A crawl's life, on a thread of its own."""
    name = crawler["Name"]
    role = crawler["Role"] if crawler["Role"].startswith("arn:") else f"arn:aws:iam::{get_account_id()}:role/{crawler['Role']}"
    caller = callers.mint("crawler", name, role)
    callers.acting.set(caller)
    announce("Glue Crawler State Change", _detail(crawl, name, "Started", "Crawler Started"))
    added, message = 0, ""
    try:
        if not policies.assumable(role, "glue.amazonaws.com", {"aws:SourceAccount": caller.account}):
            raise ValueError(f"Service is unable to assume provided role {role}. Please verify role's TrustPolicy")
        added = sum(_add_partitions(target["DatabaseName"], table)
                    for target in _catalogue_targets(crawler) for table in target["Tables"])
    except (ClientError, ValueError) as error:
        message = str(error)
    end = crawl["StartTime"] + crawl_seconds
    while time.time() < end and crawler["State"] == "RUNNING":
        time.sleep(0.02)
    stopped = crawler["State"] == "STOPPING"
    _end(crawler, crawl, added, "CANCELLED" if stopped else "FAILED" if message else "SUCCEEDED", message)


def _catalogue_targets(crawler: dict) -> list[dict]:
    targets = crawler["Targets"].get("CatalogTargets")
    if not targets:
        raise ValueError("the emulator crawls catalogue targets only")
    return targets


def _end(crawler: dict, crawl: dict, added: int, status: str, message: str) -> None:
    now = time.time()
    summary = {"PARTITION": {"ADD": {"Count": added}}} if added else {}
    crawl.update(EndTime=now, State="COMPLETED" if status == "SUCCEEDED" else "STOPPED" if status == "CANCELLED" else "FAILED",
                 Summary=json.dumps({kind: json.dumps(counts) for kind, counts in summary.items()}), DPUHour=0.17)
    last = {"Status": status, "LogGroup": crawl["LogGroup"], "LogStream": crawl["LogStream"],
            "MessagePrefix": crawl["MessagePrefix"], "StartTime": crawl["StartTime"]}
    if message:
        crawl["ErrorMessage"] = last["ErrorMessage"] = message[:2048]
    prefix = f"[{crawl['MessagePrefix']}]"
    process.write_log(clients.client("logs", get_region()), crawl["LogGroup"], crawl["LogStream"], "\n".join([
        f"{prefix} BENCHMARK : Running Start Crawl for Crawler {crawler['Name']}",
        f"{prefix} INFO : Created partitions with values: {added}" if not message else f"{prefix} ERROR : {message}",
        f"{prefix} BENCHMARK : Crawler has finished running and is in state READY"]))
    state = {"SUCCEEDED": "Succeeded", "CANCELLED": "Stopped"}.get(status, "Failed")
    announce("Glue Crawler State Change", _detail(crawl, crawler["Name"], state, message or "Crawler " + state) | {
        "partitionsCreated": str(added), "runningTime (sec)": str(int(now - crawl["StartTime"])), "errorMessage": message})
    crawler.update(LastCrawl=last, CrawlElapsedTime=int((now - crawl["StartTime"]) * 1000), State="READY")


def _detail(crawl: dict, name: str, state: str, message: str) -> dict:
    return {"crawlerName": name, "state": state, "message": message, "accountId": get_account_id(), "tablesCreated": "0",
            "tablesUpdated": "0", "tablesDeleted": "0", "partitionsCreated": "0", "partitionsUpdated": "0", "partitionsDeleted": "0",
            "cloudWatchLogLink": f"{crawl['LogGroup']}:{crawl['LogStream']}"}


def _add_partitions(database: str, table_name: str) -> int:
    """Adds the partitions that stand in the storage and not in the catalogue; gives their number. Of each it reads an
    object, as a crawler does to know the format ("Crawler prerequisites": s3:GetObject)."""
    glue, s3 = clients.client("glue", get_region()), clients.client("s3", get_region())
    glue.get_database(Name=database)
    table = glue.get_table(DatabaseName=database, Name=table_name)["Table"]
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    storage = table["StorageDescriptor"]
    bucket, _, prefix = storage["Location"].removeprefix("s3://").partition("/")
    prefix = prefix if prefix.endswith("/") or not prefix else prefix + "/"
    s3.get_bucket_location(Bucket=bucket)
    known = {tuple(partition["Values"]) for page in glue.get_paginator("get_partitions").paginate(
        DatabaseName=database, TableName=table_name) for partition in page["Partitions"]}
    found: dict[tuple, str] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            folders = item["Key"][len(prefix):].split("/")[:-1]
            values = _values(folders, keys)
            if values and values not in known:
                if values not in found:
                    s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read(4)
                found[values] = f"s3://{bucket}/{prefix}{'/'.join(folders[:len(keys)])}/"
    inputs = [{"Values": list(values), "StorageDescriptor": storage | {"Location": location}}
              for values, location in sorted(found.items())]
    for start in range(0, len(inputs), 100):
        glue.batch_create_partition(DatabaseName=database, TableName=table_name, PartitionInputList=inputs[start:start + 100])
    return len(inputs)


def _values(folders: list[str], keys: list[str]) -> tuple | None:
    """The values of `key=value/` folders in the order of the table's keys; None for what is none of its partitions."""
    if not keys or len(folders) < len(keys):
        return None
    pairs = [folder.partition("=") for folder in folders[:len(keys)]]
    fitting = all(name == key and equals for (name, equals, _), key in zip(pairs, keys, strict=True))
    return tuple(unquote(value) for _, _, value in pairs) if fitting else None


@operation("glue", "GetCrawlerMetrics")
def metrics(call, caller) -> dict:
    """GetCrawlerMetrics."""
    wanted = call.params.get("CrawlerNameList") or list(store._crawlers)
    found = []
    for name in wanted:
        crawler = store._crawlers.get(name)
        if crawler:
            seconds = crawler["CrawlElapsedTime"] / 1000
            found.append({"CrawlerName": name, "TimeLeftSeconds": 0.0, "StillEstimating": False, "LastRuntimeSeconds": seconds,
                          "MedianRuntimeSeconds": seconds, "TablesCreated": 0, "TablesUpdated": 0, "TablesDeleted": 0})
    return {"CrawlerMetricsList": found}


@operation("glue", "ListCrawls")
def crawls(call, caller) -> dict:
    """ListCrawls, newest first."""
    name = call.params["CrawlerName"]
    _crawler(name)
    most = call.params.get("MaxResults", 20)
    return {"Crawls": _history.get((get_account_id(), get_region(), name), [])[:most]}


inventory.extra["glue crawl under way"] = lambda: [
    "/".join(key) for key, crawler in list(store._crawlers._data.items()) if crawler.get("State") != "READY"]
