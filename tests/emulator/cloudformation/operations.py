"""The stack operations that are under way."""

import asyncio
import contextvars
from dataclasses import dataclass, field

from emulator.registry import on_reset


@dataclass
class Operation:
    """A creation or update of a stack."""

    template: dict
    imports: dict
    done: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    # Whether the stack is to be deleted before it is made.
    cancelled: bool = False


current: contextvars.ContextVar[Operation | None] = contextvars.ContextVar("operation", default=None)
# Stack id -> its operation, and what is set when it ends.
running: dict[str, tuple[Operation, asyncio.Event]] = {}
on_reset(running.clear)
