"""What goes out to the gateway: one function an effect kind, each ending in a report that tells the truth.

`EffectDone`: it happened. `EffectFailed`: it certainly did not. `EffectUncertain`: it may have, and the reconciler
looks before anything is tried again.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
import trio

from plixa.actors.conversation.placing import NUMBER_GONE, PERHAPS_SENT
from plixa.actors.conversation.state import Conversation, Pending
from plixa.actors.whatsapp.gateway import DeleteSeen, MessageSeen, Missing, QrSeen, ReactionSeen, Seen
from plixa.actors.whatsapp.number import Leave, Observe, Provision
from plixa.engine.actor import EffectDone, EffectFailed, EffectReport, EffectUncertain
from plixa.engine.effects import Handler
from plixa.engine.errors import PlixaError, Unavailable
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.clients.numbers import whatsapp_forms
from plixa.http.clients.objects.errors import StorageDown
from plixa.http.conversation.parts import MEDIA
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.evolution.client import ReadKey, Sent
from plixa.http.whatsapp.evolution.errors import (
    GatewayError,
    GatewayNotFound,
    GatewayRefused,
    GatewayUncertain,
    NameTaken,
    NotOnWhatsApp,
)
from plixa.http.whatsapp.hooks import hook_of
from plixa.http.whatsapp.intake import Intake
from plixa.http.whatsapp.links import File, Lost
from plixa.http.whatsapp.menus import Menus
from plixa.http.whatsapp.parts import GATEWAY, LINKS, QR
from plixa.http.whatsapp.settings import MEDIA_LIMIT_MB
from plixa.storage.conversation import inbox, messages as reads
from plixa.storage.postgres.batched import BatchedRead

LOOK_BEFORE = timedelta(minutes=2)
PAGE = 100
log = structlog.get_logger("plixa.outbound")
Work = Callable[[StoredEffect], Awaitable[dict[str, Any]]]


class FileAway(PlixaError):
    """A file cannot be had from our own storage at the moment, which is no word on the gateway."""


class Outbound:
    """The handlers and reconcilers of all effects that concern the gateway."""

    def __init__(self, services: Services, intake: Intake) -> None:
        self._services = services
        self._intake = intake
        self._menus = Menus(services)
        self._messages = BatchedRead(services.database, inbox.get_messages)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By effect kind."""
        work: dict[str, Work] = {
            "number.provision": self.provision,
            "number.remove": self.remove,
            "gateway.create": self.create,
            "gateway.logout": self.logout,
            "gateway.restart": self.restart,
            "gateway.remove": self.leave,
            "gateway.send": self.send,
            "gateway.send_one_of_many": self.send,
            "gateway.read": self.read,
            "gateway.fetch": self.fetch,
            "gateway.backfill": self.backfill,
        }
        return {kind: _reporting(each, self._unknown) for kind, each in work.items()}

    @property
    def reconcilers(self) -> Mapping[str, Handler]:
        """By effect kind: did it happen?"""
        look = _looking(self.look_up, self._unknown)
        return {"gateway.send": look, "gateway.send_one_of_many": look}

    # -- numbers ------------------------------------------------------------------------------------------------------

    async def provision(self, stored: StoredEffect) -> dict[str, Any]:
        """Give a number that was added its actor."""
        request = stored.effect.request
        address = Address(stored.owner.tenant, "number", request["number_id"])
        command = Provision(instance=request["instance"], name=request["name"])
        await self._services.bus.ask(address, command, actor="system", cause=f"effect:{stored.effect.id}")
        return {}

    async def remove(self, stored: StoredEffect) -> dict[str, Any]:
        """Tell a number's actor that it was removed."""
        address = Address(stored.owner.tenant, "number", stored.effect.request["number_id"])
        await self._services.bus.ask(address, Leave(), actor="system", cause=f"effect:{stored.effect.id}")
        return {}

    async def create(self, stored: StoredEffect) -> dict[str, Any]:
        """Make the instance at the gateway, its webhook pointing here, and ask for the first QR code."""
        instance = await self._instance(stored.owner.tenant, stored.effect.request["number_id"])
        webhook = await hook_of(self._services, instance)
        try:
            await self._services[GATEWAY].create_instance(instance, *webhook)
        except NameTaken:  # an earlier attempt of ours got through
            await self._services[GATEWAY].set_webhook(instance, *webhook)
        await self._connect(stored, instance)
        return {}

    async def _connect(self, stored: StoredEffect, instance: str) -> None:
        qr = await self._services[GATEWAY].connect(instance)
        if qr.code is not None:
            number_id = stored.effect.request["number_id"]
            seen = QrSeen(qr.code, qr.image, qr.pairing_code)
            self._services[QR].put(stored.owner.tenant, number_id, seen, self._services.clock.now())

    async def logout(self, stored: StoredEffect) -> dict[str, Any]:
        """End the session."""
        await self._log_out(stored.effect.request["instance"])
        return {}

    async def _log_out(self, instance: str) -> None:
        with suppress(GatewayNotFound):  # gone is logged out
            await self._services[GATEWAY].logout(instance)

    async def leave(self, stored: StoredEffect) -> dict[str, Any]:
        """End the session and take the instance away; a session that will not end goes with its instance."""
        instance = stored.effect.request["instance"]
        with suppress(GatewayError):  # whatever is wrong with the session
            await self._log_out(instance)
        await self._services[GATEWAY].delete(instance)
        return {}

    async def restart(self, stored: StoredEffect) -> dict[str, Any]:
        """Bounce the connection; one that is closed is opened instead, and one that is lost is made anew."""
        instance = await self._instance(stored.owner.tenant, stored.effect.request["number_id"])
        try:
            state = await self._services[GATEWAY].state(instance)
        except GatewayNotFound:
            return await self.create(stored)
        await self._services[GATEWAY].set_webhook(instance, *await hook_of(self._services, instance))
        if state == "open":
            await self._services[GATEWAY].restart(instance)
        else:
            await self._connect(stored, instance)
        return {}

    async def _unknown(self, stored: StoredEffect) -> None:
        """The gateway has just said that it does not know this number: so may everybody."""
        address = Address(stored.owner.tenant, "number", stored.effect.request["number_id"])
        command = Observe(seen=Missing(), asked=True)
        with suppress(PlixaError):  # the watch finds out, too
            await self._services.bus.ask(address, command, actor="system", cause=f"effect:{stored.effect.id}")

    # -- messages -----------------------------------------------------------------------------------------------------

    async def send(self, stored: StoredEffect) -> dict[str, Any]:
        """Send a message; the address it last wrote under first, its other forms after."""
        tenant, request = stored.owner.tenant, stored.effect.request
        conversation: Conversation = await self._services.bus.state(stored.owner)
        message = await self._messages.get((tenant, request["message_id"]))
        if message is None:
            raise GatewayRefused("The message was erased before it went out.")
        instance = await self._instance(tenant, request["number_id"])
        quoted = await self._quoted(tenant, conversation, message["quoted_message_id"])
        file = await self._file(tenant, message)
        last: GatewayError = GatewayRefused("This contact has no address to send to.")
        for address in addresses(conversation):
            try:
                sent = await self._send_to(stored, instance, address, message, file, quoted)
            except NotOnWhatsApp as error:
                last = error
            else:
                return {"key_id": sent.key_id, **await self._kept(tenant, message, file)}
        raise last

    async def _file(self, tenant: int, message: dict[str, Any]) -> File | None:
        """The file of a message that has one: ours already, or behind the address that a flow names."""
        if message["media"] is None:
            return None
        row = await self._services.database.run(inbox.get_media, tenant, message["id"])
        data = await self._ours(tenant, row["stored_as"]) if row is not None else None
        if row is not None and data is not None:
            return File(row["mime"], data)
        url = _address_of(message)
        if url is None:
            raise GatewayRefused("The file is not there any more.")
        try:
            return await self._services[LINKS].fetch(url, message["type"])
        except Lost as error:
            raise GatewayRefused(f"The flow's file could not be fetched. {error}") from error

    async def _ours(self, tenant: int, name: str) -> bytes | None:
        try:
            return await self._services[MEDIA].get(tenant, name)
        except StorageDown as error:
            raise FileAway(str(error)) from error

    async def _kept(self, tenant: int, message: dict[str, Any], file: File | None) -> dict[str, Any]:
        """Keep what was fetched for this message, for the business to see what was sent.

        It has gone out by now: whatever is wrong with our storage says nothing of that.
        """
        if file is None or _address_of(message) is None:
            return {}
        name = sha256(file.data).hexdigest()
        try:
            stored = await self._services[MEDIA].put(tenant, name, file.data)
        except StorageDown as error:
            log.warning("sent_file_not_kept", tenant=tenant, message=message["id"], error=str(error))
            return {}
        return {"file": {"mime": file.mime, "bytes": len(file.data), "sha256": stored, "stored_as": name}}

    async def _send_to(
        self,
        stored: StoredEffect,
        instance: str,
        to: str,
        message: dict[str, Any],
        file: File | None,
        quoted: str | None,
    ) -> Sent:
        gateway, media = self._services[GATEWAY], message["media"]
        if file is None:
            return await self._menus.send_text(stored, instance, to, message, quoted)
        encoded = await trio.to_thread.run_sync(lambda: b64encode(file.data).decode())
        if message["type"] == "audio" and media.get("voice"):
            return await gateway.send_audio(instance, to, encoded, quoted)
        name = media["file_name"] or message["type"]
        return await gateway.send_media(
            instance, to, message["type"], encoded, file.mime, name, message["body"], quoted
        )

    async def _quoted(self, tenant: int, conversation: Conversation, message_id: int | None) -> str | None:
        if message_id is None:
            return None
        find = reads.find_message_by_id
        ids = [conversation.id, *([conversation.merged_into] if conversation.merged_into else [])]
        known = await self._services.database.run(find, tenant, ids, message_id)
        return known.key_id if known is not None and not known.is_note else None

    async def look_up(self, stored: StoredEffect) -> EffectReport:
        """Did a doubtful send go out? Its words are looked for among what the gateway has sent since.

        That they are not there says nothing while the gateway may still be at work on it (`SEND_DOUBT_SECONDS`).
        """
        effect_id, request = stored.effect.id, stored.effect.request
        conversation: Conversation = await self._services.bus.state(stored.owner)
        pending = conversation.find_pending(request["message_id"])
        if pending is None or pending.since is None:
            return EffectFailed(effect_id=effect_id, reason="Nothing is in doubt.", permanent=False)
        message = await self._messages.get((stored.owner.tenant, request["message_id"]))
        if message is None:
            return EffectFailed(effect_id=effect_id, reason="The message was erased.", permanent=True)
        try:
            instance = await self._instance(stored.owner.tenant, request["number_id"])
        except GatewayRefused as error:
            return EffectFailed(effect_id=effect_id, reason=f"{error} {PERHAPS_SENT}", permanent=True)
        at_work_until = pending.since + timedelta(seconds=self._services.settings.send_doubt)
        conclusive = self._services.clock.now() >= at_work_until
        key_id = await self._find_sent(stored, instance, conversation, pending, pending.since)
        if key_id is not None:
            return EffectDone(effect_id=effect_id, result={"key_id": key_id})
        if not conclusive:
            return EffectUncertain(effect_id=effect_id, reason="Looked up at WhatsApp: it is not there yet.")
        await self._menus.did_not_go_out(stored, instance, message)
        return EffectFailed(effect_id=effect_id, reason="Looked up at WhatsApp: it had not gone out.", permanent=False)

    async def _find_sent(
        self, stored: StoredEffect, instance: str, conversation: Conversation, pending: Pending, since: datetime
    ) -> str | None:
        candidates: list[MessageSeen] = []
        async for seen, _ in self._stored(instance, since - LOOK_BEFORE, None, from_me=True):
            if not isinstance(seen, MessageSeen) or seen.sent_at <= since - LOOK_BEFORE:
                continue
            if seen.from_me and pending.is_said_by(seen.content) and _same_peer(seen, conversation):
                candidates.append(seen)
        keys = [seen.key_id for seen in candidates]
        number_id = stored.effect.request["number_id"]
        taken = await self._services.database.run(reads.known_keys, stored.owner.tenant, number_id, keys)
        return next((key for key in reversed(keys) if key not in taken), None)

    async def _stored(
        self, instance: str, since: datetime, until: datetime | None, *, from_me: bool | None = None
    ) -> AsyncGenerator[tuple[Seen, str]]:
        """All that the gateway's store has of a span, newest first, each once, with its row's id."""
        seen_keys: set[str] = set()
        page, pages = 1, 1
        while page <= pages:
            found = await self._services[GATEWAY].find_messages(
                instance,
                now=self._services.clock.now(),
                from_me=from_me,
                since=since,
                until=until,
                page=page,
                page_size=PAGE,
            )
            for seen, row_id in zip(found.seen, found.row_ids, strict=True):
                key = getattr(seen, "reaction_key_id", None) or getattr(seen, "key_id", None)
                if key is not None and key not in seen_keys:
                    seen_keys.add(key)
                    yield seen, row_id
            page, pages = page + 1, found.pages

    async def read(self, stored: StoredEffect) -> dict[str, Any]:
        """Give the contact blue ticks. One of whom only the LID is known gets none: the gateway drops them (2.3.7)."""
        request = stored.effect.request
        conversation: Conversation = await self._services.bus.state(stored.owner)
        if not conversation.deleted and conversation.phone:
            instance = await self._instance(stored.owner.tenant, request["number_id"])
            jid = f"{conversation.phone}@s.whatsapp.net"
            await self._services[GATEWAY].mark_read(instance, [ReadKey(jid, key) for key in request["keys"]])
        return {}

    # -- files --------------------------------------------------------------------------------------------------------

    async def fetch(self, stored: StoredEffect) -> dict[str, Any]:
        """Bring a message's file over."""
        tenant, request = stored.owner.tenant, stored.effect.request
        instance = await self._instance(tenant, request["number_id"])
        limit = self._services.settings[MEDIA_LIMIT_MB] * 1024 * 1024
        conversation: Conversation = await self._services.bus.state(stored.owner)
        if conversation.deleted:
            return {}
        try:
            file = await self._services[GATEWAY].get_base64(instance, request["key_id"], limit=limit)
        except GatewayRefused as error:
            return {"lost": f"The file could not be fetched: {error}"}
        digest = await self._services[MEDIA].put(tenant, str(request["message_id"]), file.data)
        conversation = await self._services.bus.state(stored.owner)
        if conversation.deleted:  # meanwhile: its files went before this one came
            await self._services[MEDIA].remove(tenant, str(request["message_id"]))
        return {"mime": file.mime, "bytes": len(file.data), "sha256": digest}

    # -- look-backs ---------------------------------------------------------------------------------------------------

    async def backfill(self, stored: StoredEffect) -> dict[str, Any]:
        """Take what the gateway has of a span and we have not, oldest first.

        A deletion or a reaction is taken as well where its message is here; of a message that came and went while
        nobody looked there is nothing to show.
        """
        request = stored.effect.request
        number = NumberKey(stored.owner.tenant, request["number_id"], b"")
        instance = await self._instance(number.tenant, number.number_id)
        since, until = datetime.fromisoformat(request["since"]), datetime.fromisoformat(request["until"])
        rows = [each async for each in self._stored(instance, since, until)]
        # The gateway orders by the second; the ids of its rows grow in the order in which they came.
        seen = [each for each, _ in sorted(rows, key=lambda row: (_at(row[0], until), row[1]))]
        messages = [each for each in seen if isinstance(each, MessageSeen)]
        known: set[str] = set()
        for chunk in _chunks([each.key_id for each in messages], 500):
            known |= await self._services.database.run(reads.known_keys, number.tenant, number.number_id, chunk)
        recovered = 0
        for message in messages:
            if message.key_id not in known:
                recovered += await self._intake.take(number, message, "backfill", replayed=True) == "stored"
        await self._take_changes(number, [each for each in seen if isinstance(each, DeleteSeen | ReactionSeen)])
        return {"seen": len(messages), "recovered": recovered, "since": request["since"], "until": request["until"]}

    async def _take_changes(self, number: NumberKey, changes: Sequence[DeleteSeen | ReactionSeen]) -> None:
        """The last word of each side on each message that is here, where it is news."""
        last = {(each.key_id, getattr(each, "from_me", None)): each for each in changes}
        here: dict[str, dict[str, str | None]] = {}
        for chunk in _chunks([each.key_id for each in last.values()], 500):
            here |= await self._services.database.run(reads.reactions, number.tenant, number.number_id, chunk)
        for change in last.values():
            if change.key_id in here and not _is_known(change, here[change.key_id]):
                await self._intake.take(number, change, "backfill", replayed=True)

    async def _instance(self, tenant: int, number_id: int) -> str:
        workspace = await self._services.bus.workspace(tenant)
        number = workspace.numbers.get(number_id)
        if number is None:
            raise GatewayRefused(NUMBER_GONE)
        name: str = number.instance
        return name


def _address_of(message: dict[str, Any]) -> str | None:
    """Where a flow's file is to be had; None for any other message."""
    extra: dict[str, Any] = message["extra"] or {}
    return extra.get("url")


def addresses(conversation: Conversation) -> list[str]:
    """Where to send, best first: the address last heard from, the phone's forms, the LID."""
    forms = [conversation.jid] if conversation.jid else []
    if conversation.phone:
        forms += whatsapp_forms(conversation.phone)
    if conversation.lid:
        forms.append(f"{conversation.lid}@lid")
    return list(dict.fromkeys(form.removesuffix("@s.whatsapp.net") for form in forms))


def _is_known(change: DeleteSeen | ReactionSeen, reactions: Mapping[str, str | None]) -> bool:
    if isinstance(change, DeleteSeen):
        return False  # that the message was deleted before changes nothing
    return (reactions.get("us" if change.from_me else "contact") or "") == change.emoji


def _at(seen: Seen, otherwise: datetime) -> datetime:
    """When it was said; a deletion does not tell."""
    return getattr(seen, "sent_at", None) or getattr(seen, "at", None) or otherwise


def _same_peer(seen: MessageSeen, conversation: Conversation) -> bool:
    by_phone = seen.peer.phone is not None and seen.peer.phone == conversation.phone
    return by_phone or (seen.peer.lid is not None and seen.peer.lid == conversation.lid)


def _reporting(work: Work, unknown: Callable[[StoredEffect], Awaitable[None]]) -> Handler:
    async def handler(stored: StoredEffect) -> EffectReport:
        effect_id = stored.effect.id
        try:
            return EffectDone(effect_id=effect_id, result=await work(stored))
        except GatewayRefused as error:
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=True)
        except GatewayUncertain as error:
            return EffectUncertain(effect_id=effect_id, reason=str(error), away=error.away)
        except GatewayNotFound as error:
            await unknown(stored)
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=False, away=_is_away(error))
        except PlixaError as error:  # nothing happened
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=False, away=_is_away(error))

    return handler


def _looking(look: Handler, unknown: Callable[[StoredEffect], Awaitable[None]]) -> Handler:
    """A look-up that fails, for whatever reason, says nothing of what it looks for."""

    async def handler(stored: StoredEffect) -> EffectReport:
        try:
            return await look(stored)
        except GatewayNotFound as error:
            await unknown(stored)
            return EffectUncertain(effect_id=stored.effect.id, reason=str(error), away=_is_away(error))
        except PlixaError as error:
            return EffectUncertain(effect_id=stored.effect.id, reason=str(error), away=_is_away(error))

    return handler


def _is_away(error: PlixaError) -> bool:
    return error.away if isinstance(error, GatewayError) else isinstance(error, Unavailable)


def _chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
