"""The entry in the staff's audit goes along with what was decided, however often it is asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plixa.engine.actor import Outcome
from plixa.engine.errors import Unavailable
from plixa.http.api import Call, Caller, witness

STAFF = Caller(0, 7, "admin", "Sol", 1, frozenset({"*"}))


class Bus:
    """Answers one after the other what it was given, and keeps what was attached."""

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers = list(answers)
        self.attached: list[Any] = []

    async def ask(self, *_: Any, attach: Any, **__: Any) -> Outcome:
        """As `Bus.ask`."""
        self.attached.append(list(attach))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_what_was_not_decided_takes_no_entry_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first try that came to nothing leaves it to the next; a second thing that is decided needs none."""
    monkeypatch.setattr(witness, "rows", lambda _call: ["entry"])
    decided: Any = Outcome(None, 1, [SimpleNamespace(event=None)])  # type: ignore[list-item]
    bus = Bus(Unavailable("away"), Outcome(None, 1), decided, decided)
    route: Any = SimpleNamespace(method="POST", path="/v1/admin/tenants/3/suspend")
    call = Call(route, SimpleNamespace(bus=bus), "127.0.0.1", {}, STAFF)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await call.ask("workspace", 3, "suspend", tenant=3)
    for _ in range(3):
        await call.ask("workspace", 3, "suspend", tenant=3)
    assert bus.attached == [["entry"], ["entry"], ["entry"], []]
    assert call.concern.done
