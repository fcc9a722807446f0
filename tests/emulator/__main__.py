"""Starts the emulator: `python -m emulator --port 4600 --record calls.ndjson`, from the folder `tests`."""

import argparse
import asyncio
import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
import time


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes any free one (default)")
    parser.add_argument("--record", metavar="FILE", help="append every call to this file as ndjson")
    parser.add_argument("--enforce", action="store_true", help="enforce the policies of roles for jobs and functions")
    parser.add_argument("--fail-on-unknown", action="store_true", help="answer 400 to calls no service model describes")
    parser.add_argument("--data", metavar="DIR", help="folder for what the services keep on disk (default: temporary)")
    parser.add_argument("--log-level", default="ERROR", help="of the services: DEBUG, INFO, WARNING, ERROR (default)")
    parser.add_argument("--outlive-parent", action="store_true", help="do not end when the parent process does")
    return parser.parse_args()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare_environment(options: argparse.Namespace) -> str:
    """ministack reads its settings from the environment when it is imported; returns the data folder."""
    data = os.path.abspath(options.data) if options.data else tempfile.mkdtemp(prefix="emulator-")
    os.makedirs(data, exist_ok=True)
    tempfile.tempdir = data
    os.environ.update(
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="127.0.0.1",
        GATEWAY_PORT=str(options.port),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        ATHENA_ENGINE="duckdb",
        LOG_LEVEL=options.log_level,
        S3_DATA_DIR=os.path.join(data, "s3"),
        # Code of functions and folders of runs go with the data.
        TMPDIR=data,
        AWS_EC2_METADATA_DISABLED="true",
        # ministack hands it on to functions: none of them may ever call AWS.
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{options.port}",
        # A profile of the person who runs the tests must never reach a job or a function.
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AUTH", "SERVICES", "PERSIST_STATE"):
        os.environ.pop(name, None)
    return data


def end_with_parent() -> None:
    """Ends this process when the one that started it is gone, so that a killed test run leaves nothing behind."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


async def serve(port: int) -> None:
    """Listens until SIGTERM or SIGINT; prints one line when it is ready."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.core import hypercorn_compat

    from emulator.gateway import application

    hypercorn_compat.install()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.loglevel = "ERROR"
    config.graceful_timeout = 0.2
    config.shutdown_timeout = 1
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = asyncio.create_task(hypercorn_serve(application, config, shutdown_trigger=stop.wait))
    while not server.done() and not listening(port):
        await asyncio.sleep(0.02)
    if not server.done():
        print(f"emulator ready http://127.0.0.1:{port}", flush=True)
    await server


def listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def clean_up(data: str | None) -> None:
    """Ends the processes of jobs and functions, and removes what was kept on disk."""
    import ministack.app

    from emulator import registry

    for forget in registry.resets:
        forget()
    ministack.app._reset_all_state()
    if data:
        shutil.rmtree(data, ignore_errors=True)


def main() -> None:
    """Sets up the services and serves them."""
    options = arguments()
    options.port = options.port or free_port()
    data = prepare_environment(options)
    logging.basicConfig(level=options.log_level, format="%(levelname)s %(name)s %(message)s")
    if not options.outlive_parent:
        end_with_parent()

    from emulator import install, settings

    settings.port = options.port
    settings.record_path = options.record
    settings.enforce = options.enforce
    settings.fail_on_unknown = options.fail_on_unknown
    install.everything()
    asyncio.run(serve(options.port))
    clean_up(None if options.data else data)
    # Threads of job runs and functions may still be busy; nothing of theirs is worth waiting for.
    os._exit(0)


if __name__ == "__main__":
    main()
