"""Other ways from CloudTrail's files to ZSTD Parquet. One call is one process: trail_contestants.py NAME FILES OUT.

Both draw out the columns that bucketscope does and keep the nested parts as JSON text.
"""

import gzip
import json
import sys
from pathlib import Path

# Columns that are a member of the record.
MEMBERS = (
    "eventName eventSource eventType eventCategory eventVersion awsRegion sourceIPAddress userAgent errorCode errorMessage "
    "requestID eventID sharedEventID readOnly managementEvent recipientAccountId vpcEndpointId vpcEndpointAccountId"
).split()
NESTED = (
    "userIdentity requestParameters responseElements additionalEventData resources tlsDetails serviceEventDetails"
).split()
# Columns that stand in a nested part: the column, the part, the way to it.
DRAWN = [
    ("useridentity_type", "userIdentity", ["type"]),
    ("useridentity_principalid", "userIdentity", ["principalId"]),
    ("useridentity_arn", "userIdentity", ["arn"]),
    ("useridentity_accountid", "userIdentity", ["accountId"]),
    ("useridentity_username", "userIdentity", ["userName"]),
    ("useridentity_invokedby", "userIdentity", ["invokedBy"]),
    ("useridentity_accesskeyid", "userIdentity", ["accessKeyId"]),
    ("session_mfa", "userIdentity", ["sessionContext", "attributes", "mfaAuthenticated"]),
    ("session_issuer_type", "userIdentity", ["sessionContext", "sessionIssuer", "type"]),
    ("session_issuer_principalid", "userIdentity", ["sessionContext", "sessionIssuer", "principalId"]),
    ("session_issuer_arn", "userIdentity", ["sessionContext", "sessionIssuer", "arn"]),
    ("session_issuer_accountid", "userIdentity", ["sessionContext", "sessionIssuer", "accountId"]),
    ("session_issuer_username", "userIdentity", ["sessionContext", "sessionIssuer", "userName"]),
    ("bucket_name", "requestParameters", ["bucketName"]),
    ("key", "requestParameters", ["key"]),
    ("versionid", "requestParameters", ["versionId"]),
    ("copy_source", "requestParameters", ["x-amz-copy-source"]),
    ("bytesin", "additionalEventData", ["bytesTransferredIn"]),
    ("bytesout", "additionalEventData", ["bytesTransferredOut"]),
    ("sigv", "additionalEventData", ["SignatureVersion"]),
    ("authtype", "additionalEventData", ["AuthenticationMethod"]),
    ("aclrequired", "additionalEventData", ["aclRequired"]),
    ("hostid", "additionalEventData", ["x-amz-id-2"]),
    ("ciphersuite", "tlsDetails", ["cipherSuite"]),
    ("tlsversion", "tlsDetails", ["tlsVersion"]),
    ("endpoint", "tlsDetails", ["clientProvidedHostHeader"]),
]
NUMBERS = ("bytesin", "bytesout")
BATCH = 20_000


def duckdb_json(files, out):
    """DuckDB: read_json with the types told, so that nothing is guessed."""
    import duckdb

    fields = ", ".join(f'"{name}" VARCHAR' for name in ["eventTime", *MEMBERS])
    nested = ", ".join(f'"{name}" JSON' for name in NESTED)
    columns = [f'r."{name}" AS {name.lower()}' for name in MEMBERS]
    columns += [f'CAST(r."{name}" AS VARCHAR) AS {name.lower()}' for name in NESTED]
    for column, part, way in DRAWN:
        path = "$." + ".".join(f'"{name}"' for name in way)
        text = f"json_extract_string(r.\"{part}\", '{path}')"
        columns.append(f"CAST({text} AS BIGINT) AS {column}" if column in NUMBERS else f"{text} AS {column}")
    connection = duckdb.connect()
    connection.execute("SET threads = 1; SET preserve_insertion_order = false")
    connection.execute(f"""
        COPY (
          SELECT CAST(r."eventTime" AS TIMESTAMPTZ) AS eventtime, {", ".join(columns)}, filename AS log_object
          FROM (SELECT unnest("Records") AS r, filename FROM read_json(
            '{files}/**/*.json.gz', columns = {{"Records": 'STRUCT({fields}, {nested})[]'}}, filename = true,
            maximum_object_size = 268435456))
        ) TO '{out}/all.parquet' (FORMAT parquet, COMPRESSION zstd)""")


def pandas_json(files, out):
    """json.loads, a dictionary a row, pandas, pyarrow's writer: a row group a batch."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    texts = [name.lower() for name in MEMBERS + NESTED] + [column for column, *_ in DRAWN if column not in NUMBERS]
    schema = pa.schema(
        [("eventtime", pa.timestamp("ms", "UTC"))]
        + [(name, pa.string()) for name in texts]
        + [(name, pa.int64()) for name in NUMBERS]
        + [("log_object", pa.string())]
    )
    with pq.ParquetWriter(f"{out}/all.parquet", schema, compression="zstd") as writer:
        for rows in batches(files):
            frame = pd.DataFrame(rows, columns=schema.names)
            frame["eventtime"] = pd.to_datetime(frame["eventtime"], utc=True).astype("datetime64[ms, UTC]")
            for column in NUMBERS:
                frame[column] = frame[column].astype("Int64")
            writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False, nthreads=1))


def batches(files):
    rows = []
    for path in sorted(Path(files).rglob("*.json.gz")):
        for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]:
            rows.append(row(record, path.name))
        if len(rows) >= BATCH:
            yield rows
            rows = []
    if rows:
        yield rows


def row(record, log_object):
    values = {"eventtime": record["eventTime"], "log_object": log_object}
    for name in MEMBERS:
        value = record.get(name)
        values[name.lower()] = json.dumps(value) if isinstance(value, bool) else value
    for name in NESTED:
        value = record.get(name)
        values[name.lower()] = None if value is None else json.dumps(value, separators=(",", ":"))
    for column, part, way in DRAWN:
        value = record.get(part)
        for name in way:
            value = value.get(name) if isinstance(value, dict) else None
        values[column] = value
    return values


if __name__ == "__main__":
    name, files, out = sys.argv[1:]
    Path(out).mkdir(parents=True)
    {"duckdb": duckdb_json, "pandas": pandas_json}[name](files, out)
    print("{}")
