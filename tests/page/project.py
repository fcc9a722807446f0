"""A project with logs of its own, and the page that `report` writes of it."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("BUCKETSCOPE", ROOT / "target/release/bucketscope"))

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


class Project:
    """Logs of three days, a lake of them, and `page.html`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.run("generate", "logs", "--bytes", "3MB", "--days", "3", "--seed", "7")
        hostile = "".join(line(at, agent, status=403 if at == 1 else 200) for at, agent in enumerate(AGENTS))
        (self.folder / "logs/2026-06-02-06-00-00-00000000HOSTILE0").write_text(hostile, encoding="utf-8")
        self.run("init", "--defaults", "--target", "local", "--logs", "logs", "--name", "shop")
        self.run("deploy")
        self.run("run")
        self.page = self.folder / "page.html"
        self.written = self.run("report", "--output", "page.html")

    def run(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def rows(self, *arguments):
        return json.loads(self.run("query", *arguments, "--output", "json"))["rows"]
