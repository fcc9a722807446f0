"""Checks every file under queries/, and the report's own ones, with a parser that is not ours: sqlglot's Athena and Trino dialects.

Usage: python tests/sqlglot/check.py    (needs tests/sqlglot/requirements.txt)
"""

import pathlib
import re
import sys

import sqlglot
from sqlglot import exp

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Functions of Trino that sqlglot has no node for; from the reference of Trino, "Date and time functions" and "URL functions".
KNOWN = {"at_timezone", "url_decode", "with_timezone"}


def positions(text):
    """The names in the front matter's `positions`, continuation lines included."""
    match = re.search(r"^-- positions: (.*(?:\n--   .*)*)", text, re.MULTILINE)
    return match.group(1).replace("\n--", " ").split() if match else []


def problems(path, dialect):
    text = path.read_text(encoding="utf-8")
    try:
        statements = sqlglot.parse(text, read=dialect)
    except sqlglot.errors.SqlglotError as error:
        yield f"does not parse: {error}"
        return
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        yield f"holds {len(statements)} statements, not one query"
        return
    [query] = statements
    placeholders = list(query.find_all(exp.Placeholder, exp.Parameter))
    named = positions(text)
    if len(placeholders) != len(named):
        yield f"has {len(placeholders)} `?`, its front matter names {len(named)}"
    # Athena: a parameter stands in WHERE, and a common table expression with one would stop partition pruning.
    for placeholder in placeholders:
        if placeholder.find_ancestor(exp.Where) is None or placeholder.find_ancestor(exp.CTE) is not None:
            yield f"has a `?` outside WHERE: {placeholder.parent.sql(dialect)}"
    for function in query.find_all(exp.Anonymous):
        if function.name.lower() in KNOWN:
            continue
        yield f"calls {function.name}, which sqlglot does not know; is it a function of Trino?"
    # Written again and read again it is the same query: nothing was skipped.
    again = sqlglot.parse_one(query.sql(dialect), read=dialect)
    if again.sql(dialect) != query.sql(dialect):
        yield "changes when it is written and read again"


def main():
    folders = ("queries", "blueprints/quicksight", "src/report")
    files = [path for folder in folders for path in sorted((ROOT / folder).glob("*.sql"))]
    found = [
        f"{path.relative_to(ROOT)} ({dialect}) {problem}"
        for path in files
        for dialect in ("athena", "trino")
        for problem in problems(path, dialect)
    ]
    print("\n".join(found) if found else f"{len(files)} queries parse as Athena and Trino SQL")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
