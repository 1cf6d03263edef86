"""The audit of staff: every request of theirs leaves one entry, be it refused, and whatever it led to.

What a request changes carries its entry along, in the same commit (`Call.ask`); of what changes nothing, or is refused,
the entry is written before the answer goes out. So there is no look without an entry: where it cannot be written, the
answer is an error. Secrets and long texts are never in it, but their length.

What concerns a workspace is in that workspace's own log as well, for its owner to read: a change as its event, a look
as `staff.looked`, once an hour of each member of staff and each sort of look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from plixa.actors.staff.stays import NoteStaff
from plixa.engine.errors import NotFound, Refused
from plixa.engine.ports import Address
from plixa.storage.eventlog.statement import Row
from plixa.storage.staff.deeds import Deed, rows_of

if TYPE_CHECKING:
    from plixa.http.api import Call

SECRET = frozenset({"password", "code", "token", "keys", "endpoint", "secret"})
LONGEST = 200
MOST = 50
A_LOOK = "1/hour"


def rows(call: Call, outcome: str = "ok") -> list[Row]:
    """The entry of a request."""
    caller, concern = call.caller, call.concern
    named = next(iter(call.params.items()), None)
    acting = caller.acting is not None
    target = concern.target or ("" if named is None else named[0].removesuffix("_id"))
    deed = Deed(
        admin_id=caller.staff or 0,
        act=f"acting {call.route.key}" if acting else call.route.act,
        at=call.services.clock.now(),
        request_id=call.request_id,
        tenant=caller.tenant if acting else concern.tenant,
        target=target,
        target_id=concern.target_id if concern.target_id is not None or named is None else number(named[1]),
        before=concern.before,
        after=concern.after if concern.after is not None else told(call.body or call.query),
        reason=concern.reason,
        outcome=outcome,
    )
    return rows_of(deed, call.address, call.user_agent)


def number(value: Any) -> int | None:
    """An id that the table takes; a picture's key is none."""
    return value if isinstance(value, int) and value < 2**63 else None


def told(sent: Any) -> Any:
    """What was sent, as far as an audit may hold it: only what was sent, no secret, and of long texts the length."""
    if not isinstance(sent, BaseModel):
        return None
    fields = {name: _told(name, getattr(sent, name)) for name in sorted(sent.model_fields_set)}
    return fields or None


def _told(name: str, value: Any) -> Any:
    if name in SECRET:
        return "hidden"
    if isinstance(value, str):
        return value if len(value) <= LONGEST and name != "body" else {"characters": len(value)}
    if isinstance(value, BaseModel):
        return told(value)
    if isinstance(value, Mapping):
        return {str(key): _told(str(key), each) for key, each in list(value.items())[:MOST]}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list | tuple):
        return [_told("", each) for each in value[:MOST]]  # pyright: ignore[reportUnknownVariableType]
    return value if isinstance(value, int | float | bool | None) else str(value)


async def leave(call: Call, outcome: str = "ok") -> None:
    """Write the entry of a request of which there is none yet. Raises `Unavailable`."""
    if call.caller_or_none is None or call.caller.staff is None:
        return
    if not call.concern.done or outcome != "ok":
        call.concern.done = True
        await call.services.store.writer.write(rows(call, outcome))
    if outcome == "ok":
        await _tell(call)


async def _tell(call: Call) -> None:
    """Tell the workspace that is concerned of a look, wherever it is; what was changed it knows."""
    caller, concern = call.caller, call.concern
    tenant = caller.tenant if caller.acting is not None else concern.tenant
    if not tenant or concern.told:
        return
    if not call.services.limits.first(A_LOOK, "look", str(caller.staff), str(tenant), call.route.key):
        return
    address, cause = Address(tenant, "workspace", tenant), f"http:{call.request_id}"
    look = NoteStaff(what=call.route.summary, area=call.route.tag)
    try:
        await call.services.bus.tell(address, look, actor=caller.actor, cause=cause)
    except Refused as error:
        if error.code != NotFound.code:  # it is going for good: nobody is left to be told
            raise
