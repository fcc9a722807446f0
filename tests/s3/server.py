#!/usr/bin/env python3
"""An S3 server (SeaweedFS) for one test run: prints its port when it answers, and ends with its standard input. With --open it
takes requests from anybody."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

WEED = pathlib.Path(sys.executable).parent / "weed"
SECONDS_TO_START = 60


def free_ports(count):
    """Ports of which each has a free one 10,000 above, where SeaweedFS puts gRPC."""
    ports = []
    with contextlib.ExitStack() as held:
        for port in range(20_000 + (time.time_ns() // 1_000) % 20_000, 50_000):
            with contextlib.ExitStack() as pair:
                try:
                    for number in (port, port + 10_000):
                        listener = pair.enter_context(socket.socket())
                        listener.bind(("127.0.0.1", number))
                except OSError:
                    continue
                held.enter_context(pair.pop_all())
                ports.append(port)
                if len(ports) == count:
                    return ports
    raise SystemExit("there are no free ports")


def answers(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def main():
    master, volume, filer, s3 = free_ports(4)
    with tempfile.TemporaryDirectory() as folder, open(pathlib.Path(folder) / "log", "w+") as log:
        # Each bucket takes seven volumes at its first object; where there are none left, a put fails.
        command = [
            WEED, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-master.port={master}", "-master.volumeSizeLimitMB=64", f"-volume.port={volume}", "-volume.max=1000",
            "-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        ]
        environment = {"HOME": folder, "TMPDIR": folder}
        # Without a key of its own it takes any signature.
        if "--open" not in sys.argv:
            environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        server = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, cwd=folder)
        try:
            until = time.monotonic() + SECONDS_TO_START
            while not answers(s3):
                if server.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise SystemExit(f"the S3 server does not start:\n{log.read()[-2000:]}")
                time.sleep(0.1)
            print(s3, flush=True)
            sys.stdin.read()
        finally:
            server.kill()
            server.wait()


main()
