"""Trino's answers and the embedded engine's, brought to one form."""

import datetime
import re

EPOCH = datetime.datetime(1970, 1, 1)


def type_of_trino(name):
    """Trino's type as Athena names it. Lengths of texts are not told apart; a precision other than milliseconds is."""
    return "timestamp" if name == "timestamp(3)" else re.sub(r"^varchar\(\d+\)$", "varchar", name)


def columns_of_trino(answer):
    return [(name, type_of_trino(kind)) for name, kind in answer.columns]


def columns_of_engine(answer):
    return [(column["name"], column["type"]) for column in answer["columns"]]


def row_of_trino(row, kinds):
    """A row of Trino's; times as milliseconds."""
    return [_milliseconds(value) if value is not None and kind == "timestamp" else value
            for value, kind in zip(row, kinds, strict=True)]


def row_of_engine(row, names, kinds):
    """A row of the embedded engine's; times as milliseconds."""
    return [_milliseconds(row[name].removesuffix("Z")) if row[name] is not None and kind == "timestamp" else row[name]
            for name, kind in zip(names, kinds, strict=True)]


def _milliseconds(text):
    """Of `2026-06-01T10:00:00.123` or the same with a space."""
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(milliseconds=1)


def around(values, share, margin):
    """The values at the ranks that lie a margin below and above a percentile's; the values are sorted."""
    last = len(values) - 1
    low, high = (int((share + side) * len(values)) for side in (-margin, margin))
    return values[max(0, low)], values[min(last, high + 1)]


def first_difference(ours, theirs, names):
    """What tells two lists of rows apart first, in words; None where nothing does. 1 is not 1.0, and true is not 1."""
    for number, (our, their) in enumerate(zip(ours, theirs)):
        for name, one, other in zip(names, our, their, strict=True):
            if one != other or type(one) is not type(other):
                return f"row {number}, {name}: embedded {one!r:.300}, Trino {other!r:.300}\n  embedded {our!r:.1500}\n  Trino    {their!r:.1500}"
    if len(ours) != len(theirs):
        return f"embedded {len(ours)} rows, Trino {len(theirs)}"
    return None
