"""Trino on this machine: one node, with the emulator's Glue catalogue and S3 as its only catalogue."""

import socket
import subprocess
import time

import fetch
from client import Client

# As Athena calls the Data Catalog in the definition of a view; Trino looks a view's tables up there.
CATALOGUE = "awsdatacatalog"
START_SECONDS = 180

CONFIG = """\
node.environment=judge
node.id=judge
node.internal-address=127.0.0.1
node.bind-ip=127.0.0.1
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
http-server.max-request-header-size=128kB
discovery.uri=http://127.0.0.1:{port}
"""

LAKE = """\
connector.name=hive
hive.metastore=glue
hive.metastore.glue.region={region}
hive.metastore.glue.endpoint-url={endpoint}
hive.metastore.glue.aws-access-key={key}
hive.metastore.glue.aws-secret-key={secret}
fs.native-s3.enabled=true
s3.endpoint={endpoint}
s3.region={region}
s3.path-style-access=true
s3.aws-access-key={key}
s3.aws-secret-key={secret}
hive.partition-projection-enabled=true
"""


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Trino:
    """A server, ready when made; ends with `close`."""

    def __init__(self, folder, emulator):
        self.port = _free_port()
        self._place(folder, emulator.environment)
        self._log = folder / "server.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [fetch.java(), "-Xmx2G", "-XX:+ExitOnOutOfMemoryError", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8",
                 "-Djdk.attach.allowAttachSelf=true", "-Dconfig=etc/config.properties",
                 "-cp", f"{fetch.HOME}/lib/*", "io.trino.server.TrinoServer"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def _place(self, folder, environment):
        """Its configuration, and beside it the plugins: it looks for both where it is started."""
        (folder / "etc/catalog").mkdir(parents=True)
        values = {"port": self.port, "endpoint": environment["AWS_ENDPOINT_URL"], "region": environment["AWS_REGION"],
                  "key": environment["AWS_ACCESS_KEY_ID"], "secret": environment["AWS_SECRET_ACCESS_KEY"]}
        (folder / "etc/config.properties").write_text(CONFIG.format(**values))
        (folder / f"etc/catalog/{CATALOGUE}.properties").write_text(LAKE.format(**values))
        for part in ("plugin", "secrets-plugin"):
            (folder / part).symlink_to(fetch.HOME / part)

    def _wait(self):
        end = time.monotonic() + START_SECONDS
        while "SERVER STARTED" not in self._log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Trino did not start:\n{self._log.read_text(errors='replace')[-8000:]}")
            time.sleep(0.2)

    def schema(self, database):
        """A client for statements about one database."""
        return Client(self.port, CATALOGUE, database)

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
