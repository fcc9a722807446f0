"""Trino's protocol as far as the tests need it ("Trino client REST API", Trino's developer guide)."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request


# Seconds for which a server may be without a node.
PATIENCE = 60


class Failed(Exception):
    """Trino did not answer; the text is its message."""


class NoNodes(Failed):
    """No node may work on a statement just now."""


class Answer:
    """Columns as (name, type), rows as lists."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows


class Client:
    """Statements for one schema of one catalogue, as Athena has them: in UTC, a `?` a literal of its own."""

    def __init__(self, port, catalogue, schema):
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"X-Trino-User": "judge", "X-Trino-Catalog": catalogue, "X-Trino-Schema": schema, "X-Trino-Time-Zone": "UTC",
                         "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"}

    def ask(self, sql, literals=(), explain=""):
        """The answer to a statement, or its plan; its `?` are what EXECUTE … USING puts in their place.

        A server whose only node has not reported in time, as on a busy machine, has no node for a moment: then it is asked again.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._ask(sql, literals, explain)
            except NoNodes:
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def _ask(self, sql, literals, explain):
        headers = dict(self._headers)
        if literals:
            headers["X-Trino-Prepared-Statement"] = "asked=" + urllib.parse.quote(sql, safe="")
            sql = f"{explain} EXECUTE asked USING {', '.join(literals)}"
        page = self._call("/v1/statement", headers, sql.encode())
        columns, rows = None, []
        while True:
            if "error" in page:
                error = page["error"]
                kind = NoNodes if error["errorName"] == "NO_NODES_AVAILABLE" else Failed
                raise kind(f"{error['errorName']}: {error['message']}")
            columns = page.get("columns", columns)
            rows += page.get("data", [])
            if "nextUri" not in page:
                named = [(column["name"], column["type"]) for column in columns or []]
                return Answer(named, rows)
            page = self._call(page["nextUri"], headers)

    def _call(self, url, headers, body=None):
        request = urllib.request.Request(urllib.parse.urljoin(self._base, url), body, headers)
        while True:
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                # The protocol asks for another try after 50 to 100 ms.
                if error.code not in (502, 503, 504):
                    raise Failed(f"{error.code}: {error.read().decode(errors='replace')}") from error
                time.sleep(0.1)
