"""Trino, on which Athena is built, judges what the embedded engine says: over lakes that our own commands have deployed and
filled, through the same catalogue, the same views, the same statements and the same literals."""

import datetime
import itertools
import json
import pathlib
import re
import tempfile
import time
import unittest

import compare
from cloud import ROOT, TESTS, Emulator, Project, functions
from lake import LARGE_BYTES, Delivery, odd_events
from questions import HOSTILE, questions
from server import Trino

TABLES = ["s3_access_logs", "cloudtrail_events"]
# The query whose answers Trino estimates.
ESTIMATED = "latency-percentiles"
CRAWLER = "bucketscope-crawled-lake"
PARTITION = re.compile(r"/(?:request|event)date=([0-9-]{10})/(?:request|event)hour=([0-9]{2})/")
# A query over a table and one through a view, with ranges and the hours that they touch.
HOURS = [
    ("access-denied", "2026-06-20T05:00:00Z", "2026-06-20T07:30:00Z", [("2026-06-20", hour) for hour in ("05", "06", "07")]),
    ("access-denied", "2026-06-20T22:30:00Z", "2026-06-21T01:00:00Z",
     [("2026-06-20", "22"), ("2026-06-20", "23"), ("2026-06-21", "00")]),
    ("ct-top-events", "2026-06-10T03:00:00Z", "2026-06-10T05:00:00Z", [("2026-06-10", "03"), ("2026-06-10", "04")]),
]
VIEWS = ["s3_access_logs_compat", "cloudtrail_events_unique"]


class World:
    """The account with its pipelines and lakes, and Trino beside it."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="judge-")
        folder = pathlib.Path(self._folder.name)
        self.closing = [self._folder.cleanup]
        self.emulator = Emulator(folder)
        self.closing.append(self.emulator.close)
        self._functions = functions(folder)
        self._projects = folder
        self._fill()
        self.trino = Trino(folder / "trino", self.emulator)
        self.closing.append(self.trino.close)

    def project(self, name, mode):
        return Project(self.emulator, self._projects / name, self._functions, name, mode)

    def _fill(self):
        """Three runs, and between them a compaction: files as runs leave them, joined ones, and such as came later."""
        delivery = Delivery(self.emulator)
        self.api = self.project("judge", "api")
        folder = self.api.folder
        self.api("generate", "--hard", "--bytes", "3MB", "--days", "2", "--start", "2026-06-20", "--objects", "96", "logs")
        self.api("generate", "--hard", "--bytes", LARGE_BYTES, "--days", "1", "--seed", "2", "large")
        odd = odd_events(3000)
        self.api("deploy")
        delivery.generated(folder / "logs", 0)
        delivery.large(folder / "large")
        delivery.trail(10, odd[:1500])
        self.api("run", "--full")
        delivery.generated(folder / "logs", 1)
        delivery.trail(11, odd[1500:2500])
        self.api("run", "--full")
        self.joined = self.api.json("compact", "--older-than", "0m")
        delivery.fixtures()
        delivery.requests(HOSTILE)
        delivery.trail(12, odd[2500:])
        self.api("run", "--full")
        self.crawled, self.projected = self.project("crawled", "crawler"), self.project("projected", "projection")
        for project in (self.crawled, self.projected):
            project("deploy")
            project("run", "--full")
        self._until_crawled()

    def _until_crawled(self):
        """The run has started the crawler and does not wait for it."""
        end, glue = time.monotonic() + 60, self.emulator.client("glue")
        while glue.get_crawler(Name=CRAWLER)["Crawler"].get("LastCrawl", {}).get("Status") != "SUCCEEDED":
            if time.monotonic() > end:
                raise RuntimeError("the crawler did not end")
            time.sleep(0.1)

    def close(self):
        for close in reversed(self.closing):
            close()


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.close()


class Judged(unittest.TestCase):
    maxDiff = None

    def assert_same(self, ours, theirs, names):
        difference = compare.first_difference(ours, theirs, names)
        if difference:
            self.fail(difference)

    def judge(self, sql, literals, answer, project=None):
        """Holds the embedded engine's answer, as JSON, against Trino's."""
        trino = world.trino.schema((project or world.api).database).ask(sql, literals)
        columns = compare.columns_of_engine(answer)
        self.assertEqual(columns, compare.columns_of_trino(trino))
        names, kinds = [name for name, _ in columns], [kind for _, kind in columns]
        ours = [compare.row_of_engine(row, names, kinds) for row in answer["rows"]]
        self.assert_same(ours, [compare.row_of_trino(row, kinds) for row in trino.rows], names)
        return len(ours)


class SavedQueries(Judged):
    def test_every_saved_query_gives_trinos_rows_in_trinos_order_and_finds_something(self):
        known = [query["id"] for query in world.api.json("queries", "list")["rows"]]
        self.assertGreaterEqual(len(known), 54)
        found = dict.fromkeys(known, 0)
        for query, (start, end), values in questions(known):
            with self.subTest(query, range=(start, end), **values):
                asked = ["query", query, "--from", start, "--to", end]
                asked += [f"--param={name}={value}" for name, value in values.items()]
                sent, answer = world.api.json(*asked, "--dry-run"), world.api.json(*asked, "--local")
                judge = self.judge_percentiles if query == ESTIMATED else self.judge
                found[query] += judge(sent["sql"], sent["parameters"], answer)
        self.assertEqual([query for query, rows in found.items() if not rows], [])

    def judge_percentiles(self, sql, literals, answer):
        """Of up to 20 values Trino's percentiles are exact and the same. Of more it estimates: the estimate lies between the
        values 3 % of the ranks below and above."""
        trino = world.trino.schema(world.api.database).ask(sql, literals)
        columns = compare.columns_of_engine(answer)
        self.assertEqual(columns, compare.columns_of_trino(trino))
        names, kinds = [name for name, _ in columns], [kind for _, kind in columns]
        ours = [compare.row_of_engine(row, names, kinds) for row in answer["rows"]]
        theirs = [compare.row_of_trino(row, kinds) for row in trino.rows]
        few = [row[2] <= 20 for row in ours]
        self.assertGreater(few.count(True), 50)
        self.assert_same(list(itertools.compress(ours, few)), list(itertools.compress(theirs, few)), names)
        values = self.latencies()
        for our, their in zip(ours, theirs, strict=True):
            self.assertEqual(our[:3], their[:3])
            for at, share in enumerate((0.5, 0.9, 0.99) * 2):
                low, high = compare.around(values[our[0], our[1]][at // 3], share, 0.03)
                self.assertTrue(low <= their[3 + at] <= high, (our, their, low, high))
        return len(ours)

    def latencies(self):
        """All turn-around times and all total times by hour and operation."""
        sql = "SELECT date_trunc('hour', requestdatetime) AS hour, operation, turnaroundtime, totaltime FROM s3_access_logs"
        found = {}
        for row in world.api.json("query", "--local", "--sql", sql)["rows"]:
            hour, operation, *times = compare.row_of_engine(row, list(row), ["timestamp", "", "", ""])
            for values, value in zip(found.setdefault((hour, operation), ([], [])), times):
                values.extend([] if value is None else [value])
        return {group: [sorted(values) for values in both] for group, both in found.items()}

    def test_values_that_look_like_sql_stay_values(self):
        for value in HOSTILE:
            with self.subTest(value):
                asked = ["query", "object-history", f"--param=key={value}"]
                sent, answer = world.api.json(*asked, "--dry-run"), world.api.json(*asked, "--local")
                self.assertGreater(self.judge(sent["sql"], sent["parameters"], answer), 0)


class DataSets(Judged):
    """QuickSight's data sets: Athena gets the SQL of the template, with a viewer's numbers in the place of parameters."""

    TEMPLATE = TESTS / "blueprint/scenarios/dashboards/eu-central-1.bucketscope-shop-dashboards.json"
    # Of the fixtures and the generated logs; not the hour of many records.
    FIRST, LAST, DAYS = "2026-05-30", "2026-07-05", 37

    def statements(self):
        """Data sets by their ids, as Athena gets them today. A day more or less, should one end meanwhile, has no records."""
        ago = (datetime.datetime.now(datetime.UTC).date() - datetime.date.fromisoformat(self.LAST)).days
        resources = json.loads(self.TEMPLATE.read_text())["Resources"].values()
        sets = [made["Properties"]["PhysicalTableMap"]["sql"]["CustomSql"] for made in resources
                if made["Type"] == "AWS::QuickSight::DataSet"]
        filled = {"<<$days>>": str(self.DAYS), "<<$daysAgo>>": str(ago), '"bucketscope_shop"': f'"{world.api.database}"'}
        for one in sets:
            sql = one["SqlQuery"]
            for name, value in filled.items():
                self.assertIn(name, sql)
                sql = sql.replace(name, value)
            yield one["Name"], sql

    def test_every_data_set_gives_trinos_rows_and_finds_something(self):
        known = sorted(path.stem for path in (ROOT / "blueprints/quicksight").glob("*.sql"))
        asked = dict(self.statements())
        self.assertEqual(sorted(asked), known)
        for name, sql in asked.items():
            with self.subTest(name):
                local = (ROOT / f"blueprints/quicksight/{name}.sql").read_text()
                for day in (self.FIRST, self.LAST):
                    local = local.replace("?", f"'{day}'", 1)
                answer = world.api.json("query", "--local", f"--sql={local}")
                trino = world.trino.schema(world.api.database).ask(sql)
                columns = compare.columns_of_engine(answer)
                self.assertEqual(columns, compare.columns_of_trino(trino))
                names, kinds = [column for column, _ in columns], [kind for _, kind in columns]
                ours = [compare.row_of_engine(row, names, kinds) for row in answer["rows"]]
                theirs = [compare.row_of_trino(row, kinds) for row in trino.rows]
                if name == "latency":
                    # Of more than 20 values, Trino estimates percentiles: the saved query's test judges those.
                    ours, theirs = ([row for row in rows if row[3] <= 20] for rows in (ours, theirs))
                self.assertGreater(len(ours), 20)
                self.assert_same(sorted(ours, key=repr), sorted(theirs, key=repr), names)


class Tables(Judged):
    def rows_of_engine(self, sql):
        """Rows as JSON, one by one: there may be many."""
        for line in world.api("query", "--local", "--output", "ndjson", "--sql", sql).split("\n")[:-1]:
            yield json.loads(line)

    def judge_whole(self, table, order):
        """Every cell of a table or view."""
        sql = f"SELECT * FROM {table} ORDER BY {order}"
        columns = compare.columns_of_engine(world.api.json("query", "--local", "--sql", f"SELECT * FROM {table} LIMIT 1"))
        trino = world.trino.schema(world.api.database).ask(sql)
        self.assertEqual(columns, compare.columns_of_trino(trino))
        names, kinds = [name for name, _ in columns], [kind for _, kind in columns]
        ours = [compare.row_of_engine(row, names, kinds) for row in self.rows_of_engine(sql)]
        self.assertGreater(len(ours), 0)
        self.assert_same(ours, [compare.row_of_trino(row, kinds) for row in trino.rows], names)
        return len(ours)

    def test_every_cell_of_the_access_logs_is_the_same(self):
        self.assertGreater(self.judge_whole("s3_access_logs", "log_object, log_line"), 70_000)

    def test_every_cell_of_the_events_is_the_same(self):
        self.assertGreater(self.judge_whole("cloudtrail_events", "log_object, log_line"), 3000)

    def test_the_view_with_each_event_once_is_the_same(self):
        rows = self.judge_whole("cloudtrail_events_unique", "eventid, log_object, log_line")
        self.assertLess(rows, 3050)

    def test_the_view_with_aws_types_is_the_same(self):
        self.judge_whole("s3_access_logs_compat", "requestid, requestdatetime, key, operation, hostid, request_uri, turnaroundtime")

    def test_files_were_joined_and_others_came_later(self):
        paths = [path for path, in world.trino.schema(world.api.database).ask('SELECT DISTINCT "$path" FROM s3_access_logs').rows]
        joined = [path for path in paths if "/s3_access_logs_joined/" in path]
        self.assertGreater(len(joined), 10)
        self.assertGreater(len(paths) - len(joined), 10)


class Pruning(Judged):
    """Saved queries open the files of their hours and no others, however partitions came into the catalogue."""

    def opened_by(self, project, query, start, end):
        """Asks for a range; gives the hours whose files were read meanwhile, by the recording of the storage."""
        asked = ["query", query, "--from", start, "--to", end]
        sent, answer = world.api.json(*asked, "--dry-run"), project.json(*asked, "--local")
        before = len(world.emulator.calls())
        rows = self.judge(sent["sql"], sent["parameters"], answer, project)
        self.assertGreater(rows, 0)
        calls = [call for call in world.emulator.calls()[before:] if call["operation"] == "GetObject"]
        return sorted({tuple(PARTITION.search(call["names"]["Key"]).groups()) for call in calls})

    def explained(self, project, query, start, end):
        """The days and the hours of the partitions in Trino's plan."""
        sent = world.api.json("query", query, "--from", start, "--to", end, "--dry-run")
        plan = world.trino.schema(project.database).ask(sent["sql"], sent["parameters"], "EXPLAIN (TYPE IO, FORMAT JSON)")
        [table] = json.loads(plan.rows[0][0])["inputTableColumnInfos"]
        values = {}
        for column in table["constraint"]["columnConstraints"]:
            ends = [(part["low"].get("value"), part["high"].get("value")) for part in column["domain"]["ranges"]]
            values[column["columnName"]] = [low for low, high in ends if low == high]
        return tuple(values[column] for column in ("requestdate", "requesthour", "eventdate", "eventhour") if column in values)

    def judge_pruning(self, project):
        for query, start, end, hours in HOURS:
            with self.subTest(query, start=start, end=end):
                self.assertEqual(self.opened_by(project, query, start, end), hours)
                expected = tuple(sorted(set(part)) for part in zip(*hours))
                self.assertEqual(self.explained(project, query, start, end), expected)

    def partitions(self, project, table="s3_access_logs"):
        pages = world.emulator.client("glue").get_paginator("get_partitions")
        return [partition for page in pages.paginate(DatabaseName=project.database, TableName=table) for partition in page["Partitions"]]

    def registrars(self, project):
        """Who wrote partitions of a pipeline into the catalogue."""
        return {call["caller"]["kind"] for call in world.emulator.calls()
                if call["operation"] == "BatchCreatePartition" and call["names"]["DatabaseName"] == project.database}

    def test_partitions_registered_by_the_commit_are_pruned(self):
        self.assertEqual(self.registrars(world.api), {"glue job"})
        self.judge_pruning(world.api)

    def test_partitions_added_by_the_crawler_are_pruned(self):
        self.assertEqual(self.registrars(world.crawled), {"crawler"})
        self.judge_pruning(world.crawled)

    def test_projected_partitions_are_pruned(self):
        self.assertEqual(self.partitions(world.projected), [])
        self.judge_pruning(world.projected)


if __name__ == "__main__":
    unittest.main()
