"""Hangs every module in."""

import importlib

# In this order: CloudFormation's resources are made through the services before it.
MODULES = [
    "s3", "iam", "glue.jobs", "glue.runs", "glue.crawlers", "glue.partitions", "glue.tables", "athena", "lakeformation",
    "mails", "deliveries", "notices", "functions", "schedules", "alarms", "dashboards", "tagging",
    "cloudformation.engine", "cloudformation.documents", "cloudformation.change_sets",
    "cloudformation.drift", "cloudformation.revert", "cloudformation.stack_events",
]


def everything() -> None:
    """Imports the modules; each registers what it adds when it is imported."""
    for name in MODULES:
        importlib.import_module(f"emulator.{name}")
