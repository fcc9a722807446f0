"""A pipeline deployed into the emulator of `tests/emulator`, filled with the records of a project on this machine."""

import os
import pathlib
import subprocess
import tempfile
import zipfile

from .project import PROGRAM, ROOT

ACCOUNT = "111122223333"
REGION = "eu-central-1"

# Runs in the emulator's environment, which has boto3: this one has not.
FILL = """
import boto3, pathlib, sys
s3 = boto3.client("s3")
for bucket in ("acme-logs", "acme-trails"):
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": sys.argv[2]})
for folder, bucket in (("logs", "acme-logs"), ("trails", "acme-trails")):
    below = pathlib.Path(sys.argv[1]) / folder
    for file in below.rglob("*"):
        if file.is_file():
            s3.put_object(Bucket=bucket, Key=str(file.relative_to(below)), Body=file.read_bytes())
"""


class Cloud:
    """An account with a deployed pipeline whose lake holds the project's records."""

    def __init__(self, project):
        self.made = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.made.name)
        python = ROOT / ".venv/bin/python"
        with (self.folder / "emulator.log").open("w") as log:
            self.emulator = subprocess.Popen([python, "-m", "emulator", "--port", "0"], cwd=ROOT / "tests", stdout=subprocess.PIPE, stderr=log, text=True)
        address = self.emulator.stdout.readline().strip().removeprefix("emulator ready ")
        functions = self.folder / "functions.zip"
        with zipfile.ZipFile(functions, "w", zipfile.ZIP_DEFLATED) as archive:
            info = zipfile.ZipInfo("bootstrap")
            info.external_attr = 0o100755 << 16
            archive.writestr(info, (PROGRAM.parent / "bootstrap").read_bytes())
        # Nothing of the person who runs the tests, and this machine's own programs.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.made.name,
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "BUCKETSCOPE_WORKER": str(PROGRAM.parent / "bucketscope-worker"),
            "BUCKETSCOPE_FUNCTIONS": str(functions),
            "BUCKETSCOPE_ANY_GLIBC": "true",
        }
        try:
            subprocess.run([python, "-c", FILL, project.folder, REGION], env=self.environment, check=True)
            (self.folder / "bucketscope.yaml").write_text(
                f'version: 1\nname: shop\ntarget: aws\naws:\n  account_id: "{ACCOUNT}"\n  region: {REGION}\n  suffix: a1b2c3\n'
                "sources:\n  - id: existing\n    bucket: acme-logs\ntrails:\n  - id: trail\n    bucket: acme-trails\n"
            )
            self.run("deploy", "--yes")
            self.run("run")
        except BaseException:
            self.close()
            raise

    def run(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def close(self):
        self.emulator.terminate()
        self.emulator.wait(20)
        self.emulator.stdout.close()
        self.made.cleanup()
