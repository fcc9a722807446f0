"""Where the modules of single services hang in: operations of their own, and checks before others run."""

from collections import defaultdict
from collections.abc import Callable

from .callers import Caller
from .wire import Call

Handler = Callable[[Call, Caller], dict]
Check = Callable[[Call, Caller], None]

operations: dict[tuple[str, str], Handler] = {}
checks: dict[str, list[Check]] = defaultdict(list)
# Forgets a module's state; called by /_emulator/reset.
resets: list[Callable[[], None]] = []


def operation(service: str, *names: str):
    """Registers a function that answers an operation in ministack's place."""
    def register(function: Handler) -> Handler:
        for name in names:
            operations[service, name] = function
        return function
    return register


def check(service: str):
    """Registers a function that may refuse a request before it is answered, by raising AwsError."""
    def register(function: Check) -> Check:
        checks[service].append(function)
        return function
    return register


def on_reset(function: Callable[[], None]) -> Callable[[], None]:
    """Registers a function that forgets a module's state."""
    resets.append(function)
    return function
