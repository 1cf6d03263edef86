"""Dead letters: commands that crashed their actor every time, tried again when an operator asks for it.

What such a command leads to and its leaving the table are one commit, so it happens once however often the
server is killed meanwhile. One that crashes its actor again is kept anew; one that is refused now stays, with the
reason. Who had sent it has long been told that it failed: nobody is answered.
"""

from __future__ import annotations

import msgspec
import structlog
import trio

from plixa.engine.actor import command_class
from plixa.engine.brake import Brake
from plixa.engine.cell import turn_of
from plixa.engine.errors import DeadLettered, Duplicate, Fenced, NotFound, Refused
from plixa.engine.ports import DeadLetter, Store
from plixa.engine.registry import Bus
from plixa.engine.rounds import go_round, one_by_one

LOOK_EVERY = 2.0
AT_ONCE = 100
log = structlog.get_logger("plixa.dead_letters")


class DeadLetters:
    """Looks for letters that somebody wants to be tried again."""

    def __init__(self, store: Store, bus: Bus, brake: Brake) -> None:
        self._store = store
        self._bus = bus
        self._brake = brake

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take them up until cancelled."""
        await go_round(self._replay_requested, LOOK_EVERY, task_status=task_status)

    async def _replay_requested(self) -> None:
        await one_by_one(await self._store.requested_dead_letters(AT_ONCE), self.replay)

    async def replay(self, letter: DeadLetter) -> None:
        """Try one letter. Raises `Overloaded` and `Unavailable`: it is still asked for then."""
        where = {"tenant": letter.address.tenant, "stream": letter.address.stream, "letter": letter.id}
        try:
            await self._ask(letter)
        except Fenced:
            return  # another node's to take up
        except (Duplicate, NotFound) as error:  # it is here already, or there is nobody any more whom it concerns
            log.info("letter_needless", **where, error=type(error).__name__)
            await self._store.drop_dead_letter(letter)
        except (Refused, LookupError, msgspec.MsgspecError) as error:
            log.error("letter_stays", **where, error=type(error).__name__)
            await self._store.leave_dead_letter(letter, type(error).__name__)
        except DeadLettered:
            log.error("letter_dead_again", **where)
            await self._store.drop_dead_letter(letter)  # it is kept anew, with the new error
        else:
            log.info("letter_replayed", **where)

    async def _ask(self, letter: DeadLetter) -> None:
        command = msgspec.msgpack.decode(letter.command, type=command_class(letter.command_type))
        self._brake.forget(turn_of(letter.address, command, letter.cause).key)  # somebody says that it is mended
        outcome = await self._bus.ask(
            letter.address,
            command,
            actor=letter.actor,
            cause=letter.cause,
            attach=(self._store.taken(letter),),
            replayable=True,
        )
        if not outcome.recorded:
            await self._store.drop_dead_letter(letter)
