"""Measures how CloudTrail's files become ZSTD Parquet, beside DuckDB's read_json and pandas. See --help; results go into
BENCHMARKS.md with --write."""

import argparse
import gzip
import json
import random
import shlex
import shutil
import sys
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import measure
import report
from bench import cleared, fresh, median_of, rested

HERE = Path(__file__).resolve().parent
# What issue 5 asks for: bucketscope's CPU at most an eighth of theirs.
AIM = 8
CONTESTANTS = {"duckdb": "DuckDB, read_json", "pandas": "json and pandas"}
START = datetime(2026, 6, 1, tzinfo=timezone.utc)
# CloudTrail delivers about every five minutes.
DELIVERY = timedelta(minutes=5)
ACCOUNT, REGION = "111122223333", "eu-west-1"

AGENTS = [
    "[aws-sdk-java/2.25.11 Linux/5.10.214 OpenJDK_64-Bit_Server_VM/17.0.10 Java/17.0.10 vendor/Amazon.com_Inc. io/sync]",
    "[Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#6.1.84 md/arch#x86_64 lang/python#3.11.9 cfg/retry-mode#legacy]",
    "[aws-cli/2.15.40 Python/3.11.8 Linux/6.1.84 exe/x86_64.amzn.2023 prompt/off command/s3.cp]",
    "APN/1.0 HashiCorp/1.0 Terraform/1.8.1 (+https://www.terraform.io) terraform-provider-aws/5.46.0",
    "AWS Internal",
]
# Event, service, whether it reads, and how many of a thousand.
EVENTS = [
    ("GetObject", "s3", True, 380),
    ("PutObject", "s3", False, 150),
    ("HeadObject", "s3", True, 90),
    ("ListObjects", "s3", True, 40),
    ("DeleteObject", "s3", False, 30),
    ("Decrypt", "kms", True, 90),
    ("AssumeRole", "sts", True, 90),
    ("DescribeInstances", "ec2", True, 60),
    ("DescribeTable", "dynamodb", True, 40),
    ("GetBucketAcl", "s3", True, 15),
    ("PutBucketPolicy", "s3", False, 5),
    ("ListRoles", "iam", True, 10),
]


class Scribe:
    """Events of an account with some roles, users, buckets and addresses."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.roles = [f"{kind}-{n}" for kind in ("etl", "api", "web", "report") for n in range(6)]
        self.sessions = [self.session(n) for n in range(400)]
        self.buckets = [f"shop-{name}" for name in ("orders", "photos", "invoices", "raw", "exports", "logs")]
        self.addresses = [f"10.{n // 60}.{n % 60}.{17 + n % 200}" for n in range(300)]
        self.events = [event for event in EVENTS for _ in range(event[3])]

    def text(self, alphabet, length):
        return "".join(self.random.choices(alphabet, k=length))

    def identifier(self, length=16):
        return self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)

    def session(self, number):
        role = self.roles[number % len(self.roles)]
        role_id, name = "AROA" + self.identifier(17), f"{role}-session-{number}"
        return {
            "type": "AssumedRole",
            "principalId": f"{role_id}:{name}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIA" + self.identifier(),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": role_id,
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                    "accountId": ACCOUNT,
                    "userName": role,
                },
                "attributes": {"creationDate": "2026-06-01T00:00:00Z", "mfaAuthenticated": "false"},
            },
        }

    def record(self, when):
        name, service, reads, _ = self.random.choice(self.events)
        of_object = service == "s3" and name.endswith("Object")
        host = f"{service}.{REGION}.amazonaws.com"
        record = {
            "eventVersion": "1.10",
            "userIdentity": self.random.choice(self.sessions),
            "eventTime": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": REGION,
            "sourceIPAddress": self.random.choice(self.addresses),
            "userAgent": self.random.choice(AGENTS),
        }
        if self.random.random() < 0.04:
            record |= {"errorCode": "AccessDenied", "errorMessage": "Access Denied"}
        request, more, resources = self.details(name, service, of_object)
        record |= {"requestParameters": request, "responseElements": None}
        if more:
            record["additionalEventData"] = more
        record |= {"requestID": self.identifier(16), "eventID": str(uuid.UUID(int=self.random.getrandbits(128)))}
        record["readOnly"] = reads
        if resources:
            record["resources"] = resources
        return record | {
            "eventType": "AwsApiCall",
            "managementEvent": not of_object,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Data" if of_object else "Management",
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": host,
            },
        }

    def details(self, name, service, of_object):
        if service != "s3":
            arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:thing/{self.random.randrange(500)}"
            return {"resourceArn": arn, "requestToken": self.identifier(20)}, None, None
        bucket = self.random.choice(self.buckets)
        request = {"bucketName": bucket, "Host": f"{bucket}.s3.{REGION}.amazonaws.com"}
        resources = [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}]
        if of_object:
            day = self.random.randrange(1, 29)
            request["key"] = f"year=2026/month=05/day={day:02}/part-{self.random.randrange(10**6):06}-{self.identifier(8)}.parquet"
            resources.insert(0, {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{request['key']}"})
        more = {
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 0,
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 75) + "=",
            "bytesTransferredOut": self.random.randrange(10**7),
        }
        return request, more, resources


def generated(work, size, seed, records):
    """A folder of files as CloudTrail delivers them; made once. Gives it and how many bytes of JSON it holds."""
    folder = work / f"trail-{size}-{seed}-{records}"
    done = folder.with_suffix(".json")
    if done.exists():
        return folder, *json.loads(done.read_text())
    shutil.rmtree(folder, ignore_errors=True)
    scribe, written, count, when = Scribe(seed), 0, 0, START
    while written < size:
        when += DELIVERY / 4
        events = [scribe.record(when - timedelta(seconds=scribe.random.randrange(900))) for _ in range(records)]
        text = json.dumps({"Records": events}, separators=(",", ":")).encode()
        name = f"{ACCOUNT}_CloudTrail_{REGION}_{when:%Y%m%dT%H%MZ}_{scribe.identifier(16)}.json.gz"
        path = folder / ACCOUNT / "CloudTrail" / REGION / f"{when:%Y/%m/%d}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text, 6, mtime=0))
        written += len(text)
        count += records
    done.write_text(json.dumps([written, count]))
    return folder, written, count


def ours(args, folder):
    """The whole way: list, plan, read, write, commit."""
    lake = fresh(args, "lake")
    (lake / "_state").mkdir(parents=True)
    # What `deploy` makes; the worker is measured without the command line.
    version = {"format_version": 3, "made_by": "bench"}
    (lake / "_state" / "format.json").write_text(json.dumps(version))
    measure.warm(folder)
    return measure.run([args.worker, "run", "--lake", lake, "--trail", folder.resolve(), "--threads", "1"]), lake


def theirs(args, name, folder):
    out = fresh(args, name)
    measure.warm(folder)
    return measure.run([sys.executable, HERE / "trail_contestants.py", name, folder, out]), out


def rows_in(folder):
    """Rows of Parquet files, and how many of them have a whole event id and a time."""
    import duckdb

    files = f"read_parquet('{folder}/**/*.parquet')"
    where = "length(eventid) = 36 AND eventtime IS NOT NULL AND useridentity_arn LIKE 'arn:%'"
    return duckdb.connect().execute(f"SELECT count(*), count(*) FILTER ({where}) FROM {files}").fetchone()


def speed(args):
    folder, raw, records = generated(args.work, args.bytes, args.seed, args.records)
    stored = measure.size_of(folder)[0]
    cost, lake = median_of(args.repeat, lambda: ours(args, folder))
    base, rows = cost.cpu, []
    table = lake / "cloudtrail_events"
    runs = [("bucketscope-worker run", cost, table, "")]
    for name in args.only or CONTESTANTS:
        their_cost, out = theirs(args, name, folder)
        kept, sound = rows_in(out)
        runs.append((CONTESTANTS[name], their_cost, out, AIM))
        print(f"{name}: {their_cost.cpu:.1f} s, {kept} rows", file=sys.stderr)
        rows.append(line(CONTESTANTS[name], their_cost, base, raw, out, kept, sound, records, AIM))
    kept, sound = rows_in(table)
    rows.insert(0, line("bucketscope-worker run", cost, base, raw, table, kept, sound, records, ""))
    header = ["", "CPU s", "× bucketscope", "aim", "MB a CPU s", "Wall s", "Peak MB", "Output / raw", "Rows", "Right rows"]
    text = (
        f"{records:,} events, {raw:,} bytes of JSON in files of {args.records} events, {stored:,} bytes as gzip. CPU is user "
        f"and system time of the whole process, from gzip to ZSTD Parquet, one thread, pinned to one core. All draw out "
        f"the same columns, but the others neither partition nor keep rejects or the members that have no column. Rows and "
        f"right rows (event id, time and identity are there) as shares of the events.\n\n{report.table(header, rows)}"
    )
    others = ("duckdb", "pandas", "pyarrow")
    report.section("CloudTrail", text, command_line(args), args.write, others)


def command_line(args):
    """The command that was typed, without anybody's folders."""
    typed = ["--bytes", str(args.bytes), "--repeat", str(args.repeat)]
    return "python scripts/bench/trails.py " + shlex.join([*typed, *(["--write"] if args.write else [])])


def line(what, cost, base, raw, out, kept, sound, records, aim):
    output = measure.size_of(out, ".parquet")[0]
    return [
        what,
        f"{cost.cpu:.2f}",
        f"{cost.cpu / base:.1f}",
        aim,
        f"{raw / cost.cpu / 1e6:.0f}",
        f"{cost.wall:.2f}",
        f"{cost.peak / 1e6:.0f}",
        f"{output / raw:.4f}",
        f"{kept / records:.2%}",
        f"{sound / records:.2%}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=Path, default=Path("target/release/bucketscope-worker"))
    parser.add_argument("--work", type=Path, default=Path("target/bench"), help="folder for files, lakes and outputs")
    parser.add_argument("--bytes", type=int, default=500_000_000, help="of JSON, before gzip")
    parser.add_argument("--records", type=int, default=400, help="events of a file")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=3, help="runs of bucketscope; the median counts")
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), help="these contestants only")
    parser.add_argument("--write", action="store_true", help="put the results into BENCHMARKS.md")
    args = parser.parse_args()
    if not args.worker.is_file():
        parser.error(f"--worker: there is no {args.worker}; build it with `cargo build --release --bins`")
    args.worker = args.worker.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    args.outputs = 0
    cleared(args)
    rested(args)
    speed(args)
    cleared(args)


if __name__ == "__main__":
    main()
