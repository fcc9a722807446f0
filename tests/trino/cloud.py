"""The emulated account, and projects in it that our own program deploys, fills and asks."""

import json
import os
import pathlib
import subprocess
import sys
import zipfile

import boto3

TESTS = pathlib.Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
ACCOUNT = "111122223333"
REGION = "eu-central-1"
SUFFIX = "a1b2c3"


def programs():
    """The folder of our programs: that of BUCKETSCOPE, or where cargo puts them."""
    return pathlib.Path(os.environ.get("BUCKETSCOPE", ROOT / "target/release/bucketscope")).resolve().parent


def functions(folder):
    """The zip file of the functions, as `scripts/build-assets` makes one."""
    path = folder / "functions.zip"
    info = zipfile.ZipInfo("bootstrap")
    info.external_attr = 0o100755 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, (programs() / "bootstrap").read_bytes())
    return path


class Emulator:
    """tests/emulator in a process of its own, for as long as the tests run."""

    def __init__(self, folder):
        self._log = (folder / "emulator.log").open("w")
        self._process = subprocess.Popen([sys.executable, "-m", "emulator", "--record", folder / "calls.ndjson"],
                                         cwd=TESTS, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log)
        self._calls = folder / "calls.ndjson"
        said = self._process.stdout.readline().split()
        if said[:2] != ["emulator", "ready"]:
            raise RuntimeError(f"the emulator did not start: {(folder / 'emulator.log').read_text()}")
        self.endpoint = said[2]
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION,
                            aws_access_key_id=ACCOUNT, aws_secret_access_key="test")

    def calls(self):
        """All calls so far."""
        return [json.loads(line) for line in self._calls.read_text().splitlines()]

    def close(self):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()
        self._log.close()


class Project:
    """A folder with a configuration, and the program run in it."""

    def __init__(self, emulator, folder, functions, name, mode):
        self.folder, self.name = folder, name
        self.folder.mkdir()
        self.database = f"bucketscope_{name}"
        self._environment = {
            **emulator.environment, "PATH": os.environ["PATH"], "HOME": str(folder), "BUCKETSCOPE_FUNCTIONS": str(functions),
            "BUCKETSCOPE_WORKER": str(programs() / "bucketscope-worker"), "BUCKETSCOPE_ANY_GLIBC": "true"}
        self("init", "--target", "aws", "--defaults", "--name", name, "--account-id", ACCOUNT, "--region", REGION,
             "--suffix", SUFFIX, "--log-bucket", "acme-logs/s3/", "--trail", "acme-trail", "--catalogue", mode,
             "--schedule", "none")

    def __call__(self, *arguments):
        """Runs the program to its end, which must be a good one; gives what it printed."""
        ended = subprocess.run([programs() / "bucketscope", *arguments], cwd=self.folder, env=self._environment,
                               stdin=subprocess.DEVNULL, capture_output=True)
        if ended.returncode:
            raise AssertionError(f"bucketscope {' '.join(arguments)}\n{ended.stdout.decode()}\n{ended.stderr.decode()}")
        return ended.stdout.decode()

    def json(self, *arguments):
        return json.loads(self(*arguments, "--output", "json"))
