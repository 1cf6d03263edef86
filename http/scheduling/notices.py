"""What customers are told of their appointments in the chat, and what follows when they answer by an option of it.

appointment.remind   a reminder is due: it is said, unless the appointment has been moved or is over meanwhile
appointment.check    a reminder should have gone out a while ago: the business is told where it has not
appointment.follow   the business says something else of reminders: what lies ahead is planned anew
appointment.offer    a time is held for somebody who waits: they are asked, unless it is over meanwhile
appointment.tell     somebody of the business, or a timer, has changed what a customer asked for: they are told
appointment.unowe    an appointment is off: what is owed for it is not any more, and what was paid goes back
appointment.serve    a flow or the AI lets the customer book, or see what they have (`serving.py`)
appointment.answer   a customer chose an option of a notice: the agenda is asked, and they are told what came of it

What happens when a step fails: each is done again from the outbox. A notice has a key, and the conversation says each
key once; the agenda's commands carry the revision, so that what was sent about an earlier time does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from plixa.actors.conversation import commands as chat
from plixa.actors.conversation.events import Author
from plixa.actors.conversation.state import Conversation
from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.events import Claim
from plixa.actors.scheduling.phrases import Phrase, phrase
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.engine.actor import Command
from plixa.engine.effect_spec import EffectSpec
from plixa.engine.effects import Handler
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.outbox.queues import INNER
from plixa.http.outbox.reports import NotWanted, reporting
from plixa.http.outbox.telling import ask
from plixa.http.payments.parts import DEPOSITS
from plixa.http.scheduling.asking import Book, agenda_of, open_book
from plixa.http.scheduling.concerning import concerned, held_until, is_told, series_of, ways_on
from plixa.http.scheduling.inviting import INVITES
from plixa.http.scheduling.other_calendars import look_before
from plixa.http.scheduling.owing import Owing
from plixa.http.scheduling.saying import Words, say
from plixa.http.scheduling.serving import Serving
from plixa.http.scheduling.subjects import Place, Subject
from plixa.http.scheduling.wording import line
from plixa.storage.scheduling import reads

EFFECTS: Mapping[str, EffectSpec] = {
    # Decided and told: messages to actors of ours, which fail only where those are overrun or crash.
    "appointment.remind": EffectSpec(queue=INNER, tries=None),
    "appointment.answer": EffectSpec(queue=INNER, tries=None),
    "appointment.follow": EffectSpec(queue=INNER, tries=None),
    "appointment.offer": EffectSpec(queue=INNER, tries=None),
    "appointment.tell": EffectSpec(queue=INNER, tries=None),
    "appointment.unowe": EffectSpec(queue=INNER, tries=None),
    "appointment.check": EffectSpec(queue=INNER, tries=None),
    "appointment.serve": EffectSpec(queue=INNER, tries=None),
}

log = structlog.get_logger("plixa.scheduling")


class Notices:
    """The handlers."""

    def __init__(self, services: Services, owing: Owing) -> None:
        self._services = services
        self._owing = owing
        self._serving = Serving(services, owing)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By effect kind."""
        work = {
            "appointment.remind": self.remind,
            "appointment.answer": self.answer,
            "appointment.follow": self.follow,
            "appointment.offer": self.offer,
            "appointment.tell": self.told,
            "appointment.unowe": self.unowe,
            "appointment.check": self.check,
            "appointment.serve": self._serving.ask,
        }
        return {kind: reporting(each) for kind, each in work.items()}

    async def follow(self, stored: StoredEffect) -> None:
        """The agenda takes over what the settings say."""
        await ask(self._services, stored, agenda_of(stored.owner.tenant), _follow(stored))

    async def remind(self, stored: StoredEffect) -> None:
        """Say it in the conversation in which the contact was last spoken to."""
        request, tenant = stored.effect.request, stored.owner.tenant
        book = await open_book(self._services, tenant)
        named = [(id_, revision) for id_, revision in request["appointments"]]
        claims = [claim for claim in map(book.agenda.find, (id_ for id_, _ in named)) if claim is not None]
        wanted = [each for each in claims if (each.id, each.revision) in named and each.status == "confirmed"]
        if not wanted:
            raise NotWanted("What it would remind of has been moved, or is over.")
        conversation = await self._services.database.run(reads.conversation_of, tenant, request["contact_id"])
        if conversation is None:
            raise NotWanted("The contact has no conversation.")
        subject = Subject("reminder", tuple((each.id, each.revision) for each in wanted))
        await self._say(stored, conversation, "reminder", wanted, book, subject, ("confirm", "move", "cancel"))

    async def offer(self, stored: StoredEffect) -> None:
        """Ask whether they want it; who cannot be asked does not hold up the next one."""
        request, tenant = stored.effect.request, stored.owner.tenant
        book = await open_book(self._services, tenant)
        claim = book.agenda.find(request["appointment_id"])
        if claim is None or claim.status != "pending":
            raise NotWanted("It is not held for them any more.")
        if await self._is_away(tenant, claim, book):
            await self._ask(stored, cmd.PassOffer(appointment_id=claim.id))
            raise NotWanted("The provider has something else there by now.")
        conversation = await self._services.database.run(reads.conversation_of, tenant, request["contact_id"])
        if conversation is None:
            await self._ask(stored, cmd.PassOffer(appointment_id=claim.id))
            raise NotWanted("The contact has no conversation.")
        subject = Subject("offer", ((claim.id, claim.revision),))
        await self._say(stored, conversation, "offer", [claim], book, subject, ("take", "pass"))

    async def _is_away(self, tenant: int, claim: Claim, book: Book) -> bool:
        """Whether the provider's own calendar has something else, looked at right before somebody is asked."""
        service, provider = book.offering.services.get(claim.service_id), claim.provider_id
        if service is None or provider not in book.offering.calendars:
            return False
        await look_before(self._services, tenant, service, provider, claim.start, claim.minutes)
        busy = (await open_book(self._services, tenant)).busy.get(provider or 0, ())
        first, last = claim.occupied
        return any(start < last and first < end for start, end in busy)

    async def check(self, stored: StoredEffect) -> None:
        """A reminder that has not gone out by now: whoever looks after the conversation is told."""
        request, tenant = stored.effect.request, stored.owner.tenant
        conversation = await self._services.database.run(reads.conversation_of, tenant, request["contact_id"])
        if conversation is None:
            raise NotWanted("The contact has no conversation.")
        address = Address(tenant, "conversation", conversation)
        state: Conversation = await self._services.bus.state(address)
        subject = str(Subject("reminder", tuple((id_, revision) for id_, revision in request["appointments"])))
        notice = state.notice
        if notice is None or notice.subject != subject or state.find_pending(notice.message_id) is None:
            return
        book = await open_book(self._services, tenant)
        content = Content(MessageKind.NOTE, phrase("stuck", book.workspace.locale), "note")
        await ask(self._services, stored, address, chat.AddNote(author=Author("system"), content=content))
        log.warning("reminder_stuck", tenant=tenant, conversation=conversation)

    async def unowe(self, stored: StoredEffect) -> None:
        """It is off: a page to pay on closes, and what was paid goes back where it should."""
        request, deposits = stored.effect.request, self._services[DEPOSITS]
        refund, lapsed = bool(request["refund"]), bool(request["lapsed"])
        await deposits.cancelled(stored.owner.tenant, request["appointment_id"], None, refund=refund, lapsed=lapsed)

    async def told(self, stored: StoredEffect) -> None:
        """Say what has become of it; money for what cannot be had is a person's to see to."""
        request, tenant = stored.effect.request, stored.owner.tenant
        book = await open_book(self._services, tenant)
        claims, what = concerned(request, book.agenda), request["what"]
        if not is_told(request, claims, book):
            raise NotWanted("The business does not want it told, or it is otherwise by now.")
        conversation = await self._conversation(tenant, next(iter(claims), None), request["contact_id"])
        if not claims or conversation is None:
            raise NotWanted("There is nobody to tell.")
        late = "A customer has paid for a time that is not free any more: give it back, or find another one."
        hands_over = late if what == "paid_late" else None
        subject, options = ways_on(what, claims)
        until = held_until(claims[0], book)
        await self._say(stored, conversation, what, claims, book, subject, options, hands_over, until)

    async def _conversation(self, tenant: int, claim: Claim | None, contact_id: int) -> int | None:
        """Where it was asked for, or where its contact was last spoken to."""
        if claim is not None and claim.conversation_id is not None:
            return claim.conversation_id
        return await self._services.database.run(reads.conversation_of, tenant, contact_id)

    async def answer(self, stored: StoredEffect) -> None:
        """Do what the customer chose, and tell them."""
        request, conversation = stored.effect.request, stored.owner.id
        if (place := Place.of(request["subject"])) is not None:
            return await self._serving.answer(stored, place)
        book = await open_book(self._services, stored.owner.tenant)
        try:
            subject = Subject.of(request["subject"])
        except ValueError:
            raise NotWanted("Nobody knows what this is about.") from None
        claims = [claim for claim in map(book.agenda.find, (id_ for id_, _ in subject.named)) if claim is not None]
        if not claims:
            return await self._say(stored, conversation, "over", (), book)
        if any((each.id, each.revision) not in subject.named or not each.holds for each in claims):
            return await self._overtaken(stored, conversation, claims, book)
        return await self._chosen(stored, conversation, subject, claims, book)

    async def _overtaken(self, stored: StoredEffect, conversation: int, claims: Sequence[Claim], book: Book) -> None:
        """It was moved or cancelled since: nothing is done, and they are told how it stands."""
        holding = [each for each in claims if each.holds]
        await self._say(stored, conversation, "moved_to" if holding else "over", holding, book)

    async def _chosen(
        self, stored: StoredEffect, conversation: int, subject: Subject, claims: Sequence[Claim], book: Book
    ) -> None:
        match stored.effect.request["action"]:
            case "confirm":
                for each in claims:
                    await self._ask(stored, cmd.Confirm(appointment_id=each.id, revision=each.revision))
                await self._say(stored, conversation, "confirmed", claims, book)
            case "cancel":
                sure = Subject("cancel", subject.named)
                await self._say(stored, conversation, "sure", claims, book, sure, ("yes_cancel", "keep"))
            case "yes_cancel":
                await self._cancel(stored, conversation, claims, book)
            case "take":
                await self._take(stored, claims)
            case "pass":
                for each in claims:
                    await self._ask(stored, cmd.PassOffer(appointment_id=each.id))
                await self._say(stored, conversation, "passed", claims, book)
            case "keep":
                await self._say(stored, conversation, "kept", claims, book)
            case "file":
                await self._file(stored, conversation, claims[0], book)
            case _ if len(claims) == 1:
                await self._serving.move(await self._serving.open(stored), claims[0])
            case _:
                why = "The customer wants to reschedule appointments."
                await self._say(stored, conversation, "person_moves", claims, book, hands_over=why)

    async def _take(self, stored: StoredEffect, claims: Sequence[Claim]) -> None:
        """What was held for them is theirs, once it is paid where a deposit is owed."""
        for each in claims:
            collects = bool(each.deposit) and await self._owing.collects(stored.owner.tenant)
            await self._ask(stored, cmd.TakeOffer(appointment_id=each.id, collects=collects))
        talk = await self._serving.open(stored)
        taken = [claim for claim in map(talk.book.agenda.find, (each.id for each in claims)) if claim is not None]
        if any(each.awaits == "payment" for each in taken):
            return await self._serving.told(talk, None, taken[0])
        subject, options = ways_on("confirmed", taken)
        return await self._say(stored, talk.conversation, "confirmed", taken, talk.book, subject, options)

    async def _file(self, stored: StoredEffect, conversation: int, claim: Claim, book: Book) -> None:
        """As a document for their own calendar; of a series all of it."""
        ids = [each.id for each in series_of(claim, book.agenda)]
        words = Words(file=await self._services[INVITES].file(stored.owner.tenant, ids))
        await say(self._services, stored, conversation, words, book.workspace.locale)

    async def _cancel(self, stored: StoredEffect, conversation: int, claims: Sequence[Claim], book: Book) -> None:
        try:
            for each in claims:
                command = cmd.Cancel(appointment_id=each.id, by="contact", revision=each.revision)
                await self._ask(stored, command)
        except Conflict as error:
            if error.code != "TOO_LATE":
                raise
            why = "The customer wants to cancel an appointment, later than they may by themselves."
            await self._say(stored, conversation, "too_late", claims, book, hands_over=why)
        else:
            await self._say(stored, conversation, "cancelled", claims, book)

    async def _ask(self, stored: StoredEffect, command: Command) -> None:
        with suppress(NotFound):
            await self._services.bus.ask(
                agenda_of(stored.owner.tenant), command, actor="contact", cause=f"effect:{stored.effect.id}"
            )

    async def _say(
        self,
        stored: StoredEffect,
        conversation: int,
        what: Phrase,
        claims: Sequence[Claim],
        book: Book,
        subject: Subject | None = None,
        options: Sequence[Phrase] = (),
        hands_over: str | None = None,
        until: str = "",
    ) -> None:
        locale = book.workspace.locale
        words = Words(
            text="\n".join([phrase(what, locale).replace("{until}", until), *(line(each, book) for each in claims)]),
            subject=None if subject is None else str(subject),
            options=[(each, phrase(each, locale)) for each in options],
            hands_over=hands_over,
            why="reminder" if what == "reminder" else "appointment",
        )
        await say(self._services, stored, conversation, words, locale)


def _follow(stored: StoredEffect) -> cmd.Follow:
    return cmd.Follow(reopened=bool(stored.effect.request.get("reopened")))
