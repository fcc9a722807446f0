"""What the judged lake is filled with: every quirk that our generator knows, the fixtures of the saved queries, an hour of
many records, and CloudTrail's events with what JSON can hold."""

import gzip
import json
import random
import re
from urllib.parse import quote

from cloud import REGION, TESTS

FIXTURES = TESTS / "fixtures/queries"
LOGS, TRAIL = "acme-logs", "acme-trail"
TIME = re.compile(rb"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:")
# More records in an hour than a page of numbers holds (65,536).
LARGE_BYTES = "56MB"
LARGE_HOUR = ("2026-05-20", "07")
LARGE_TIME = b"[20/May/2026:07:"
LINE = ('79a59df900b949e5 acme-data [03/Jun/2026:10:00:00 +0000] 192.0.2.3 79a59df900b949e5 3E57427F33A5%04X REST.GET.OBJECT %s '
        '"GET /acme-data/x HTTP/1.1" 200 - 113 2048 7 5 "-" "curl/8.5" - host= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader '
        'acme-data.s3.eu-central-1.amazonaws.com TLSv1.2 - - eu-central-1\n')
TRAIL_DAYS = ("2026-06-10", "2026-06-11")
TEXTS = ["", " ", "\"", "\\", "'", "it's", "a,b\nc\td", "\u0000", "\x7f", "é", "e\u0301", "日本語", "\U0001f980", "\ufeff", "\u2028",
         "-", "null", "?", "%20+%2B", "{\"a\":1}", "x" * 70_000, "ü" * 20_000]
# Names of JSON's members: Trino reads none of more than 50,000 bytes.
NAMES = TEXTS[:-2]
COUNTS = [0, -1, 1.5, 2**53 + 1, 1e3, "7", None]


class Delivery:
    """Objects on their way into the two buckets."""

    def __init__(self, emulator):
        self._s3 = emulator.client("s3")
        for bucket in (LOGS, TRAIL):
            self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def logs(self, name, body):
        self._s3.put_object(Bucket=LOGS, Key=f"s3/{name}", Body=body)

    def trail(self, number, records):
        body = gzip.compress(json.dumps({"Records": records}, ensure_ascii=number % 2 == 0).encode())
        name = f"111122223333_CloudTrail_eu-west-1_20260612T{number:04}Z_{number:016}.json.gz"
        self._s3.put_object(Bucket=TRAIL, Key=f"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/06/12/{name}", Body=body)

    def generated(self, folder, part):
        """Every second object that `generate` made, from the first or the second on; with the folder's other files."""
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files[part::2]:
            self.logs(str(path.relative_to(folder)), path.read_bytes())

    def large(self, folder):
        """All that `generate` made in one log object, and nearly all of it in one hour."""
        lines = b"".join(path.read_bytes() for path in sorted(folder.rglob("2*")) if path.is_file())
        self.logs("2026-05-20-08-15-00-CCCCCCCCCCCCCCCC", TIME.sub(LARGE_TIME, lines))

    def requests(self, keys):
        """A request for each key. The log has keys encoded twice."""
        lines = [LINE % (number, quote(quote(key, safe=""))) for number, key in enumerate(keys)]
        self.logs("2026-06-03-10-30-00-DDDDDDDDDDDDDDDD", "".join(lines).encode())

    def fixtures(self):
        self.logs("2026-06-01-12-30-00-AAAAAAAAAAAAAAAA", (FIXTURES / "access.log").read_bytes())
        self.logs("2026-06-08-00-30-00-BBBBBBBBBBBBBBBB", (FIXTURES / "clients.log").read_bytes())
        self.trail(1, events())


def events():
    """The events of the fixture."""
    return json.loads((FIXTURES / "trail.json").read_text())["Records"]


def odd_events(count):
    """The fixture's events with members left out, doubled, of other types and with hard texts, spread over two days."""
    chance, plain = random.Random(5), events()
    found = []
    for number in range(count):
        event = json.loads(json.dumps(chance.choice(plain)))
        day, hour = chance.choice(TRAIL_DAYS), number % 24
        event["eventTime"] = f"{day}T{hour:02}:{chance.randrange(60):02}:{chance.randrange(60):02}Z"
        # One in ten is delivered twice.
        event["eventID"] = f"odd-{number - (number % 10 == 9):08}"
        for member in chance.sample(sorted(event), 3):
            if member not in ("eventTime", "eventID"):
                del event[member]
        if number % 3 == 0:
            event["userAgent"] = chance.choice(TEXTS)
            event["requestParameters"] = {"bucketName": "photos", "key": chance.choice(TEXTS), chance.choice(NAMES): None}
        if number % 5 == 0:
            event["additionalEventData"] = {"bytesTransferredIn": chance.choice(COUNTS), "bytesTransferredOut": chance.randrange(2**40)}
        found.append(event)
    # The largest number, in an hour that no query asks for: a sum with it is an error in Trino.
    found[-1]["eventTime"] = "2026-05-20T07:00:00Z"
    found[-1]["additionalEventData"] = {"bytesTransferredIn": 2**63 - 1, "bytesTransferredOut": -2**63}
    return found
