"""Other ways from access logs to ZSTD Parquet. One call is one process: contestants.py NAME LOGS OUT LAYOUT.

LAYOUT is `partitioned` (hive folders by date and hour, as bucketscope writes) or `single` (whatever is cheapest for the
tool: one file, or one a batch). All cast numbers and times; none decodes keys, drops duplicates or keeps rejects, which
bucketscope does. Batches are as large as helps: about 64 MB of text for the tools that need batches.
Prints the number of rows written as JSON.
"""

import json
import os
import sys
from pathlib import Path

COLUMNS = (
    "bucketowner bucket_name requestdatetime remoteip requester requestid operation key request_uri httpstatus "
    "errorcode bytessent objectsize totaltime turnaroundtime referrer useragent versionid hostid sigv ciphersuite "
    "authtype endpoint tlsversion accesspointarn aclrequired sourceregion"
).split()
NUMBERS = ["httpstatus", "bytessent", "objectsize", "totaltime", "turnaroundtime"]
TIME_FORMAT = "%d/%b/%Y:%H:%M:%S %z"
# A reader of columns sees the time as two: `[06/Feb/2019:00:00:38` and `+0000]`.
SPLIT_COLUMNS = COLUMNS[:2] + ["time", "zone"] + COLUMNS[3:]

# The expression of AWS's documentation for Athena (SerDe RegexSerDe, "Querying Amazon S3 server access logs"), with one
# more optional field, for sourceregion.
PATTERN = (
    r'([^ ]*) ([^ ]*) \[(.*?)\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) '
    r'([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) ("[^"]*"|-) ([^ ]*)'
    r"(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))?.*$"
)

BATCH = 64 << 20


def files_of(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def batches(folder):
    """The text of several objects at a time."""
    pending, size = [], 0
    for path in files_of(folder):
        pending.append(path.read_bytes())
        size += len(pending[-1])
        if size >= BATCH:
            yield b"".join(pending)
            pending, size = [], 0
    if pending:
        yield b"".join(pending)


class Writer:
    """Writes Arrow tables as ZSTD Parquet: into one file, or into hive folders by date and hour."""

    def __init__(self, out, layout):
        self.out, self.layout, self.rows, self.batch, self.single = Path(out), layout, 0, 0, None

    def write(self, table):
        import pyarrow.parquet as pq

        self.rows += table.num_rows
        self.batch += 1
        if self.layout == "partitioned":
            pq.write_to_dataset(
                table,
                self.out,
                partition_cols=["requestdate", "requesthour"],
                compression="zstd",
                use_threads=False,
                basename_template=f"{self.batch:05}-{{i}}.parquet",
            )
            return
        if self.single is None:
            self.out.mkdir(parents=True, exist_ok=True)
            self.single = pq.ParquetWriter(self.out / "all.parquet", table.schema, compression="zstd")
        self.single.write_table(table)

    def close(self):
        if self.single is not None:
            self.single.close()
        return self.rows


def typed(frame, layout, time):
    """Casts in pandas what both pandas ways share."""
    import pandas as pd
    import pyarrow as pa

    frame["requestdatetime"] = pd.to_datetime(time, format=TIME_FORMAT, utc=True, errors="coerce").astype(
        "datetime64[ms, UTC]"
    )
    for column in NUMBERS:
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype("Int64")
    frame = frame[frame["requestdatetime"].notna()][COLUMNS]
    if layout == "partitioned":
        frame = frame.assign(
            requestdate=frame["requestdatetime"].dt.strftime("%Y-%m-%d"),
            requesthour=frame["requestdatetime"].dt.strftime("%H"),
        )
    return pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)


def one_thread_arrow():
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def pandas_regex(logs, out, layout):
    """pandas: Series.str.extract with the documented expression."""
    import pandas as pd

    one_thread_arrow()
    writer = Writer(out, layout)
    for text in batches(logs):
        lines = pd.Series(text.decode("utf-8", "replace").split("\n")[:-1], dtype="str")
        frame = lines.str.extract(PATTERN)
        frame.columns = COLUMNS
        for column in ("request_uri", "referrer", "useragent"):
            frame[column] = frame[column].str.strip('"')
        writer.write(typed(frame, layout, frame["requestdatetime"]))
    return writer.close()


def pyarrow_pandas(logs, out, layout):
    """pyarrow.csv by spaces and quotes, then pandas, as AWS's Ray script does; rows of another width are skipped."""
    import io

    import pyarrow as pa
    import pyarrow.csv as csv

    one_thread_arrow()
    writer = Writer(out, layout)
    read = csv.ReadOptions(column_names=SPLIT_COLUMNS, use_threads=False, block_size=8 << 20)
    parse = csv.ParseOptions(delimiter=" ", invalid_row_handler=lambda row: "skip")
    convert = csv.ConvertOptions(
        column_types={name: pa.string() for name in SPLIT_COLUMNS if name not in NUMBERS}
        | {name: pa.int64() for name in NUMBERS},
        null_values=["-"],
        strings_can_be_null=True,
        check_utf8=False,
    )
    for text in batches(logs):
        frame = csv.read_csv(io.BytesIO(text), read, parse, convert).to_pandas()
        time = frame["time"].str[1:] + " " + frame["zone"].str[:-1]
        writer.write(typed(frame, layout, time))
    return writer.close()


def duckdb_connection():
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {os.environ.get('BENCH_DUCKDB_THREADS', '1')}; SET preserve_insertion_order = false")
    return connection


def duckdb_cast(time):
    """The select list that gives rows their types."""
    numbers = [f"TRY_CAST({name} AS BIGINT) AS {name}" for name in NUMBERS]
    rest = [name for name in COLUMNS if name not in NUMBERS and name != "requestdatetime"]
    return ", ".join(rest[:2] + [f"{time} AS requestdatetime"] + rest[2:] + numbers)


def duckdb_copy(connection, query, out, layout):
    Path(out).mkdir(parents=True, exist_ok=True)
    if layout == "partitioned":
        query = (
            f"SELECT *, strftime(requestdatetime, '%Y-%m-%d') AS requestdate, strftime(requestdatetime, '%H') AS requesthour "
            f"FROM ({query}) WHERE requestdatetime IS NOT NULL"
        )
        target = f"'{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (requestdate, requesthour))"
    else:
        query = f"SELECT * FROM ({query}) WHERE requestdatetime IS NOT NULL"
        target = f"'{out}/all.parquet' (FORMAT parquet, COMPRESSION zstd)"
    return connection.execute(f"COPY ({query}) TO {target}").fetchone()[0]


def duckdb_lines(logs):
    """A table function that gives whole lines."""
    return (
        f"read_csv('{logs}/**', columns = {{'line': 'VARCHAR'}}, delim = '\\x01', quote = '', escape = '', header = false, "
        "auto_detect = false, ignore_errors = true, max_line_size = 4000000)"
    )


def duckdb_table(logs):
    """A table function that splits lines at spaces and quotes; lines of another width are skipped."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in SPLIT_COLUMNS)
    return (
        f"read_csv('{logs}/**', columns = {{{columns}}}, delim = ' ', quote = '\"', escape = '\"', header = false, "
        "auto_detect = false, ignore_errors = true, nullstr = '-', max_line_size = 4000000)"
    )


DUCKDB_TIME = "try_strptime(time, '[%d/%b/%Y:%H:%M:%S')"


def duckdb_regex(logs, out, layout):
    """DuckDB: regexp_extract of all groups at once."""
    connection = duckdb_connection()
    names = ", ".join(f"'{name}'" for name in COLUMNS)
    fields = (
        f"SELECT unnest(regexp_extract(line, '{PATTERN}', [{names}])) FROM {duckdb_lines(logs)}"
    )
    time = f"try_strptime(requestdatetime, '{TIME_FORMAT}')::TIMESTAMP"
    return duckdb_copy(connection, f"SELECT {duckdb_cast(time)} FROM ({fields})", out, layout)


def duckdb_csv(logs, out, layout):
    """DuckDB: read_csv by spaces and quotes."""
    query = f"SELECT {duckdb_cast(DUCKDB_TIME)} FROM {duckdb_table(logs)}"
    return duckdb_copy(duckdb_connection(), query, out, layout)


def polars_csv(logs, out, layout):
    """polars: scan_csv by spaces and quotes, streamed into Parquet."""
    import polars as pl

    files = files_of(logs)
    lazy = pl.scan_csv(
        files,
        separator=" ",
        quote_char='"',
        has_header=False,
        schema={name: pl.Int64 if name in NUMBERS else pl.String for name in SPLIT_COLUMNS},
        null_values="-",
        ignore_errors=True,
        encoding="utf8-lossy",
        extra_columns="ignore",
        missing_columns="insert",
    )
    time = pl.col("time").str.to_datetime("[%d/%b/%Y:%H:%M:%S", time_unit="ms", strict=False)
    lazy = lazy.with_columns(requestdatetime=time).filter(pl.col("requestdatetime").is_not_null()).select(COLUMNS)
    out = Path(out)
    if layout == "partitioned":
        lazy = lazy.with_columns(
            requestdate=pl.col("requestdatetime").dt.strftime("%Y-%m-%d"),
            requesthour=pl.col("requestdatetime").dt.strftime("%H"),
        )
        target = pl.PartitionBy(out, key=["requestdate", "requesthour"], include_key=False)
    else:
        target = out / "all.parquet"
    lazy.sink_parquet(target, compression="zstd", mkdir=True, engine="streaming")
    # Counts from the footers.
    import pyarrow.parquet as pq

    return sum(pq.ParquetFile(path).metadata.num_rows for path in out.rglob("*.parquet"))


CONTESTANTS = {
    "pandas-regex": pandas_regex,
    "duckdb-regex": duckdb_regex,
    "pyarrow-pandas": pyarrow_pandas,
    "duckdb-csv": duckdb_csv,
    "polars-csv": polars_csv,
}

if __name__ == "__main__":
    name, logs, out, layout = sys.argv[1:]
    print(json.dumps({"records": CONTESTANTS[name](logs, out, layout)}), flush=True)
    # All files are closed. Without the interpreter's end: pyarrow's dataset writer leaves a thread behind that now and then
    # aborts the process there ("terminate called without an active exception").
    os._exit(0)
