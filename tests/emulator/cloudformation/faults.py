"""Failures and pauses that a test declares for resources, to see rollback, resumption and watching.

`POST /_emulator/faults {"logical_id": "EtlJob", "on": "create", "message": "no capacity", "times": 1}` fails,
`POST /_emulator/pauses {"type": "AWS::Glue::Job", "on": "create"}` holds, `DELETE` of either lifts all of them.
"""

import threading
from dataclasses import dataclass, field

from emulator.control import route
from emulator.registry import on_reset

from .resource import place


@dataclass
class Aim:
    """Which operations on which resources are meant; what is not given does not matter."""

    logical_id: str | None = None
    type: str | None = None
    stack: str | None = None
    on: str | None = None

    def meets(self, phase: str, resource_type: str) -> bool:
        """Whether an operation on the present resource is meant."""
        here = place.get()
        return all(wanted is None or wanted == given for wanted, given in (
            (self.logical_id, here.logical_id), (self.type, resource_type), (self.stack, here.stack), (self.on, phase)))


@dataclass
class Fault:
    """A failure; `times` counts down, None fails for good."""

    aim: Aim
    message: str = "Internal Failure"
    times: int | None = None


@dataclass
class Pause:
    """A hold, until it is lifted. `held` says what waits."""

    aim: Aim
    lifted: threading.Event = field(default_factory=threading.Event)
    held: list[str] = field(default_factory=list)


_faults: list[Fault] = []
_pauses: list[Pause] = []


def meet(phase: str, resource_type: str) -> None:
    """Waits or fails, if a test wants it so for the present resource."""
    for pause in list(_pauses):
        if pause.aim.meets(phase, resource_type):
            pause.held.append(place.get().logical_id)
            pause.lifted.wait(600)
    for fault in list(_faults):
        if fault.times != 0 and fault.aim.meets(phase, resource_type):
            if fault.times:
                fault.times -= 1
            raise ValueError(f'Resource handler returned message: "{fault.message}" (HandlerErrorCode: GeneralServiceException)')


def _aim(arguments: dict) -> Aim:
    return Aim(**{name: arguments.get(name) for name in ("logical_id", "type", "stack", "on")})


@route("POST", "/faults")
def add_fault(arguments: dict) -> dict:
    """Fails the creation, update or deletion of resources."""
    message, times = arguments.get("message", "Internal Failure"), arguments.get("times")
    _faults.append(Fault(_aim(arguments), message, times))
    return {"faults": len(_faults)}


@route("POST", "/pauses")
def add_pause(arguments: dict) -> dict:
    """Holds the creation, update or deletion of resources."""
    _pauses.append(Pause(_aim(arguments)))
    return {"pauses": len(_pauses)}


@route("GET", "/pauses")
def held(_: dict) -> dict:
    """What is being held."""
    return {"held": [name for pause in _pauses for name in pause.held]}


@route("DELETE", "/faults")
def lift_faults(_: dict) -> dict:
    """Drops every failure."""
    _faults.clear()
    return {"faults": 0}


@route("DELETE", "/pauses")
def lift_pauses(_: dict) -> dict:
    """Lets everything go on."""
    for pause in _pauses:
        pause.lifted.set()
    _pauses.clear()
    return {"pauses": 0}


@on_reset
def _forget() -> None:
    lift_faults({})
    lift_pauses({})
