"""A project with logs of its own, and the page that `report` writes of it."""

import atexit
import functools
import gzip
import json
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("BUCKETSCOPE", ROOT / "target/release/bucketscope"))

DATA = re.compile(r'<script id="data" type="application/json">(.*?)</script>', re.S)

# What strangers can write into a log: each must be seen as text, and do nothing.
AGENTS = [
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror=window.hit=2>",
    "'-alert(1)-' ${window.hit=3} {data} &lt;b&gt;",
    "turned \u202e around \u2028 and \u2066 hidden \u200b",
]
OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


def line(minute, agent, bucket="hostile", key="in/%3Cscript%3Ewindow.hit%3D4%3C/script%3E", status=200, requester="arn:aws:iam::111122223333:user/<b>eve</b>"):
    return (
        f'{OWNER} {bucket} [02/Jun/2026:05:{minute:02}:00 +0000] 192.0.2.3 {requester} REQ{minute:013} REST.GET.OBJECT {key} '
        f'"GET /{bucket}/{key} HTTP/1.1" {status} {"AccessDenied" if status == 403 else "-"} 113 - 7 - "-" "{agent}" - host SigV4 '
        f"ECDHE-RSA-AES128-GCM-SHA256 AuthHeader {bucket}.s3.us-west-1.amazonaws.com TLSv1.2 - -\n"
    )


# A user's name, a key, a code and a message, none of which AWS would give, but what says so is a file that others can write.
CALLER = "arn:aws:iam::111122223333:user/<img src=x onerror=window.hit=5>"
CODE = "Denied</script><script>window.hit=6</script>"
ADDRESS = "<svg onload=window.hit=7>"


def event(minute, **members):
    """An event of CloudTrail."""
    fields = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": CALLER, "accountId": "111122223333", "userName": "<b>eve</b>"},
        "eventTime": f"2026-06-02T05:{minute:02}:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "us-west-1",
        "sourceIPAddress": ADDRESS,
        "userAgent": AGENTS[minute % len(AGENTS)],
        "requestParameters": {"bucketName": "hostile", "key": "</script><script>window.hit=8</script>"},
        "responseElements": None,
        "requestID": f"HOSTILE{minute:09}",
        "eventID": f"00000000-0000-4000-8000-{minute:012}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": "111122223333",
        "eventCategory": "Data",
    }
    return fields | members


EVENTS = [event(1), event(2), event(3, errorCode=CODE, errorMessage="<script>window.hit=9</script>"), event(4, eventName="PutObject", readOnly=False)]


def data_of(page):
    """What a page holds."""
    return json.loads(DATA.search(page.read_text()).group(1))


@functools.cache
def shared():
    """One project for all tests that change nothing in it."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Project(folder.name)


class Project:
    """Logs and trails of three days, a lake of them, and `page.html`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.run("generate", "logs", "--bytes", "3MB", "--days", "3", "--seed", "7", "--trails", "trails")
        hostile = "".join(line(at, agent, status=403 if at == 1 else 200) for at, agent in enumerate(AGENTS))
        (self.folder / "logs/2026-06-02-06-00-00-00000000HOSTILE0").write_text(hostile, encoding="utf-8")
        trail = self.folder / "trails/AWSLogs/111122223333/CloudTrail/us-west-1/2026/06/02"
        trail.mkdir(parents=True)
        with gzip.open(trail / "111122223333_CloudTrail_us-west-1_20260602T0610Z_HOSTILE0HOSTILE0.json.gz", "wt") as file:
            json.dump({"Records": EVENTS}, file)
        self.run("init", "--defaults", "--target", "local", "--logs", "logs", "--trails", "trails", "--name", "shop")
        self.run("deploy")
        self.run("run")
        self.page = self.folder / "page.html"
        self.written = self.run("report", "--output", "page.html")

    def run(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def altered(self, name, change):
        """The page with other figures: its data after `change` was made to it."""
        text = self.page.read_text()
        found = DATA.search(text)
        data = json.loads(found.group(1))
        change(data)
        embedded = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        page = self.folder / name
        page.write_text(text[: found.start(1)] + embedded + text[found.end(1) :])
        return page

    def rows(self, *arguments):
        return json.loads(self.run("query", *arguments, "--output", "json"))["rows"]
