"""From what was seen to the actor that it concerns; durable when `take` returns.

Ticks, edits, deletions and reactions name a message only. If that message is not here yet they are held, and released
when it comes: after the commit that brings it (`committed`), or, if that happened in between, at once. What a crash or
an absent database kept from being released is found every `SWEEP_SECONDS`, and sooner after a release that failed. One
that cannot be read (another release's, sealed with another key) or that its conversation does not want is dropped, told
and counted: it holds up no other.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

import msgspec
import structlog
import trio

from plixa.actors.contacts.merging import ContactMerged, ContactUnmerged
from plixa.actors.contacts.records import ContactErased
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.merged import AskParts, Merged
from plixa.actors.whatsapp.gateway import (
    ConnectionSeen,
    DeleteSeen,
    EditSeen,
    Ignored,
    LoggedOut,
    MessageSeen,
    MessageUpdate,
    NamesSeen,
    QrSeen,
    ReactionSeen,
    Seen,
    StatusSeen,
    Unreadable,
    in_zone,
)
from plixa.actors.whatsapp.number import Observe
from plixa.engine.clock import Clock
from plixa.engine.errors import DeadLettered, Duplicate, NotFound, PlixaError, Refused, Unavailable
from plixa.engine.events import Recorded
from plixa.engine.ports import Address, Commit
from plixa.engine.registry import Registry
from plixa.engine.rounds import go_round, one_by_one
from plixa.engine.telemetry import Telemetry
from plixa.http.whatsapp.directory import Directory, NumberKey
from plixa.http.whatsapp.early_updates import OF_A_NUMBER, EarlyKeys
from plixa.http.whatsapp.hidden import HiddenIds
from plixa.http.whatsapp.qr import QrBoard
from plixa.http.whatsapp.whose import whose_update
from plixa.storage.contacts import peers
from plixa.storage.conversation import messages as reads
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.postgres.bridge import Database
from plixa.storage.whatsapp import early_updates

Result = Literal["stored", "duplicate", "applied", "early", "ignored", "unreadable"]
KNOWN = "messages_key"
"""The rule that means: this number's message is here already."""
SWEEP_SECONDS = 10.0
SOON = 0.5
log = structlog.get_logger("plixa.intake")
_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(MessageUpdate).decode


class Intake:
    """See the module's text. Idempotent: what was taken before changes nothing."""

    def __init__(
        self,
        database: Database,
        bus: Registry,
        directory: Directory,
        qr: QrBoard,
        clock: Clock,
        seal: ApplicationKey,
        telemetry: Telemetry,
        node: str,
        hidden: HiddenIds | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._directory = directory
        self._qr = qr
        self._clock = clock
        self._seal = seal
        self._telemetry = telemetry
        self._node = node
        self._hidden = hidden
        self.held = EarlyKeys()
        self._missed = trio.Event()
        self._send_release, self._release = trio.open_memory_channel[tuple[int, int, str]](10_000)

    async def take(self, number: NumberKey, seen: Seen, cause: str, *, replayed: bool = False) -> Result:
        """Hand over what was seen. Raises `Overloaded`, `Unavailable` or `DeadLettered`; the gateway tries again."""
        match seen:
            case MessageSeen():
                return await self._message(number, seen, cause, replayed)
            case StatusSeen() | EditSeen() | DeleteSeen() | ReactionSeen():
                return await self._update(number, seen, cause)
            case ConnectionSeen() | LoggedOut():
                return await self._connection(number, seen, cause)
            case QrSeen():
                self._qr.put(number.tenant, number.number_id, seen, self._clock.now())
                return "applied"
            case NamesSeen():
                return await self._names(number, seen, cause)
            case Ignored():
                return "ignored"
            case Unreadable():
                return "unreadable"

    async def _message(self, number: NumberKey, seen: MessageSeen, cause: str, replayed: bool) -> Result:
        seen = seen if self._hidden is None else await self._hidden.with_lid(number, seen)
        if seen.content.extra and "starts_at" in seen.content.extra:
            workspace = await self._bus.workspace(number.tenant)
            seen = msgspec.structs.replace(seen, content=in_zone(seen.content, workspace.zone))
        name = None if seen.from_me else seen.push_name
        for _ in range(3):
            route = await self._directory.route(number.tenant, number.number_id, seen.peer, name, cause)
            command = cmd.TakeMessage(
                seen=seen, contact_id=route.contact_id, number_id=number.number_id, replayed=replayed
            )
            try:
                return await self._deliver(number.tenant, route.conversation_id, command, cause)
            except NotFound:  # it was erased after this route was taken: a new conversation begins
                await self._directory.unroute(number.tenant, route.conversation_id, cause)
            except Merged:  # after this route was taken: its addresses lead elsewhere by now
                self._directory.forget(number.tenant, route.conversation_id)
        raise Unavailable("This customer's conversation is being erased again and again. Try again shortly.")

    async def _deliver(self, tenant: int, conversation_id: int, command: cmd.TakeMessage, cause: str) -> Result:
        """To a conversation; what may be the echo of something under way in its parts, to those first."""
        try:
            return await self._give(tenant, conversation_id, command, cause)
        except AskParts as asked:
            for part in asked.parts:
                with suppress(NotFound, Merged):
                    return await self._give(tenant, part, command, cause)
        command = msgspec.structs.replace(command, parts_asked=True)
        return await self._give(tenant, conversation_id, command, cause)

    async def _give(self, tenant: int, conversation_id: int, command: cmd.TakeMessage, cause: str) -> Result:
        seen, address = command.seen, Address(tenant, "conversation", conversation_id)
        try:
            outcome = await self._bus.ask(address, command, actor=seen.via, cause=cause)
        except Duplicate as error:
            if error.constraint != KNOWN:
                raise Unavailable("Two things got the same number. Try again shortly.") from error
            return "duplicate"  # known from before the conversation's memory begins
        if not outcome.recorded and seen.content.aside:
            return "ignored"  # what is no message begins no conversation
        return "stored" if outcome.recorded else "duplicate"

    async def _update(self, number: NumberKey, update: MessageUpdate, cause: str) -> Result:
        tenant, number_id = number.tenant, number.number_id
        conversation_id = await self._directory.conversation_of(tenant, number_id, update.key_id)
        if conversation_id is not None:
            return await self._update_there(tenant, conversation_id, update, cause)
        if await self._database.run(reads.is_erased, tenant, number_id, update.key_id):
            return "ignored"
        await self._hold(tenant, number_id, update)
        if await self._directory.conversation_of(tenant, number_id, update.key_id) is not None:
            await self._release_held(tenant, number_id, update.key_id)
        return "early"

    async def _update_there(self, tenant: int, conversation_id: int, update: MessageUpdate, cause: str) -> Result:
        try:
            await self._apply(tenant, conversation_id, update, cause)
        except NotFound:  # erased since: nothing of it is kept, this neither
            return "ignored"
        return "applied"

    async def _apply(self, tenant: int, conversation_id: int, update: MessageUpdate, cause: str) -> None:
        """The survivor's, where it was merged, whose messages are among its own."""
        address = Address(tenant, "conversation", conversation_id)
        try:
            await self._bus.ask(address, cmd.TakeUpdate(update=update), actor="gateway", cause=cause)
        except Merged as merged:
            await self._apply(tenant, merged.into_id, update, cause)

    async def _connection(self, number: NumberKey, seen: ConnectionSeen | LoggedOut, cause: str) -> Result:
        if isinstance(seen, LoggedOut) or seen.state == "open":
            self._qr.clear(number.tenant, number.number_id)
        await self._bus.ask(
            Address(number.tenant, "number", number.number_id), Observe(seen=seen), actor="gateway", cause=cause
        )
        return "applied"

    async def _names(self, number: NumberKey, seen: NamesSeen, cause: str) -> Result:
        """Learn which phone a LID is; only of peers that have written already."""
        for peer, name in seen.peers:
            if peer.phone is None or peer.lid is None:
                continue
            found = await self._database.run(peers.find_peer, number.tenant, number.number_id, peer)
            if found.by_phone != found.by_lid:
                await self._directory.route(number.tenant, number.number_id, peer, name, cause)
        return "ignored"

    # -- what came too early ------------------------------------------------------------------------------------------

    async def _hold(self, tenant: int, number_id: int, update: MessageUpdate) -> None:
        self.held.add((tenant, number_id), update.key_id)
        sealed = self._seal.seal(_encode(update), f"held {tenant}/{number_id}/{update.key_id}")
        await self._database.run(early_updates.hold, tenant, number_id, update.key_id, sealed, whose_update(update))
        self.held.add((tenant, number_id), update.key_id)  # its number's may have been forgotten meanwhile

    async def _is_held(self, tenant: int, number_id: int, key_id: str) -> bool:
        number = tenant, number_id
        if not self.held.knows(number):
            self.held.learn(
                number, await self._database.run(early_updates.held_keys, tenant, number_id, OF_A_NUMBER + 1)
            )
        return self.held.may_have(number, key_id)

    def committed(self, commit: Commit, recorded: list[Recorded]) -> None:
        """Listener of the writer: where messages are is remembered, and what was held for them is released."""
        if commit.address.kind == "contacts":
            self._contacts_changed(commit.address.tenant, recorded)
        if commit.address.kind != "conversation":
            return
        for each in recorded:
            match event := each.event:
                case ev.ConversationMerged():
                    self._directory.forget(commit.address.tenant, commit.address.id)
                case ev.ConversationAbsorbed():
                    self._directory.forget(commit.address.tenant, event.from_id)
                case ev.MessageReceived() | ev.MessageEchoed() | ev.MessageSent() if event.key_id is not None:
                    self._message_is_here(commit, event.key_id, ev.home_of(event, commit.address.id))
                case _:
                    pass

    def _contacts_changed(self, tenant: int, recorded: list[Recorded]) -> None:
        """Where their peers lead to is not what it was."""
        changed: set[int] = set()
        for each in recorded:
            match event := each.event:
                case ContactErased():
                    changed.add(event.contact_id)
                case ContactMerged() | ContactUnmerged():
                    changed |= {event.contact_id, event.into_id}
                case _:
                    pass
        if changed:
            self._directory.forget_contacts(tenant, changed)

    def _message_is_here(self, commit: Commit, key_id: str, conversation_id: int) -> None:
        tenant, number_id = commit.address.tenant, commit.after.number_id
        self._directory.remember_message(tenant, number_id, key_id, conversation_id)
        if self.held.may_have((tenant, number_id), key_id):
            try:
                self._send_release.send_nowait((tenant, number_id, key_id))
            except trio.WouldBlock:
                log.warning("release_postponed", tenant=tenant)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Release held updates until cancelled."""
        task_status.started()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(go_round, self._sweep, SOON)
            async for message in self._release:
                await one_by_one([message], self._release_one)

    async def _release_one(self, message: tuple[int, int, str]) -> None:
        try:
            if await self._is_held(*message):
                await self._release_held(*message)
        except PlixaError:
            self._missed.set()
            raise

    async def _sweep(self) -> None:
        """Send what was missed on its way, then wait until it is time to look again."""
        self._missed = trio.Event()
        try:
            for message in await self._database.run(early_updates.releasable, self._node):
                self.held.add(message[:2], message[2])
                await self._send_release.send(message)
        except PlixaError as error:
            log.warning("sweep_failed", error=str(error))
            self._missed.set()
        with trio.move_on_after(SWEEP_SECONDS):
            await self._missed.wait()

    async def _release_held(self, tenant: int, number_id: int, key_id: str) -> None:
        conversation_id = await self._directory.conversation_of(tenant, number_id, key_id)
        if conversation_id is None:
            return
        rows = await self._database.run(early_updates.held, tenant, number_id, key_id)
        for _, sealed in rows:
            await self._release_to(tenant, conversation_id, sealed, f"held {tenant}/{number_id}/{key_id}")
        await self._database.run(early_updates.release, tenant, number_id, key_id, [seq for seq, _ in rows])
        self.held.discard((tenant, number_id), key_id)

    async def _release_to(self, tenant: int, conversation_id: int, sealed: bytes, belongs_to: str) -> None:
        """Apply one update. One that cannot be, now or ever, is told of and counted."""
        try:
            update = _decode(self._seal.unseal(sealed, belongs_to))
            with suppress(DeadLettered):  # kept for the operators: tried again from here, it would only crash again
                await self._apply(tenant, conversation_id, update, "held")
        except (WrongKey, msgspec.MsgspecError, Refused) as error:
            log.error("held_update_dropped", tenant=tenant, error=type(error).__name__)
            self._telemetry.put_aside.labels("held_update").inc()
