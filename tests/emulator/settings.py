"""Settings of the running emulator; `__main__` and the control routes write them."""

port: int = 0
record_path: str | None = None
# Whether the policies of roles are enforced for the calls of job runs, crawlers, functions and schedules.
enforce: bool = False
fail_on_unknown: bool = False


def endpoint() -> str:
    """The address of this emulator."""
    return f"http://127.0.0.1:{port}"
