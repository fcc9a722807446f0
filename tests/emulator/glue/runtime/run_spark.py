"""Runs a Spark script as Glue would, on two local cores: `run_spark.py SCRIPT ARGUMENTS…`."""

import os
import runpy
import sys

os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
# The script may build its own session; these are only defaults of the launcher.
os.environ.setdefault("PYSPARK_SUBMIT_ARGS", "--master local[2] --conf spark.ui.enabled=false --driver-memory 1g pyspark-shell")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
